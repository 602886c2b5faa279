"""The service as handlers see it, with answers and failures set by the test."""

from __future__ import annotations

import asyncio
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
