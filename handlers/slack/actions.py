"""Buttons of messages, and choices in the form."""

from __future__ import annotations

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from handlers import replies
from handlers.service import Service
from handlers.slack import parse, people
from handlers.slack.background import Background
from handlers.slack.parse import Payload, text_at
from handlers.slack.windows import Windows


class Actions:
    """A click is acknowledged once it is committed, so that an acknowledged one is never lost."""

    def __init__(
        self, service: Service, who: people.People, windows: Windows, background: Background
    ) -> None:
        self._service = service
        self._who = who
        self._windows = windows
        self._background = background

    async def approve(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Record an approval."""
        await self._service.approve(parse.click(body, await self._who.who(body, context)))
        await ack()

    async def cancel(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Take a request back."""
        await self._service.cancel(parse.click(body, await self._who.who(body, context)))
        await ack()

    async def deny(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Ask for the reason, if a denial would be taken; the denial itself is the window's submission."""
        where = parse.spot(body)
        await self._service.may_deny(parse.click(body, await self._who.who(body, context)))
        self._background.start(
            self._windows.denial(body, where),
            name="denial",
            sorry=lambda error_id: self._windows.sorry(body, (replies.unexpected(error_id),)),
        )
        await ack()

    async def choose(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Show what a choice in the form leads to."""
        place = parse.place(text_at(body, "view", "private_metadata"), people.own_team(context))
        by = await self._who.who(body, context)
        self._background.start(self._windows.preview(body, by, place), name="preview")
        await ack()
