"""Messages to the bot: the same words as on every platform, and without any the form's launcher."""

from __future__ import annotations

from bot import ports
from handlers.payload import Payload, text_at
from handlers.teams import cards, parse
from handlers.teams.names import Names
from handlers.teams.people import People
from handlers.words import Words


class Commands:
    """Answers in the thread or chat that it was asked in."""

    def __init__(self, words: Words, who: People, names: Names, connector: ports.Connector) -> None:
        self._words = words
        self._who = who
        self._names = names
        self._connector = connector

    async def message(self, activity: Payload) -> None:
        """Answer a message."""
        by, place = await self._who.who(activity), parse.place(activity)
        note = await self._words.answer(parse.words(activity), by, place)
        message = cards.launcher() if note is None else cards.private(note, self._names)
        await self.reply(activity, message)

    async def reply(self, activity: Payload, message: cards.Message) -> None:
        """Send a message to where another one came from."""
        place = parse.place(activity)
        where = text_at(activity, "conversation", "id")
        if place is not None:
            where = parse.joined(place.channel, place.thread)
        await self._connector.post(where, message.activity())
