"""Windows that are sent, and lists that are searched as somebody types."""

from __future__ import annotations

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from handlers import choice
from handlers.service import Service
from handlers.slack import modals, parse, people, wishes
from handlers.slack.parse import Payload, text_at


class Views:
    """A window closes only when what it says is committed; else it says what is wrong."""

    def __init__(self, service: Service, who: people.People) -> None:
        self._service = service
        self._who = who

    async def form(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Keep a form as a request."""
        place = parse.place(text_at(body, "view", "private_metadata"), people.own_team(context))
        by = await self._who.who(body, context)
        known = await choice.repositories(self._service, parse.repository_keys(body))
        await self._service.submit(parse.submission(body, by, place, known))
        # The messages come from the worker, made of what was committed.
        await ack(response_action="clear")

    async def change(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Keep what a window wants done to a credential as a request."""
        wish, keys = wishes.of_window(body), wishes.removed(body)
        place, by = parse.place(wish.channel, people.own_team(context)), await self._who.who(body, context)
        plan = None
        if wishes.needs_names(keys):
            plan = await self._service.plan(by, place, wish.kind, wish.credential)
        remove = wishes.names(keys, plan.credential if plan else None)
        await self._service.change(wishes.change(body, wish, by, where=place, remove=remove))
        await ack(response_action="clear")

    async def denial(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Record a denial with its reason."""
        click, reason = parse.denial(body, await self._who.who(body, context))
        await self._service.deny(click, reason)
        await ack(response_action="clear")

    async def repositories(self, ack: AsyncAck, body: Payload) -> None:
        """Search repositories as they are typed."""
        found = await self._service.search(text_at(body, "value"))
        await ack(options=modals.repositories(found))

    async def workspaces(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Search workspaces, where there are too many for a plain list."""
        fresh = await self._service.form(await self._who.who(body, context), None)
        await ack(options=modals.workspaces(fresh.workspaces, text_at(body, "value")))
