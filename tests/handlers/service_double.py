"""The service as handlers see it, with answers and failures set by the test."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence

from bot import forms, model, ports
from tests.handlers import samples


class ServiceDouble:
    """`handlers.service.Service` in memory.

    `failing` maps a method's name to what it raises; a method named in `hanging` does not answer
    before `released` is set.
    """

    def __init__(self) -> None:
        self.fresh = samples.form()
        self.found = ports.Found((samples.ALIGNER,))
        self.seen = samples.preview()
        self.failing: dict[str, Exception] = {}
        self.hanging: set[str] = set()
        self.released = asyncio.Event()
        self.marks: set[str] = set()
        self.parts: dict[str, str | None] = {"redis": None, "tower": None}
        self.calls: list[str] = []
        self.asked: list[tuple[model.Principal, model.Place | None]] = []
        self.submissions: list[forms.Submission] = []
        self.previews: list[tuple[int | None, tuple[ports.Repository, ...]]] = []
        self.clicks: list[tuple[str, forms.Click]] = []
        self.looked: list[forms.Click] = []
        self.reasons: list[str] = []
        self.plans = samples.plan(model.Kind.ROTATE)
        self.planned: list[tuple[model.Kind, str]] = []
        self.changes: list[forms.Change] = []
        self.rows: tuple[forms.Row, ...] = (samples.row(),)
        self.found_by: list[tuple[model.Principal, str]] = []
        self.page = samples.listing()
        self.listed: list[tuple[model.Principal, forms.View, str | None, str | None]] = []
        self.looked_up: list[tuple[model.Principal, str]] = []
        self.at_home = samples.home()
        self.visitors: list[model.Principal] = []

    async def form(self, by: model.Principal, place: model.Place | None) -> forms.Form:
        """Return what a fresh form shows."""
        await self._called("form")
        self.asked.append((by, place))
        return self.fresh

    async def search(self, text: str) -> ports.Found:
        """Find repositories."""
        await self._called("search")
        matches = tuple(one for one in self.found.matches if text.lower() in one.path)
        return ports.Found(matches, self.found.more, self.found.silent)

    async def repository(self, key: str) -> ports.Repository | None:
        """Return the repository behind an option's value."""
        await self._called("repository")
        return next((one for one in self.found.matches if forms.option_key(one) == key), None)

    async def preview(
        self,
        by: model.Principal,
        place: model.Place | None,
        *,
        workspace_id: int | None,
        repositories: Sequence[ports.Repository],
    ) -> forms.Preview:
        """Return who will be asked."""
        await self._called("preview")
        self.asked.append((by, place))
        self.previews.append((workspace_id, tuple(repositories)))
        return self.seen

    async def submit(self, submission: forms.Submission) -> model.Request:
        """Keep a form."""
        await self._called("submit")
        self.submissions.append(submission)
        return samples.request()

    async def approve(self, click: forms.Click) -> model.Request:
        """Record an approval."""
        return await self._clicked("approve", click)

    async def may_deny(self, click: forms.Click) -> model.Request:
        """Say whether the window may open."""
        await self._called("may_deny")
        self.looked.append(click)
        return samples.request()

    async def plan(
        self, by: model.Principal, place: model.Place | None, kind: model.Kind, credential_id: str
    ) -> forms.Plan:
        """Return what a change would do."""
        await self._called("plan")
        self.asked.append((by, place))
        self.planned.append((kind, credential_id))
        return dataclasses.replace(self.plans, kind=kind)

    async def change(self, change: forms.Change) -> model.Request:
        """Keep a change."""
        await self._called("change")
        self.changes.append(change)
        return samples.request()

    async def find(self, by: model.Principal, name: str) -> tuple[forms.Row, ...]:
        """Return what has a name."""
        await self._called("find")
        self.found_by.append((by, name))
        return self.rows

    async def listing(
        self, by: model.Principal, view: forms.View, *, workspace: str | None = None, after: str | None = None
    ) -> forms.Listing:
        """Return a page."""
        await self._called("listing")
        self.listed.append((by, view, workspace, after))
        return dataclasses.replace(self.page, view=view)

    async def status(self, by: model.Principal, ref: str) -> forms.Row:
        """Return a request."""
        await self._called("status")
        self.looked_up.append((by, ref))
        return self.rows[0]

    async def home(self, by: model.Principal) -> forms.Home:
        """Return what a home shows."""
        await self._called("home")
        self.visitors.append(by)
        return self.at_home

    async def whoami(self, by: model.Principal) -> forms.Whoami:
        """Return how somebody is seen."""
        await self._called("whoami")
        return samples.whoami(who=by)

    async def deny(self, click: forms.Click, reason: str) -> model.Request:
        """Record a denial."""
        self.reasons.append(reason)
        return await self._clicked("deny", click)

    async def cancel(self, click: forms.Click) -> model.Request:
        """Take a request back."""
        return await self._clicked("cancel", click)

    async def first_time(self, token: str, *, ttl_s: float) -> bool:
        """Remember a token; `ttl_s` outlives every test."""
        await self._called("first_time")
        assert ttl_s >= 300
        new = token not in self.marks
        self.marks.add(token)
        return new

    async def ready(self) -> Mapping[str, str | None]:
        """Return what is wrong with each part."""
        await self._called("ready")
        return self.parts

    async def _clicked(self, name: str, click: forms.Click) -> model.Request:
        await self._called(name)
        self.clicks.append((name, click))
        return samples.request()

    async def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.hanging:
            await self.released.wait()
        if name in self.failing:
            raise self.failing[name]
