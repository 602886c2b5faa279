"""What administrators changed by hand, or what could not be taken back: not built on, and told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from bot import audit, errors, model, ports
from bot.model import CredentialState, State
from tests import builders, fakes
from tests.engine import lives, parts

MOMENTS = parts.OUTSIDE | {"commit"}
RUNNING = [(case, number) for case in lives.CHANGES for number in range(20 if case is lives.ROTATE else 9)]


async def test_what_an_extension_cannot_take_back_is_on_the_record(engine: parts.Engine) -> None:
    """The credential is told to differ from what it should be, and the remedy says what to do."""
    request = await lives.begun(engine, lives.EXTEND)
    forbidden = errors.Forbidden("You may not.", service="Azure", remedy="Grant the role.")
    late = fakes.Fault("patch_scope_map", forbidden, after=True)
    engine.journal.faults += [late, fakes.Fault("patch_scope_map", forbidden, times=None)]

    ended = await engine.drive(request)

    credential = await lives.stored(engine, request.about)
    left = f"what this request changed in the scope map {credential.scope_map} in {builders.HOST}"
    assert ended.remedy == f"Grant the role. Remove by hand: {left}."
    assert (credential.state, credential.busy) == (CredentialState.DRIFTED, None)
    assert left in (credential.drift or "")


async def test_a_credential_that_drifted_stays_so(engine: parts.Engine) -> None:
    """A rotation mends no scope map: what reconciling found stays on the record until it is gone."""
    request = await lives.begun(engine, lives.ROTATE)
    await lives.written(engine, request.about, state=CredentialState.DRIFTED, drift="Its scope map is wider.")

    await engine.drive(request)

    credential = await lives.stored(engine, request.about)
    assert (credential.state, credential.drift) == (CredentialState.DRIFTED, "Its scope map is wider.")


MEDDLED: dict[str, Callable[[parts.Engine], object]] = {
    "it was removed in Tower": lambda engine: engine.tower.held[101].clear(),
    "it names another token": lambda engine: rename(engine, user="theirs"),
    "it is for another registry": lambda engine: rename(engine, registry="other.azurecr.io"),
    "its token was disabled": lambda engine: meddle(engine, enabled=False),
    "its token has another scope map": lambda engine: meddle(engine, scope_map="_repositories_admin"),
    "its token was removed": lambda engine: engine.registries.held_tokens.clear(),
}


def rename(engine: parts.Engine, **fields: str) -> None:
    """Edit Tower's credential, as an administrator could."""
    held = engine.tower.held[101][0]
    values = {name: getattr(held.shown, name) for name in held.shown.__dataclass_fields__}
    held.shown = ports.TowerCredential(**(values | fields))


def meddle(engine: parts.Engine, **fields: Any) -> None:
    """Change the token, as an administrator could."""
    for token in engine.registries.held_tokens.values():
        for name, value in fields.items():
            setattr(token, name, value)


@pytest.mark.parametrize("what", MEDDLED)
@pytest.mark.parametrize("case", [lives.EXTEND, lives.ROTATE], ids=str)
async def test_what_somebody_changed_by_hand_is_not_built_on(
    engine: parts.Engine, case: lives.Case, what: str
) -> None:
    """Nothing is granted and no password made for what is not ours any more; it is said what is wrong."""
    request = await lives.begun(engine, case)
    MEDDLED[what](engine)
    minted = len(engine.registries.minted)

    ended = await engine.drive(request)

    assert ended.state is State.FAILED
    assert "by somebody else" in (ended.error or "")
    assert (len(engine.registries.minted), engine.journal.count("patch_scope_map")) == (minted, 0)


async def test_a_second_credential_for_the_host_stops_an_extension(engine: parts.Engine) -> None:
    """Wave would use only one of the two, so nothing is added."""
    request = await lives.begun(engine, lives.EXTEND)
    engine.tower.add(101, registry=builders.HOST)

    ended = await engine.drive(request)

    assert "that the bot did not make" in (ended.error or "")
    assert engine.journal.count("patch_scope_map") == 0


@pytest.mark.parametrize("what", MEDDLED)
async def test_whatever_was_changed_by_hand_can_be_revoked(engine: parts.Engine, what: str) -> None:
    """What is left of a credential goes."""
    request = await lives.begun(engine, lives.REVOKE)
    MEDDLED[what](engine)

    ended = await engine.drive(request)

    assert ended.state is State.DONE
    assert await lives.complaints(engine, ended) == []


async def test_a_password_lasts_no_longer_than_was_approved(engine: parts.Engine) -> None:
    """A rule that allows less by now shortens what a rotation makes."""
    credential = await lives.live(engine, validity_days=90)
    spec = lives.spec_of(lives.ROTATE, credential).model_copy(update={"validity_days": 30})

    await engine.drive(await lives.approved(engine, spec))

    after = await lives.stored(engine, credential.id)
    assert after.expires is not None
    assert after.expires - engine.clock.now() <= dt.timedelta(days=30)
    assert after.validity_days == 30


def change(engine: parts.Engine) -> None:
    """Give what is to be adopted another name."""
    rename(engine, name="renamed")


ADOPTED: dict[str, Callable[[parts.Engine], object]] = {
    "it was renamed": change,
    "it is gone": lambda engine: engine.tower.held[101].clear(),
    "it is for another registry": lambda engine: rename(engine, registry="other.azurecr.io"),
    "there is a second one": lambda engine: engine.tower.add(101, name="two", registry=builders.HOST),
}


@pytest.mark.parametrize("what", ADOPTED)
@pytest.mark.parametrize("at", ["registry", "put_token"])
async def test_what_was_changed_since_it_was_asked_for_is_not_adopted(
    engine: parts.Engine, what: str, at: str
) -> None:
    """Before anything is made, or right before the password: it is left as it is, and asked for anew."""
    request = await lives.begun(engine, lives.ADOPT)
    engine.journal.faults.append(fakes.Fault(at, hook=lambda: ADOPTED[what](engine)))
    # Once it was looked at, it may be called what it likes: it is known by its id.
    expected = State.DONE if (what, at) == ("it was renamed", "put_token") else State.FAILED

    ended = await engine.drive(request)

    assert ended.state is expected, ended
    assert expected is State.DONE or engine.made(ended) == []
    assert expected is State.DONE or engine.registries.minted == []


async def test_what_tower_has_taken_is_not_pulled_from_under_it(engine: parts.Engine) -> None:
    """What was typed there before is known to nobody: the new token stays, and an operator is told."""
    request = await lives.begun(engine, lives.ADOPT)
    lost = fakes.Fault("update", errors.Unknown("It was lost.", service="Tower"), after=True)
    forbidden = errors.Forbidden("You may not.", service="Tower", remedy="Grant the role.")
    blind = fakes.Fault("credentials", forbidden, times=0)
    engine.journal.faults += [lost, blind]
    engine.journal.watch = lambda: setattr(blind, "times", 2) if see(engine, blind) else None

    ended = await engine.drive(request)

    (held,) = engine.tower.held[101]
    assert (ended.state, ended.progress.left) == (State.FAILED, ("deliver", "token", "scope_map"))
    assert engine.registries.opens(held.shown.user, held.password.get_secret_value(), lives.FIRST)
    assert "which uses the token" in (ended.remedy or "")


def see(engine: parts.Engine, blind: fakes.Fault) -> bool:
    """Tell when Tower has taken the password, once."""
    return blind.times == 0 and engine.journal.calls[-1] == "update"


@pytest.mark.parametrize("case", [lives.ROTATE, lives.ADOPT], ids=str)
async def test_a_token_disabled_before_the_password_gets_none(engine: parts.Engine, case: lives.Case) -> None:
    """A token that somebody disabled since the check is not trusted with a password."""
    request = await lives.begun(engine, case)
    minted = len(engine.registries.minted)
    commits = 4 if case is lives.ADOPT else 3  # until the step before is on the record

    def disable() -> None:
        if engine.journal.count("commit") == commits:
            meddle(engine, enabled=False)

    engine.journal.watch = disable

    ended = await engine.drive(request)

    assert ended.state is State.FAILED
    assert "by somebody else" in (ended.error or "")
    assert len(engine.registries.minted) == minted


@pytest.mark.parametrize("case", [lives.ROTATE, lives.ADOPT], ids=str)
async def test_decisions_are_checked_again_before_a_password_is_made(
    engine: parts.Engine, case: lives.Case
) -> None:
    """A trail that stops fitting while the token is looked at ends the request with no password."""
    request = await lives.begun(engine, case)
    minted = len(engine.registries.minted)
    real = engine.record.verified
    asked = []

    async def verified(request_id: str) -> tuple[audit.Entry, ...]:
        asked.append(request_id)
        if len(asked) > 1:
            raise errors.Refused(errors.Reason.CHANGED, "It is broken.")
        return await real(request_id)

    engine.record.verified = verified  # type: ignore[method-assign]  # somebody writes to Redis under way

    ended = await engine.drive(request)

    assert "its audit trail is broken" in (ended.error or "")
    assert len(engine.registries.minted) == minted
    assert not (await stored_busy(engine, request))


async def stored_busy(engine: parts.Engine, request: model.Request) -> bool:
    """Tell whether a request still has its credential in hand."""
    credential = await engine.healthy.credential(request.about)
    return credential is not None and credential.busy is not None


@pytest.mark.parametrize("gone", [lives.EXTEND, lives.ROTATE], ids=str)
async def test_what_vanishes_under_way_needs_no_undo(engine: parts.Engine, gone: lives.Case) -> None:
    """Whoever removes the token or its scope map in Azure leaves nothing to take back."""
    request = await lives.begun(engine, gone)
    call = "patch_scope_map" if gone is lives.EXTEND else "mint"

    def vanish() -> None:
        engine.registries.held_tokens.clear()
        engine.registries.held_maps.clear()

    engine.journal.faults.append(fakes.Fault(call, hook=vanish))

    ended = await engine.drive(request)

    assert (ended.state, ended.progress.left) == (State.FAILED, ())


async def test_an_undo_of_a_rotation_that_cannot_work_says_what_stays(engine: parts.Engine) -> None:
    """The password that nobody uses stays, and is said to."""
    request = await lives.begun(engine, lives.ROTATE)
    forbidden = errors.Forbidden("You may not.", service="it", remedy="Grant the role.")
    engine.journal.faults += [fakes.Fault(name, forbidden, times=None) for name in ("update", "keep_only")]

    ended = await engine.drive(request)

    credential = await lives.stored(engine, request.about)
    two = f"of the two passwords of the token {credential.token} in {builders.HOST}"
    left = f"{two}, the one that Tower does not use"
    assert f"Remove by hand: {left}." in (ended.remedy or "")
    assert credential.state is CredentialState.DRIFTED
    assert engine.registries.opens(credential.token, lives.password_of(engine, credential))


@pytest.mark.parametrize("case", [lives.ROTATE, lives.ADOPT], ids=str)
async def test_a_name_that_somebody_gave_it_stays(engine: parts.Engine, case: lives.Case) -> None:
    """Only the password of a credential in Tower is replaced."""
    request = await lives.begun(engine, case)
    engine.journal.faults.append(fakes.Fault("mint", hook=lambda: change(engine)))

    ended = await engine.drive(request)

    assert ended.state is State.DONE
    assert [one.shown.name for one in engine.tower.held[101]] == ["renamed"]
