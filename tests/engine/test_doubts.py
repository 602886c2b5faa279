"""Which password Tower has is known by what came with it, never by when Tower's credential changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot import errors, model
from bot.model import CredentialState, State
from bot.provision import names
from tests import fakes
from tests.engine import lives, parts

AWAY = errors.Temporary("Tower answered 503.", service="Tower")


def touch(engine: parts.Engine) -> None:
    """Edit what is written about Tower's credential, as an administrator could."""
    held = engine.tower.held[101][0]
    held.shown = replace(held.shown, updated="2026-12-24T00:00:00Z", description="edited")


def slots(engine: parts.Engine, token: str) -> list[str]:
    """Return the slots of a token that hold a password."""
    return sorted(engine.registries.held_tokens[token].passwords)


ENDS: dict[str, Callable[[], fakes.Fault]] = {
    "crash": lambda: fakes.Fault("update", fakes.Crash()),
    "outage": lambda: fakes.Fault("update", AWAY, times=30),
}


@pytest.mark.parametrize("end", ENDS)
async def test_a_credential_that_was_edited_meanwhile_keeps_both(engine: parts.Engine, end: str) -> None:
    """That it changed since does not prove that Tower took the password: neither is removed."""
    request = await lives.begun(engine, lives.ROTATE)
    fault = ENDS[end]()
    fault.hook = lambda: touch(engine)
    engine.journal.faults.append(fault)
    puller = engine.journal.watch = lives.Puller(engine)

    ended = await engine.drive(request)

    credential = await lives.stored(engine, request.about)
    assert (ended.state, ended.progress.left) == (State.FAILED, ("deliver",))
    assert "nobody knows which of them Tower has" in (ended.error or "")
    assert slots(engine, credential.token) == ["password1", "password2"]
    assert (credential.state, credential.busy) == (CredentialState.DRIFTED, None)
    assert puller.failures == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_tower_that_tells_nothing_keeps_both_and_operators_hear(
    engine: parts.Engine, *, after: bool
) -> None:
    """Without description and date a crash leaves it unknown, and both passwords are left."""
    engine.tower.describes = engine.tower.dates = False
    request = await lives.begun(engine, lives.ROTATE)
    engine.journal.faults.append(fakes.Fault("update", fakes.Crash(), after=after))
    puller = engine.journal.watch = lives.Puller(engine)

    ended = await engine.drive(request)

    token = (await lives.stored(engine, request.about)).token
    assert (ended.state, slots(engine, token)) == (State.FAILED, ["password1", "password2"])
    assert "Both were kept" in engine.notifier.alerts[-1]
    assert puller.failures == []


async def test_a_tower_without_descriptions_is_rotated_all_the_same(engine: parts.Engine) -> None:
    """Where nothing goes wrong nothing has to be found out."""
    engine.tower.describes = engine.tower.dates = False

    ended = await engine.drive(await lives.begun(engine, lives.ROTATE))

    assert ended.state is State.DONE
    assert await lives.complaints(engine, ended) == []


async def test_a_second_rotation_removes_neither_of_two_that_tower_may_have(engine: parts.Engine) -> None:
    """What an earlier rotation left in doubt stays until somebody decides."""
    engine.tower.describes = engine.tower.dates = False
    request = await lives.begun(engine, lives.ROTATE)
    engine.journal.faults.append(fakes.Fault("update", fakes.Crash(), after=True))
    await engine.drive(request)
    credential = await lives.stored(engine, request.about)
    puller = engine.journal.watch = lives.Puller(engine)

    ended = await engine.drive(await lives.approved(engine, lives.spec_of(lives.ROTATE, credential)))

    assert (ended.state, slots(engine, credential.token)) == (State.FAILED, ["password1", "password2"])
    assert "revoke the credential" in (ended.remedy or "")
    assert puller.failures == []


async def test_what_people_wrote_about_a_credential_stays(engine: parts.Engine) -> None:
    """The bot's word stands behind it, and only its newest."""
    request = await lives.begun(engine, lives.ROTATE)
    touch(engine)
    await engine.drive(request)
    credential = await lives.stored(engine, request.about)

    again = await engine.drive(await lives.approved(engine, lives.spec_of(lives.ROTATE, credential)))

    short = model.short_id(again.id)
    said = engine.tower.held[101][0].shown.description
    assert said == f"edited [registry-bot: request {short}, password1]"
    assert names.mark(said) == (short, "password1")


async def test_a_slot_that_was_used_before_waits_for_the_replicas(engine: parts.Engine) -> None:
    """A regenerated password takes a minute to reach them, and not every Tower tests logins."""
    request = await lives.begun(engine, lives.ROTATE)
    engine.clock.slept.clear()
    await engine.drive(request)
    first = sum(engine.clock.slept)
    credential = await lives.stored(engine, request.about)
    second = await lives.approved(engine, lives.spec_of(lives.ROTATE, credential))
    times: dict[str, float] = {}
    engine.journal.watch = lambda: times.update({engine.journal.calls[-1]: engine.clock.now().timestamp()})

    await engine.drive(second)

    assert times["update"] - times["mint"] > lives.WAVE_S
    assert first < 2 * lives.WAVE_S


async def test_a_revocation_ends_the_wait_for_the_replicas(engine: parts.Engine) -> None:
    """A password that nobody needs any more goes to nobody."""
    request = await lives.begun(engine, lives.ROTATE)
    await engine.drive(request)
    credential = await lives.stored(engine, request.about)
    second = await lives.approved(engine, lives.spec_of(lives.ROTATE, credential))
    await lives.submitted(engine, lives.spec_of(lives.AT_ONCE, credential))
    real = engine.clock.sleep

    async def sleep(seconds: float) -> None:
        if engine.journal.count("mint") and (await lives.stored(engine, credential.id)).busy == second.id:
            await lives.written(engine, credential.id, busy=None, state=CredentialState.REVOKED)
        await real(seconds)

    engine.clock.sleep = sleep  # type: ignore[method-assign]  # somebody revokes it while this waits

    ended = await engine.drive(second)

    assert "has been revoked" in (ended.error or "")
    assert (engine.journal.count("mint"), engine.journal.count("update")) == (1, 0)


async def test_an_old_password_that_azure_does_not_remove_is_told(engine: parts.Engine) -> None:
    """It is tried again, then recorded, on the credential as well, and operators hear of it."""
    request = await lives.begun(engine, lives.ROTATE)
    forbidden = errors.Forbidden("You may not.", service="Azure", remedy="Grant the role.")
    engine.journal.faults.append(fakes.Fault("keep_only", forbidden, times=None))

    ended = await engine.drive(request)

    credential = await lives.stored(engine, request.about)
    assert (ended.state, ended.progress.left) == (State.DONE, ("old_slot",))
    assert engine.journal.count("keep_only") > 1
    assert (credential.state, credential.slot) == (CredentialState.DRIFTED, model.PASSWORD2)
    assert "an older password of its token still works" in engine.notifier.alerts[-1]


async def test_a_refusal_that_passes_leaves_one_password(engine: parts.Engine) -> None:
    """A role that is granted a moment later is enough."""
    request = await lives.begun(engine, lives.ROTATE)
    forbidden = errors.Forbidden("You may not.", service="Azure", remedy="Grant the role.")
    engine.journal.faults.append(fakes.Fault("keep_only", forbidden))

    ended = await engine.drive(request)

    assert ended.progress.left == ()
    assert await lives.complaints(engine, ended) == []


async def test_an_adoption_in_doubt_keeps_what_tower_may_have(engine: parts.Engine) -> None:
    """Tower names the token, and of its two passwords does not say which: none is removed."""
    engine.tower.describes = False
    request = await lives.begun(engine, lives.ADOPT)
    lost = fakes.Fault("mint", fakes.Crash(), after=True)
    engine.journal.faults += [lost, fakes.Fault("update", fakes.Crash(), after=True)]

    ended = await engine.drive(request)

    token = (await lives.stored(engine, request.id)).token
    assert (ended.state, slots(engine, token)) == (State.DONE, ["password1", "password2"])


@pytest.mark.parametrize("case", [lives.EXTEND, lives.NARROW], ids=str)
async def test_a_list_that_is_not_the_recorded_one_is_not_changed(
    engine: parts.Engine, case: lives.Case
) -> None:
    """A record put back from an older time would grant again what was taken away since."""
    request = await lives.begun(engine, case)
    (scope_map,) = engine.registries.held_maps
    engine.registries.held_maps[scope_map] = names.reading(("team/else",))

    ended = await engine.drive(request)

    assert "does not allow what the bot's record says" in (ended.error or "")
    assert engine.registries.held_maps[scope_map] == names.reading(("team/else",))


async def test_a_list_that_is_too_wide_can_be_narrowed(engine: parts.Engine) -> None:
    """Taking away works on what somebody widened, too."""
    request = await lives.begun(engine, lives.NARROW)
    (scope_map,) = engine.registries.held_maps
    engine.registries.held_maps[scope_map] = names.reading((lives.FIRST, lives.SECOND, "team/else"))

    ended = await engine.drive(request)

    assert await lives.complaints(engine, ended) == []
