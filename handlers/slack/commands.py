"""`/registry` and its words, and the global shortcut."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot import model
from bot.model import Kind
from handlers import paging, plans, replies, rights, rows
from handlers.parts import Note
from handlers.service import Service
from handlers.slack import answers, blocks, parse, people
from handlers.slack.background import Background
from handlers.slack.changing import Changing
from handlers.slack.lists import Lists
from handlers.slack.parse import Payload, text_at
from handlers.slack.windows import Windows
from handlers.slack.wishes import Wish

LONGEST_ECHO = 50


Said = Note | blocks.Message


@dataclass(frozen=True, slots=True)
class Typed:
    """A command: its payload, the words after the first one, and the workspace of the bot's token."""

    body: Payload
    words: tuple[str, ...]
    team: str

    @property
    def place(self) -> model.Place | None:
        """Return the channel that it was typed in."""
        return parse.place(text_at(self.body, "channel_id"), self.team)


class Commands:
    """Each word of the command is a method that returns what its sender is told, or None."""

    def __init__(
        self,
        service: Service,
        who: people.People,
        windows: Windows,
        background: Background,
        *,
        changing: Changing,
        lists: Lists,
    ) -> None:
        self._service = service
        self._who = who
        self._windows = windows
        self._background = background
        self._changing = changing
        self._lists = lists

    async def registry(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> BoltResponse:
        """Answer the slash command."""
        # People type as they like: case and spaces do not matter, and nor does what follows.
        words = text_at(body, "text").split()
        act = WORDS.get(words[0].lower() if words else "", Commands.unknown)
        by = await self._who.who(body, context)
        said = await act(self, Typed(body, tuple(words[1:]), people.own_team(context)), by)
        return await ack() if said is None else answers.ephemeral(said)

    async def shortcut(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Answer the global shortcut, which knows no channel."""
        await self.form(Typed(body, (), people.own_team(context)), await self._who.who(body, context))
        await ack()

    async def form(self, typed: Typed, by: model.Principal) -> None:
        """Open the form once the command is acknowledged."""
        self._later(typed, self._windows.form(typed.body, by, typed.place), "form")

    async def list(self, typed: Typed, by: model.Principal) -> Said:
        """Show a list."""
        which = typed.words[0].lower() if typed.words else ""
        view = rows.WORDS.get(which)
        if view is None:
            return rows.misread(typed.words[0][:LONGEST_ECHO])
        return await self._lists.page(by, paging.Spot(view, " ".join(typed.words[1:]) or None))

    async def status(self, typed: Typed, by: model.Principal) -> Said:
        """Show all of one request."""
        return await self._lists.details(by, typed.words[0]) if typed.words else rows.unnamed()

    async def rotate(self, typed: Typed, by: model.Principal) -> Said | None:
        """Open the window that says what rotating a credential's password would do."""
        return self._change(typed, by, Kind.ROTATE, "rotate")

    async def revoke(self, typed: Typed, by: model.Principal) -> Said | None:
        """Open the window that says what revoking a credential would do."""
        return self._change(typed, by, Kind.REVOKE, "revoke")

    async def remove(self, typed: Typed, by: model.Principal) -> Said | None:
        """Open the window in which repositories are taken from a credential."""
        return self._change(typed, by, Kind.NARROW, "remove")

    def _change(self, typed: Typed, by: model.Principal, kind: Kind, word: str) -> Said | None:
        if not typed.words:
            return plans.missing(word)
        wish = Wish(kind, "", text_at(typed.body, "channel_id"))
        # A personal workspace's name has a space in it, so all that was typed is the name.
        name = " ".join(typed.words)
        self._later(typed, self._changing.named(typed.body, by, wish, name=name, team=typed.team), word)
        return None

    def _later(self, typed: Typed, work: Coroutine[object, object, None], name: str) -> None:
        self._background.start(
            work,
            name=name,
            sorry=lambda error_id: self._windows.sorry(typed.body, (replies.unexpected(error_id),)),
        )

    async def usage(self, *_: object) -> Note:
        """Say how the command is used."""
        return replies.usage()

    async def whoami(self, _: Typed, by: model.Principal) -> Note:
        """Say how the bot sees the sender."""
        return rights.whoami(await self._service.whoami(by))

    async def unknown(self, typed: Typed, _: model.Principal) -> Note:
        """Say what was not understood."""
        return replies.not_understood(text_at(typed.body, "text").strip()[:LONGEST_ECHO])


# To add a word: a method above, and its entry here.
Word = Callable[[Commands, Typed, model.Principal], Awaitable[Said | None]]
WORDS: Mapping[str, Word] = {
    "": Commands.form,
    "list": Commands.list,
    "status": Commands.status,
    "rotate": Commands.rotate,
    "revoke": Commands.revoke,
    "remove": Commands.remove,
    "whoami": Commands.whoami,
    "help": Commands.usage,
}
