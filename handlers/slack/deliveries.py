"""The way of a delivery into bolt, by HTTP or socket: its payload as it was read, and only once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot import errors
from handlers.service import Service
from handlers.slack import ids, parse
from handlers.slack.parse import text_at

DELIVERY = "delivery"  # the context's key for what names a delivery
SIGNATURE_S = 360.0  # a signature is good for five minutes, and clocks differ a little
EVENT_S = 3600.0  # the last repetition of an event comes some six minutes after the first

# These change nothing, and two equal searches within one second are one and the same signed body.
_HARMLESS = frozenset({"block_suggestion", "view_closed", "url_verification", "ssl_check"})

# What bolt looks at, by the kind of a payload, before any listener runs. Where it stumbles, it takes
# the error for one of ours.
_NEEDED: Mapping[str, tuple[tuple[str | int, ...], ...]] = {
    "block_actions": (("user", "id"), ("actions", 0, "action_id")),
    "view_submission": (("user", "id"), ("view", "callback_id")),
}

log = structlog.get_logger(__name__)


async def dispatch(
    app: AsyncApp,
    payload: dict[str, object],
    *,
    headers: Mapping[str, str | Sequence[str]],
    delivery: str,
    raw: str | None = None,
) -> BoltResponse:
    """Return bolt's answer; `raw` is the signed body of an HTTP delivery, which bolt checks once more.

    One time limit holds for all of it: what is not done by then is given up, and the person told.
    Raises Malformed where bolt itself stumbles over a payload: it looks for ids and actions in
    places that nobody promised, before any listener runs and outside of its own error handling.
    """
    _check_shape(payload)
    try:
        request = AsyncBoltRequest(
            body=payload,
            headers=dict(headers),
            context={DELIVERY: delivery},
            mode="socket_mode",  # a body that is parsed already is taken in this mode alone
        )
        if raw is not None:
            request.mode, request.raw_body = "http", raw
        return await _in_time(app, request)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        log.info("slack.payload.malformed", error=type(error).__name__)
        raise parse.Malformed("The payload is not of Slack's shape.") from None


def _check_shape(payload: Mapping[str, object]) -> None:
    for path in _NEEDED.get(text_at(payload, "type"), ()):
        parse.needed(payload, *path)
    if not isinstance(payload.get("event") or {}, Mapping):
        raise parse.Malformed("The payload has an event that is none.")


async def _in_time(app: AsyncApp, request: AsyncBoltRequest) -> BoltResponse:
    try:
        async with asyncio.timeout(ids.ACK_S):
            return await app.async_dispatch(request)
    except TimeoutError as error:
        answer = BoltResponse(status=HTTPStatus.OK, body="")
        # The rim, as `app.error` has registered it: it writes what it answers into `answer`.
        rim = app.listener_runner.listener_error_handler
        await rim.handle(error=error, request=request, response=answer)
        return answer


class Deliveries(AsyncMiddleware):
    """Lets the first delivery pass.

    Events are sent again with a new signature and are known by their id; the answer to a second one
    is that it is done. Commands and interactions are never sent again by Slack, so that a second
    one with the same signature is somebody's replay. With the store away, its NotAccepted goes to
    the rim: nothing is half done. Only a home is drawn all the same, as often as Slack asks for it.
    """

    # A middleware of this kind, not a plain function: for a function bolt builds every argument that
    # it could ask for, once more for each request, which takes as long as all the rest of ours.

    def __init__(self, service: Service) -> None:
        self._service = service

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002  # bolt calls it by this name
    ) -> BoltResponse:
        """Turn a second delivery away."""
        del resp
        event = text_at(req.body, "event_id") if text_at(req.body, "type") == "event_callback" else ""
        mark = f"slack:event:{event}" if event else _mark(req)
        kept_s = EVENT_S if event else SIGNATURE_S
        if mark and not await self._first(mark, kept_s, req):
            return BoltResponse(status=HTTPStatus.OK if event else HTTPStatus.UNAUTHORIZED, body="")
        return await next()

    async def _first(self, mark: str, kept_s: float, req: AsyncBoltRequest) -> bool:
        try:
            return await self._service.first_time(mark, ttl_s=kept_s)
        except errors.NotAccepted:
            if text_at(req.body, "event", "type") != ids.HOME_OPENED:
                raise
            return True


def _mark(req: AsyncBoltRequest) -> str:
    delivery = req.context.get(DELIVERY)
    harmless = text_at(req.body, "type") in _HARMLESS
    return f"slack:delivery:{delivery}" if isinstance(delivery, str) and not harmless else ""
