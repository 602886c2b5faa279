"""A worker of pydocket's, to be killed: `python -m tests.bench.docketed URL NAME`. The first adds the job."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys

import docket

from bot import clock
from tests.bench.work import LEASE_S


async def hold() -> None:
    """Take long."""
    print("began", flush=True)  # noqa: T201  # the parent listens
    await clock.SystemClock().sleep(3600)


async def main(url: str, name: str) -> None:
    """Work on one job for as long as the process lives."""
    patience = dt.timedelta(seconds=LEASE_S)
    async with docket.Docket(name="bench-kills", url=url) as jobs:
        jobs.register(hold)
        if name == "first":
            await jobs.clear()
            await jobs.add(hold)()
        async with docket.Worker(jobs, redelivery_timeout=patience, concurrency=1) as hands:
            print("ready", flush=True)  # noqa: T201  # the parent listens
            await hands.run_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
