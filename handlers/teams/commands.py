"""Messages to the bot: the same words as on every platform, and without any the form's launcher."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot import model
from bot.model import Kind
from handlers import paging, plans, replies, rights, rows
from handlers.parts import Note
from handlers.payload import Payload
from handlers.service import Service
from handlers.teams import cards, parse
from handlers.teams.changing import Changing
from handlers.teams.lists import Lists
from handlers.teams.names import Names
from handlers.teams.people import People
from handlers.teams.sending import Sending

LONGEST_ECHO = 50

Said = Note | cards.Message


@dataclass(frozen=True, slots=True)
class Typed:
    """A message: who wrote it and where, and the words after the first one."""

    by: model.Principal
    place: model.Place | None
    all: str
    words: tuple[str, ...]


class Commands:
    """Answers in the thread or chat that it was asked in; each word is a method."""

    def __init__(
        self,
        service: Service,
        who: People,
        names: Names,
        *,
        sending: Sending,
        changing: Changing,
        lists: Lists,
    ) -> None:
        self._service = service
        self._who = who
        self._names = names
        self._sending = sending
        self._changing = changing
        self._lists = lists

    async def message(self, activity: Payload) -> None:
        """Answer a message."""
        # People type as they like: case and spaces do not matter.
        typed = parse.words(activity)
        words = typed.split()
        word = words[0].lower() if words else ""
        act = WORDS.get(word, Commands.unknown)
        by = await self._who.who(activity)
        said = await act(self, Typed(by, parse.place(activity), typed, tuple(words[1:])))
        if not isinstance(said, cards.Message):
            said = cards.private(said, self._names)
        if word in _PERSONAL and parse.place(activity) is not None:
            said = cards.private(await self._sending.privately(by, said), self._names)
        await self._sending.reply(activity, said)

    async def form(self, _: Typed) -> Said:
        """Offer the form: a dialog opens from a button alone."""
        return cards.launcher()

    async def list(self, typed: Typed) -> Said:
        """Show a list."""
        view = rows.WORDS.get(typed.words[0].lower() if typed.words else "")
        if view is None:
            return rows.misread(typed.words[0][:LONGEST_ECHO])
        workspace = " ".join(typed.words[1:]) or None
        return await self._lists.page(typed.by, paging.Spot(view, workspace))

    async def status(self, typed: Typed) -> Said:
        """Show all of one request."""
        if not typed.words:
            return rows.unnamed()
        return await self._lists.details(typed.by, typed.words[0])

    async def rotate(self, typed: Typed) -> Said:
        """Say what rotating a credential's password would do, with a button for it."""
        return await self._change(typed, Kind.ROTATE, "rotate")

    async def revoke(self, typed: Typed) -> Said:
        """Say what revoking a credential would do, with a button for it."""
        return await self._change(typed, Kind.REVOKE, "revoke")

    async def remove(self, typed: Typed) -> Said:
        """Say what taking repositories from a credential would do, with a button for it."""
        return await self._change(typed, Kind.NARROW, "remove")

    async def usage(self, _: Typed) -> Said:
        """Say how the words are used."""
        return replies.usage()

    async def whoami(self, typed: Typed) -> Said:
        """Say how the bot sees the sender."""
        return rights.whoami(await self._service.whoami(typed.by))

    async def unknown(self, typed: Typed) -> Said:
        """Say what was not understood."""
        return replies.not_understood(typed.all[:LONGEST_ECHO])

    async def _change(self, typed: Typed, kind: Kind, word: str) -> Said:
        if not typed.words:
            return plans.missing(word)
        # A personal workspace's name has a space in it, so all that was typed is the name.
        return await self._changing.named(typed.by, typed.place, kind, name=" ".join(typed.words))


# To add a word: a method above, and its entry here.
Word = Callable[[Commands, Typed], Awaitable[Said]]
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
_PERSONAL = frozenset(WORDS) - {"", "help"}
