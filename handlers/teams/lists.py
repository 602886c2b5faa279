"""Lists and their entries: each page takes the place of the one before, on the same card."""

from __future__ import annotations

from bot import model
from handlers import paging, payload
from handlers.payload import Payload, text_at
from handlers.service import Service
from handlers.teams import answers, cards, pages, parse
from handlers.teams.markup import Json
from handlers.teams.names import Names
from handlers.teams.people import People


class Lists:
    """Reads from the service what somebody may see; what a card says of it is only where to look."""

    def __init__(self, service: Service, who: People, names: Names) -> None:
        self._service = service
        self._who = who
        self._names = names

    async def page(self, by: model.Principal, where: paging.Spot) -> cards.Message:
        """Return a page of a list."""
        listing = await self._service.listing(by, where.view, workspace=where.workspace, after=where.after)
        return pages.page(listing, where, self._names)

    async def details(self, by: model.Principal, ref: str, *, back: str = "") -> cards.Message:
        """Return all of one request."""
        return pages.details(await self._service.status(by, ref), by, self._names, back=back)

    async def turn(self, activity: Payload) -> Json:
        """Show another page in the place of this card."""
        where = paging.spot(payload.needed(parse.data(activity), "value"))
        return answers.card((await self.page(await self._who.who(activity), where)).card)

    async def show(self, activity: Payload) -> Json:
        """Show all of one entry in the place of the list, with the way back to it."""
        carried = parse.data(activity)
        by, ref = await self._who.who(activity), payload.needed(carried, "value")
        return answers.card((await self.details(by, ref, back=text_at(carried, "list"))).card)
