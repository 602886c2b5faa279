"""The windows that rotate, narrow and revoke: opened at once, then filled with what would happen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot import errors, model
from handlers import replies
from handlers.service import Service
from handlers.slack import change_form, modals, parse, windows, wishes
from handlers.slack.markup import Json
from handlers.slack.parse import Payload
from handlers.slack.wishes import Wish

Filling = Callable[[], Awaitable[Json]]


class Changing:
    """What is shown is the service's plan; what is done, its answer to what was sent."""

    def __init__(self, service: Service, shown: windows.Windows) -> None:
        self._service = service
        self._windows = shown

    async def named(self, payload: Payload, by: model.Principal, wish: Wish, *, name: str, team: str) -> None:
        """Open the window for the credential of a name; of several, one is chosen in it."""
        await self._open(payload, wish, lambda: self._found(by, wish, name, team))

    async def planned(self, payload: Payload, by: model.Principal, wish: Wish, *, team: str) -> None:
        """Open the window for the credential that a button was about."""
        await self._open(payload, wish, lambda: self._plan(by, wish, team))

    async def chosen(self, payload: Payload, by: model.Principal, *, team: str) -> None:
        """Go on in the window with the credential that was chosen in it."""
        before = wishes.of_window(payload)
        wish = Wish(before.kind, parse.needed(payload, "actions", 0, "value"), before.channel)
        view = {"id": parse.needed(payload, "view", "id")}
        await self._windows.update(view, await self._told(lambda: self._plan(by, wish, team)))

    async def _open(self, payload: Payload, wish: Wish, filling: Filling) -> None:
        # A trigger lives for 3 s from Slack's side: nothing may be asked of anybody before this.
        view = await self._windows.open(payload, change_form.loading(wish))
        if view is not None:
            await self._windows.update(view, await self._told(filling))

    async def _told(self, filling: Filling) -> Json:
        try:
            async with asyncio.timeout(windows.PATIENCE_S):
                return await filling()
        except (errors.BotError, TimeoutError) as error:
            return modals.notice((replies.problem(error),))

    async def _found(self, by: model.Principal, wish: Wish, name: str, team: str) -> Json:
        rows = await self._service.find(by, name)
        known = [row.credential for row in rows if row.credential]
        if len(known) != 1:
            return change_form.choose(name, rows, wish)
        return await self._plan(by, Wish(wish.kind, known[0].id, wish.channel), team)

    async def _plan(self, by: model.Principal, wish: Wish, team: str) -> Json:
        place = parse.place(wish.channel, team)
        return change_form.window(await self._service.plan(by, place, wish.kind, wish.credential), wish)
