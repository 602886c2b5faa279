"""Who is told when a message cannot be shown, and that they are told when it can be again."""

from __future__ import annotations

import asyncio

import structlog

from bot import errors, model
from bot.model import Role
from tests import builders, fakes
from tests.engine import parts
from tests.waiting import wait_until


async def test_approvers_are_asked_as_soon_as_they_can_be(engine: parts.Engine) -> None:
    """Operators hear once that nobody could be asked, and it is tried until somebody was."""
    engine.notifier.closed.add(Role.APPROVAL)
    request = await engine.submitted()

    first, again = await engine.once(), await engine.once()

    assert first.due is not None
    assert again.due is not None
    assert again.due < request.deadline
    short = model.short_id(request.id)
    words = f"Request {short} waits, but nobody was asked. The bot is not in this channel."
    assert engine.notifier.alerts == [words]

    engine.notifier.closed.clear()
    settlement = await engine.once()

    found = (await engine.snapshot(request)).copies
    assert (found[Role.APPROVAL].message is None, found[Role.APPROVAL].error) == (False, None)
    assert settlement.due == request.deadline
    assert engine.notifier.alerts == [words]


async def test_who_was_told_of_a_failure_is_told_of_its_end(engine: parts.Engine) -> None:
    """The requester's messages do not go on saying that nobody could be asked."""
    engine.notifier.closed.add(Role.APPROVAL)
    await engine.submitted()
    await engine.once()
    before = [said[0] for said in engine.notifier.shown]

    engine.notifier.closed.clear()
    await engine.once()

    after = [said[0] for said in engine.notifier.shown][len(before) :]
    assert sorted(after) == sorted([Role.APPROVAL, Role.ORIGIN, Role.DIRECT])


async def test_who_is_told_too_early_is_told_again(engine: parts.Engine) -> None:
    """A message that is being shown while another one recovers must not keep the old warning."""
    engine.notifier.closed.add(Role.APPROVAL)
    request = await engine.submitted()
    await engine.once()
    direct = (await engine.snapshot(request)).copies[Role.DIRECT]
    await engine.healthy.save_copy(request.id, direct.model_copy(update={"shown": 0}))
    engine.notifier.closed.clear()
    engine.notifier.slow[Role.DIRECT] = asyncio.Event()
    calls = engine.journal.calls
    calls.clear()

    attending = asyncio.create_task(engine.once())
    await wait_until(
        lambda: "save_copy" in calls[calls.index("show:approval") if "show:approval" in calls else 999 :],
        "the approvers' message is saved",
    )
    engine.notifier.slow[Role.DIRECT].set()
    await attending

    assert engine.notifier.warned[Role.DIRECT] == engine.notifier.warned[Role.ORIGIN] == set()
    assert (await engine.snapshot(request)).copies[Role.DIRECT].shown == request.version


async def test_a_crash_after_a_recovery_leaves_no_false_warning(engine: parts.Engine) -> None:
    """Those that tell of a failure are marked before the message that recovered is saved."""
    engine.notifier.closed.add(Role.APPROVAL)
    await engine.submitted()
    await engine.once()
    engine.notifier.closed.clear()
    engine.journal.faults.append(fakes.Fault("show:origin", fakes.Crash()))
    held = await engine.claimed()
    while held is None:
        held = await engine.claimed()
    await engine.survive(held)

    await engine.once()

    assert engine.notifier.warned[Role.DIRECT] == engine.notifier.warned[Role.ORIGIN] == set()


async def test_operators_hear_what_to_change(engine: parts.Engine) -> None:
    """People read what is wrong; the alert and the log say also what mends it."""
    await engine.submitted()
    lacks = errors.Forbidden("The app lacks a permission.", service="Slack", remedy="Add chat:write.")
    engine.journal.faults.append(fakes.Fault("show:approval", lacks))

    with structlog.testing.capture_logs() as logs:
        await engine.once()

    (line,) = [line for line in logs if line["event"] == "copy not shown"]
    assert line["remedy"] == "Add chat:write."
    assert engine.notifier.alerts[0].endswith("nobody was asked. The app lacks a permission. Add chat:write.")


async def test_approvers_are_not_asked_about_what_has_ended(engine: parts.Engine) -> None:
    """After its end a request gets the one more chance that every message has."""
    engine.notifier.closed.add(Role.APPROVAL)
    request = await engine.submitted()
    await engine.once()
    await engine.service.cancel(builders.a_click(request, by=builders.ANA))

    settlement = await engine.once()

    assert settlement.due is None
