"""What a request gets when it is due."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
import structlog

from bot import audit, errors, machine, model, ports
from bot.model import Role, State
from tests import builders, fakes
from tests.engine import parts
from tests.waiting import wait_until


async def test_a_request_past_its_deadline_expires(engine: parts.Engine) -> None:
    """Nobody decided in time: the request ends as expired, and its requester is told."""
    request = await engine.submitted()
    await engine.once()
    engine.clock.shift += dt.timedelta(hours=73)

    settlement = await engine.once()

    entries = await engine.record.verified(request.id)
    assert (await engine.now(request)).state is State.EXPIRED
    assert entries[-1].event is audit.Event.EXPIRED
    assert settlement.due is None
    assert (Role.RESULT, State.EXPIRED, 2) in engine.notifier.shown


async def test_a_decision_at_the_last_moment_counts(engine: parts.Engine) -> None:
    """A request that was approved between the look and the write does not expire."""
    request = await engine.submitted()
    await engine.once()
    held = await engine.claimed()
    while held is None:
        held = await engine.claimed()
    late = await engine.snapshot(request)
    engine.clock.shift -= dt.timedelta(hours=1)
    await engine.service.approve(builders.a_click(request))
    engine.clock.shift += dt.timedelta(hours=2)

    stayed = (await engine.attention._pass_time(held, late.request, machine.Event.EXPIRE)).request

    assert stayed.state is State.PENDING
    assert (await engine.now(request)).state is State.APPROVED


async def test_a_claim_before_the_time_waits_instead_of_asking_again(engine: parts.Engine) -> None:
    """A store whose clock runs ahead claims early: the attendance waits out the difference."""
    request = await engine.submitted()
    await engine.once()
    held = await engine.claimed()
    while held is None:
        held = await engine.claimed()
    engine.clock.shift = request.deadline - dt.datetime.now(dt.UTC) - dt.timedelta(seconds=0.2)

    await engine.attend(held)

    assert (await engine.now(request)).state is State.EXPIRED


async def test_a_claim_without_a_reason_changes_nothing(engine: parts.Engine) -> None:
    """A request that is looked at for no reason is due at its deadline again."""
    request = await engine.submitted()
    await engine.once()
    held = await engine.claimed()
    while held is None:
        held = await engine.claimed()
    engine.clock.shift = dt.timedelta()
    held.woken.set()

    settlement = await engine.attend(held)

    assert (settlement.due, settlement.seen) == (request.deadline, 1)
    assert len(engine.notifier.shown) == 3


async def test_an_approval_during_a_slow_message_starts_the_work_at_once(engine: parts.Engine) -> None:
    """While chat takes its time with a post, an approval comes, and Azure is asked before chat answers."""
    request = await engine.submitted()
    engine.notifier.open.clear()
    held = await engine.claimed()
    assert held is not None
    attending = asyncio.create_task(engine.attend(held))
    await wait_until(lambda: engine.journal.count("show:approval"), "the first message is being posted")

    await engine.service.approve(builders.a_click(request))
    held.woken.set()
    await wait_until(lambda: engine.journal.count("inspect"), "the work is all but done")
    shown = list(engine.notifier.shown)
    engine.notifier.open.set()
    await attending

    assert shown == []
    assert (await engine.now(request)).state is State.DONE


async def test_another_replicas_approval_is_seen_during_a_slow_message(engine: parts.Engine) -> None:
    """Without any wake, an attendance that waits for chat looks at its request every second."""
    request = await engine.submitted()
    engine.notifier.open.clear()
    held = await engine.claimed()
    assert held is not None
    attending = asyncio.create_task(engine.attend(held))
    await wait_until(lambda: engine.journal.count("show:approval"), "the first message is being posted")

    await engine.service.approve(builders.a_click(request))
    await wait_until(lambda: engine.journal.count("inspect"), "the work is all but done")
    engine.notifier.open.set()
    await attending

    assert (await engine.now(request)).state is State.DONE


async def test_a_decision_after_the_last_look_makes_it_due_again(engine: parts.Engine) -> None:
    """What was approved while the lease was given back is claimed again at once."""
    request = await engine.submitted()
    held = await engine.claimed()
    assert held is not None
    settlement = await engine.attention(held)
    await engine.service.approve(builders.a_click(request))

    await engine.healthy.settle(request.id, fence=held.fence, seen=settlement.seen, due=settlement.due)

    assert await engine.claimed() is not None


async def test_a_request_that_is_gone_is_settled(engine: parts.Engine) -> None:
    """A lease on something that the store forgot is given back, and nothing more is due."""
    await engine.submitted()
    claims = await engine.healthy.claim("tests", lease_s=15, limit=1)
    gone = ports.Claimed(model.new_id(), claims.taken[0].fence, 1)
    held = engine.leased(gone)

    settlement = await engine.attention(held)

    assert (settlement.due, settlement.seen) == (None, 0)


async def test_a_request_that_vanishes_meanwhile_is_a_lost_lease(engine: parts.Engine) -> None:
    """A record that is gone while its messages are shown stops the attendance."""
    request = await engine.submitted()
    held = await engine.claimed()
    assert held is not None
    engine.notifier.open.clear()
    attending = asyncio.create_task(engine.attention(held))
    await wait_until(lambda: engine.journal.count("show:approval"), "the first message is being posted")

    engine.frail.forgotten.add(request.id)
    held.woken.set()

    with pytest.raises(errors.LeaseLost):
        await attending


async def test_a_mistake_in_showing_does_not_stop_the_work(engine: parts.Engine) -> None:
    """An unexpected error of the notifier reaches the worker's rim only after the work is done."""
    request = await engine.approved()
    mistake = RuntimeError("a mistake")
    engine.journal.faults += [fakes.Fault(f"show:{role}", mistake, times=None) for role in Role]
    held = await engine.claimed()
    assert held is not None

    with pytest.raises(BaseExceptionGroup):
        await engine.attention(held)

    assert (await engine.now(request)).state is State.DONE


async def test_messages_that_fail_in_a_new_way_are_given_up(engine: parts.Engine) -> None:
    """Showing that was tried too often is stopped, noted on every copy, and reported."""
    request = await engine.submitted()

    settlement = await engine.once(attempts=2 * parts.MAX_ATTEMPTS)

    found = (await engine.snapshot(request)).copies
    assert {copy.error for copy in found.values()} == {
        "The message could not be shown: the bot failed each time it tried."
    }
    assert engine.notifier.shown == []
    assert len(engine.notifier.alerts) == 1
    assert (settlement.due, settlement.reset) == (request.deadline, True)


async def test_a_pending_request_is_shown_however_often_it_was_claimed(engine: parts.Engine) -> None:
    """Too many tries of the work do not silence a request that has none yet."""
    await engine.submitted()

    await engine.once(attempts=parts.MAX_ATTEMPTS)

    assert len(engine.notifier.shown) == 3


async def test_giving_up_the_work_is_shown_by_the_next_attendance(engine: parts.Engine) -> None:
    """An attendance that gives up makes no message, and makes the request due at once."""
    request = await engine.approved()

    settlement = await engine.once(attempts=parts.MAX_ATTEMPTS)
    silent = list(engine.notifier.shown)
    ended = await engine.drive(request)

    assert (settlement.reset, silent) == (True, [])
    assert ended.state is State.FAILED
    assert (Role.RESULT, State.FAILED, ended.version) in engine.notifier.shown


async def test_an_alert_that_fails_is_in_the_log(engine: parts.Engine) -> None:
    """A failed request ends although the operators' channel cannot be reached."""
    request = await engine.approved()
    refused = errors.Permanent("It is broken.", service="Azure")
    away = errors.Temporary("Slack is away.", service="Slack")
    engine.journal.faults += [fakes.Fault("put_token", refused), fakes.Fault("alert", away)]

    with structlog.testing.capture_logs() as logs:
        ended = await engine.drive(request)

    (line,) = [line for line in logs if line["event"] == "operators not alerted"]
    assert ended.state is State.FAILED
    assert line["alert"].endswith("failed. It is broken.")


@pytest.mark.parametrize("decide", ["deny", "cancel"])
async def test_what_people_end_is_shown_and_over(engine: parts.Engine, decide: str) -> None:
    """A denied or cancelled request has its messages updated, and is never due again."""
    request = await engine.submitted()
    await engine.once()
    if decide == "deny":
        await engine.service.deny(builders.a_click(request), "not now")
    else:
        await engine.service.cancel(builders.a_click(request, builders.ANA))

    ended = await engine.drive(request)

    assert (await engine.healthy.claim("tests", lease_s=15, limit=1)).next_in_s is None
    assert {version for _, _, version in engine.notifier.messages.values()} == {ended.version}
    assert engine.made(request) == []
