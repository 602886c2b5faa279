"""Lists: which entries stand in them, and how they are paged."""

from __future__ import annotations

import datetime as dt

import pytest

from bot import machine, model, ports
from bot.ports import Index
from tests.store import parts

Event = machine.Event
State = model.State
MADE = parts.now()


def a_request(number: int, *, at: float = 0, **fields: object) -> model.Request:
    """Return a request that was made so many seconds later."""
    made = parts.a_request(name=f"acr-{number}", host=f"acme{number}.azurecr.io")
    return made.model_copy(update={"created": MADE + dt.timedelta(seconds=at), **fields})


async def whole(desk: parts.Desk, index: Index, key: str = "", *, limit: int = 100) -> tuple[str, ...]:
    """Return a list from its newest to its oldest, page by page."""
    page = await desk.store.page(index, key, limit=limit)
    ids = page.ids
    while page.after:
        page = await desk.store.page(index, key, after=page.after, limit=limit)
        ids += page.ids
    return ids


async def test_a_request_is_in_one_list_of_its_state(desk: parts.Desk) -> None:
    """It leaves the old one in the write that puts it into the new one."""
    request = await desk.submit()

    await desk.move(request.id, Event.APPROVE, Event.START)

    found = [state for state in State if await whole(desk, Index.STATE, state)]
    assert found == [State.RUNNING]


async def test_lists_are_by_creation_newest_first(desk: parts.Desk) -> None:
    """In whatever order they were written; each requester and workspace has its own."""
    first, second, third = (
        a_request(n, at=n, requester=by) for n, by in enumerate((parts.ANA, parts.BEN, parts.ANA))
    )
    for request in (third, first, second):
        await desk.submit(request)

    lists = [await whole(desk, Index.ALL), await whole(desk, Index.REQUESTER, parts.ANA.key)]

    assert lists == [(third.id, second.id, first.id), (third.id, first.id)]
    assert await whole(desk, Index.WORKSPACE, "101") == lists[0]
    assert await whole(desk, Index.WORKSPACE, "10") == ()


async def test_only_the_pending_wait_for_a_rules_approvers(desk: parts.Desk) -> None:
    """By the rule's name, whatever characters it has."""
    rule = "production / *:*~ é\n"
    asked, decided = a_request(0, rule=rule), a_request(1, rule=rule)
    await desk.submit(asked)
    await desk.submit(decided)

    await desk.move(decided.id, Event.APPROVE)

    assert await whole(desk, Index.WAITING, rule) == (asked.id,)
    assert await whole(desk, Index.WAITING, "production ") == ()


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
async def test_pages_join_exactly_where_moments_are_equal(desk: parts.Desk, limit: int) -> None:
    """Nothing twice and nothing left out, though all were made in one millisecond."""
    made = [a_request(n) for n in range(7)]
    for request in made:
        await desk.submit(request)

    ids = await whole(desk, Index.ALL, limit=limit)

    assert ids == tuple(sorted((request.id for request in made), reverse=True))


async def test_a_cursor_outlives_its_entry(desk: parts.Desk) -> None:
    """What is decided between two pages does not shift the second."""
    made = [a_request(n, at=n) for n in range(4)]
    for request in made:
        await desk.submit(request)
    first = await desk.store.page(Index.WAITING, "", limit=2)
    for request in made[2:]:
        await desk.move(request.id, Event.DENY)

    second = await desk.store.page(Index.WAITING, "", after=first.after, limit=2)

    assert second == ports.Page((made[1].id, made[0].id))


@pytest.mark.parametrize(
    "after", ["", "~", "0", "requester:", "\x00", "\ud800", "((", "[", "+", "-", "9" * 5000]
)
async def test_any_text_is_a_place_in_the_same_list(desk: parts.Desk, after: str) -> None:
    """Whatever is sent back as a cursor, nobody gets into somebody else's list."""
    await desk.submit(a_request(0, requester=parts.BEN))
    mine = await desk.submit(a_request(1))

    page = await desk.store.page(Index.REQUESTER, parts.ANA.key, after=after)

    assert {*page.ids} <= {mine.id}


async def test_short_ids_lead_to_their_requests(desk: parts.Desk) -> None:
    """And any other text to none."""
    request = await desk.submit()

    found = await desk.store.by_short(model.short_id(request.id))

    assert found == (request.id,)
    assert await desk.store.by_short("#\ud800/ ") == ()


async def test_several_are_read_in_their_order(desk: parts.Desk) -> None:
    """With None in the place of what is not there."""
    first, second = [await desk.submit(request) for request in parts.requests(2)]
    await desk.move(first.id, Event.APPROVE, Event.START)
    credential = parts.a_credential(first)
    await desk.move(first.id, Event.FINISH, credential=credential)

    read = await desk.store.requests([second.id, model.new_id(), first.id])

    assert [one and one.id for one in read] == [second.id, None, first.id]
    assert await desk.store.credentials([second.id, first.id]) == (None, credential)
    assert (await desk.store.requests([]), await desk.store.credentials([])) == ((), ())
