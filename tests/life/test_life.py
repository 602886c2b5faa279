"""What time does to a credential, as a pure question."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import audit, life, model, rules
from bot.model import CredentialState
from tests import builders

DAY = dt.timedelta(days=1)
MADE = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
END = MADE + 90 * DAY


def a_credential(**fields: Any) -> model.Credential:
    """Return a credential whose password was made on New Year's day for 90 days."""
    spec = builders.a_spec()
    values: dict[str, Any] = {
        "id": model.new_id(),
        "name": spec.name,
        "workspace": spec.workspace,
        "login_server": spec.login_server,
        "repositories": spec.repositories,
        "token": "registry-bot-main-abcdef",
        "scope_map": "registry-bot-main-abcdef",
        "slot": model.PASSWORD1,
        "tower_id": "T1",
        "owner": builders.ANA,
        "created": MADE,
        "minted": MADE,
        "validity_days": 90,
        "expires": END,
    }
    return model.Credential(**(values | fields))


def a_done(**fields: Any) -> model.Request:
    """Return the request that made a credential."""
    return builders.a_request(state=model.State.DONE, **fields)


def terms(**fields: Any) -> rules.Terms:
    """Return a rule's terms."""
    return builders.a_rule(**fields).terms


@pytest.mark.parametrize(
    ("before", "expected"),
    [(15, None), (14, 14), (4, 14), (3, 3), (2, 3), (1, 1), (0.5, 1), (0, 0), (-30, 0)],
)
def test_the_newest_warning_counts(before: float, expected: int | None) -> None:
    """Warnings come 14, 3 and 1 days before the end and at the end; what was missed is not told later."""
    assert life.warning(a_credential(), END - before * DAY) == expected


@pytest.mark.parametrize(("days", "expected"), [(10, [3, 1, 0]), (3, [1, 0]), (1, [0])])
def test_a_short_life_is_not_warned_of_at_its_start(days: int, expected: list[int]) -> None:
    """A password for ten days was asked for knowingly: the warning of 14 days says nothing new."""
    short = a_credential(expires=MADE + days * DAY)
    hours = (MADE + hour * dt.timedelta(hours=1) for hour in range(24 * days + 1))

    seen = [found for found, _ in itertools.groupby(life.warning(short, hour) for hour in hours)]

    assert [found for found in seen if found is not None] == expected


def test_a_password_without_an_end_is_never_warned_of() -> None:
    """Without an expiry there is nothing to warn of, and nothing due."""
    endless = a_credential(expires=None)

    assert life.warning(endless, END + 1000 * DAY) is None
    assert life.next_warning(endless, MADE) is None


@pytest.mark.parametrize(
    ("now", "expected"),
    [(MADE, END - 14 * DAY), (END - 14 * DAY, END - 3 * DAY), (END - DAY, END), (END, None)],
)
def test_the_next_warning_is_known_ahead(now: dt.datetime, expected: dt.datetime | None) -> None:
    """Each warning's moment is known from the one before on; after the end there is none."""
    assert life.next_warning(a_credential(), now) == expected


def test_a_fresh_credential_is_no_news() -> None:
    """What the request itself just made is told by its own end."""
    assert life.news(a_credential(), a_done(), MADE) is None


def test_a_warning_is_news_once() -> None:
    """A warning that is recorded already is not recorded again."""
    request, credential = a_done(version=9), a_credential()
    found = life.news(credential, request, END - 3 * DAY)
    assert found is not None

    told = request.model_copy(update={"life": found.life, "version": 10})

    assert (found.event, found.data["days"]) == (audit.Event.WARNED, 3)
    assert (found.life.warned, found.life.said) == (3, 10)
    assert life.news(credential, told, END - 2 * DAY) is None


def test_a_change_is_news() -> None:
    """A credential that somebody changed is told as it is now, and by which request."""
    by = model.new_id()
    changed = a_credential(version=2, repositories=("team/tool", "team/more"), by=by)

    found = life.news(changed, a_done(), MADE + DAY)

    assert found is not None
    assert (found.event, found.data["by"]) == (audit.Event.FOLLOWED, by)
    assert found.life.repositories == ("team/tool", "team/more")


def test_warnings_start_anew_with_a_new_password() -> None:
    """What was warned of before a rotation is over, and the new password has its own warnings."""
    warned = model.Life(version=1, expires=END, warned=1, said=8)
    rotated = a_credential(version=3, minted=END, expires=END + 90 * DAY)
    request = a_done(life=warned, version=8)

    after = life.news(rotated, request, END)
    again = life.news(rotated, request, END + 76 * DAY)

    assert after is not None
    assert again is not None
    assert (after.life.warned, after.event) == (None, audit.Event.FOLLOWED)
    assert (again.life.warned, again.event) == (14, audit.Event.WARNED)


def test_a_change_of_repositories_keeps_the_warning() -> None:
    """What changes something else leaves the newest warning as it was told."""
    warned = model.Life(version=1, expires=END, warned=14, said=8)

    after = life.news(a_credential(version=2), a_done(life=warned, version=8), END - 10 * DAY)

    assert after is not None
    assert (after.life.warned, after.life.said, after.event) == (14, 8, audit.Event.FOLLOWED)


@pytest.mark.parametrize(
    "state", [CredentialState.ROTATING, CredentialState.REVOKING, CredentialState.REVOKED]
)
def test_who_cannot_act_is_not_warned(state: CredentialState) -> None:
    """A password that is being replaced or taken away needs nobody's hand."""
    found = life.news(a_credential(version=2, state=state), a_done(), END - DAY)

    assert found is not None
    assert (found.life.warned, found.life.state) == (None, state)


def test_nobody_is_warned_of_what_the_bot_is_about_to_mend() -> None:
    """While a rotation is under way, its outcome is waited for."""
    assert life.news(a_credential(), a_done(), END - DAY, quiet=True) is None


@pytest.mark.parametrize(
    ("given", "after", "expected"),
    [
        ({"rotate_before_days": 10}, 79, (None, END - 10 * DAY)),
        ({"rotate_before_days": 10}, 80, (END - 10 * DAY, END - 3 * DAY)),
        ({"rotate_before_days": 10}, 88, (END - 3 * DAY, END - DAY)),
        ({"rotate_before_days": 10}, 89.5, (END - DAY, END)),
        ({"rotate_before_days": 10}, 90, (END, END + 7 * DAY)),
        ({"rotate_before_days": 10}, 120, (END + 28 * DAY, END + 35 * DAY)),
        ({"rotate_before_days": 30}, 60, (END - 30 * DAY, END - 23 * DAY)),
        ({"rotate_before_days": 30}, 75, (END - 16 * DAY, END - 14 * DAY)),
        ({"rotate_before_days": 200}, 50, (MADE + 45 * DAY, MADE + 52 * DAY)),
        ({"rotate_every_days": 30}, 29, (None, MADE + 30 * DAY)),
        ({"rotate_every_days": 30}, 31, (MADE + 30 * DAY, MADE + 37 * DAY)),
        ({"rotate_every_days": 30, "rotate_before_days": 80}, 11, (None, MADE + 30 * DAY)),
        ({"rotate_every_days": 60, "rotate_before_days": 44}, 47, (MADE + 46 * DAY, MADE + 53 * DAY)),
        ({}, 89, (None, None)),
    ],
)
def test_a_rule_says_when_to_rotate(
    given: dict[str, int], after: float, expected: tuple[dt.datetime | None, dt.datetime | None]
) -> None:
    """The first time is the rule's; when that fails, warnings and, far from those, weeks are others."""
    found = life.turns(a_credential(), terms(**given), MADE + after * DAY)

    assert (found.now, found.later) == expected


def test_a_password_without_an_end_rotates_by_its_age_alone() -> None:
    """Without an expiry there is no time before it."""
    endless = a_credential(expires=None)

    assert life.turns(endless, terms(rotate_before_days=10), END) == life.Turns()
    assert life.turns(endless, terms(rotate_every_days=30), MADE).later == MADE + 30 * DAY


@pytest.mark.parametrize("state", [CredentialState.REVOKING, CredentialState.REVOKED])
def test_what_is_taken_away_is_not_rotated(state: CredentialState) -> None:
    """A credential that was revoked has no schedule any more."""
    gone = a_credential(state=state)

    assert life.turns(gone, terms(rotate_every_days=1), END) == life.Turns()
    assert life.next_warning(gone, MADE) is None


@given(
    validity=st.integers(1, 400),
    before=st.none() | st.integers(1, 500),
    every=st.none() | st.integers(1, 500),
    hours=st.integers(0, 24 * 600),
)
def test_a_time_that_has_come_is_followed_by_a_later_one(
    validity: int, before: int | None, every: int | None, hours: int
) -> None:
    """Whatever the rule says: what has come is over, what is next is ahead, and neither is at once."""
    now = MADE + hours * dt.timedelta(hours=1)
    credential = a_credential(expires=MADE + validity * DAY)

    found = life.turns(credential, terms(rotate_before_days=before, rotate_every_days=every), now)

    assert (found.later is None) == (before is None and every is None)
    assert found.later is None or found.later > now
    assert found.now is None or MADE < found.now <= now


def test_a_scheduled_rotation_is_its_owners() -> None:
    """It asks for what the credential is, says whose rule it is by, and goes where the first was asked."""
    credential, issued = a_credential(), a_done()
    rule = builders.a_rule(rotate_before_days=10, told="C0SECURITY", quorum=2)

    made = life.rotation(
        credential, issued, rule, request_id=model.new_id(), policy_version="7", now=END - 10 * DAY
    )

    assert (made.requester, made.place, made.spec.credential) == (builders.ANA, issued.place, credential.id)
    assert (made.digest, made.rule_version) == (made.spec.digest("7"), rule.version)
    assert (made.spec.repositories, made.spec.validity_days) == (("team/tool",), 90)
    assert made.told is not None
    assert (made.approval.channel, made.told.channel) == ("C0APPROVALS", "C0SECURITY")
    assert rule.name in made.spec.reason
