"""From a commit to the work that it starts, and from a death to somebody who takes over."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import docket

from bot import audit, clock, lease, machine, ports, recorder, store, worker
from bot.sandbox import valkey
from tests import builders
from tests.bench import figures

STARTS = 300
KILLS = 3
LEASE_S = 15.0
CLOCK = clock.SystemClock()


async def measure() -> list[figures.Figure]:
    """Measure starts and take-overs on one server, with pydocket's beside them."""
    async with valkey.Valkey() as server:
        ours = await _starts(server.url)
        theirs = await _docket_starts(server.url)
        over = [await _killed(server.url, "tests.bench.ours") for _ in range(KILLS)]
        docket_over = [await _killed(server.url, "tests.bench.docketed") for _ in range(KILLS)]
    p99, baseline = figures.percentile(ours, 99) * 1000, figures.percentile(theirs, 99) * 1000
    return [
        figures.Figure(
            "commit to work started, p99",
            "≤ 50 ms",
            f"{p99:.1f} ms (pydocket {baseline:.1f} ms)",
            p99 <= 50,
        ),
        figures.Figure(
            f"work taken over after `kill -9`, lease {LEASE_S:.0f} s",
            f"≤ {LEASE_S + 1:.0f} s",
            f"{max(over):.1f} s at the most (pydocket with the same time-out {max(docket_over):.1f} s)",
            max(over) <= LEASE_S + 1,
        ),
    ]


@dataclass(slots=True)
class Started:
    """An attendance that notes when it began."""

    at: dict[str, float] = field(default_factory=dict)

    async def __call__(self, held: lease.Lease) -> lease.Settlement:
        """Begin."""
        self.at.setdefault(held.request_id, time.perf_counter())
        return lease.Settlement(None, seen=2)


async def _starts(url: str) -> list[float]:
    began, started = dict[str, float](), Started()
    async with store.open_store(url, prefix="starts", clock=CLOCK, keep_days=1) as opened:
        record = recorder.Recorder(opened, audit.Trail(b"k" * 32), CLOCK)
        requests = [builders.a_request(spec=_spec(number)) for number in range(STARTS)]
        for request in requests:
            await record.create(request, op=request.id)
        hands = worker.Worker(opened, started, CLOCK, "bench")
        running = asyncio.create_task(hands.run())
        while len(started.at) < STARTS:  # those that were made due by their creation
            await CLOCK.sleep(0.01)
        started.at.clear()
        for request in requests:
            await record.apply(request.id, _approve, op=f"approve:{request.id}")
            began[request.id] = time.perf_counter()
            hands.wake(request.id)
            await CLOCK.sleep(0.01)
        await CLOCK.sleep(1.5)
        hands.stop()
        await running
    return [started.at[request] - at for request, at in began.items()]


def _spec(number: int) -> Any:
    return builders.a_spec(workspace=builders.a_workspace(id=number + 1))


def _approve(snapshot: ports.Snapshot) -> recorder.Proposal:
    after = machine.advance(snapshot.request, machine.Event.APPROVE, at=dt.datetime.now(dt.UTC))
    return recorder.Proposal(after, audit.Event.APPROVED)


async def _docket_starts(url: str) -> list[float]:
    began, started = dict[str, float](), dict[str, float]()

    async def begin(key: str) -> None:
        started[key] = time.perf_counter()

    async with docket.Docket(name="bench-starts", url=url) as jobs, docket.Worker(jobs) as hands:
        running = asyncio.create_task(hands.run_forever())
        jobs.register(begin)
        for number in range(STARTS):
            key = str(number)
            await jobs.add(begin, key=key)(key)
            began[key] = time.perf_counter()
            await CLOCK.sleep(0.01)
        await CLOCK.sleep(1.5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return [max(0.0, started[key] - at) for key, at in began.items()]


async def _killed(url: str, module: str) -> float:
    """Start a worker that takes one job for long, kill it, and return when another one has the job."""
    first = await _child(module, url, "first")
    await _says(first, "began")
    second = await _child(module, url, "second")
    await _says(second, "ready")
    os.kill(first.pid, signal.SIGKILL)
    died = time.perf_counter()
    await _says(second, "began")
    took = time.perf_counter() - died
    os.kill(second.pid, signal.SIGKILL)
    await asyncio.gather(first.wait(), second.wait())
    return took


async def _child(module: str, url: str, name: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, url, name, stdout=asyncio.subprocess.PIPE
    )


async def _says(child: asyncio.subprocess.Process, word: str) -> None:
    assert child.stdout
    async with asyncio.timeout(60):
        while (line := await child.stdout.readline()).strip() != word.encode():
            assert line, f"it ended before it said {word}"
