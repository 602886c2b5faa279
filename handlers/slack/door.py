"""Slack's door over HTTP: size, signature over the raw bytes, form; only then bolt.

Bolt would parse first, without a limit, answer 500 to what it cannot parse, and log the body of a
forged request (slackapi/bolt-python 1.30: request/internals.py, middleware/request_verification).
"""

from __future__ import annotations

import hashlib
import hmac
from http import HTTPStatus

import structlog
from pydantic import SecretStr
from slack_bolt.app.async_app import AsyncApp
from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot import ports
from handlers import wire
from handlers.slack import deliveries, parse

LIMIT = 2**20
WINDOW_S = 300  # https://docs.slack.dev/authentication/verifying-requests-from-slack
_TIMESTAMP_DIGITS = 12

log = structlog.get_logger(__name__)


class Door:
    """An ASGI app for `/slack/events`. What is refused is refused with a status and not a word more."""

    def __init__(self, app: AsyncApp, *, secret: SecretStr, clock: ports.Clock) -> None:
        self._app = app
        self._secret = secret
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = Headers(scope=scope)
        if scope["method"] != "POST":
            await _elsewise(scope)(scope, receive, send)
            return
        try:
            raw = await wire.body(headers, receive, limit=LIMIT)
        except wire.TooLarge:
            # The rest is not read: the server has to drop the connection.
            response = Response(
                status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers={"connection": "close"}
            )
        except wire.TooSlow:
            response = Response(status_code=HTTPStatus.REQUEST_TIMEOUT, headers={"connection": "close"})
        except wire.Gone:
            return
        else:
            response = await self._answer(headers, raw)
        await response(scope, receive, send)

    async def _answer(self, headers: Headers, raw: bytes) -> Response:
        if not self._signed(headers, raw):
            log.info("slack.request.refused", why="signature")
            return Response(status_code=HTTPStatus.UNAUTHORIZED)
        try:
            payload = parse.body(raw, headers.get("content-type", ""))
            answer = await deliveries.dispatch(
                self._app, payload, headers=_kept(headers), delivery=_delivery(headers), raw=raw.decode()
            )
        except parse.Malformed as error:
            log.info("slack.request.refused", why=str(error))
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        return Response(
            answer.body, status_code=answer.status, headers=answer.first_headers_without_set_cookie()
        )

    def _signed(self, headers: Headers, raw: bytes) -> bool:
        stamp = headers.get("x-slack-request-timestamp", "")
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= _TIMESTAMP_DIGITS):
            return False
        # Slack signs with its own time, whatever the sandbox has done to ours.
        now = (self._clock.now() - self._clock.shift).timestamp()
        if abs(now - int(stamp)) > WINDOW_S:
            return False
        wanted = signature(self._secret, stamp, raw)
        return hmac.compare_digest(wanted.encode(), headers.get("x-slack-signature", "").encode())


def signature(secret: SecretStr, stamp: str, raw: bytes) -> str:
    """Return Slack's signature, version 0, over the raw body."""
    signed = b"v0:" + stamp.encode() + b":" + raw
    return "v0=" + hmac.new(secret.get_secret_value().encode(), signed, hashlib.sha256).hexdigest()


def _elsewise(scope: Scope) -> Response:
    """Answer what is no delivery: Slack looks at the certificate with a plain GET now and then."""
    if scope["method"] in {"GET", "HEAD"} and QueryParams(scope["query_string"]).get("ssl_check") == "1":
        return Response(status_code=HTTPStatus.OK)
    return Response(status_code=HTTPStatus.METHOD_NOT_ALLOWED, headers={"allow": "POST"})


def _kept(headers: Headers) -> dict[str, str]:
    return {
        name: value
        for name, value in headers.items()
        if name.startswith("x-slack-") or name == "content-type"
    }


def _delivery(headers: Headers) -> str:
    """Return what names this delivery: its signature, hashed, since it is a key to the door."""
    return hashlib.sha256(headers["x-slack-signature"].encode()).hexdigest()
