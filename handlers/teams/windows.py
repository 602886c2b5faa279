"""Fills the form: what it shows when it opens, and again with what was typed when something is wrong."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping

import structlog

from bot import errors, model, ports
from bot.forms import Field
from handlers.entry import Entry
from handlers.parts import Note
from handlers.service import Service
from handlers.teams import form, ids
from handlers.teams.markup import Json
from handlers.teams.names import Names

SEARCH_S = 2.0  # for the list that stands in for a search: the form does not wait for it longer

log = structlog.get_logger(__name__)


class Windows:
    """Makes the card of the form; raises what the service does where there can be none."""

    def __init__(self, service: Service, names: Names) -> None:
        self._service = service
        self._names = names

    async def fresh(self, by: model.Principal, place: model.Place | None, *, dialog: bool) -> Json | None:
        """Return the form as it opens; None where there is no workspace to ask for."""
        fresh, choices = await asyncio.gather(self._service.form(by, place), self._choices())
        if not fresh.workspaces:
            return None
        longest = fresh.preview.longest_validity_days
        typed = {Field.NAME: fresh.name, Field.VALIDITY: str(longest) if longest else ""}
        # A name for this very form: sent twice it is one request, and a later form is another.
        sheet = form.Sheet(fresh, Entry(secrets.token_urlsafe(12), typed), choices)
        return form.card(sheet, self._names, dialog=dialog)

    async def again(
        self,
        by: model.Principal,
        entry: Entry,
        *,
        place: model.Place | None,
        dialog: bool,
        problems: Mapping[str, str] | None = None,
        note: Note = (),
    ) -> Json:
        """Return the form with what was typed, and what is wrong with it."""
        fresh, choices = await asyncio.gather(self._service.form(by, place), self._choices())
        sheet = form.Sheet(fresh, entry, choices, problems or {}, note)
        return form.card(sheet, self._names, dialog=dialog)

    async def _choices(self) -> tuple[ports.Repository, ...]:
        try:
            async with asyncio.timeout(SEARCH_S):
                return (await self._service.search("")).matches[: ids.MOST_CHOICES]
        except (errors.BotError, TimeoutError) as error:
            log.info("teams.choices.missing", error=type(error).__name__)
            return ()
