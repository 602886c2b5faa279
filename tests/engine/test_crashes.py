"""A process that dies at any moment leaves nothing half done for long."""

from __future__ import annotations

import random

import pytest

from bot import errors, model
from bot.model import Role
from tests import fakes
from tests.engine import parts

# More than a healthy run makes: calls to the store, to services and to chat together.
CALLS, CALLS_BACK = 112, 130
FORBIDDEN = errors.Forbidden("Tower does not let the bot write.", service="Tower", remedy="Make it an admin.")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(CALLS))
async def test_a_crash_at_any_call_ends_with_exactly_one_of_each(
    engine: parts.Engine, number: int, *, after: bool
) -> None:
    """Whichever call the process dies at, its successor finishes with one working credential."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault(number, fakes.Crash(), after=after))

    ended = await engine.drive(request)

    assert ended.state is model.State.DONE, ended
    assert engine.made(request) == engine.everything(request)
    assert engine.works(request)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(CALLS_BACK))
async def test_a_crash_at_any_call_of_a_failing_request_leaves_nothing(
    engine: parts.Engine, number: int, *, after: bool
) -> None:
    """Whichever call the process dies at, its successor takes back all that was made."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault("create", FORBIDDEN, times=None))
    engine.journal.faults.append(fakes.Fault(number, fakes.Crash(), after=after))

    ended = await engine.drive(request)

    assert (ended.state, ended.error, ended.remedy) == (
        model.State.FAILED,
        str(FORBIDDEN),
        FORBIDDEN.remedy,
    )
    assert engine.made(request) == []
    assert set(ended.progress.steps) <= {"check", *ended.progress.undone}


@pytest.mark.parametrize("seed", range(40))
async def test_crashes_and_faults_at_random_end_in_all_or_nothing(engine: parts.Engine, seed: int) -> None:
    """However often it dies or is refused, a request ends done with one of each, or failed with none."""
    chance = random.Random(seed)  # noqa: S311  # a test that can be repeated
    request = await engine.approved()
    engine.tower.not_yet = chance.randrange(3)
    for number in chance.sample(range(250), 12):
        engine.journal.faults.append(fakes.Fault(number, fakes.Crash(), after=chance.random() < 0.5))
    for name in chance.sample(sorted(parts.OUTSIDE - parts.UNDO), 4):
        error = chance.choice(
            [errors.Unknown("It was lost.", service=name), errors.Throttled("Slow down.", service=name)]
        )
        engine.journal.faults.append(fakes.Fault(name, error, after=chance.random() < 0.5))
    if chance.random() < 0.3:
        engine.journal.faults.append(fakes.Fault("mint", FORBIDDEN))

    ended = await engine.drive(request)

    expected = engine.everything(request) if ended.state is model.State.DONE else []
    assert engine.made(request) == expected, ended
    assert ended.state is model.State.FAILED or engine.works(request)


@pytest.mark.parametrize("role", parts.SHOWN)
async def test_every_copy_converges_after_a_crash_while_it_is_shown(engine: parts.Engine, role: Role) -> None:
    """A process that dies after posting, before it remembers the message, leaves no copy behind."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault(f"show:{role}", fakes.Crash(), after=True))

    ended = await engine.drive(request)

    copies = (await engine.snapshot(request)).copies
    assert {one: engine.notifier.messages[copy.message or ""] for one, copy in copies.items()} == {
        one: (one, model.State.DONE, ended.version) for one in parts.SHOWN
    }
