"""`/registry` and its words, and the global shortcut."""

from __future__ import annotations

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot import model
from handlers import replies
from handlers.service import Service
from handlers.slack import answers, parse, people
from handlers.slack.background import Background
from handlers.slack.parse import Payload, text_at
from handlers.slack.windows import Windows
from handlers.words import Words


class Commands:
    """Opens the form, or answers the words after the command's name."""

    def __init__(
        self, service: Service, who: people.People, windows: Windows, background: Background
    ) -> None:
        self._words = Words(service)
        self._who = who
        self._windows = windows
        self._background = background

    async def registry(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> BoltResponse:
        """Answer the slash command."""
        by = await self._who.who(body, context)
        place = parse.place(text_at(body, "channel_id"), people.own_team(context))
        note = await self._words.answer(text_at(body, "text"), by, place)
        if note is not None:
            return answers.ephemeral(note)
        self._form(body, by, place)
        return await ack()

    async def shortcut(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Answer the global shortcut, which knows no channel."""
        self._form(body, await self._who.who(body, context), None)
        await ack()

    def _form(self, body: Payload, by: model.Principal, place: model.Place | None) -> None:
        """Open the form once the command is acknowledged."""
        self._background.start(
            self._windows.form(body, by, place),
            name="form",
            sorry=lambda error_id: self._windows.sorry(body, (replies.unexpected(error_id),)),
        )
