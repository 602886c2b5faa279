"""The door to the core as handlers see it; `bot.service.RequestService` is what stands behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot import forms, model, ports


class Service(Protocol):
    """What people can do. Every method authorizes anew; what it raises is said in `bot.errors`."""

    async def form(self, by: model.Principal, place: model.Place | None) -> forms.Form:
        """Return what a fresh form shows."""
        ...

    async def search(self, text: str) -> ports.Found:
        """Find repositories by any part of `host/name`."""
        ...

    async def repository(self, key: str) -> ports.Repository | None:
        """Return the repository behind an option's value (see `forms.option_key`)."""
        ...

    async def preview(
        self,
        by: model.Principal,
        place: model.Place | None,
        *,
        workspace_id: int | None,
        repositories: Sequence[ports.Repository],
    ) -> forms.Preview:
        """Return who will be asked, and who holds the host already."""
        ...

    async def submit(self, submission: forms.Submission) -> model.Request:
        """Keep a form as a pending request."""
        ...

    async def approve(self, click: forms.Click) -> model.Request:
        """Record an approval."""
        ...

    async def may_deny(self, click: forms.Click) -> model.Request:
        """Return the request if a denial would be taken now; raise as `deny` does if not."""
        ...

    async def deny(self, click: forms.Click, reason: str) -> model.Request:
        """Record a denial with its reason."""
        ...

    async def cancel(self, click: forms.Click) -> model.Request:
        """Take a pending request back."""
        ...

    async def plan(
        self, by: model.Principal, place: model.Place | None, kind: model.Kind, credential_id: str
    ) -> forms.Plan:
        """Return what a change of a credential would do and who would be asked; refuse as `change` does."""
        ...

    async def change(self, change: forms.Change) -> model.Request:
        """Keep a change of a credential as a request; one that needs nobody starts at once."""
        ...

    async def find(self, by: model.Principal, name: str) -> tuple[forms.Row, ...]:
        """Return the credentials of a name (or `workspace/name`, or short id) that somebody may see.

        Several workspaces may have one of that name. Refused if there is none.
        """
        ...

    async def listing(
        self, by: model.Principal, view: forms.View, *, workspace: str | None = None, after: str | None = None
    ) -> forms.Listing:
        """Return a page of what somebody may see; the look is recorded. BadInput for an unknown workspace."""
        ...

    async def status(self, by: model.Principal, ref: str) -> forms.Row:
        """Return a request by its id or the short form of it; Refused if there is none to be seen."""
        ...

    async def home(self, by: model.Principal) -> forms.Home:
        """Return what somebody's home shows."""
        ...

    async def whoami(self, by: model.Principal) -> forms.Whoami:
        """Return how the bot sees somebody, whoever it is."""
        ...

    async def first_time(self, token: str, *, ttl_s: float) -> bool:
        """Remember a delivery for a while; True for exactly one caller."""
        ...

    async def ready(self) -> Mapping[str, str | None]:
        """Return for each part that is needed None, or what is wrong with it."""
        ...
