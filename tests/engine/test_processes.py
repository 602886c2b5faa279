"""Workers as processes that are killed without warning, frozen and thawed."""

from __future__ import annotations

import asyncio
import functools
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from bot import clock, ports
from bot.sandbox import valkey
from bot.store import connection
from tests.engine import child
from tests.engine.shop import Shop, running
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
JOBS, KILLS = 24, 6
START_S = 30.0  # how long a child may take to be at work, on a busy machine


@pytest.fixture
def store_clock() -> clock.SystemClock:
    """Return real time: leases run on it."""
    return clock.SystemClock()


class Crew:
    """Child processes that work on the requests of one store, and what they said and logged."""

    def __init__(self, server: valkey.Valkey, prefix: str, client: connection.Client, logs: Path) -> None:
        self._arguments = [sys.executable, "-m", "tests.engine.child", server.url, prefix]
        self._client = client
        self._list = f"{prefix}:said"
        self._logs = logs
        self.members: list[subprocess.Popen[bytes]] = []

    def hire(self) -> subprocess.Popen[bytes]:
        """Start one."""
        with self._logs.open("ab") as logs:
            started = subprocess.Popen(self._arguments, cwd=ROOT, stdout=logs, stderr=logs)
        self.members.append(started)
        return started

    def kill(self, one: subprocess.Popen[bytes]) -> None:
        """Kill one without warning, frozen or not."""
        one.kill()
        one.wait()
        self.members.remove(one)

    def logged(self, words: str) -> bool:
        """Tell whether anybody logged something."""
        return words in self._logs.read_text()

    async def said(self, word: str = "") -> list[tuple[str, int]]:
        """Return who said a word, as request and fence, in the order in which the store heard it."""
        lines = cast("list[str]", await self._client.execute_command("LRANGE", self._list, 0, -1))
        parsed = [line.split() for line in lines]
        return [(request, int(fence)) for request, fence, said in parsed if word in {"", said}]

    async def at_work(self) -> bool:
        """Tell whether anybody is in the middle of something."""
        return bool(await self.said("tick"))

    async def close(self) -> None:
        """Kill everybody and forget what they said."""
        for one in list(self.members):
            self.kill(one)
        await self._client.execute_command("DEL", self._list)


@pytest.fixture
def crew(server: valkey.Valkey, prefix: str, raw: connection.Client, tmp_path: Path) -> Iterator[Crew]:
    """Return a crew on the store's server; who is left in the end is killed."""
    hired = Crew(server, prefix, raw, tmp_path / "log")
    yield hired
    for one in list(hired.members):
        hired.kill(one)


@pytest.fixture
def shop(store: ports.Store) -> Shop:
    """Return the shop that the crew works for."""
    return Shop(store)


async def test_another_worker_takes_over_from_a_killed_process(crew: Crew, shop: Shop) -> None:
    """After kill -9 another worker is at the request within a lease and a second."""
    loop = asyncio.get_running_loop()
    request = await shop.keep()
    shop.gate.set()
    process = crew.hire()
    await wait_until(crew.at_work, "the process is at work", within_s=START_S)

    async with running(shop.worker(poll_s=0.1)):
        crew.kill(process)
        killed = loop.time()
        await wait_until(lambda: shop.begun, "another worker has begun")
        took = loop.time() - killed
    await crew.close()

    assert took <= child.LEASE_S + 1.0
    assert (shop.ended, shop.fences) == ([request.id], [2])


async def test_a_frozen_process_makes_no_further_call(crew: Crew, shop: Shop) -> None:
    """A process that slept past its lease finds its fence old when it wakes, and stops.

    Only a call that was confirmed in the very moment of the freeze may still get through.
    """
    await shop.keep()
    process = crew.hire()
    await wait_until(crew.at_work, "the process is at work", within_s=START_S)

    async with running(shop.worker(poll_s=0.1)):
        process.send_signal(signal.SIGSTOP)
        await wait_until(lambda: shop.begun, "another worker has begun")
        before = await crew.said()
        process.send_signal(signal.SIGCONT)
        await wait_until(lambda: crew.logged("lease lost"), "the process woke and stopped")
        after = await crew.said()
        shop.gate.set()
        await wait_until(lambda: shop.ended, "the other worker ended")
    await crew.close()

    assert len(after) - len(before) <= 1


async def test_every_request_is_done_though_processes_die(crew: Crew, shop: Shop) -> None:
    """Processes die at random for a while, and every request is still done, by one at a time."""
    chance = random.Random(7)  # noqa: S311  # a test that can be repeated
    kept = {(await shop.keep(number)).id for number in range(JOBS)}
    for _ in range(3):
        crew.hire()
    await wait_until(crew.at_work, "the processes are at work", within_s=START_S)

    for killed in range(KILLS):
        crew.kill(chance.choice(crew.members))
        crew.hire()
        begun = len(await crew.said("begin"))
        going_on = functools.partial(_more, crew, begun)
        await wait_until(going_on, f"work goes on after kill {killed}", within_s=START_S)
    await wait_until(lambda: _all_ended(crew, kept), "every request is done", within_s=60)
    said = await crew.said()
    await crew.close()

    assert {request for request, _ in said} == kept
    assert all(_never_backwards([fence for one, fence in said if one == request]) for request in kept)


async def _more(crew: Crew, least: int) -> bool:
    return len(await crew.said("begin")) > least or len(await crew.said("end")) >= JOBS


async def _all_ended(crew: Crew, kept: set[str]) -> bool:
    return {request for request, _ in await crew.said("end")} == kept


def _never_backwards(fences: list[int]) -> bool:
    return fences == sorted(fences)
