"""A request that its rule approved by itself is worked on like any other."""

from __future__ import annotations

import pytest

from bot import audit, ports, rules
from bot.model import State
from tests import builders, fakes
from tests.engine import parts


@pytest.fixture
def engine(store: ports.Store, store_clock: fakes.FakeClock) -> parts.Engine:
    """Return an engine whose rule approves one request of a person by itself."""
    rule = builders.a_rule("trainees", auto=rules.Quota(requests=1, days=30), told="C0SECURITY")
    return parts.Engine(store, store_clock, policy=builders.a_policy(rule))


async def test_its_rule_s_word_is_enough_for_the_work(engine: parts.Engine) -> None:
    """The sealed word of the rule is checked before anything is made, and is found good."""
    request = await engine.submitted()

    ended = await engine.drive(request)

    events = [entry.event for entry in await engine.record.verified(request.id)]
    assert (ended.state, ended.automatic) == (State.DONE, True)
    assert events[:3] == [audit.Event.SUBMITTED, audit.Event.AUTOMATIC, audit.Event.STARTED]
    assert engine.works(request)


async def test_beyond_the_quota_the_work_waits_for_people(engine: parts.Engine) -> None:
    """The second request of the month begins when somebody approves it."""
    await engine.drive(await engine.submitted())
    second = await engine.submitted(workspace_id=102, name="two")
    engine.journal.calls.clear()
    await engine.once()
    asked = engine.outside

    await engine.service.approve(builders.a_click(second))
    ended = await engine.drive(second)

    assert asked == []
    assert (ended.state, ended.automatic) == (State.DONE, False)
