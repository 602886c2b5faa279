"""Lists and their entries: shown where somebody asked, in a channel or in a window."""

from __future__ import annotations

from collections.abc import Awaitable

from bot import errors, model
from handlers import paging, replies, rows
from handlers.service import Service
from handlers.slack import answers, blocks, pages, parse, windows
from handlers.slack.parse import Payload, text_at


class Lists:
    """Reads from the service what somebody may see; only they see the answer."""

    def __init__(self, service: Service, shown: windows.Windows, tell: answers.Answers) -> None:
        self._service = service
        self._windows = shown
        self._tell = tell

    async def page(self, by: model.Principal, where: paging.Spot) -> blocks.Message:
        """Return a page of a list."""
        listing = await self._service.listing(by, where.view, workspace=where.workspace, after=where.after)
        return pages.page(listing, where)

    async def details(self, by: model.Principal, ref: str) -> blocks.Message:
        """Return all of one request."""
        return pages.details(await self._service.status(by, ref), by=by)

    async def turn(self, payload: Payload, by: model.Principal) -> None:
        """Show another page in the place of this one; from somebody's home, in a window."""
        message = await self._tried(self.page(by, paging.spot(parse.needed(payload, "actions", 0, "value"))))
        inside = text_at(payload, "view", "type")
        if not inside:
            await self._tell.replace(payload, message)
        elif inside == "modal":
            await self._windows.update({"id": text_at(payload, "view", "id")}, _listed(message))
        else:
            await self._windows.open(payload, _listed(message))

    async def show(self, payload: Payload, by: model.Principal) -> None:
        """Show all of one entry, beside the list."""
        message = await self._tried(self.details(by, parse.needed(payload, "actions", 0, "value")))
        if text_at(payload, "view", "type"):
            await self._windows.open(payload, pages.window(rows.DETAILS_TITLE, message))
        else:
            await self._tell.show(payload, message)

    async def refresh(self, payload: Payload, by: model.Principal, request_id: str) -> None:
        """Show a request anew where somebody acted on it and no copy of it is."""
        message = await self._tried(self.details(by, request_id))
        inside = text_at(payload, "view", "type")
        if inside == "modal":
            view = {"id": text_at(payload, "view", "id")}
            await self._windows.update(view, pages.window(rows.DETAILS_TITLE, message))
        elif not inside:
            await self._tell.replace(payload, message)

    async def _tried(self, made: Awaitable[blocks.Message]) -> blocks.Message:
        try:
            return await made
        except (errors.BotError, TimeoutError) as error:
            return blocks.private((replies.problem(error, looking=True),))


def _listed(message: blocks.Message) -> dict[str, object]:
    return pages.window(rows.LIST_TITLE, message)
