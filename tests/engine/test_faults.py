"""What a service's failure makes of a request, wherever it comes."""

from __future__ import annotations

import datetime as dt

import pytest

from bot import errors, model
from tests import fakes
from tests.engine import parts

# The calls of a healthy run; those that only look may fail for good without failing the request.
CALLS = ["registry", "room", "scope_map", "token", "credentials", "check_name"]
CALLS += ["put_scope_map", "put_token", "mint", "create"]
LOOKS = ["newest_tag", "inspect"]
PASSING = [
    errors.Temporary("Something broke.", service="it"),
    errors.Throttled("Slow down.", service="it", retry_after_s=7.0),
    errors.Unknown("The answer was lost.", service="it"),
    errors.NotYet("Not yet.", service="it"),
]
LASTING = [
    errors.Permanent("It is broken.", service="it"),
    errors.NotFound("It is gone.", service="it"),
    errors.Forbidden("You may not.", service="it", remedy="Grant the role."),
    errors.LimitReached("It is full.", service="it"),
    errors.AlreadyThere("It is taken.", service="it"),
]


def name_of(error: errors.ServiceError) -> str:
    """Return a test's id."""
    return type(error).__name__


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", PASSING, ids=name_of)
@pytest.mark.parametrize("call", CALLS + LOOKS)
async def test_a_fault_that_passes_is_outlived(
    engine: parts.Engine, call: str, error: errors.Temporary, *, after: bool
) -> None:
    """Whatever call fails for a moment, before or after it acted, the request ends done with one of each."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault(call, error, after=after))

    ended = await engine.drive(request)

    assert ended.state is model.State.DONE, ended
    assert engine.made(request) == engine.everything(request)
    assert engine.works(request)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", LASTING, ids=name_of)
@pytest.mark.parametrize("call", CALLS)
async def test_a_fault_that_lasts_undoes_the_request(
    engine: parts.Engine, call: str, error: errors.Permanent, *, after: bool
) -> None:
    """Whatever call is refused for good, all is made or nothing is left."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault(call, error, after=after))

    ended = await engine.drive(request)

    expected = engine.everything(request) if ended.state is model.State.DONE else []
    assert engine.made(request) == expected
    # Two answers are looked into before they are believed: an earlier try of ours may explain them.
    doubtful = isinstance(error, errors.AlreadyThere | errors.NotFound)
    assert ended.state is model.State.FAILED or doubtful, ended


@pytest.mark.parametrize("call", CALLS)
async def test_a_refusal_is_explained_to_both(engine: parts.Engine, call: str) -> None:
    """The requester reads the service's error, the operator what to change, and operators are alerted."""
    request = await engine.approved()
    error = errors.Forbidden("You may not.", service="it", remedy="Grant the role.")
    engine.journal.faults.append(fakes.Fault(call, error))

    ended = await engine.drive(request)

    assert (ended.error, ended.remedy) == ("You may not.", "Grant the role.")
    (alert,) = engine.notifier.alerts
    assert alert.endswith("failed. You may not. Grant the role.")


@pytest.mark.parametrize("call", CALLS)
async def test_what_never_recovers_is_given_up(engine: parts.Engine, call: str) -> None:
    """A service that stays away costs a bounded number of tries; then all is taken back that can be."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault(call, PASSING[0], times=None))

    ended = await engine.drive(request)

    assert ended.state is model.State.FAILED
    assert engine.journal.count(call) <= 300
    assert len(engine.registries.minted) <= 20
    assert engine.made(request) == [] or "Remove by hand" in (ended.remedy or "")


@pytest.mark.parametrize("call", LOOKS)
@pytest.mark.parametrize("error", [*PASSING, *LASTING], ids=name_of)
async def test_what_only_verifies_never_fails_a_request(
    engine: parts.Engine, call: str, error: errors.ServiceError
) -> None:
    """A credential that works is kept and said to be unverified, however long the proof fails."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault(call, error, times=None))

    ended = await engine.drive(request)

    assert ended.state is model.State.DONE
    assert ended.progress.verification is model.Verification.UNAVAILABLE
    assert engine.works(request)


async def test_a_wish_to_wait_is_obeyed(engine: parts.Engine) -> None:
    """A step that is told to come back in 300 s is not due before that."""
    request = await engine.approved()
    busy = errors.Throttled("Slow down.", service="Azure", retry_after_s=300.0)
    engine.journal.faults.append(fakes.Fault("put_scope_map", busy))
    began = engine.clock.now()

    settlement = await engine.once()

    assert settlement.due is not None
    assert settlement.due - began >= dt.timedelta(seconds=300)
    assert not settlement.reset
    assert (await engine.now(request)).state is model.State.RUNNING


@pytest.mark.parametrize(("attempts", "shortest", "longest"), [(1, 0.5, 1), (4, 4, 8), (12, 30, 60)])
async def test_waits_between_tries_grow(
    engine: parts.Engine, attempts: int, shortest: float, longest: float
) -> None:
    """Each try of a failing step waits longer than the one before, up to a minute."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault("put_scope_map", PASSING[0]))
    held = await engine.claimed(attempts=attempts)
    assert held is not None

    rest = await engine.attention.provisioning.run(held, request, lambda _: None)

    assert rest.due is not None
    waits = (rest.due - engine.clock.now()).total_seconds()
    assert shortest - 0.5 < waits <= longest


async def test_patience_ends_by_the_clock_as_well(engine: parts.Engine) -> None:
    """A step that still fails half an hour after the start is not tried again."""
    request = await engine.approved()
    slow = errors.Throttled("Slow down.", service="Azure", retry_after_s=1900.0)
    engine.journal.faults.append(fakes.Fault("put_scope_map", slow, times=None))

    ended = await engine.drive(request)

    assert (ended.state, engine.journal.count("put_scope_map")) == (model.State.FAILED, 2)
    assert ended.error == "Slow down. The bot tried again for a long time."


async def test_too_many_tries_give_up_without_another_call(engine: parts.Engine) -> None:
    """A request that was claimed too often gives up, takes back, alerts, and only then is shown."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault("put_token", fakes.Crash()))
    held = await engine.claimed()
    assert held is not None
    await engine.survive(held)

    await engine.once(attempts=parts.MAX_ATTEMPTS)
    undoing = await engine.now(request)
    ended = await engine.drive(request)

    assert undoing.progress.undoing == "The work was tried too often without an end."
    assert (ended.state, engine.made(request)) == (model.State.FAILED, [])
    assert request.id in (ended.remedy or "")
    assert len(engine.notifier.alerts) == 1


@pytest.mark.parametrize(("step", "call"), [("verify", "inspect"), ("settle", "keep_only")])
async def test_too_many_tries_do_not_take_a_good_credential_back(
    engine: parts.Engine, step: str, call: str
) -> None:
    """Once Tower has the credential, giving up means to stop proving and tidying, not to undo."""
    request = await engine.approved()
    for fault in ("create", call):
        engine.journal.faults.append(fakes.Fault(fault, fakes.Crash()))
        held = await engine.claimed()
        assert held is not None
        await engine.survive(held)
    assert step not in (await engine.now(request)).progress.steps

    await engine.once(attempts=parts.MAX_ATTEMPTS)

    ended = await engine.drive(request)
    assert ended.state is model.State.DONE
    assert engine.made(request) == engine.everything(request)
