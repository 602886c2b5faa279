"""Which messages a request has, and how each comes to show its newest state."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from typing import Any

import pytest
import structlog

from bot import clock, copies, errors, messages, model
from bot.model import Role, State
from tests import builders, fakes
from tests.engine import parts
from tests.waiting import wait_until

CALLED = [Role.APPROVAL, Role.ORIGIN, Role.DIRECT]
BUSY = errors.Throttled("Slow down.", service="Slack", retry_after_s=30.0)


def posted(*roles: Role, **fields: Any) -> dict[Role, model.Copy]:
    """Return copies that were posted."""
    return {role: builders.a_copy(role, message=f"{role}-1", channel=f"C-{role}", **fields) for role in roles}


def roles(request: model.Request, found: dict[Role, model.Copy]) -> list[Role]:
    """Return the roles that are wanted, in order."""
    return [copy.role for copy in messages.wanted(request, found)]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.PENDING, CALLED),
        (State.CANCELLED, CALLED),
        (State.DENIED, [*CALLED, Role.RESULT]),
        (State.EXPIRED, [*CALLED, Role.RESULT]),
        (State.APPROVED, [*CALLED, Role.PROGRESS]),
        (State.RUNNING, [*CALLED, Role.PROGRESS]),
        (State.DONE, [*CALLED, Role.PROGRESS, Role.RESULT]),
        (State.FAILED, [*CALLED, Role.PROGRESS, Role.RESULT]),
    ],
)
def test_each_state_has_its_messages(state: State, expected: list[Role]) -> None:
    """The approvers' message comes first, the thread's after what they hang on."""
    assert roles(builders.a_request(state=state), posted(*CALLED)) == expected


def test_fresh_copies_know_their_place() -> None:
    """The first three go to the approvers, to where it was asked, and to the requester."""
    request = builders.a_request(place=builders.a_place(thread="7.7"))

    fresh = messages.wanted(request, {})

    assert [(copy.role, copy.channel, copy.thread) for copy in fresh] == [
        (Role.APPROVAL, "C0APPROVALS", None),
        (Role.ORIGIN, "C0GENOMICS", "7.7"),
        (Role.DIRECT, "U0ANA", None),
    ]


@pytest.mark.parametrize(
    ("found", "place", "expected"),
    [
        (posted(*CALLED), builders.a_place(), ("C-origin", "origin-1")),
        (posted(Role.ORIGIN, thread="7.7"), builders.a_place(), ("C-origin", "7.7")),
        (posted(Role.DIRECT), None, ("C-direct", "direct-1")),
        (
            posted(Role.ORIGIN, error="Archived.") | posted(Role.DIRECT),
            builders.a_place(),
            ("C-direct", "direct-1"),
        ),
        (posted(Role.DIRECT), builders.a_place(), None),
        (posted(Role.DIRECT, error="Closed."), None, None),
        ({}, None, None),
    ],
)
def test_progress_hangs_on_the_first_message_there_is(
    found: dict[Role, model.Copy], place: model.Place | None, expected: tuple[str, str] | None
) -> None:
    """It goes into the origin's thread, else into the direct message's, else waits."""
    request = builders.a_request(state=State.RUNNING, place=place)

    wanted = {copy.role: copy for copy in messages.wanted(request, found)}

    progress = wanted.get(Role.PROGRESS)
    assert (progress and (progress.channel, progress.thread)) == expected


def test_copies_that_are_there_come_as_they_are() -> None:
    """What was posted stays wanted where it is, whatever the state."""
    found = posted(*Role)

    assert set(messages.wanted(builders.a_request(state=State.CANCELLED), found)) == set(found.values())


async def test_a_new_request_is_shown_to_approvers_first(engine: parts.Engine) -> None:
    """A pending request is posted three times, and then waits for its deadline."""
    request = await engine.submitted()

    settlement = await engine.once()

    assert [role for role, _, _ in engine.notifier.shown] == CALLED
    assert (settlement.due, settlement.seen, settlement.reset) == (request.deadline, 1, True)


async def test_every_copy_ends_at_the_newest_version(engine: parts.Engine) -> None:
    """Once a request is done, all five messages say so."""
    request = await engine.submitted()
    await engine.once()
    await engine.service.approve(builders.a_click(request))

    ended = await engine.drive(request)

    last = {role: (state, version) for role, state, version in engine.notifier.shown}
    assert last == dict.fromkeys(parts.SHOWN, (State.DONE, ended.version))
    assert len(engine.notifier.messages) == len(parts.SHOWN)


async def test_only_committed_states_are_shown(engine: parts.Engine) -> None:
    """No message speaks of a version that was not written before."""
    request = await engine.approved()

    await engine.drive(request)

    committed = {entry.after for entry in await engine.healthy.trail(request.id)}
    versions = [version for _, _, version in engine.notifier.shown]
    assert {state for _, state, _ in engine.notifier.shown} <= committed
    assert max(versions) == (await engine.now(request)).version


async def test_the_thread_follows_the_work_and_the_rest_only_its_state(engine: parts.Engine) -> None:
    """While steps are done, only the progress is updated for each of them."""
    request = await engine.approved()

    await engine.drive(request)

    running = [role for role, state, _ in engine.notifier.shown if state is State.RUNNING]
    assert {role: running.count(role) for role in CALLED} == dict.fromkeys(CALLED, 1)
    assert running.count(Role.PROGRESS) >= 1


async def test_a_message_is_updated_at_most_once_a_second(engine: parts.Engine) -> None:
    """Each message that is updated waits for its pace; nothing else does."""
    request = await engine.approved()

    await engine.drive(request)

    updates = len(engine.notifier.shown) - len(engine.notifier.messages)
    assert len([wait for wait in engine.clock.slept if wait <= 1.0]) == updates


async def test_a_result_is_posted_before_old_messages_are_updated(engine: parts.Engine) -> None:
    """The message that notifies does not wait for the others' pace."""
    request = await engine.approved()
    chat = copies.Chat(engine.store, engine.notifier, clock.SystemClock(), pace_s=0.5)
    engine.attention = dataclasses.replace(engine.attention, chat=chat)

    await engine.drive(request)

    done = [role for role, state, _ in engine.notifier.shown if state is State.DONE]

    assert done[0] is Role.RESULT


async def test_a_busy_chat_is_tried_again_later(engine: parts.Engine) -> None:
    """A message that chat puts off is due again after its wish, and the rest is shown meanwhile."""
    request = await engine.submitted()
    engine.journal.faults.append(fakes.Fault("show:origin", BUSY))

    settlement = await engine.once()

    assert settlement.due is not None
    wait = (settlement.due - engine.clock.now()).total_seconds()
    assert 28 < wait <= 30
    assert [role for role, _, _ in engine.notifier.shown] == [Role.APPROVAL, Role.DIRECT]
    assert settlement.seen == request.version


async def test_a_busy_chat_does_not_touch_the_work(engine: parts.Engine) -> None:
    """A chat that fails for every message lets the request be done, and catches up afterwards."""
    request = await engine.approved()
    engine.journal.faults += [fakes.Fault(f"show:{role}", BUSY, times=2) for role in Role]

    settlement = await engine.once()
    done = await engine.now(request)
    await engine.drive(request)

    assert (done.state, settlement.reset) == (State.DONE, True)
    assert len(engine.notifier.messages) == len(parts.SHOWN)


async def test_a_message_that_failed_waits_for_the_work(engine: parts.Engine) -> None:
    """Where both want another try, chat does not cut the service's back-off short."""
    await engine.approved()
    slow = errors.Throttled("Slow down.", service="Azure", retry_after_s=300.0)
    engine.journal.faults += [fakes.Fault("put_token", slow), fakes.Fault("show:direct", BUSY)]
    began = engine.clock.now()

    settlement = await engine.once()

    assert settlement.due is not None
    assert (settlement.due - began).total_seconds() >= 300


async def test_a_closed_channel_is_not_tried_for_ever(engine: parts.Engine) -> None:
    """A place the bot cannot write to is noted, tried once more at the end, and left alone."""
    engine.notifier.closed.add(Role.ORIGIN)
    request = await engine.submitted()
    await engine.once()
    await engine.service.approve(builders.a_click(request))

    ended = await engine.drive(request)

    found = (await engine.snapshot(request)).copies
    assert engine.journal.count("show:origin") == 2
    assert (found[Role.ORIGIN].error, found[Role.ORIGIN].shown) == (
        "The bot is not in this channel.",
        ended.version,
    )
    assert found[Role.RESULT].thread == found[Role.DIRECT].message


async def test_a_lasting_error_of_chat_closes_the_copy(engine: parts.Engine) -> None:
    """What no retry mends is kept as the copy's error."""
    request = await engine.submitted()
    error = errors.Permanent("Slack refused the message.", service="Slack")
    engine.journal.faults.append(fakes.Fault("show:approval", error))

    await engine.once()

    found = (await engine.snapshot(request)).copies
    assert found[Role.APPROVAL].error == "Slack refused the message."


async def test_a_chat_that_fails_for_a_day_is_given_up(engine: parts.Engine) -> None:
    """After a day without success a copy is closed instead of being due for ever."""
    request = await engine.submitted()
    engine.journal.faults.append(fakes.Fault("show:origin", BUSY, times=None))
    engine.clock.shift += dt.timedelta(hours=25)

    settlement = await engine.once()

    found = (await engine.snapshot(request)).copies
    assert (found[Role.ORIGIN].error, settlement.due) == ("Slow down.", request.deadline)


async def test_a_failed_message_is_tried_again_while_the_work_goes_on(engine: parts.Engine) -> None:
    """A message that failed does not wait for the end of long work."""
    request = await engine.approved()
    held = await engine.claimed()
    assert held is not None
    snapshot = await engine.snapshot(request)
    chat = copies.Chat(engine.store, engine.notifier, engine.clock, retry_s=0.01)
    brief = errors.Temporary("Slack broke.", service="Slack")
    engine.journal.faults.append(fakes.Fault("show:approval", brief))

    async with copies.Display(chat, held, snapshot) as display:
        display.tell(snapshot.request)
        await wait_until(lambda: len(engine.notifier.messages) == 4, "all four messages are posted")

        assert display.due() is None


async def test_a_display_whose_lease_is_lost_says_so(engine: parts.Engine) -> None:
    """A copy saved under an old fence is refused, and whoever waits for the display hears of it."""
    request = await engine.submitted()
    held = await engine.claimed()
    assert held is not None
    snapshot = await engine.snapshot(request)
    engine.notifier.open.clear()
    chat = copies.Chat(engine.store, engine.notifier, engine.clock)

    async with copies.Display(chat, held, snapshot) as display:
        display.tell(snapshot.request)
        await wait_until(lambda: engine.journal.count("show:approval"), "a message is being posted")
        await engine.healthy.settle(request.id, fence=held.fence, seen=0, due=engine.clock.now())
        engine.notifier.open.set()
        with pytest.raises(BaseExceptionGroup) as caught:
            await display.caught_up(unless=asyncio.Event(), within_s=10)

    assert caught.value.subgroup(errors.LeaseLost) is not None


async def test_work_that_is_due_again_begins_no_further_message(engine: parts.Engine) -> None:
    """A retry that is due does not wait for a slow chat to show everything first."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault("put_token", errors.Temporary("It broke.", service="Azure")))
    slow = fakes.Fault("show:approval", hook=engine.notifier.open.clear)
    engine.journal.faults.append(slow)
    held = await engine.claimed()
    assert held is not None

    attending = asyncio.create_task(engine.attend(held))
    await wait_until(lambda: engine.journal.count("put_token"), "the step failed")
    engine.clock.shift += dt.timedelta(seconds=60)
    await wait_until(lambda: engine.journal.count("load") >= 7, "the request was looked at twice")
    engine.notifier.open.set()
    settlement = await attending

    assert [role for role, _, _ in engine.notifier.shown] == [Role.APPROVAL]
    assert settlement.due is not None
    assert settlement.due < engine.clock.now()
    assert (await engine.now(request)).state is State.RUNNING


async def test_closed_copies_are_logged(engine: parts.Engine) -> None:
    """An operator finds in the log which message could not be shown, and why."""
    engine.notifier.closed.add(Role.DIRECT)
    await engine.submitted()

    with structlog.testing.capture_logs() as logs:
        await engine.once()

    (line,) = [line for line in logs if line["event"] == "copy not shown"]
    assert (line["role"], line["error"]) == ("direct", "The bot is not in this channel.")
