"""`/registry` and its words, and the global shortcut."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot import model
from handlers import replies, rights
from handlers.parts import Note
from handlers.service import Service
from handlers.slack import answers, parse, people
from handlers.slack.background import Background
from handlers.slack.parse import Payload, text_at
from handlers.slack.windows import Windows

LONGEST_ECHO = 50


class Commands:
    """Each word of the command is a method that returns what its sender is told, or None."""

    def __init__(
        self, service: Service, who: people.People, windows: Windows, background: Background
    ) -> None:
        self._service = service
        self._who = who
        self._windows = windows
        self._background = background

    async def registry(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> BoltResponse:
        """Answer the slash command."""
        # People type as they like: case and spaces do not matter, and nor does what follows.
        words = text_at(body, "text").split()
        act = WORDS.get(words[0].lower() if words else "", Commands.unknown)
        by = await self._who.who(body, context)
        note = await act(self, body, by, parse.place(text_at(body, "channel_id"), people.own_team(context)))
        return await ack() if note is None else answers.ephemeral(note)

    async def shortcut(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Answer the global shortcut, which knows no channel."""
        await self.form(body, await self._who.who(body, context), None)
        await ack()

    async def form(self, body: Payload, by: model.Principal, place: model.Place | None) -> None:
        """Open the form once the command is acknowledged."""
        self._background.start(
            self._windows.form(body, by, place),
            name="form",
            sorry=lambda error_id: self._windows.sorry(body, (replies.unexpected(error_id),)),
        )

    async def usage(self, *_: object) -> Note:
        """Say how the command is used."""
        return replies.usage()

    async def whoami(self, _: Payload, by: model.Principal, __: object) -> Note:
        """Say how the bot sees the sender."""
        return rights.whoami(await self._service.whoami(by))

    async def later(self, body: Payload, *_: object) -> Note:
        """Say that a word is not available yet."""
        return replies.not_yet(text_at(body, "text").split()[0].lower())

    async def unknown(self, body: Payload, *_: object) -> Note:
        """Say what was not understood."""
        return replies.not_understood(text_at(body, "text").strip()[:LONGEST_ECHO])


# To add a word: a method above, and its entry here.
Word = Callable[[Commands, Payload, model.Principal, model.Place | None], Awaitable[Note | None]]
WORDS: Mapping[str, Word] = {
    "": Commands.form,
    "whoami": Commands.whoami,
    "help": Commands.usage,
    **dict.fromkeys(replies.LATER, Commands.later),
}
