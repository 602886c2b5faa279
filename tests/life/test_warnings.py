"""Months of a credential with a clock that is moved by hand: who is warned, when, and what messages say."""

from __future__ import annotations

import datetime as dt

import pytest

from bot import audit, errors, model
from bot.model import CredentialState, Role
from tests import builders, fakes
from tests.life import calendar
from tests.life.calendar import DAY


async def test_a_fresh_credential_is_due_at_its_first_warning(played: calendar.Calendar) -> None:
    """A request that is done is looked at again two weeks before the password expires."""
    request = await played.issued()
    expires = (await played.credential(request)).expires
    assert expires is not None

    claims = await played.engine.healthy.claim("tests", lease_s=15, limit=1)

    assert (request.life, claims.taken) == (None, ())
    assert claims.next_in_s == pytest.approx(76 * 86400, abs=600)


async def test_a_password_without_an_end_is_never_due(played: calendar.Calendar) -> None:
    """Nothing waits for a credential that does not expire and that no rule rotates."""
    await played.issued(validity_days=None)

    assert (await played.engine.healthy.claim("tests", lease_s=15, limit=1)).next_in_s is None


async def test_the_owner_is_warned_in_time(played: calendar.Calendar) -> None:
    """Three warnings and the end are recorded, each once, however often the process is restarted."""
    request = await played.issued()

    await played.until(played.engine.clock.now() + 100 * DAY, restarts=True)

    assert await played.warned(request) == [14, 3, 1, 0]


async def test_each_warning_is_a_message_of_its_own(played: calendar.Calendar) -> None:
    """A warning has to notify, so it is posted; the older ones are brought up to date and stay there."""
    request = await played.issued()
    await played.until(played.engine.clock.now() + 77 * DAY)
    first = played.warnings()

    await played.until(played.engine.clock.now() + 12 * DAY)

    now = await played.engine.now(request)
    assert len(first) == 1
    assert list(played.warnings())[:1] == list(first)
    assert list(played.warnings().values()) == [now.version] * 3


async def test_warnings_are_in_the_owners_thread(played: calendar.Calendar) -> None:
    """A warning is a reply below the message where the credential was asked for."""
    request = await played.issued()
    await played.until(played.engine.clock.now() + 77 * DAY)

    copies = (await played.engine.snapshot(request)).copies

    assert copies[Role.WARNING].thread == copies[Role.ORIGIN].message
    assert copies[Role.WARNING].channel == copies[Role.ORIGIN].channel


async def test_warnings_follow_a_direct_request(played: calendar.Calendar) -> None:
    """What was asked for in direct messages is warned of there."""
    request = await played.issued(place=None)
    await played.until(played.engine.clock.now() + 77 * DAY)

    copies = (await played.engine.snapshot(request)).copies

    assert copies[Role.WARNING].thread == copies[Role.DIRECT].message


async def test_a_warning_that_nobody_can_read_is_told_to_operators(played: calendar.Calendar) -> None:
    """Where neither the thread nor the direct messages take a warning, operators hear of each, once."""
    played.engine.notifier.closed |= {Role.ORIGIN, Role.DIRECT}
    await played.issued()

    await played.until(played.engine.clock.now() + 88 * DAY, restarts=True)

    told = [one for one in played.engine.notifier.alerts if "could not be told" in one]
    assert len(told) == 2
    assert played.warnings() == {}


async def test_a_thread_that_was_closed_is_told_to_operators(played: calendar.Calendar) -> None:
    """A place that takes no warning any more is as bad as none."""
    await played.issued()
    played.engine.notifier.closed.add(Role.WARNING)

    await played.until(played.engine.clock.now() + 77 * DAY)

    assert len([one for one in played.engine.notifier.alerts if "could not be told" in one]) == 1


@pytest.mark.parametrize(("days", "expected"), [(88, 3), (89.5, 1), (200, 0)])
async def test_a_bot_that_was_away_tells_the_newest_alone(
    played: calendar.Calendar, days: float, expected: int
) -> None:
    """Of the warnings that were missed only the newest is said."""
    request = await played.issued()

    await played.away(played.engine.clock.now() + days * DAY)

    assert await played.warned(request) == [expected]
    assert len(played.warnings()) == 1


async def test_a_change_is_told_by_every_message(played: calendar.Calendar) -> None:
    """When another request changes the credential, all messages of the first one are redrawn."""
    request = await played.issued()

    after = await played.changed(request, repositories=("team/tool", "team/more"))

    now, shown = await played.engine.now(request), await played.engine.snapshot(request)
    assert now.life is not None
    assert (now.life.version, now.life.repositories) == (after.version, after.repositories)
    assert {copy.shown for copy in shown.copies.values()} == {now.version}
    assert (await played.events(request))[-1] is audit.Event.FOLLOWED


async def test_a_warning_does_not_lie_after_a_rotation(played: calendar.Calendar) -> None:
    """A new password ends the old warning, which is redrawn, and gets warnings of its own."""
    request = await played.issued()
    await played.until(played.engine.clock.now() + 80 * DAY)
    now = played.engine.clock.now()

    await played.changed(request, minted=now, expires=now + 90 * DAY)
    rotated = await played.engine.now(request)
    shown = list(played.warnings().values())
    await played.until(now + 77 * DAY)

    assert rotated.life is not None
    assert (rotated.life.warned, shown) == (None, [rotated.version])
    assert await played.warned(request) == [14, 14]
    assert len(played.warnings()) == 2


async def test_a_revoked_credential_is_told_and_over(played: calendar.Calendar) -> None:
    """After a revocation every message says so, and nothing of it is ever due again."""
    request = await played.issued()
    await played.until(played.engine.clock.now() + 80 * DAY)

    await played.changed(request, state=CredentialState.REVOKED)

    now, shown = await played.engine.now(request), await played.engine.snapshot(request)
    assert now.life is not None
    assert now.life.state is CredentialState.REVOKED
    assert {copy.shown for copy in (*shown.copies.values(), *shown.duplicates)} == {now.version}
    await played.until(played.engine.clock.now() + 20 * DAY)
    assert await played.warned(request) == [14]


async def test_a_crash_between_record_and_message_loses_no_warning(played: calendar.Calendar) -> None:
    """A process that dies right before it posts a warning leaves the post to the next one."""
    request = await played.issued()
    played.engine.clock.shift += 77 * DAY
    played.engine.journal.faults.append(fakes.Fault("show:warning", fakes.Crash()))
    held = await played.engine.claimed()
    while held is None:
        held = await played.engine.claimed()

    await played.engine.survive(held)
    before = played.warnings()
    await played.settle()

    assert (before, len(played.warnings())) == ({}, 1)
    assert await played.warned(request) == [14]


async def test_a_crash_with_an_older_warning_set_aside_loses_none(played: calendar.Calendar) -> None:
    """A process that dies between putting the old message aside and posting the new one leaves both known."""
    request = await played.issued()
    await played.until(played.engine.clock.now() + 77 * DAY)
    played.engine.clock.shift += 11 * DAY
    played.engine.journal.faults.append(fakes.Fault("show:warning", fakes.Crash()))
    held = await played.engine.claimed()
    while held is None:
        held = await played.engine.claimed()

    await played.engine.survive(held)
    await played.settle()

    now = await played.engine.now(request)
    assert list(played.warnings().values()) == [now.version] * 2


async def test_a_forged_credential_is_told_to_operators(played: calendar.Calendar) -> None:
    """Whoever writes to Redis alone moves no credential: operators hear of it, and nothing is done."""
    request = await played.issued()
    credential = await played.credential(request)
    forged = credential.model_copy(update={"token": "somebody-elses", "seal": "0" * 64})
    store = played.engine.healthy
    await store._client.execute_command(  # type: ignore[attr-defined]  # behind the port, as an intruder is
        "SET",
        store._keys.credential(request.id),  # type: ignore[attr-defined]  # likewise
        forged.model_dump_json(),
    )

    await played.away(played.engine.clock.now() + 77 * DAY)

    assert "something else than the bot" in played.engine.notifier.alerts[-1]
    assert await played.warned(request) == []


async def test_a_credential_that_is_forgotten_is_over(played: calendar.Calendar) -> None:
    """A request whose credential is not known any more is never due again."""
    request = await played.issued()
    store = played.engine.healthy
    await store._client.execute_command(  # type: ignore[attr-defined]  # behind the port, as an outage is
        "DEL",
        store._keys.credential(request.id),  # type: ignore[attr-defined]  # likewise
    )

    await played.away(played.engine.clock.now() + 77 * DAY)

    assert (await played.engine.healthy.claim("tests", lease_s=15, limit=1)).next_in_s is None


async def test_a_claim_before_the_time_waits_instead_of_asking_again(played: calendar.Calendar) -> None:
    """A store whose clock runs ahead claims early: the attendance waits out the difference."""
    request = await played.issued()
    played.engine.clock.shift += 77 * DAY
    held = await played.engine.claimed()
    assert held is not None
    expires = (await played.credential(request)).expires
    assert expires is not None
    played.engine.clock.shift = expires - 14 * DAY - builders.now() - dt.timedelta(seconds=0.2)

    settlement = await played.engine.attend(held)

    assert settlement.due == expires - 14 * DAY
    assert played.engine.clock.now() >= settlement.due


async def test_an_outage_of_the_store_loses_no_warning(played: calendar.Calendar) -> None:
    """What could not be recorded is recorded at the next look."""
    request = await played.issued()
    away = errors.NotAccepted("The store is away.")
    played.engine.journal.faults.append(fakes.Fault("credential", away))
    played.engine.clock.shift += 77 * DAY
    held = await played.engine.claimed()
    assert held is not None

    with pytest.raises(errors.NotAccepted):
        await played.engine.attention(held)
    await played.engine.healthy.settle(request.id, fence=held.fence, seen=0, due=played.engine.clock.now())
    await played.settle()

    assert await played.warned(request) == [14]


async def test_only_what_makes_a_credential_follows_one(played: calendar.Calendar) -> None:
    """A request that was denied has nothing to follow."""
    request = await played.engine.submitted()
    await played.engine.service.deny(builders.a_click(request), "no")

    await played.settle()

    assert (await played.engine.now(request)).state is model.State.DENIED
    assert (await played.engine.healthy.claim("tests", lease_s=15, limit=1)).next_in_s is None
