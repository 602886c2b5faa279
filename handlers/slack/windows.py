"""Opens windows within the three seconds that a trigger lives, and fills them afterwards."""

from __future__ import annotations

import asyncio
import dataclasses

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot import errors, forms, model
from handlers import replies
from handlers.parts import Note
from handlers.service import Service
from handlers.slack import answers, faults, modals, parse
from handlers.slack.markup import Json
from handlers.slack.parse import Payload, text_at

PATIENCE_S = 15.0  # a window stands open: nobody's acknowledgement waits for this

log = structlog.get_logger(__name__)


class Windows:
    """The form and the denial's window. `quick` never waits out a rate limit, `patient` may."""

    def __init__(
        self, service: Service, *, quick: AsyncWebClient, patient: AsyncWebClient, tell: answers.Answers
    ) -> None:
        self._service = service
        self._quick = quick
        self._patient = patient
        self._tell = tell
        self._newest: dict[str, str] = {}  # view id -> the newest choice that is being looked up

    async def form(self, payload: Payload, by: model.Principal, place: model.Place | None) -> None:
        """Open the skeleton at once, look up what the form needs, and show it."""
        meta = place.channel if place else ""
        # A trigger lives for 3 s from Slack's side: nothing may be asked of anybody before this.
        view = await self.open(payload, modals.loading(meta))
        if view is not None:
            await self.update(view, await self._filled(by, place, meta))

    async def denial(self, payload: Payload, where: parse.Spot) -> None:
        """Ask an approver for a reason."""
        await self.open(payload, modals.denial(where.meta()))

    async def preview(self, payload: Payload, by: model.Principal, place: model.Place | None) -> None:
        """Show who would be asked and what stands in the way, for what is chosen so far."""
        view, choice = parse.needed(payload, "view", "id"), text_at(payload, "actions", 0, "action_ts")
        self._newest[view] = choice
        try:
            filled = await self._previewed(payload, by, place)
            if self._newest.get(view) == choice:  # else a newer choice is being looked up, and will be shown
                await self._replace(parse.at(payload, "view"), filled)
        finally:
            if self._newest.get(view) == choice:
                del self._newest[view]

    async def open(self, payload: Payload, view: Json) -> object:
        """Open a window, on top of the one that somebody acted in; return it, or None once they were told."""
        inside = text_at(payload, "view", "type") == "modal"
        show = self._quick.views_push if inside else self._quick.views_open
        try:
            opened = await show(trigger_id=parse.needed(payload, "trigger_id"), view=view)
        except faults.RAISED as error:
            log.warning("slack.window.not_opened", error=faults.word(error))
            await self._tell.whisper(payload, (replies.form_not_opened(),))
            return None
        return parse.at(opened.data, "view")

    async def _filled(self, by: model.Principal, place: model.Place | None, meta: str) -> Json:
        try:
            async with asyncio.timeout(PATIENCE_S):
                fresh = await self._service.form(by, place)
        except (errors.BotError, TimeoutError) as error:
            return modals.notice((replies.problem(error),))
        # Without a place to put a credential the form could only be refused.
        return modals.form(fresh, meta=meta) if fresh.workspaces else modals.notice(replies.no_workspace())

    async def _previewed(self, payload: Payload, by: model.Principal, place: model.Place | None) -> Json:
        meta = text_at(payload, "view", "private_metadata")
        async with asyncio.timeout(PATIENCE_S):
            fresh = await self._service.form(by, place)
            try:
                preview = await self._look(payload, by, place)
            except errors.BotError as error:
                unsure = replies.unchecked(error)
                preview = dataclasses.replace(fresh.preview, warnings=(unsure,))
        return modals.form(fresh, meta=meta, typed=parse.typed(payload), preview=preview)

    async def _look(self, payload: Payload, by: model.Principal, place: model.Place | None) -> forms.Preview:
        # What is not there any more is told when it is sent.
        found = await asyncio.gather(*map(self._service.repository, parse.repository_keys(payload)))
        return await self._service.preview(
            by,
            place,
            workspace_id=parse.workspace_id(payload),
            repositories=[repository for repository in found if repository],
        )

    async def _replace(self, view: object, filled: Json) -> None:
        """Update a view that may have moved on since the person chose: then once more, whatever it shows."""
        if await self.update(view, filled) == "hash_conflict":
            await self.update({"id": text_at(view, "id")}, filled)

    async def update(self, view: object, filled: Json) -> str | None:
        """Show something in a window; return why it could not be."""
        view_id, version = text_at(view, "id"), text_at(view, "hash") or None
        try:
            await self._patient.views_update(view_id=view_id, hash=version, view=filled)
        except faults.RAISED as error:
            # not_found is a window that was closed meanwhile.
            log.info("slack.window.not_updated", error=faults.word(error))
            return faults.word(error)
        return None

    async def sorry(self, payload: Payload, note: Note) -> None:
        """Tell somebody that a window will not be filled."""
        await self._tell.whisper(payload, note)
