"""What time does to a pending request: it is reminded of, more people may decide, and it ends."""

from __future__ import annotations

import datetime as dt

import pytest

from bot import audit, machine, model, ports, rules
from bot.model import Role, State
from tests import builders, fakes
from tests.engine import parts

HOUR = dt.timedelta(hours=1)
LEA = builders.a_principal("U0LEA")
RULE = builders.a_rule(
    remind_after=4 * HOUR,
    fallback=("leads",),
    fallback_after=8 * HOUR,
    deadline=24 * HOUR,
    told="C0SECURITY",
)
POLICY = builders.a_policy(
    RULE,
    groups={
        "approvers": rules.Group(name="approvers", members=frozenset({"slack:U0BEN", "slack:U0CLEO"})),
        "leads": rules.Group(name="leads", members=frozenset({"slack:U0LEA"})),
    },
)


@pytest.fixture
def engine(store: ports.Store, store_clock: fakes.FakeClock) -> parts.Engine:
    """Return an engine under a policy with times."""
    return parts.Engine(store, store_clock, policy=POLICY)


def latest(engine: parts.Engine) -> dict[Role, tuple[State, int]]:
    """Return what each message shows now."""
    return {role: (state, version) for role, state, version in engine.notifier.messages.values()}


async def events(engine: parts.Engine, request: model.Request) -> list[audit.Event]:
    """Return what was recorded, after checking the chain."""
    return [entry.event for entry in await engine.record.verified(request.id)]


async def test_a_request_that_waits_is_reminded_of_once(engine: parts.Engine) -> None:
    """After its time there is one more message, and the next thing due is the next time."""
    request = await engine.submitted()
    await engine.once()
    engine.clock.shift += 4 * HOUR

    settlement = await engine.once()

    assert await events(engine, request) == [audit.Event.SUBMITTED, audit.Event.REMINDED]
    assert latest(engine)[Role.REMINDER] == (State.PENDING, 2)
    assert settlement.due == request.escalate_at


async def test_who_may_decide_too_is_asked_in_time(engine: parts.Engine) -> None:
    """From the fallback's time on there is a card for them, and their approval counts."""
    request = await engine.submitted()
    await engine.once()
    engine.clock.shift += 9 * HOUR
    await engine.once()
    while Role.ESCALATION not in latest(engine):
        await engine.once()

    await engine.service.approve(builders.a_click(request, LEA))
    ended = await engine.drive(request)

    assert ended.state is State.DONE
    assert audit.Event.ESCALATED in await events(engine, request)
    assert set(latest(engine).values()) == {(State.DONE, ended.version)}


async def test_nobody_decides_before_their_time(engine: parts.Engine) -> None:
    """A fallback approver who comes early is refused, and told which groups decide."""
    request = await engine.submitted()

    with pytest.raises(Exception, match="only the group approvers can decide"):
        await engine.service.approve(builders.a_click(request, LEA))


async def test_a_restart_forgets_no_time(engine: parts.Engine) -> None:
    """Times are the request's own: another process reminds, and nobody reminds twice."""
    request = await engine.submitted()
    await engine.once()
    engine.clock.shift += 5 * HOUR
    await engine.once()
    engine.attention = engine.an_attention()
    engine.clock.shift += 1 * HOUR

    await engine.service.deny(builders.a_click(request), "no")
    await engine.drive(request)

    assert (await events(engine, request)).count(audit.Event.REMINDED) == 1


async def test_a_long_outage_passes_every_time_in_order(engine: parts.Engine) -> None:
    """A bot that was away for days catches up in order, and then every message says expired."""
    request = await engine.submitted()
    await engine.once()
    engine.clock.shift += 48 * HOUR

    ended = await engine.drive(request)

    assert await events(engine, request) == [
        audit.Event.SUBMITTED,
        audit.Event.REMINDED,
        audit.Event.ESCALATED,
        audit.Event.EXPIRED,
    ]
    assert set(latest(engine).values()) == {(State.EXPIRED, ended.version)}
    assert Role.RESULT in latest(engine)


async def test_whoever_is_told_is_told_to_the_end(engine: parts.Engine) -> None:
    """The channel that does not decide has its message from the start, and it follows."""
    request = await engine.submitted()
    await engine.once()
    before = latest(engine)[Role.TOLD]

    await engine.service.cancel(builders.a_click(request, builders.ANA))
    await engine.drive(request)

    assert (before, latest(engine)[Role.TOLD]) == ((State.PENDING, 1), (State.CANCELLED, 2))


async def test_a_decision_beats_a_reminder(engine: parts.Engine) -> None:
    """A request that was decided between the look and the write is not reminded of."""
    request = await engine.submitted()
    await engine.once()
    engine.clock.shift += 5 * HOUR
    held = await engine.claimed()
    while held is None:
        held = await engine.claimed()
    late = (await engine.snapshot(request)).request
    await engine.service.deny(builders.a_click(request), "no")

    await engine.attention._pass_time(held, late, machine.Event.REMIND)

    assert audit.Event.REMINDED not in await events(engine, request)
