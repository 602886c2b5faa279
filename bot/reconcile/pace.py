"""Reads slowly enough for the services' limits, which the bot's other work needs too."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import TypeVar

from bot import ports

T = TypeVar("T")

# Tower takes 20 calls a second from one token (its client keeps to 17), and Azure Resource Manager
# 25 reads a second of one identity and subscription in the long run
# (https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/request-limits-and-throttling).
CALLS_PER_S = 8.0
ITEMS_A_TURN = 40  # of a list, whose pages are Azure's to choose


class Pace:
    """Gives turns, `CALLS_PER_S` at most."""

    def __init__(self, clock: ports.Clock) -> None:
        self._clock = clock
        self._next = clock.now()

    async def turn(self) -> None:
        """Wait until it is time for another call."""
        wait = (self._next - self._clock.now()).total_seconds()
        # A clock that was set must not hold anything up.
        if 0 < wait <= 1:
            await self._clock.sleep(wait)
        self._next = self._clock.now() + dt.timedelta(seconds=1 / CALLS_PER_S)

    async def each(self, items: AsyncIterator[T]) -> AsyncIterator[T]:
        """Go through a paged list."""
        await self.turn()
        number = 0
        async for item in items:
            number += 1
            if number % ITEMS_A_TURN == 0:
                await self.turn()
            yield item
