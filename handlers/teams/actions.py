"""Buttons of cards: Action.Execute, which is answered with a card or a message."""

from __future__ import annotations

from collections.abc import Awaitable

from bot import errors, model
from handlers import replies, said
from handlers.payload import Payload
from handlers.service import Service
from handlers.teams import answers, cards, ids, parse
from handlers.teams.changing import Changing
from handlers.teams.markup import Json
from handlers.teams.names import Names
from handlers.teams.people import People
from handlers.teams.views import Views


class Actions:
    """A click is answered once it is committed, with the card as it is from then on.

    Teams shows that card to who clicked; the worker updates the message for everybody.
    """

    def __init__(
        self, service: Service, who: People, names: Names, *, views: Views, changing: Changing
    ) -> None:
        self._service = service
        self._who = who
        self._names = names
        self._views = views
        self._changing = changing

    async def press(self, activity: Payload) -> Json:
        """Answer a pressed button; one that a client pressed by itself does nothing."""
        if parse.automatic(activity):
            return answers.told(replies.NOTHING_NEW)
        act = {
            ids.APPROVE: self._approve,
            ids.DENY: self._deny,
            ids.CANCEL: self._cancel,
            ids.HERE: self._views.here,
            ids.FORM: self._views.sent_here,
            ids.CHANGE: self._changing.sent,
        }.get(parse.action(activity))
        if act is None:
            return answers.told(cards.plain((replies.unknown_element(),), self._names))
        return await act(activity)

    async def _approve(self, activity: Payload) -> Json:
        click = parse.click(activity, await self._who.who(activity))
        return await self._shown(activity, self._service.approve(click))

    async def _deny(self, activity: Payload) -> Json:
        click = parse.click(activity, await self._who.who(activity))
        return await self._shown(activity, self._service.deny(click, parse.reason(activity)))

    async def _cancel(self, activity: Payload) -> Json:
        click = parse.click(activity, await self._who.who(activity))
        return await self._shown(activity, self._service.cancel(click))

    async def _shown(self, activity: Payload, deed: Awaitable[model.Request]) -> Json:
        try:
            request = await deed
        except errors.Refused as refusal:
            # Somebody was faster, or this client shows an old card: it gets the one that is true now.
            if refusal.request is None or refusal.request.state is model.State.PENDING:
                raise
            request = refusal.request
        role = parse.role(activity) or model.Role.APPROVAL
        what = said.message(request, role, {})
        return answers.card(cards.message(request, role, what, call=self._names).card)
