"""Each message is posted once, whenever the process dies and whichever answer is lost."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
import structlog

from bot import errors, model, posts
from bot.model import Role, State
from tests import builders, fakes
from tests.engine import parts

LOST = errors.Unknown("Slack did not answer.", service="Slack")
BROKEN = errors.Temporary("Slack broke.", service="Slack")
SLOW = errors.Throttled("Slow down.", service="Slack", retry_after_s=30.0)
BLIND = errors.Forbidden("The app may not look.", service="Slack", remedy="Add channels:history.")


def counted(engine: parts.Engine) -> Counter[Role]:
    """Return how many messages of each role there are."""
    return Counter(role for role, _, _ in engine.notifier.messages.values())


async def died_after(engine: parts.Engine, name: str) -> model.Request:
    """Return a request whose process died right after one call had acted."""
    request = await engine.submitted()
    engine.journal.faults.append(fakes.Fault(name, fakes.Crash(), after=True))
    held = await engine.claimed()
    assert held is not None
    await engine.survive(held)
    return request


@pytest.mark.parametrize("role", parts.SHOWN)
@pytest.mark.parametrize("error", [fakes.Crash(), LOST, BROKEN], ids=["killed", "lost", "broken"])
async def test_what_was_posted_is_found_again(engine: parts.Engine, role: Role, error: BaseException) -> None:
    """Posted and not remembered: the message is found, and shows the newest state like every other."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault(f"show:{role}", error, after=True))

    ended = await engine.drive(request)

    assert counted(engine) == dict.fromkeys(parts.SHOWN, 1)
    assert {said[1:] for said in engine.notifier.messages.values()} == {(State.DONE, ended.version)}


async def test_killed_before_the_post_it_is_posted_once(engine: parts.Engine) -> None:
    """An intent whose message was never posted is looked into, and then carried out."""
    request = await died_after(engine, "save_copy")
    assert engine.notifier.messages == {}

    await engine.once()

    assert engine.journal.count("find:approval") == 1
    assert counted(engine)[Role.APPROVAL] == 1
    assert (await engine.snapshot(request)).copies[Role.APPROVAL].posting is None


async def test_an_update_costs_nothing_more(engine: parts.Engine) -> None:
    """Every message is saved once for its intent, and then once each time that it is shown."""
    request = await engine.approved()

    await engine.drive(request)

    saved = engine.journal.count("save_copy")
    assert saved == len(engine.notifier.shown) + len(engine.notifier.messages)
    assert not [name for name in engine.journal.calls if name.startswith("find:")]


async def test_where_nobody_can_look_it_is_posted_anew(engine: parts.Engine) -> None:
    """Without the scope to look, approvers are asked again; an operator reads why, and what to add."""
    engine.notifier.blind = BLIND
    await died_after(engine, "show:approval")

    with structlog.testing.capture_logs() as logs:
        await engine.once()

    (line,) = [line for line in logs if line["event"].startswith("copy posted anew")]
    assert (line["role"], line["remedy"]) == ("approval", "Add channels:history.")
    assert counted(engine)[Role.APPROVAL] == 2


async def test_a_look_that_fails_for_a_moment_is_taken_again(engine: parts.Engine) -> None:
    """Nothing is posted while it may be there already."""
    request = await died_after(engine, "show:approval")
    engine.notifier.blind = BROKEN
    await engine.once()
    assert counted(engine)[Role.APPROVAL] == 1

    engine.notifier.blind = None
    await engine.once()

    assert counted(engine)[Role.APPROVAL] == 1
    assert (await engine.snapshot(request)).copies[Role.APPROVAL].message is not None


async def test_a_look_that_goes_on_failing_holds_nothing_up(engine: parts.Engine) -> None:
    """After a minute the approvers are asked, even if it is for the second time."""
    await died_after(engine, "show:approval")
    engine.notifier.blind = BROKEN
    engine.clock.shift += dt.timedelta(seconds=posts.SEARCH_S + 1)

    await engine.once()

    assert counted(engine)[Role.APPROVAL] == 2


async def test_a_post_that_was_refused_is_not_looked_for(engine: parts.Engine) -> None:
    """Slack's wish to wait says that nothing was posted: the next try posts at once."""
    await engine.submitted()
    engine.journal.faults.append(fakes.Fault("show:approval", SLOW))
    held = await engine.claimed()
    assert held is not None
    copy = model.Copy(role=Role.APPROVAL, platform=model.Platform.SLACK, channel="C0APPROVALS")
    trying = posts.Posts(engine.store, engine.notifier, engine.clock, held)
    request = builders.a_request()
    with pytest.raises(errors.Throttled):
        await trying.show(request, copy, copies={})

    shown = await trying.show(request, copy, copies={})

    assert shown.message is not None
    assert engine.journal.count("find:approval") == 0


async def test_a_message_that_was_deleted_is_posted_once_more(engine: parts.Engine) -> None:
    """The new one has an intent of its own: a process that dies over it posts no third."""
    request = await engine.submitted()
    await engine.once()
    first = (await engine.snapshot(request)).copies[Role.APPROVAL].message
    engine.notifier.gone.add(first)
    await engine.service.deny(builders.a_click(request), "no")
    # The first of these finds it gone, the second posts it.
    engine.journal.faults.append(fakes.Fault("show:approval", hook=lambda: None))
    engine.journal.faults.append(fakes.Fault("show:approval", fakes.Crash(), after=True))

    ended = await engine.drive(request)

    messages = {name: said for name, said in engine.notifier.messages.items() if said[0] is Role.APPROVAL}
    assert len(messages) == 2
    assert {said[2] for name, said in messages.items() if name != first} == {ended.version}


async def test_a_lost_lease_posts_nothing(engine: parts.Engine) -> None:
    """Whose request somebody else took finds that out with the intent, before the post."""
    request = await engine.submitted()
    held = await engine.claimed()
    assert held is not None
    await engine.healthy.settle(request.id, fence=held.fence, seen=0, due=engine.clock.now())
    copy = model.Copy(role=Role.APPROVAL, platform=model.Platform.SLACK, channel="C0APPROVALS")
    trying = posts.Posts(engine.store, engine.notifier, engine.clock, held)

    with pytest.raises(errors.LeaseLost):
        await trying.show(request, copy, copies={})

    assert engine.notifier.messages == {}
