"""What every emulator shares: an aiohttp server on loopback, a journal of what it was sent, faults."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that an emulator got, and what it answered. Held in memory, for proofs only."""

    to: str  # the emulator's name
    method: str
    path: str  # with the query
    headers: Mapping[str, str]
    body: bytes
    status: int
    started: float  # epoch seconds
    took_s: float
    answer: bytes


@dataclass(slots=True)
class Journal:
    """Every exchange of every emulator of one world, in order; listeners hear each at once."""

    exchanges: list[Exchange] = field(default_factory=list)
    listeners: list[Callable[[Exchange], None]] = field(default_factory=list)

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange and tell the listeners."""
        self.exchanges.append(exchange)
        for listener in self.listeners:
            listener(exchange)


@dataclass(slots=True)
class Fault:
    """What goes wrong with requests whose `METHOD /path` matches, and whose body matches `inside`.

    `times` None means until removed. A `status` is answered instead of acting; `cut` breaks the
    connection instead of acting; `after` acts first and then loses the answer.
    """

    match: str
    times: int | None = 1
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    delay_s: float = 0.0
    after: bool = False  # do the action, then cut the connection
    cut: bool = False  # cut the connection without doing anything
    hook: Callable[[], Awaitable[None]] | None = None  # called before (or, with `after`, after) the action
    inside: str = ""

    def wants(self, line: str, body: str = "") -> bool:
        """Tell whether this fault is for the request, and count it."""
        if self.times == 0 or not re.search(self.match, line) or not re.search(self.inside, body):
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Emulator:
    """A server on 127.0.0.1 with a journal and faults. Subclasses add routes in `routes`."""

    name = "emulator"

    def __init__(self, journal: Journal, *, latency_s: float = 0.0) -> None:
        self.journal = journal
        self.faults: list[Fault] = []
        self.latency_s = latency_s
        self.shift = dt.timedelta()  # how far the sandbox's clock runs ahead
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Return the base address, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def now(self) -> dt.datetime:
        """Return the sandbox's time."""
        return dt.datetime.now(dt.UTC) + self.shift

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of this emulator."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._observe], client_max_size=4 * 2**20)
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner:
            await self._runner.cleanup()

    @web.middleware
    async def _observe(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        started, clock = time.time(), time.perf_counter()
        body = await request.read()
        try:
            response = await self._answer(request, handler)
        except web.HTTPException as error:  # no such route; aiohttp does not want to see it returned
            response = web.Response(status=error.status, text=error.text)
        self.journal.add(
            Exchange(
                self.name,
                request.method,
                request.path_qs,
                dict(request.headers),
                body,
                response.status,
                started,
                time.perf_counter() - clock,
                _body(response),
            )
        )
        return response

    async def _answer(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        line = f"{request.method} {request.path_qs}"
        body = (await request.read()).decode(errors="replace")
        fault = next((fault for fault in self.faults if fault.wants(line, body)), None)
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        if fault is None:
            return await handler(request)
        await asyncio.sleep(fault.delay_s)
        if fault.hook and not fault.after:
            await fault.hook()
        if fault.status is not None:
            return web.Response(
                status=fault.status, text=fault.body, headers=fault.headers, content_type="application/json"
            )
        response: web.StreamResponse = web.Response(status=599)  # never seen: the connection is cut
        if not fault.cut:
            response = await handler(request)
            if fault.hook and fault.after:
                await fault.hook()
        if (fault.cut or fault.after) and request.transport:
            request.transport.abort()
        return response


def _body(response: web.StreamResponse) -> bytes:
    """Return what was answered, where it is plain bytes: a stream or a socket has none."""
    if not isinstance(response, web.Response):
        return b""
    return response.body if isinstance(response.body, bytes) else b""
