"""Messages that a crash left behind: a click on one makes it one of the request's own."""

from __future__ import annotations

import pytest

from bot import errors, forms, model
from bot.model import Role, State
from tests import builders, fakes
from tests.engine import parts


async def orphaned(engine: parts.Engine) -> tuple[model.Request, model.Copy]:
    """Return a request whose first approval message nobody remembers, and that message."""
    request = await engine.submitted()
    engine.notifier.blind = errors.Forbidden("The app may not look.", service="Slack")
    engine.journal.faults.append(fakes.Fault("show:approval", fakes.Crash(), after=True))
    held = await engine.claimed()
    assert held is not None
    await engine.survive(held)
    await engine.once()
    (lost, _) = [name for name, said in engine.notifier.messages.items() if said[0] is Role.APPROVAL]
    return request, builders.a_copy(message=lost, shown=0)


def versions(engine: parts.Engine) -> set[int]:
    """Return which versions the messages show."""
    return {version for _, _, version in engine.notifier.messages.values()}


async def test_a_duplicate_is_brought_up_to_date_once_it_is_clicked(engine: parts.Engine) -> None:
    """The approval counts, and the message that was clicked shows it to the end like every other."""
    request, lost = await orphaned(engine)

    await engine.service.approve(builders.a_click(request, seen_at=lost))
    ended = await engine.drive(request)

    assert ended.state is State.DONE
    assert versions(engine) == {ended.version}


@pytest.mark.parametrize("refused", ["may_deny", "approve"])
async def test_a_refused_click_mends_the_message_too(engine: parts.Engine, refused: str) -> None:
    """Even who may not decide has pointed to a message that lies."""
    request, lost = await orphaned(engine)
    await engine.service.deny(builders.a_click(request), "no")
    ended = await engine.drive(request)
    click = builders.a_click(request, builders.a_principal("U0DAN"), seen_at=lost)

    with pytest.raises(errors.Refused):
        await getattr(engine.service, refused)(click)
    await engine.once()

    assert versions(engine) == {ended.version}
    assert engine.notifier.messages[str(lost.message)][1] is State.DENIED


async def test_a_copy_that_is_known_is_no_duplicate(engine: parts.Engine) -> None:
    """An ordinary click leaves an ordinary request with three messages."""
    request = await engine.submitted()
    await engine.once()
    known = (await engine.snapshot(request)).copies[Role.APPROVAL]

    await engine.service.approve(builders.a_click(request, seen_at=known))

    assert (await engine.snapshot(request)).duplicates == ()


async def test_a_click_before_the_message_is_saved_makes_no_double_work(engine: parts.Engine) -> None:
    """Who is faster than our own memory clicks on what becomes the copy a moment later."""
    request = await engine.submitted()
    await engine.once()
    known = (await engine.snapshot(request)).copies[Role.APPROVAL]
    early = known.model_copy(update={"duplicate": True, "shown": 0})
    await engine.healthy.save_copy(request.id, early)
    await engine.service.deny(builders.a_click(request), "no")

    ended = await engine.drive(request)

    shown = [version for role, _, version in engine.notifier.shown if role is Role.APPROVAL]
    assert shown == [1, ended.version]


async def test_two_duplicates_are_two(engine: parts.Engine) -> None:
    """Each message that is clicked is kept; the same one only once."""
    request = await engine.submitted()
    for message in ("a", "b", "a"):
        click = builders.a_click(request, seen_at=builders.a_copy(message=message))
        await engine.service.may_deny(click)

    found = (await engine.snapshot(request)).duplicates

    assert sorted(str(copy.message) for copy in found) == ["a", "b"]


async def test_a_click_without_a_place_is_a_click(engine: parts.Engine) -> None:
    """A platform that does not say which message it was loses nothing."""
    request = await engine.submitted()
    click: forms.Click = builders.a_click(request, seen_at=None)

    assert (await engine.service.approve(click)).state is State.APPROVED
