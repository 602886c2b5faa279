"""A load of prepared requests from a process of its own, over connections that are kept open.

Bounded in count, and to loopback only.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import hashlib
import hmac
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a load: seconds for each request, for all of them, and the statuses seen."""

    latencies: tuple[float, ...]
    took_s: float
    statuses: frozenset[int]

    @property
    def rate(self) -> float:
        """Return requests a second."""
        return len(self.latencies) / self.took_s


def signed(body: bytes, secret: str, path: str) -> bytes:
    """Return an HTTP request as Slack signs it."""
    stamp = str(int(time.time()))
    signature = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nX-Slack-Request-Timestamp: {stamp}\r\n"
        f"X-Slack-Signature: v0={signature}\r\n\r\n"
    )
    return head.encode() + body


async def fire(requests: Sequence[bytes], port: int, concurrency: int) -> Outcome:
    """Send requests, `concurrency` at a time, from a process of their own."""
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=spawn) as pool:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(pool, _child, list(requests), port, concurrency)


def _child(requests: list[bytes], port: int, concurrency: int) -> Outcome:
    return asyncio.run(_all(requests, port, concurrency))


async def _all(requests: list[bytes], port: int, concurrency: int) -> Outcome:
    latencies: list[float] = []
    statuses: set[int] = set()
    waiting = iter(requests)
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(_lane(waiting, port, latencies, statuses))
    return Outcome(tuple(latencies), time.perf_counter() - began, frozenset(statuses))


async def _lane(waiting: Iterator[bytes], port: int, latencies: list[float], statuses: set[int]) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    for request in waiting:
        began = time.perf_counter()
        writer.write(request)
        statuses.add(await _answer(reader))
        latencies.append(time.perf_counter() - began)
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = next((line for line in head.splitlines() if line.startswith("content-length:")), "0:0")
    await reader.readexactly(int(length.partition(":")[2]))
    return int(head.split(" ", 2)[1])
