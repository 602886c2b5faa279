"""Socket Mode: the same payloads over a connection that the bot opens, with the app token as its key."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Protocol, Self
from urllib.parse import urlsplit

from pydantic import SecretStr
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from handlers.slack import deliveries, nearby, parse

DRAIN_S = 3.0


class _Connection(Protocol):
    """What is used of the SDK's client, with the types that it leaves out."""

    async def connect(self) -> None:
        """Connect, however often it takes."""

    async def close(self) -> None:
        """Close the connection and its session."""


class _Handler(AsyncSocketModeHandler):
    """Bolt's handler, except that every envelope is acknowledged and known by its id."""

    def __init__(self, app: AsyncApp, app_token: str) -> None:
        super().__init__(app, app_token)
        self.running: set[asyncio.Task[object]] = set()

    async def handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        task = asyncio.current_task()
        if task is not None:
            self.running.add(task)
            task.add_done_callback(self.running.discard)
        answer = await self._answer(req)
        if answer.status not in {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}:
            # Slack would show the person a time-out for an envelope without an acknowledgement; an
            # event is left without one, so that it comes again.
            answer = BoltResponse(status=HTTPStatus.OK, body="")
        await send_async_response(client, req, answer, 0.0)

    async def _answer(self, req: SocketModeRequest) -> BoltResponse:
        try:
            return await deliveries.dispatch(
                self.app,
                req.payload,
                headers=build_headers(req) or {},
                delivery=f"envelope:{req.envelope_id}",
            )
        except parse.Malformed:
            return BoltResponse(status=HTTPStatus.BAD_REQUEST, body="")


class SocketMode:
    """A connection that is kept up. Entering does not wait for it: readiness tells when it stands."""

    def __init__(self, app: AsyncApp, *, app_token: SecretStr) -> None:
        self._app = app
        self._token = app_token
        self._handler: _Handler | None = None
        self._connecting: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._handler = _Handler(self._app, self._token.get_secret_value())
        if nearby.is_near(urlsplit(self._app.client.base_url).hostname):
            self._handler.client.proxy = None
        # The client tries again by itself until it is connected, and whenever the connection is lost.
        connection: _Connection = self._handler.client
        self._connecting = asyncio.create_task(connection.connect(), name="slack:socket")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._handler is None or self._connecting is None:
            return
        self._connecting.cancel()
        client = self._handler.client
        running = self._handler.running
        if running:
            await asyncio.wait(running, timeout=DRAIN_S)
        connection: _Connection = client
        await connection.close()
        loops = (client.message_processor, client.current_session_monitor, client.message_receiver)
        started = [task for task in (self._connecting, *loops, *running) if task is not None]
        for task in started:
            task.cancel()
        await asyncio.gather(*started, return_exceptions=True)

    async def problem(self) -> str | None:
        """Return None while connected, else what is wrong: for readiness."""
        connected = self._handler is not None and await self._handler.client.is_connected()
        return None if connected else "not connected (Socket Mode)"
