"""What people can do: the handlers' only door, and the one place that authorizes them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping

from bot import audit, errors, forms, inspection, machine, model, policy, ports, recorder

SEARCH_LIMIT = 100  # Slack shows no result at all beyond it, and Teams pages anyway
FORM_TIMEOUT_S = 2.2  # a form is answered within the 3 s that Slack gives, its own overhead included


class _Repeated(Exception):  # a signal inside this module, not an error
    """The same person said the same again: nothing to write."""

    def __init__(self, request: model.Request) -> None:
        self.request = request


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
        rules: policy.Rules,
        clock: ports.Clock,
        wake: Callable[[str], None],
    ) -> None:
        self._store = store
        self._record = record
        self._inspector = inspector
        self._rules = rules
        self._clock = clock
        self._wake = wake

    async def form(self, by: model.Principal, place: model.Place | None) -> forms.Form:  # noqa: ARG002  # rules by channel come with the policy file
        """Return what a fresh form shows; refuse who may not ask at all."""
        await self._authorize(by)
        workspaces = await self._inspector.workspaces()
        return forms.Form(
            name=f"acr-{secrets.token_hex(3)}",
            workspaces=workspaces,
            approvers=self._rules.approvers,
            approval=self._rules.approval,
            needed=self._rules.needed,
            deadline_hours=self._rules.deadline.total_seconds() / 3600,
            longest_validity_days=self._rules.longest_validity_days,
        )

    async def search(self, text: str) -> ports.Found:
        """Find repositories by any part of `host/name`."""
        return await self._inspector.search(text, limit=SEARCH_LIMIT, wildcards=self._rules.wildcards)

    async def repository(self, key: str) -> ports.Repository | None:
        """Return the repository behind an option's value (see `forms.option_key`)."""
        return await self._inspector.by_key(key)

    async def preview(
        self,
        by: model.Principal,
        place: model.Place | None,  # noqa: ARG002  # as above
        *,
        workspace_id: int | None,
        repository: ports.Repository | None,
    ) -> forms.Preview:
        """Return who will be asked, and whether the workspace already has a credential for the host."""
        holder, held_by = forms.Holder.NOBODY, None
        if workspace_id is not None and repository is not None:
            holder, held_by = await self._inspector.holder(workspace_id, repository.login_server)
        asked = tuple(who for who in self._rules.approvers if who != by)
        return forms.Preview(asked, self._rules.needed, holder, held_by)

    async def submit(self, submission: forms.Submission) -> model.Request:
        """Check a form and keep it as a pending request.

        Raises BadInput with a sentence for each field that is wrong, Refused, NotAccepted when the
        store is away, and Temporary when Azure or Tower do not answer in time; then nothing is kept.
        """
        await self._authorize(submission.by)
        rules = self._rules
        problems = forms.problems(
            submission, longest_validity_days=rules.longest_validity_days, wildcards=rules.wildcards
        )
        known = await self._store.load(self._record.id_for(submission.op))
        if known is not None:
            return known.request
        checked = await self._inspect(submission, problems)
        request = self._request(submission, checked)
        written = await self._record.create(request, op=f"submit:{submission.op}")
        if written.outcome is ports.Outcome.TAKEN:
            raise errors.BadInput(inspection.taken(written.claim or ""))
        self._wake(request.id)
        return request

    async def approve(self, click: forms.Click) -> model.Request:
        """Record an approval; the one that completes the number needed starts the work."""
        return await self._judge(click, policy.Action.APPROVE, model.Verdict.APPROVE)

    async def deny(self, click: forms.Click, reason: str) -> model.Request:
        """Record a denial with its reason; one is enough."""
        reason = reason.strip()
        if not 0 < len(reason) <= forms.LONGEST_REASON:
            raise errors.BadInput(
                {forms.Field.REASON: f"Say why, in 1 to {forms.LONGEST_REASON} characters."}
            )
        return await self._judge(click, policy.Action.DENY, model.Verdict.DENY, reason)

    async def cancel(self, click: forms.Click) -> model.Request:
        """Take a pending request back."""

        def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
            before = snapshot.request
            if before.state is model.State.CANCELLED and before.requester == click.by:
                raise _Repeated(before)
            self._allow(policy.Action.CANCEL, click, before)
            after = machine.advance(before, machine.Event.CANCEL, at=self._clock.now())
            return recorder.Proposal(after, audit.Event.CANCELLED, click.by, not_after=before.deadline)

        return await self._write(click, policy.Action.CANCEL, propose)

    async def request(self, by: model.Principal, request_id: str) -> model.Request:
        """Return a request to be shown; refuse strangers and unknown ids."""
        await self._authorize(by)
        snapshot = await self._store.load(request_id)
        if snapshot is None:
            raise errors.Refused(errors.Reason.UNKNOWN_REQUEST, recorder.UNKNOWN)
        return snapshot.request

    async def first_time(self, token: str, *, ttl_s: float) -> bool:
        """Remember a delivery for a while; True for exactly one caller."""
        return await self._store.first_time(token, ttl_s=ttl_s)

    async def ready(self) -> Mapping[str, str | None]:
        """Return for each part that is needed None, or a sentence on what is wrong with it."""
        return await self._inspector.ready()

    async def _judge(
        self, click: forms.Click, action: policy.Action, verdict: model.Verdict, reason: str = ""
    ) -> model.Request:
        def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
            before, now = snapshot.request, self._clock.now()
            if any(past.by == click.by and past.verdict is verdict for past in before.decisions):
                raise _Repeated(before)
            self._allow(action, click, before)
            decision = model.Decision(
                by=click.by, verdict=verdict, digest=before.digest, at=now, reason=reason
            )
            return _decided(before, decision)

        return await self._write(click, action, propose)

    def _allow(self, action: policy.Action, click: forms.Click, request: model.Request) -> None:
        now = self._clock.now()
        ruling = policy.decide(action, click.by, self._rules, now=now, request=request, digest=click.digest)
        if ruling.reason is not None:
            raise errors.Refused(ruling.reason, ruling.evidence, request=request)

    async def _write(
        self,
        click: forms.Click,
        action: policy.Action,
        propose: Callable[[ports.Snapshot], recorder.Proposal],
    ) -> model.Request:
        try:
            request = await self._record.apply(click.request_id, propose, op=f"{action}:{click.op}")
        except _Repeated as repeated:
            return repeated.request
        except errors.Refused as refusal:
            await self._record.refuse(
                click.request_id, click.by, refusal, action=action.value, op=f"refused:{action}:{click.op}"
            )
            raise
        self._wake(request.id)
        return request

    async def _authorize(self, by: model.Principal) -> None:
        """Refuse, and record, who may not use the bot at all."""
        ruling = policy.decide(policy.Action.SUBMIT, by, self._rules, now=self._clock.now())
        if ruling.reason is not None:
            refusal = errors.Refused(ruling.reason, ruling.evidence)
            op = f"refused:{secrets.token_hex(16)}"
            await self._record.refuse(None, by, refusal, action=policy.Action.SUBMIT.value, op=op)
            raise refusal

    async def _inspect(self, submission: forms.Submission, problems: Mapping[str, str]) -> inspection.Checked:
        try:
            async with asyncio.timeout(FORM_TIMEOUT_S):
                return await self._inspector.check(submission, problems)
        except TimeoutError:
            raise errors.Temporary(
                "Azure or Tower did not answer in time. Nothing was stored: please send it again.",
                service="Azure or Tower",
            ) from None

    def _request(self, submission: forms.Submission, checked: inspection.Checked) -> model.Request:
        rules, now = self._rules, self._clock.now()
        repository = submission.repository
        spec = model.Spec(
            kind=model.Kind.ISSUE,
            name=submission.name,
            workspace=checked.workspace,
            login_server=checked.registry.login_server,
            repositories=(repository.name,) if repository else (),
            validity_days=submission.validity_days,
            reason=submission.reason.strip(),
        )
        return model.Request(
            id=self._record.id_for(submission.op),
            spec=spec,
            requester=submission.by,
            place=submission.place,
            approval=rules.approval,
            approvers=tuple(who for who in rules.approvers if who != submission.by),
            needed=rules.needed,
            policy_version=rules.version,
            digest=spec.digest(rules.version),
            created=now,
            deadline=now + rules.deadline,
            changed=now,
        )


def _decided(before: model.Request, decision: model.Decision) -> recorder.Proposal:
    """Return what one decision makes of a request: denied, approved, or one vote nearer to it."""
    decisions = (*before.decisions, decision)
    enough = len(policy.approvals(before.model_copy(update={"decisions": decisions}))) >= before.needed
    if decision.verdict is model.Verdict.DENY:
        moved, event = machine.Event.DENY, audit.Event.DENIED
    elif enough:
        moved, event = machine.Event.APPROVE, audit.Event.APPROVED
    else:
        moved, event = machine.Event.VOTE, audit.Event.VOTED
    return recorder.Proposal(
        machine.advance(before, moved, at=decision.at, decisions=decisions),
        event,
        decision.by,
        {"digest": before.digest, "reason": decision.reason or None},
        not_after=before.deadline,
    )
