"""In front of the Teams SDK: what it does not check, and what it stumbles over.

The guard is the SDK's HTTP adapter, so that nothing reaches its handler but through here. The SDK
(2.1) reads keys with blocking calls, looks at neither channel nor tenant, and answers 500, with the
body in the log, to what it does not know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from microsoft_teams.apps.http import HttpMethod, HttpRequest, HttpRouteHandler
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bot import errors, settings
from handlers import payload, wire
from handlers.payload import at, text_at
from handlers.service import Service
from handlers.teams import ids, keys

LIMIT = 256_000
AGAIN_S = 600.0  # the Connector gives up on a delivery long before
LONGEST_TOKEN = 16_000
HOSTS = (".trafficmanager.net", ".teams.microsoft.com", ".botframework.com", ".teams.microsoft.us")

MESSAGE, INVOKE = "message", "invoke"
# What there is a listener for; everything else is taken note of, and that is all.
INVOKES = frozenset(
    {
        "adaptiveCard/action",
        "task/fetch",
        "task/submit",
        "application/search",
        "composeExtension/fetchTask",
        "composeExtension/submitAction",
    }
)

log = structlog.get_logger(__name__)


class Refusal(Exception):
    """An activity that is not taken: its status, and one word for the log."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Rules:
    """Whom the guard lets in. `audience` None: everybody on this machine, for the Agents Playground."""

    audience: str | None
    issuer: str
    tenants: frozenset[str]
    service_url: str  # where this bot's own messages go: its host is trusted beside Microsoft's
    hosts: tuple[str, ...] = field(default=HOSTS)

    def trusts(self, service_url: str) -> bool:
        """Tell whether an address is a Connector's."""
        try:
            there, own = urlsplit(service_url), urlsplit(self.service_url)
            host = (there.hostname or "").lower()
        except ValueError:
            return False
        if there.scheme == "http":
            # Only where the settings lead to this machine themselves, as in the sandbox.
            return settings.is_loopback(host) and settings.is_loopback(own.hostname)
        return there.scheme == "https" and (host.endswith(self.hosts) or host == own.hostname)


class Guard:
    """An ASGI app for `/api/messages`. What is refused is refused with a status and not a word more."""

    def __init__(self, service: Service, known: keys.Keys, rules: Rules) -> None:
        self._service = service
        self._keys = known
        self._rules = rules
        self._handler: HttpRouteHandler | None = None

    def register_route(self, method: HttpMethod, path: str, handler: HttpRouteHandler) -> None:
        """Take the SDK's handler: it calls this when it is initialized."""
        del method, path
        self._handler = handler

    def serve_static(self, path: str, directory: str) -> None:
        """Serve nothing: the SDK offers pages, and the bot has none."""

    async def start(self, port: int) -> None:
        """Start nothing: the process has its server."""

    async def stop(self) -> None:
        """Stop nothing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = Headers(scope=scope)
        if scope["method"] != "POST":
            response = Response(status_code=HTTPStatus.METHOD_NOT_ALLOWED, headers={"allow": "POST"})
            await response(scope, receive, send)
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
        try:
            activity = await self._admitted(headers, raw)
            if not await self._wanted(activity):
                return Response(status_code=HTTPStatus.OK)
        except Refusal as refusal:
            log.info("teams.request.refused", why=str(refusal), status=refusal.status.value)
            return Response(status_code=refusal.status)
        except errors.NotAccepted:
            # A message is sent again for this; nothing was done with it.
            return Response(status_code=HTTPStatus.SERVICE_UNAVAILABLE)
        return await self._handed(activity)

    async def _admitted(self, headers: Headers, raw: bytes) -> dict[str, object]:
        """Return the activity; raise Refusal. A stranger's body is not parsed before its token is known."""
        claims, endorsed = await self._claims(headers)
        activity = _document(raw)
        service_url = text_at(activity, "serviceUrl")
        signed = text_at(claims, "serviceurl") or text_at(claims, "serviceUrl")
        if not service_url or not self._rules.trusts(service_url):
            raise Refusal(HTTPStatus.UNAUTHORIZED, "service url")
        if self._rules.audience is not None and signed.rstrip("/") != service_url.rstrip("/"):
            raise Refusal(HTTPStatus.UNAUTHORIZED, "service url of another token")
        if activity.get("channelId") != ids.CHANNEL or ids.CHANNEL not in endorsed:
            raise Refusal(HTTPStatus.FORBIDDEN, "channel")
        if not self._home(activity):
            raise Refusal(HTTPStatus.FORBIDDEN, "tenant")
        if not text_at(activity, "from", "id") or not text_at(activity, "recipient", "id"):
            raise Refusal(HTTPStatus.BAD_REQUEST, "from or recipient")
        return activity

    async def _claims(self, headers: Headers) -> tuple[Mapping[str, object], frozenset[str]]:
        audience = self._rules.audience
        if audience is None:
            return {}, frozenset({ids.CHANNEL})
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(token) <= LONGEST_TOKEN:
            raise Refusal(HTTPStatus.UNAUTHORIZED, "no token")
        found = await keys.verified(token.strip(), self._keys, audience=audience, issuer=self._rules.issuer)
        if found is None:
            raise Refusal(HTTPStatus.UNAUTHORIZED, "token")
        return found[0], found[1].endorsements

    def _home(self, activity: Mapping[str, object]) -> bool:
        """Tell whether an activity is of our own tenants alone; one that names none is of nobody's."""
        named = {
            found.lower()
            for found in (at(activity, *path) for path in _TENANTS)
            if isinstance(found, str) and found
        }
        return bool(named) and named <= self._rules.tenants

    async def _wanted(self, activity: dict[str, object]) -> bool:
        """Tell whether there is a listener for an activity, and whether it comes for the first time."""
        kind = text_at(activity, "type")
        if kind == INVOKE:
            # Never dropped, since each wants an answer: what it does is done once by the service.
            return text_at(activity, "name") in INVOKES
        if kind != MESSAGE:
            return False
        where, message = text_at(activity, "conversation", "id"), text_at(activity, "id")
        mark = f"teams:delivery:{payload.token(where, kind, message)}"
        return not message or await self._service.first_time(mark, ttl_s=AGAIN_S)

    async def _handed(self, activity: dict[str, object]) -> Response:
        """Hand an activity to the SDK, and its answer back."""
        handler = self._handler
        if handler is None:
            return Response(status_code=HTTPStatus.SERVICE_UNAVAILABLE)
        answer = await handler(HttpRequest(body=normal(activity), headers={}))
        if answer["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
            # Listeners let nothing pass: this is an activity of a shape that the SDK does not know.
            log.info("teams.request.refused", why="shape", status=HTTPStatus.BAD_REQUEST.value)
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        if answer["body"] is None:
            return Response(status_code=answer["status"])
        return JSONResponse(answer["body"], status_code=answer["status"])


_TENANTS: tuple[tuple[str, ...], ...] = (
    ("conversation", "tenantId"),
    ("channelData", "tenant", "id"),
)


def _document(raw: bytes) -> dict[str, object]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise Refusal(HTTPStatus.BAD_REQUEST, "not JSON") from None
    if not isinstance(found, dict):
        raise Refusal(HTTPStatus.BAD_REQUEST, "no object")
    return found


def normal(activity: dict[str, object]) -> dict[str, object]:
    """Return an activity in a shape that the SDK takes; what a client meant is kept beside it.

    Teams sends a click by itself for a card that refreshes (`trigger: automatic`), and clients send
    buttons without data: the SDK answers 500 to both.
    """
    return {**activity, "value": _value(activity["value"])} if "value" in activity else activity


def _value(value: object) -> object:
    if not isinstance(value, dict) or "action" not in value:
        return value
    action, trigger = value["action"], value.get("trigger")
    if isinstance(action, dict) and not isinstance(action.get("data"), dict):
        action = {**action, "data": {}}
    mended = {**value, "action": action}
    return (
        mended if trigger in {None, "manual"} else {**mended, "trigger": "manual", ids.ORIGINAL: str(trigger)}
    )
