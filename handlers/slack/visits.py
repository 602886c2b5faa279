"""Somebody opens the bot's home in Slack."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from bot import errors, model
from handlers.slack import people
from handlers.slack.background import Background
from handlers.slack.parse import Payload, text_at
from handlers.slack.tab import Tab

Opened = Callable[[model.Principal], Awaitable[None]]
log = structlog.get_logger(__name__)


async def nobody(_: model.Principal) -> None:
    """Remember no visit: the home is then as it was when it was opened."""


class Visits:
    """Draws a home when it is opened; `opened` remembers for whom it has to be kept fresh."""

    def __init__(self, who: people.People, tab: Tab, background: Background, opened: Opened) -> None:
        self._who = who
        self._tab = tab
        self._background = background
        self._opened = opened

    async def visit(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Draw the home of who opened it."""
        await ack()
        # The app's other tab, its messages, tells of itself by the same event.
        who = text_at(body, "event", "user")
        if not who or text_at(body, "event", "tab") not in {"home", ""}:
            return
        user = {"id": who, "team_id": text_at(body, "team_id")}
        by = await self._who.who({"user": user}, context)
        self._background.start(self._shown(by), name="home")

    async def _shown(self, by: model.Principal) -> None:
        try:
            # Before it is drawn: what changes meanwhile is then drawn after it.
            await self._opened(by)
        except errors.NotAccepted as error:
            log.info("slack.visit.forgotten", error=type(error).__name__)
        await self._tab.publish(by)
