"""Answers that are messages: where something was asked, or to one person alone."""

from __future__ import annotations

from bot import errors, model, ports
from handlers import replies
from handlers.parts import Note
from handlers.payload import Payload, text_at
from handlers.teams import cards, parse


class Sending:
    """Writes to people; where it cannot, it raises what the Connector does."""

    def __init__(self, connector: ports.Connector) -> None:
        self._connector = connector

    async def reply(self, activity: Payload, message: cards.Message) -> None:
        """Send a message to where another one came from."""
        place = parse.place(activity)
        where = text_at(activity, "conversation", "id")
        if place is not None:
            where = parse.joined(place.channel, place.thread)
        await self._connector.post(where, message.activity())

    async def privately(self, by: model.Principal, message: cards.Message) -> Note:
        """Send a message to one person; return what everybody may read where it was asked for."""
        try:
            chat = await self._connector.direct(by.user, tenant=by.tenant)
            await self._connector.post(chat, message.activity())
        except (errors.NotFound, errors.Forbidden):
            return ((replies.NOT_ELSEWHERE,),)
        return ((replies.ELSEWHERE,),)
