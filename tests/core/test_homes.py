"""People's homes in chat: drawn anew for whom a change concerns, never in the way of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot import audit, errors, homes, model
from tests import builders
from tests.fakes import FakeClock
from tests.waiting import wait_until

DAN = builders.a_principal("U0DAN")
LEADS = model.Usergroup(platform=model.Platform.SLACK, id="S0LEADS")
# What is written is no matter to a home.
ENTRY = audit.Entry(
    request=None,
    event=audit.Event.SUBMITTED,
    actor=None,
    before=None,
    after=None,
    data={},
    at=builders.now(),
)


class Visitors:
    """`ports.Visitors` in memory; `away` is what it raises."""

    def __init__(self, *there: model.Principal) -> None:
        self.there = [one.key for one in there]
        self.away: Exception | None = None

    async def came(self, who: str) -> None:
        """Remember a visit."""
        self.there.append(who)

    async def recent(self) -> tuple[str, ...]:
        """Return who is there."""
        if self.away:
            raise self.away
        return tuple(self.there)


@asynccontextmanager
async def drawing(
    home: homes.Homes, draw: Callable[[model.Principal], Awaitable[None]]
) -> AsyncIterator[asyncio.Task[None]]:
    """Keep homes fresh for the length of a test."""
    task = asyncio.create_task(home.run(draw))
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_whom_a_change_concerns_sees_it_at_home() -> None:
    """Requester and approvers who have opened their home get it drawn anew, nobody else."""
    drawn: list[model.Principal] = []
    home = homes.Homes(Visitors(builders.BEN, DAN), FakeClock())

    async def draw(who: model.Principal) -> None:
        drawn.append(who)

    async with drawing(home, draw):
        await home.opened(builders.ANA)
        home.written(ENTRY, builders.a_request())
        await wait_until(lambda: len(drawn) == 2, "both are drawn")

    assert set(drawn) == {builders.ANA, builders.BEN}


async def test_changes_at_one_time_are_drawn_once() -> None:
    """However many changes come together, a home is drawn once for all of them."""
    drawn: list[model.Principal] = []
    home = homes.Homes(Visitors(builders.ANA), FakeClock())

    async def draw(who: model.Principal) -> None:
        drawn.append(who)

    for _ in range(homes.MOST_CHANGED + 10):
        home.written(ENTRY, builders.a_request())
    home.written(ENTRY, None)
    async with drawing(home, draw):
        await wait_until(lambda: bool(drawn), "it is drawn")

    assert drawn == [builders.ANA]


@pytest.mark.parametrize("failure", [errors.Throttled("Wait.", service="Slack"), RuntimeError("a bug")])
async def test_what_goes_wrong_with_one_stops_nobody(failure: Exception) -> None:
    """A home that cannot be drawn is left as it is, and the next change is drawn again."""
    drawn: list[model.Principal] = []
    home = homes.Homes(Visitors(builders.ANA, builders.BEN), FakeClock())

    async def draw(who: model.Principal) -> None:
        drawn.append(who)
        if who == builders.ANA:
            raise failure

    async with drawing(home, draw) as task:
        home.written(ENTRY, builders.a_request())
        await wait_until(lambda: len(drawn) == 2, "both were tried")
        home.written(ENTRY, builders.a_request())
        await wait_until(lambda: len(drawn) == 4, "both are tried again")
        assert not task.done()


async def test_with_the_store_away_nothing_is_drawn() -> None:
    """Nobody is known then; the next change finds them again."""
    drawn: list[model.Principal] = []
    visitors = Visitors(builders.ANA)
    visitors.away = errors.NotAccepted("away")
    clock = FakeClock()
    home = homes.Homes(visitors, clock)

    async def draw(who: model.Principal) -> None:
        drawn.append(who)

    async with drawing(home, draw):
        home.written(ENTRY, builders.a_request())
        await wait_until(lambda: bool(clock.slept), "it was looked for")
        visitors.away = None
        home.written(ENTRY, builders.a_request())
        await wait_until(lambda: bool(drawn), "it is drawn")

    assert drawn == [builders.ANA]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, False),
        ({"requester": DAN}, True),
        ({"approvers": (DAN,)}, True),
        ({"fallback": (DAN,)}, True),
        ({"approver_groups": (LEADS,)}, True),
        ({"fallback_groups": (LEADS,)}, True),
    ],
)
def test_a_request_concerns_who_takes_part(changes: dict[str, Any], *, wanted: bool) -> None:
    """Where a group of the platform decides, it may be anybody."""
    assert homes.concerns(builders.a_request(**changes), DAN) is wanted
