"""Socket Mode: web sockets that the app opens, envelopes, acknowledgements, and disconnections."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
import uuid
from collections.abc import Callable

import aiohttp
from aiohttp import web

from bot.sandbox import emulator
from bot.sandbox.slack import parcels
from bot.sandbox.slack.entities import Json

MOST_CONNECTIONS = 10  # https://docs.slack.dev/apis/events-api/using-socket-mode
PING_S = 10.0
ANSWERED = frozenset({"block_suggestion", "view_submission"})  # interactive payloads that take an answer


class SocketMode:
    """`parcels.Transport` over whichever open connection; any of several may get a payload."""

    def __init__(
        self, journal: emulator.Journal, terms: parcels.Terms, app_id: str, address: Callable[[], str]
    ) -> None:
        self._journal = journal
        self._terms = terms
        self._app_id = app_id
        self._address = address
        self._tickets: set[str] = set()
        self._waiting: dict[str, list[asyncio.Future[Json]]] = {}
        self.connections: list[web.WebSocketResponse] = []
        self._leaving: list[web.WebSocketResponse] = []

    def ticket(self) -> str:
        """Return an address that may be connected to once."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return f"{self._address().replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={self._app_id}"

    async def link(self, request: web.Request) -> web.StreamResponse:
        """Hold one connection until it ends."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.json_response({"ok": False, "error": "invalid_ticket"}, status=403)
        self._tickets.discard(ticket)
        # Slack pings about every ten seconds, and gives up on a client that is silent.
        socket = web.WebSocketResponse(heartbeat=PING_S)
        await socket.prepare(request)
        if len(self.connections) >= MOST_CONNECTIONS:
            await self._goodbye(socket, "too_many_websockets")
            await socket.close()
            return socket
        self.connections.append(socket)
        try:
            await socket.send_json(self._hello())
            async for frame in socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    self._take(frame.data)
        finally:
            self.connections = [other for other in self.connections if other is not socket]
            self._leaving = [other for other in self._leaving if other is not socket]
        return socket

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {
                "host": "applink-sandbox",
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
            "connection_info": {"app_id": self._app_id},
        }

    def _take(self, text: str) -> None:
        self._journal.add(
            emulator.Exchange("slack", "FRAME", "/link/", {}, text.encode(), 101, time.time(), 0.0, b"")
        )
        try:
            frame = json.loads(text)
        except ValueError:
            return
        envelope = frame.get("envelope_id") if isinstance(frame, dict) else None
        # Several copies may wait under one id; each acknowledgement settles one of them.
        waiting = self._waiting.get(str(envelope), [])
        if waiting:
            waiting.pop(0).set_result(frame)

    def _forget(self, envelope: str, waiting: asyncio.Future[Json]) -> None:
        left = [other for other in self._waiting.pop(envelope, []) if other is not waiting]
        if left:
            self._waiting[envelope] = left

    async def send(self, parcel: parcels.Parcel) -> parcels.Ack:
        """Deliver once."""
        if not self.connections:
            return parcels.Ack(parcels.Fate.UNREACHABLE)
        envelope = parcel.envelope or str(uuid.uuid4())
        waiting: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(envelope, []).append(waiting)
        clock = time.perf_counter()
        try:
            async with asyncio.timeout(self._terms.deadline_s):
                # Which connection gets a payload is not defined, so no app may count on it.
                await random.choice(self.connections).send_json(_envelope(envelope, parcel))  # noqa: S311  # no secret
                frame = await waiting
        except TimeoutError:
            return parcels.Ack(parcels.Fate.TIMEOUT, took_s=time.perf_counter() - clock)
        except (ConnectionError, aiohttp.ClientError):
            return parcels.Ack(parcels.Fate.UNREACHABLE, took_s=time.perf_counter() - clock)
        finally:
            self._forget(envelope, waiting)
        took = time.perf_counter() - clock
        return parcels.Ack(parcels.Fate.ACKNOWLEDGED, frame.get("payload") or None, took)

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to come back, as Slack does every few hours.

        Nothing more is sent over it; the app closes it once it has a new one.
        """
        # Closing it here as well would make the SDK connect twice, and lose what falls between.
        for socket in list(self.connections):
            self.connections.remove(socket)
            self._leaving.append(socket)
            await self._goodbye(socket, reason)

    async def drop(self) -> None:
        """End every connection without a word."""
        ending, self.connections, self._leaving = [*self.connections, *self._leaving], [], []
        for socket in ending:
            await socket.close(code=aiohttp.WSCloseCode.GOING_AWAY, drain=False)

    async def _goodbye(self, socket: web.WebSocketResponse, reason: str) -> None:
        await socket.send_json(
            {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}
        )


def _envelope(envelope_id: str, parcel: parcels.Parcel) -> Json:
    answered = parcel.kind is parcels.Kind.COMMAND or parcel.name in ANSWERED
    envelope: Json = {
        "envelope_id": envelope_id,
        "type": parcel.kind.value,
        "payload": parcel.payload,
        "accepts_response_payload": answered,
    }
    if parcel.kind is parcels.Kind.EVENT:
        envelope |= {"retry_attempt": parcel.retry, "retry_reason": parcel.reason}
    return envelope
