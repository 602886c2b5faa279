"""The way of a payload into bolt, whichever way it came to us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from handlers.slack import deliveries, parse

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

    Raises Malformed where bolt itself stumbles over a payload: it looks for ids and actions in
    places that nobody promised, before any listener runs and outside of its own error handling.
    """
    try:
        request = AsyncBoltRequest(
            body=payload,
            headers=dict(headers),
            context={deliveries.DELIVERY: delivery},
            mode="socket_mode",  # a body that is parsed already is taken in this mode alone
        )
        if raw is not None:
            request.mode, request.raw_body = "http", raw
        return await app.async_dispatch(request)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        log.info("slack.payload.malformed", error=type(error).__name__)
        raise parse.Malformed("The payload is not of Slack's shape.") from None
