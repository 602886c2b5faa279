"""What Slack, or somebody who recorded it, delivers twice acts once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from handlers.service import Service
from handlers.slack.parse import Payload, text_at

DELIVERY = "delivery"  # the context's key for what names this delivery
SIGNATURE_S = 360.0  # a signature is good for five minutes
EVENT_S = 3600.0  # the last repetition of an event comes some six minutes after the first
DONE, REPLAYED = 200, 401

# These change nothing, and two equal searches within one second are one and the same signed body.
_HARMLESS = frozenset({"block_suggestion", "view_closed", "url_verification", "ssl_check"})


class Deliveries:
    """A bolt middleware. With the store away, its NotAccepted goes to the rim: nothing is half done."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def once(
        self,
        body: Payload,
        context: AsyncBoltContext,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002  # bolt injects by this name
    ) -> BoltResponse:
        """Let the first delivery pass.

        Events are sent again with a new signature and are known by their id; the answer to a
        second one is that it is done. Commands and interactions are never sent again by Slack, so
        that a second one with the same signature is somebody's replay.
        """
        event = text_at(body, "event_id") if text_at(body, "type") == "event_callback" else ""
        mark = f"slack:event:{event}" if event else self._mark(body, context)
        kept_s = EVENT_S if event else SIGNATURE_S
        if mark and not await self._service.first_time(mark, ttl_s=kept_s):
            return BoltResponse(status=DONE if event else REPLAYED, body="")
        return await next()

    def _mark(self, body: Payload, context: AsyncBoltContext) -> str:
        delivery = context.get(DELIVERY)
        harmless = text_at(body, "type") in _HARMLESS
        return f"slack:delivery:{delivery}" if isinstance(delivery, str) and not harmless else ""
