"""What a click costs: while somebody waits, nothing is read twice."""

from __future__ import annotations

from bot import model
from bot.store import connection
from tests import builders
from tests.core.conftest import Desk


async def reads(raw: connection.Client) -> int:
    """Return how often the server was asked for a whole record."""
    told = await raw.execute_command("INFO", "commandstats")
    return int(told.get("cmdstat_hgetall", {"calls": 0})["calls"])


async def pending(desk: Desk) -> model.Request:
    """Return a request that waits for a decision."""
    return await desk.service.submit(builders.a_submission())


async def test_an_approval_reads_the_record_once(desk: Desk, raw: connection.Client) -> None:
    """What the click was judged by is what the decision is written on."""
    request = await pending(desk)
    known = builders.a_copy()
    await desk.store.save_copy(request.id, known)
    before = await reads(raw)

    after = await desk.service.approve(builders.a_click(request, seen_at=known))

    assert after.state is model.State.APPROVED
    assert await reads(raw) - before == 1


async def test_a_second_click_reads_the_record_once(desk: Desk, raw: connection.Client) -> None:
    """It changes nothing, and is answered with what is there."""
    request = await pending(desk)
    approved = await desk.service.approve(builders.a_click(request))
    before = await reads(raw)

    again = await desk.service.approve(builders.a_click(request))

    assert again == approved
    assert await reads(raw) - before == 1
