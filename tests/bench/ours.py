"""One of our workers, to be killed: `python -m tests.bench.ours URL NAME`. The first makes the job."""

from __future__ import annotations

import asyncio
import sys

from bot import audit, clock, lease, recorder, store, worker
from tests import builders


async def main(url: str, name: str) -> None:
    """Work on one request for as long as the process lives."""
    real = clock.SystemClock()

    async def attend(held: lease.Lease) -> lease.Settlement:
        print("began", flush=True)  # noqa: T201  # the parent listens
        while True:
            await real.sleep(3600)
            await held.confirm()

    async with store.open_store(url, prefix="kills", clock=real, keep_days=1) as opened:
        if name == "first":
            record = recorder.Recorder(opened, audit.Trail(b"k" * 32), real)
            spec = builders.a_spec(workspace=builders.a_workspace(id=real.now().microsecond + 1))
            request = builders.a_request(spec=spec)
            await record.create(request, op=request.id)
        print("ready", flush=True)  # noqa: T201  # the parent listens
        await worker.Worker(opened, attend, real, name).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
