"""What stands in the way of a change is told so that it helps; and what is too much to be looked at."""

from __future__ import annotations

import pytest

from bot import audit, errors, forms, machine, model
from bot.model import Kind
from tests import builders
from tests.core.conftest import Desk


def a_change(credential: model.Credential, kind: Kind, *remove: str) -> forms.Change:
    """Return what Ana wants done."""
    return forms.Change(builders.ANA, None, kind, credential.id, op=model.new_id(), remove=remove)


@pytest.mark.parametrize("work", [False, True])
async def test_what_is_in_the_way_is_told_in_words(desk: Desk, *, work: bool) -> None:
    """Nobody's id, and no advice that cannot be followed: what is being carried out is not cancelled."""
    credential = await desk.issued(repositories=("team/tool", "team/other"))
    opened = await desk.service.change(a_change(credential, Kind.NARROW, "team/other"))
    if work:
        opened = await desk.service.approve(builders.a_click(opened))
        await desk.moved(opened, machine.Event.START, audit.Event.STARTED)

    with pytest.raises(errors.Refused) as refused:
        await desk.service.change(a_change(credential, Kind.ROTATE))

    short = model.short_id(opened.id)
    assert str(refused.value) == (
        f"Request {short} for the credential acr-main, to remove repositories, is being carried out. "
        "Wait until it is done."
        if work
        else f"The credential acr-main has an open request already: {short}, to remove repositories. "
        "Wait until it is decided, or cancel it first."
    )


async def test_what_its_approvers_could_not_see_is_not_taken_away(desk: Desk) -> None:
    """They are shown all of it, and a message has no room for more."""
    many = tuple(f"team/r{number}" for number in range(102))
    credential = await desk.issued(repositories=many)

    with pytest.raises(errors.BadInput, match=r"room for 100 repositories.*these are 101"):
        await desk.service.change(a_change(credential, Kind.NARROW, *many[1:]))

    assert (await desk.service.change(a_change(credential, Kind.NARROW, *many[2:]))).spec.removed == many[2:]
