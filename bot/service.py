"""What people can do: the handlers' only door, and the one place that authorizes them."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
from collections.abc import Callable, Mapping

from bot import audit, authority, errors, forms, inspection, machine, model, policy, ports, recorder, rules

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
        authority: authority.Authority,
        clock: ports.Clock,
        wake: Callable[[str], None],
    ) -> None:
        self._store = store
        self._record = record
        self._inspector = inspector
        self._authority = authority
        self._clock = clock
        self._wake = wake

    async def form(self, by: model.Principal, place: model.Place | None) -> forms.Form:
        """Return what a fresh form shows; refuse who may not ask at all."""
        await self._admit(by)
        workspaces, preview = await asyncio.gather(
            self._inspector.workspaces(), self.preview(by, place, workspace_id=None, repository=None)
        )
        return forms.Form(name=f"acr-{secrets.token_hex(3)}", workspaces=workspaces, preview=preview)

    async def search(self, text: str) -> ports.Found:
        """Find repositories by any part of `host/name`."""
        return await self._inspector.search(text, limit=SEARCH_LIMIT)

    async def repository(self, key: str) -> ports.Repository | None:
        """Return the repository behind an option's value (see `forms.option_key`)."""
        return await self._inspector.by_key(key)

    async def preview(
        self,
        by: model.Principal,
        place: model.Place | None,  # as above
        *,
        workspace_id: int | None,
        repository: ports.Repository | None,
    ) -> forms.Preview:
        """Return who will be asked, and whether the workspace already has a credential for the host."""
        if workspace_id is None or repository is None:
            only = self._authority.only_rule
            return await self._authority.preview(only, by) if only else forms.Preview()
        workspace, held = await asyncio.gather(
            self._inspector.workspace(workspace_id),
            self._inspector.holder(workspace_id, repository.login_server),
        )
        subject = _subject(model.Kind.ISSUE, workspace, repository, place)
        choice = await self._authority.choose(by, subject, workspace)
        if choice.rule is None:
            return forms.Preview(holder=held[0], held_by=held[1], refusal=choice.ruling.evidence)
        shown = await self._authority.preview(choice.rule, by)
        return dataclasses.replace(shown, holder=held[0], held_by=held[1])

    async def submit(self, submission: forms.Submission) -> model.Request:
        """Check a form and keep it as a pending request.

        Raises BadInput with a sentence for each field that is wrong, Refused where no rule allows
        it, NotAccepted when the store is away, and Temporary when Azure or Tower do not answer in
        time; then nothing is kept.
        """
        await self._admit(submission.by)
        known = await self._store.load(self._record.id_for(submission.op))
        if known is not None:
            return known.request
        try:
            async with asyncio.timeout(FORM_TIMEOUT_S):
                request = await self._checked(submission)
        except TimeoutError:
            raise errors.Temporary(
                "Azure or Tower did not answer in time. Nothing was stored: please send it again.",
                service="Azure or Tower",
            ) from None
        await self._keep(request, submission)
        self._wake(request.id)
        return await self._approved_by_rule(request) if request.automatic else request

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
        facts = await self._authority.facts(click.by, None)

        def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
            before = snapshot.request
            if before.state is model.State.CANCELLED and before.requester == click.by:
                raise _Repeated(before)
            self._allow(policy.Action.CANCEL, click, before, facts)
            after = machine.advance(before, machine.Event.CANCEL, at=self._clock.now())
            return recorder.Proposal(after, audit.Event.CANCELLED, click.by, not_after=before.deadline)

        return await self._write(click, policy.Action.CANCEL, propose)

    async def request(self, by: model.Principal, request_id: str) -> model.Request:
        """Return a request to be shown; refuse strangers and unknown ids."""
        await self._admit(by)
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
        known = await self._store.load(click.request_id)
        facts = await self._authority.facts(click.by, known.request if known else None)

        def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
            before, now = snapshot.request, self._clock.now()
            if any(past.by == click.by and past.verdict is verdict for past in before.decisions):
                raise _Repeated(before)
            self._allow(action, click, before, facts)
            said = model.Decision(by=click.by, verdict=verdict, digest=before.digest, at=now, reason=reason)
            return _decided(before, said, self._authority.source.policy)

        return await self._write(click, action, propose)

    def _allow(
        self, action: policy.Action, click: forms.Click, request: model.Request, facts: policy.Facts
    ) -> None:
        ruling = policy.decide(
            action,
            click.by,
            request,
            policy=self._authority.source.policy,
            facts=facts,
            now=self._clock.now(),
            digest=click.digest,
        )
        authority.raise_unless(ruling, request)

    async def _write(
        self, click: forms.Click, action: policy.Action, propose: recorder.Propose
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

    async def _admit(self, by: model.Principal) -> None:
        """Refuse, and record, who may not use the bot at all."""
        try:
            await self._authority.admit(by)
        except errors.Refused as refusal:
            await self._refuse(by, refusal)
            raise

    async def _refuse(self, by: model.Principal, refusal: errors.Refused) -> None:
        op = f"refused:{secrets.token_hex(16)}"
        await self._record.refuse(None, by, refusal, action=policy.Action.SUBMIT.value, op=op)

    async def _checked(self, submission: forms.Submission) -> model.Request:
        """Hold a form against the outside and the policy, and return the request that it makes."""
        problems = forms.problems(submission, wildcards=self._inspector.wildcards)
        checked = await self._inspector.check(submission, problems)
        subject = _subject(model.Kind.ISSUE, checked.workspace, submission.repository, submission.place)
        choice = await self._authority.choose(submission.by, subject, checked.workspace)
        if choice.rule is None:
            refusal = errors.Refused(choice.ruling.reason or errors.Reason.NO_RULE, choice.ruling.evidence)
            await self._refuse(submission.by, refusal)
            raise refusal
        longest = choice.rule.terms.longest_validity_days
        if problem := forms.validity_problem(submission.validity_days, longest):
            raise errors.BadInput({forms.Field.VALIDITY: problem})
        return await self._authority.request(
            self._record.id_for(submission.op), submission, _spec(submission, checked), choice.rule
        )

    async def _keep(self, request: model.Request, submission: forms.Submission) -> None:
        limit = self._authority.source.policy.open_requests
        written = await self._record.create(request, op=f"submit:{submission.op}", open_limit=limit)
        if written.outcome is ports.Outcome.TAKEN:
            raise errors.BadInput(inspection.taken(written.claim or ""))
        if written.outcome is ports.Outcome.CROWDED:
            refusal = errors.Refused(
                errors.Reason.TOO_MANY,
                f"You have {limit} open requests, which is as many as the policy allows "
                "(open_requests_per_person). Wait for one of them, or cancel it.",
            )
            await self._refuse(submission.by, refusal)
            raise refusal

    async def _approved_by_rule(self, request: model.Request) -> model.Request:
        """Approve a request within its requester's quota, loudly: the record names the rule."""

        def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
            after = machine.advance(snapshot.request, machine.Event.APPROVE, at=self._clock.now())
            data = {"digest": request.digest, "rule": request.rule}
            return recorder.Proposal(after, audit.Event.AUTOMATIC, data=data)

        approved = await self._record.apply(request.id, propose, op=f"automatic:{request.id}")
        self._wake(request.id)
        return approved


def _subject(
    kind: model.Kind,
    workspace: model.Workspace,
    repository: ports.Repository | None,
    place: model.Place | None,
) -> rules.Subject:
    return rules.Subject(
        kind=kind,
        login_server=repository.login_server if repository else "",
        repositories=(repository.name,) if repository else (),
        workspace=workspace.full_name,
        channel=place.channel if place else None,
    )


def _spec(submission: forms.Submission, checked: inspection.Checked) -> model.Spec:
    return model.Spec(
        kind=model.Kind.ISSUE,
        name=submission.name,
        workspace=checked.workspace,
        login_server=checked.registry.login_server,
        repositories=(submission.repository.name,) if submission.repository else (),
        validity_days=submission.validity_days,
        reason=submission.reason.strip(),
    )


def _decided(before: model.Request, decision: model.Decision, now: rules.Policy) -> recorder.Proposal:
    """Return what one decision makes of a request: denied, approved, or one vote nearer to it."""
    decisions = (*before.decisions, decision)
    people = policy.approvals(before.model_copy(update={"decisions": decisions}), now)
    if decision.verdict is model.Verdict.DENY:
        moved, event = machine.Event.DENY, audit.Event.DENIED
    elif len(people) >= before.needed:
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
