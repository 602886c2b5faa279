"""A worker in a process of its own, to be killed and frozen: `python -m tests.engine.child URL PREFIX`.

It writes what it does to a list beside the store, since that is the order that everybody agrees on.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sys

from bot import clock, lease, store, worker
from bot.store import connection

LEASE_S = 1.0
TICKS, TICK_S = 30, 0.05


class Ticker:
    """Attends to a request with a few outside calls, each after a confirmation of the lease."""

    def __init__(self, client: connection.Client, prefix: str) -> None:
        self._client = client
        self._list = f"{prefix}:said"
        self._clock = clock.SystemClock()

    async def __call__(self, held: lease.Lease) -> lease.Settlement:
        """Say that it begins, ticks, and ends."""
        for word in ("begin", *["tick"] * TICKS, "end"):
            await held.confirm()
            line = f"{held.request_id} {held.fence} {word}"
            await self._client.execute_command("RPUSH", self._list, line)
            await self._clock.sleep(TICK_S)
        return lease.Settlement(self._clock.now() + dt.timedelta(hours=1), seen=1)


async def main(url: str, prefix: str) -> None:
    """Work until killed."""
    time = clock.SystemClock()
    client = connection.connect(url)
    async with store.open_store(url, prefix=prefix, clock=time, keep_days=1) as opened:
        ticker = Ticker(client, prefix)
        hands = worker.Worker(opened, ticker, time, "child", lease_s=LEASE_S, renew_s=0.25, poll_s=0.1)
        await hands.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
