"""Buttons of messages, lists and homes, and choices in windows."""

from __future__ import annotations

from collections.abc import Coroutine

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from bot import forms
from handlers import replies
from handlers.service import Service
from handlers.slack import parse, people, wishes
from handlers.slack.background import Background
from handlers.slack.changing import Changing
from handlers.slack.lists import Lists
from handlers.slack.parse import Payload, text_at
from handlers.slack.windows import Windows


class Actions:
    """A click is acknowledged once it is committed, so that an acknowledged one is never lost."""

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

    async def approve(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Record an approval."""
        click = parse.click(body, await self._who.who(body, context))
        await self._service.approve(click)
        self._refresh(body, click)
        await ack()

    async def cancel(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Take a request back."""
        click = parse.click(body, await self._who.who(body, context))
        await self._service.cancel(click)
        self._refresh(body, click)
        await ack()

    def _refresh(self, body: Payload, click: forms.Click) -> None:
        # A copy is brought up to date by the worker; what only this person sees is not a copy.
        if click.seen_at is None:
            work = self._lists.refresh(body, click.by, click.request_id)
            self._background.start(work, name="refresh")

    async def change(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Open the window that says what a change of a credential would do."""
        wish, by = wishes.of_button(body), await self._who.who(body, context)
        self._later(body, self._changing.planned(body, by, wish, team=people.own_team(context)), "change")
        await ack()

    async def candidate(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Go on with the credential that was chosen among several."""
        by = await self._who.who(body, context)
        self._later(body, self._changing.chosen(body, by, team=people.own_team(context)), "choice")
        await ack()

    async def turn(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Show another page of a list."""
        self._later(body, self._lists.turn(body, await self._who.who(body, context)), "page")
        await ack()

    async def details(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Show all of one entry of a list."""
        self._later(body, self._lists.show(body, await self._who.who(body, context)), "details")
        await ack()

    async def new(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Open the form from somebody's home."""
        self._later(body, self._windows.form(body, await self._who.who(body, context), None), "form")
        await ack()

    def _later(self, body: Payload, work: Coroutine[object, object, None], name: str) -> None:
        self._background.start(
            work,
            name=name,
            sorry=lambda error_id: self._windows.sorry(body, (replies.unexpected(error_id),)),
        )

    async def deny(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Ask for the reason, if a denial would be taken; the denial itself is the window's submission."""
        where = parse.spot(body)
        await self._service.may_deny(parse.click(body, await self._who.who(body, context)))
        self._later(body, self._windows.denial(body, where), "denial")
        await ack()

    async def choose(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """Show what a choice in the form leads to."""
        place = parse.place(text_at(body, "view", "private_metadata"), people.own_team(context))
        by = await self._who.who(body, context)
        self._background.start(self._windows.preview(body, by, place), name="preview")
        await ack()
