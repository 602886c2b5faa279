"""Buttons of cards, which are answered with a card or a message, and of the dialogs that they open."""

from __future__ import annotations

from collections.abc import Awaitable

from bot import errors, model
from handlers import replies, said, text
from handlers.payload import Payload
from handlers.service import Service
from handlers.teams import answers, cards, ids, parse
from handlers.teams.changing import Changing
from handlers.teams.lists import Lists
from handlers.teams.markup import Json
from handlers.teams.names import Names
from handlers.teams.people import People
from handlers.teams.views import Views


class Actions:
    """A click is answered once it is committed, with the card as it is from then on.

    Teams shows that card to who clicked; the worker updates the message for everybody.
    """

    def __init__(
        self,
        service: Service,
        who: People,
        names: Names,
        *,
        views: Views,
        changing: Changing,
        lists: Lists,
    ) -> None:
        self._service = service
        self._who = who
        self._names = names
        self._views = views
        self._changing = changing
        self._lists = lists

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
            ids.PLAN: self._changing.here,
            ids.LIST: self._lists.turn,
            ids.DETAILS: self._lists.show,
        }.get(parse.action(activity))
        if act is None:
            return answers.told(cards.plain((replies.unknown_element(),), self._names))
        return await act(activity)

    async def opened(self, activity: Payload) -> Json:
        """Show the dialog that a button asked for."""
        act = {ids.PLAN: self._changing.opened}.get(parse.action(activity), self._views.opened)
        return await act(activity)

    async def sent(self, activity: Payload) -> Json:
        """Take what was filled in in a dialog."""
        act = {ids.CHANGE: self._changing.sent_dialog}.get(parse.action(activity), self._views.sent)
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
        role = parse.role(activity)
        if role is None:  # clicked where all of one request is shown, and that is shown anew
            return await self._anew(activity, request)
        what = said.message(request, role, {})
        return answers.card(cards.message(request, role, what, call=self._names).card)

    async def _anew(self, activity: Payload, request: model.Request) -> Json:
        try:
            shown = await self._lists.details(await self._who.who(activity), request.id)
        except errors.BotError:
            # The deed is committed, whatever may be read of it now.
            shown = cards.private((text.status(request),), self._names)
        return answers.card(shown.card)
