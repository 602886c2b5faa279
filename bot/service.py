"""What people can do: the handlers' only door. Whoever comes through it is looked at anew each time."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence

from bot import (
    audit,
    authority,
    changes,
    clicks,
    errors,
    forms,
    inspection,
    intake,
    listings,
    model,
    policy,
    ports,
    recorder,
    submissions,
)

SEARCH_LIMIT = 100  # Slack shows no result at all beyond it, and Teams pages anyway


class RequestService:
    """Submit, approve, deny, cancel: each checks, commits once, and wakes the worker.

    `wake` is called with a request's id right after a commit, so that work starts at once in this
    process; other replicas find it by looking.
    """

    def __init__(
        self,
        *,
        store: ports.Store,
        record: recorder.Recorder,
        inspector: inspection.Inspector,
        authority: authority.Authority,
        clock: ports.Clock,
        wake: Callable[[str], None],
    ) -> None:
        self._store = store
        self._record = record
        self._inspector = inspector
        self._authority = authority
        taken_in = intake.Intake(store, record, authority, clock, wake)
        self._submissions = submissions.Submissions(taken_in, inspector)
        self._changes = changes.Changes(taken_in, inspector)
        self._listings = listings.Listings(taken_in, inspector)
        self._clicks = clicks.Clicks(store, record, authority, clock, wake)

    async def form(self, by: model.Principal, place: model.Place | None) -> forms.Form:
        """Return what a fresh form shows; refuse who may not ask at all."""
        return await self._submissions.form(by, place)

    async def search(self, text: str) -> ports.Found:
        """Find repositories by any part of `host/name`."""
        return await self._inspector.search(text, limit=SEARCH_LIMIT)

    async def repository(self, key: str) -> ports.Repository | None:
        """Return the repository behind an option's value (see `forms.option_key`)."""
        return await self._inspector.by_key(key)

    async def preview(
        self,
        by: model.Principal,
        place: model.Place | None,
        *,
        workspace_id: int | None,
        repositories: Sequence[ports.Repository],
    ) -> forms.Preview:
        """Return who will be asked, and whether the workspace already has a credential for the host."""
        return await self._submissions.preview(
            by, place, workspace_id=workspace_id, repositories=repositories
        )

    async def submit(self, submission: forms.Submission) -> model.Request:
        """Check a form and keep it as a pending request (see `Submissions.submit`)."""
        return await self._submissions.submit(submission)

    async def approve(self, click: forms.Click) -> model.Request:
        """Record an approval; the one that completes the number needed starts the work."""
        return await self._clicks.judge(click, policy.Action.APPROVE, model.Verdict.APPROVE)

    async def may_deny(self, click: forms.Click) -> model.Request:
        """Return the request if this person may deny it; else refuse now, before they write a reason."""
        return await self._clicks.may_deny(click)

    async def deny(self, click: forms.Click, reason: str) -> model.Request:
        """Record a denial with its reason; one is enough."""
        reason = reason.strip()
        if not 0 < len(reason) <= forms.LONGEST_REASON:
            raise errors.BadInput(
                {forms.Field.REASON: f"Say why, in 1 to {forms.LONGEST_REASON} characters."}
            )
        return await self._clicks.judge(click, policy.Action.DENY, model.Verdict.DENY, reason)

    async def cancel(self, click: forms.Click) -> model.Request:
        """Take a pending request back."""
        return await self._clicks.cancel(click)

    async def plan(
        self, by: model.Principal, place: model.Place | None, kind: model.Kind, credential_id: str
    ) -> forms.Plan:
        """Return what a change of a credential would do and who would be asked; refuse as `change` does."""
        return await self._changes.plan(by, place, kind, credential_id)

    async def change(self, change: forms.Change) -> model.Request:
        """Keep a change of a credential as a request; one that needs nobody starts at once."""
        return await self._changes.change(change)

    async def find(self, by: model.Principal, name: str) -> tuple[forms.Row, ...]:
        """Return the credentials of a name that somebody may see; Refused if there is none."""
        return await self._listings.find(by, name)

    async def listing(
        self, by: model.Principal, view: forms.View, *, workspace: str | None = None, after: str | None = None
    ) -> forms.Listing:
        """Return a page of what somebody may see."""
        return await self._listings.listing(by, view, workspace=workspace, after=after)

    async def status(self, by: model.Principal, ref: str) -> forms.Row:
        """Return a request by its id or the short form of it; Refused if there is none to be seen."""
        return await self._listings.status(by, ref)

    async def home(self, by: model.Principal) -> forms.Home:
        """Return what somebody's home shows."""
        return await self._listings.home(by)

    async def whoami(self, by: model.Principal) -> forms.Whoami:
        """Return how the bot sees somebody, whoever it is; the look is recorded."""
        seen = await self._authority.whoami(by)
        data = {"view": "whoami", "standing": seen.standing.value, "policy": seen.policy_version}
        await self._record.note(audit.Event.VIEWED, by, data, op=f"viewed:{secrets.token_hex(16)}")
        return seen

    async def first_time(self, token: str, *, ttl_s: float) -> bool:
        """Remember a delivery for a while; True for exactly one caller."""
        return await self._store.first_time(token, ttl_s=ttl_s)

    async def ready(self) -> Mapping[str, str | None]:
        """Return for each part that is needed None, or a sentence on what is wrong with it."""
        return await self._inspector.ready()
