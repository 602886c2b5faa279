"""A process that dies while it changes a credential leaves nothing half done, and no pull fails for it."""

from __future__ import annotations

import random

import pytest

from bot import errors, model
from bot.model import State
from tests import fakes
from tests.engine import lives, parts

# Calls to services and writes: more than a healthy run makes, and than one that fails.
POINTS = parts.OUTSIDE | {"commit"}
CALLS = {
    lives.EXTEND: 11,
    lives.NARROW: 9,
    lives.ROTATE: 22,
    lives.REVOKE: 12,
    lives.AT_ONCE: 12,
    lives.ADOPT: 26,
}
CALLS_BACK = {lives.EXTEND: 9, lives.NARROW: 7, lives.ROTATE: 20, lives.REVOKE: 6, lives.ADOPT: 30}


def each(calls: dict[lives.Case, int]) -> list[tuple[lives.Case, int]]:
    """Return every call of every kind of request."""
    return [(case, number) for case, count in calls.items() for number in range(count)]


FORBIDDEN = errors.Forbidden("You may not.", service="it", remedy="Grant the role.")
# What each kind of request cannot do without.
NEEDED = {
    lives.EXTEND: "patch_scope_map",
    lives.NARROW: "patch_scope_map",
    lives.ROTATE: "update",
    lives.REVOKE: "delete",
    lives.ADOPT: "update",
}


def watched(engine: parts.Engine, case: lives.Case) -> lives.Puller:
    """Return pipelines that pull all the time, where they are meant to go on working."""
    puller = lives.Puller(engine)
    if case in lives.CHANGES:
        engine.journal.watch = puller
    return puller


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("case", "number"), each(CALLS), ids=str)
async def test_a_crash_at_any_call_ends_as_if_there_had_been_none(
    engine: parts.Engine, case: lives.Case, number: int, *, after: bool
) -> None:
    """Whichever call the process dies at, its successor ends what was asked for; every pull works."""
    request = await lives.begun(engine, case)
    puller = watched(engine, case)
    engine.journal.faults.append(fakes.Fault(number, fakes.Crash(), after=after, among=POINTS))

    ended = await engine.drive(request)

    assert ended.state is State.DONE, ended
    assert await lives.complaints(engine, ended) == []
    assert puller.failures == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("case", "number"), each(CALLS_BACK), ids=str)
async def test_a_crash_at_any_call_of_a_failing_request_changes_nothing(
    engine: parts.Engine, case: lives.Case, number: int, *, after: bool
) -> None:
    """Whichever call the process dies at, its successor leaves everything as it was; every pull works."""
    request = await lives.begun(engine, case)
    puller = watched(engine, case)
    engine.journal.faults.append(fakes.Fault(NEEDED[case], FORBIDDEN, times=None))
    engine.journal.faults.append(fakes.Fault(number, fakes.Crash(), after=after, among=POINTS))

    ended = await engine.drive(request)

    assert (ended.state, ended.error) == (State.FAILED, "You may not.")
    assert await lives.complaints(engine, ended) == []
    assert puller.failures == []


@pytest.mark.parametrize("case", lives.CASES, ids=str)
@pytest.mark.parametrize("seed", range(20))
async def test_crashes_and_faults_at_random_end_in_all_or_nothing(
    engine: parts.Engine, seed: int, case: lives.Case
) -> None:
    """However often it dies or is refused, what was asked for is so in the end, or nothing of it."""
    chance = random.Random(seed)  # noqa: S311  # a test that can be repeated
    request = await lives.begun(engine, case)
    puller = watched(engine, case)
    engine.tower.not_yet = chance.randrange(3)
    for number in chance.sample(range(200), 10):
        engine.journal.faults.append(fakes.Fault(number, fakes.Crash(), after=chance.random() < 0.5))
    for name in chance.sample(sorted(parts.OUTSIDE - parts.UNDO), 4):
        error = chance.choice(
            [errors.Unknown("It was lost.", service=name), errors.Throttled("Slow down.", service=name)]
        )
        engine.journal.faults.append(fakes.Fault(name, error, after=chance.random() < 0.5))
    if chance.random() < 0.3:
        engine.journal.faults.append(fakes.Fault(NEEDED.get(case, "delete"), FORBIDDEN))

    ended = await engine.drive(request)

    expected = [] if ended.state is State.DONE or not ended.progress.left else ["its state"]
    assert await lives.complaints(engine, ended) in ([], expected), ended
    assert puller.failures == []


PASSING = [
    errors.Temporary("Something broke.", service="it"),
    errors.Unknown("The answer was lost.", service="it"),
    errors.NotYet("Not yet.", service="it"),
]
LASTING = [
    errors.Permanent("It is broken.", service="it"),
    errors.NotFound("It is gone.", service="it"),
    FORBIDDEN,
    errors.AlreadyThere("It is taken.", service="it"),
]
WRITES = {
    lives.EXTEND: ["registry", "token", "credentials", "patch_scope_map"],
    lives.NARROW: ["registry", "patch_scope_map"],
    lives.ROTATE: ["registry", "token", "credentials", "mint", "update"],
    lives.REVOKE: ["delete", "set_token_status", "delete_token", "delete_scope_map"],
    lives.AT_ONCE: ["delete", "set_token_status", "delete_token", "delete_scope_map"],
    lives.ADOPT: ["registry", "credentials", "put_scope_map", "put_token", "mint", "update"],
}
CALLED = [(case, call) for case, calls in WRITES.items() for call in calls]


def name_of(error: errors.ServiceError) -> str:
    """Return a test's id."""
    return type(error).__name__


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", PASSING, ids=name_of)
@pytest.mark.parametrize(("case", "call"), CALLED, ids=str)
async def test_a_fault_that_passes_is_outlived(
    engine: parts.Engine, case: lives.Case, call: str, error: errors.Temporary, *, after: bool
) -> None:
    """Whatever call fails for a moment, before or after it acted, the request is done in the end."""
    request = await lives.begun(engine, case)
    puller = watched(engine, case)
    engine.journal.faults.append(fakes.Fault(call, error, after=after))

    ended = await engine.drive(request)

    assert ended.state is State.DONE, ended
    assert await lives.complaints(engine, ended) == []
    assert puller.failures == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", LASTING, ids=name_of)
@pytest.mark.parametrize(("case", "call"), CALLED, ids=str)
async def test_a_fault_that_lasts_is_all_or_nothing(
    engine: parts.Engine, case: lives.Case, call: str, error: errors.Permanent, *, after: bool
) -> None:
    """Whatever call is refused for good, nothing is half done but what a revocation says that it left."""
    request = await lives.begun(engine, case)
    puller = watched(engine, case)
    engine.journal.faults.append(fakes.Fault(call, error, after=after))

    ended = await engine.drive(request)

    if case.kind is model.Kind.REVOKE and ended.state is State.FAILED and ended.progress.left:
        assert "Remove by hand" in (ended.remedy or "")
        return
    assert await lives.complaints(engine, ended) == []
    assert puller.failures == []


@pytest.mark.parametrize(("case", "call"), CALLED, ids=str)
async def test_what_never_recovers_is_given_up(engine: parts.Engine, case: lives.Case, call: str) -> None:
    """A service that stays away costs a bounded number of tries, and no pull."""
    request = await lives.begun(engine, case)
    puller = watched(engine, case)
    minted = len(engine.registries.minted)
    engine.journal.faults.append(fakes.Fault(call, PASSING[0], times=None))

    ended = await engine.drive(request)

    assert ended.state is (State.DONE if call == "set_token_status" else State.FAILED)
    assert engine.journal.count(call) <= 300
    assert len(engine.registries.minted) - minted <= 20
    assert puller.failures == []
