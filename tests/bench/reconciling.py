"""Reconciling 1,000 credentials: calls to each service, time, and memory beside a quarter of them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot import clock, store
from bot.sandbox import emulator, valkey
from tests import builders
from tests.bench import figures
from tests.reconcile import scene as scenes

FEW, MANY = 250, 1000
WORKSPACES = 100
TOWER_PER_S, ARM_PER_S = 20, 25  # what the services allow one token, and one identity in the long run
MEMORY = 1.10


@dataclass(slots=True)
class Tally(emulator.Journal):
    """When each service was called. What was said is not kept: it would be the growth that is measured."""

    calls: dict[str, list[float]] = field(default_factory=dict)

    def add(self, exchange: emulator.Exchange) -> None:
        """Count a call."""
        self.calls.setdefault(exchange.to, []).append(exchange.started)

    def busiest(self, service: str) -> int:
        """Return how many calls of a service fell into any one second."""
        times = sorted(self.calls.get(service, ()))
        return max((sum(at <= other < at + 1 for other in times) for at in times), default=0)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the command."""

    tower: int
    tower_per_s: int
    arm: int
    arm_per_s: int
    seconds: float
    peak_mb: float


async def measure() -> list[figures.Figure]:
    """Measure the command in a process of its own, over a quarter of the credentials and over all."""
    few, many = await _run(FEW), await _run(MANY)
    calls = (
        f"Tower {many.tower} calls, at most {many.tower_per_s} in a second; Azure {many.arm}, at most "
        f"{many.arm_per_s}; {many.seconds:.0f} s"
    )
    within = many.tower_per_s <= TOWER_PER_S and many.arm_per_s <= ARM_PER_S
    memory = many.peak_mb / few.peak_mb
    return [
        figures.Figure(
            f"reconcile of {MANY:,} credentials: calls and time",
            f"Tower ≤ {TOWER_PER_S}/s, Azure ≤ {ARM_PER_S}/s",
            calls,
            within,
        ),
        figures.Figure(
            f"reconcile: peak memory of {MANY:,} ÷ {FEW} credentials",
            f"≤ {MEMORY:.2f}",
            f"{memory:.2f} ({few.peak_mb:.0f} → {many.peak_mb:.0f} MB)",
            memory <= MEMORY,
        ),
    ]


async def _run(count: int) -> Run:
    tally, server = Tally(), valkey.Valkey()
    await server.start()
    try:
        async with (
            scenes.outside(page=100, workspaces=WORKSPACES, registries=10, journal=tally) as outside,
            store.open_store(server.url, prefix="rb", clock=clock.SystemClock(), keep_days=30) as kept,
        ):
            async with scenes.opened(outside, kept, clock.SystemClock()) as scene:
                await _issue(scene, count)
            tally.calls.clear()
            environment = outside.settings() | {"REDIS_URL": server.url, "PATH": ""}
            began = time.perf_counter()
            peak_mb = await asyncio.to_thread(_command, environment)
            took = time.perf_counter() - began
    finally:
        await server.stop()
    counts = {name: len(times) for name, times in tally.calls.items()}
    return Run(counts["tower"], tally.busiest("tower"), counts["arm"], tally.busiest("arm"), took, peak_mb)


async def _issue(scene: scenes.Scene, count: int) -> None:
    """Make credentials, each registry's once in a workspace."""
    hosts = sorted(one.login_server for one in scene.outside.azure.registries.values())
    workspaces = [one.id for one in scene.outside.tower.state.workspaces.values()]
    places = [(host, place) for host in hosts for place in workspaces]
    for number, (host, place) in enumerate(_spread(places, count)):
        workspace = builders.a_workspace(id=place, name=f"w{place}")
        await scene.issued(f"acr-{number}", login_server=host, workspace=workspace)


def _spread(places: Sequence[tuple[str, int]], count: int) -> Sequence[tuple[str, int]]:
    return places[:: len(places) // count][:count]


def _command(environment: dict[str, str]) -> float:
    """Run `registry-bot reconcile` until it ends well; return its peak memory in megabytes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "reconcile"], env=environment, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"reconcile ended with {process.returncode}")
    return usage.ru_maxrss / 1024
