"""A credential is taken away: after its jobs, or at once, and what stays is said."""

from __future__ import annotations

import datetime as dt

import pytest

from bot import errors
from bot.model import CredentialState, State
from tests import builders, fakes
from tests.engine import lives, parts

JOBS = ("align-reads", "call-variants")


async def test_a_revocation_waits_for_jobs(engine: parts.Engine) -> None:
    """While jobs use it nothing is broken, and they are named; when they are over it goes on."""
    request = await lives.begun(engine, lives.REVOKE)
    credential = await lives.stored(engine, request.about)
    engine.tower.held[101][0].jobs = JOBS

    while (now := await engine.now(request)).progress.detail is None:
        await engine.once()
    works = engine.registries.opens(credential.token, lives.password_of(engine, credential))
    engine.tower.held[101][0].jobs = ()
    ended = await engine.drive(request)

    assert works
    assert now.progress.detail == "Jobs that are running use it: align-reads, call-variants."
    assert (ended.state, ended.progress.detail) == (State.DONE, None)
    assert await lives.complaints(engine, ended) == []


async def test_a_revocation_gives_up_after_a_day_of_jobs(engine: parts.Engine) -> None:
    """Then it has failed, nothing was broken, and the credential is active again."""
    request = await lives.begun(engine, lives.REVOKE)
    engine.tower.held[101][0].jobs = tuple(f"job-{number}" for number in range(9))
    began = engine.clock.now()

    ended = await engine.drive(request)

    assert ended.state is State.FAILED
    assert "job-4 and 4 more" in (ended.error or "")
    assert await lives.complaints(engine, ended) == []
    assert dt.timedelta(hours=24) <= engine.clock.now() - began < dt.timedelta(hours=27)
    assert engine.journal.count("delete") < 40


async def test_at_once_jobs_do_not_count(engine: parts.Engine) -> None:
    """An emergency breaks what uses the credential."""
    request = await lives.begun(engine, lives.AT_ONCE)
    engine.tower.held[101][0].jobs = JOBS

    ended = await engine.drive(request)

    assert ended.state is State.DONE
    assert await lives.complaints(engine, ended) == []


AWAY = errors.Temporary("It is away.", service="it")


@pytest.mark.parametrize("away", ["set_token_status", "delete"])
async def test_at_once_neither_waits_for_the_others_outage(engine: parts.Engine, away: str) -> None:
    """While one service is away, the other's part is done in the first attendance."""
    request = await lives.begun(engine, lives.AT_ONCE)
    credential = await lives.stored(engine, request.about)
    engine.journal.faults.append(fakes.Fault(away, AWAY, times=None))

    while "delete" not in engine.journal.calls:
        await engine.once()

    gone = not engine.tower.held[101]
    disabled = not engine.registries.held_tokens[credential.token].enabled
    assert (gone, disabled) == (away != "delete", away == "delete")


FORBIDDEN = errors.Forbidden("You may not.", service="it", remedy="Grant the role.")
LEFT = {
    "delete_token": "the token {name} in {host}, the scope map {name} in {host}",
    "delete_scope_map": "the scope map {name} in {host}",
}


@pytest.mark.parametrize("call", sorted(LEFT))
@pytest.mark.parametrize("case", [lives.REVOKE, lives.AT_ONCE], ids=str)
async def test_what_a_revocation_cannot_take_away_is_said(
    engine: parts.Engine, call: str, case: lives.Case
) -> None:
    """The rest goes; what stays is named with the role that is missing, and the credential is not revoked."""
    request = await lives.begun(engine, case)
    engine.journal.faults.append(fakes.Fault(call, FORBIDDEN, times=None))

    ended = await engine.drive(request)

    credential = await lives.stored(engine, request.about)
    left = LEFT[call].format(name=credential.token, host=builders.HOST)
    assert (ended.state, ended.error) == (State.FAILED, "You may not.")
    assert ended.remedy == f"Grant the role. Remove by hand: {left}."
    assert (credential.state, credential.busy) == (CredentialState.DRIFTED, None)
    assert left in (credential.drift or "")
    assert engine.tower.held[101] == []


async def test_at_once_goes_on_without_tower(engine: parts.Engine) -> None:
    """Where Tower keeps its part for good, the token goes all the same."""
    request = await lives.begun(engine, lives.AT_ONCE)
    engine.journal.faults.append(fakes.Fault("delete", FORBIDDEN, times=None))

    ended = await engine.drive(request)

    assert (engine.registries.held_tokens, engine.registries.held_maps) == ({}, {})
    assert "Remove by hand: the credential acr-main in Tower" in (ended.remedy or "")


async def test_a_token_that_goes_need_not_be_disabled(engine: parts.Engine) -> None:
    """A revocation that may delete, but not disable, is done."""
    request = await lives.begun(engine, lives.REVOKE)
    engine.journal.faults.append(fakes.Fault("set_token_status", FORBIDDEN, times=None))

    ended = await engine.drive(request)

    assert (ended.state, ended.error, ended.remedy) == (State.DONE, None, None)
    assert await lives.complaints(engine, ended) == []


async def test_what_was_left_can_be_revoked_again(engine: parts.Engine) -> None:
    """Once the role is granted, another revocation ends what the first could not."""
    request = await lives.begun(engine, lives.REVOKE)
    engine.journal.faults.append(fakes.Fault("delete_token", FORBIDDEN))
    await engine.drive(request)
    credential = await lives.stored(engine, request.about)

    again = await engine.drive(await lives.approved(engine, lives.spec_of(lives.REVOKE, credential)))

    assert again.state is State.DONE
    assert await lives.complaints(engine, again) == []


async def test_what_tower_refuses_to_revoke_stays_as_it_was(engine: parts.Engine) -> None:
    """A revocation that is not urgent breaks nothing before Tower lets go."""
    request = await lives.begun(engine, lives.REVOKE)
    engine.journal.faults.append(fakes.Fault("delete", FORBIDDEN, times=None))

    ended = await engine.drive(request)

    assert (ended.state, ended.error) == (State.FAILED, "You may not.")
    assert await lives.complaints(engine, ended) == []
