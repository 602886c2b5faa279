"""From the form to a pending request: what it shows, what is checked, and what is kept."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from bot import audit, authority, errors, forms, inspection, machine, model, policy, ports, recorder, rules

log = structlog.get_logger(__name__)

FORM_TIMEOUT_S = 2.2  # a form is answered within the 3 s that Slack gives, its own overhead included


class _Decided(Exception):  # a signal inside this module, not an error
    """Somebody was faster than the rule."""


@dataclass(frozen=True, slots=True)
class Submissions:
    """Takes forms. What is refused is recorded; what is only typed wrongly is not."""

    store: ports.Store
    record: recorder.Recorder
    inspector: inspection.Inspector
    court: authority.Authority
    clock: ports.Clock
    wake: Callable[[str], None]

    async def form(self, by: model.Principal, place: model.Place | None) -> forms.Form:
        """Return what a fresh form shows; refuse who may not ask at all."""
        await self.admit(by)
        workspaces, preview = await asyncio.gather(
            self.inspector.workspaces(), self.preview(by, place, workspace_id=None, repositories=())
        )
        return forms.Form(name=f"acr-{secrets.token_hex(3)}", workspaces=workspaces, preview=preview)

    async def preview(
        self,
        by: model.Principal,
        place: model.Place | None,
        *,
        workspace_id: int | None,
        repositories: Sequence[ports.Repository],
    ) -> forms.Preview:
        """Return who will be asked, and whether the workspace already has a credential for the host."""
        if workspace_id is None or not repositories:
            only = self.court.only_rule
            return self.court.preview(only, by) if only else forms.Preview()
        workspace, held = await asyncio.gather(
            self.inspector.workspace(workspace_id),
            self.inspector.holder(workspace_id, repositories[0].login_server),
        )
        choice = await self.court.choose(by, _subject(workspace, repositories, place), workspace)
        shown = (
            self.court.preview(choice.rule, by)
            if choice.rule
            else forms.Preview(refusal=choice.ruling.evidence)
        )
        waiting = held.request if held.holder is forms.Holder.OPEN else None
        return dataclasses.replace(shown, holder=held.holder, held_by=held.name, open_request=waiting)

    async def submit(self, submission: forms.Submission) -> model.Request:
        """Check a form and keep it as a pending request.

        Raises BadInput with a sentence for each field that is wrong, Refused where no rule allows
        it or it is asked for already, NotAccepted when the store is away, and Temporary when Azure
        or Tower do not answer in time; then nothing is kept.
        """
        await self.admit(submission.by)
        known = await self.store.load(self.record.id_for(submission.op))
        if known is not None:
            return known.request
        try:
            async with asyncio.timeout(FORM_TIMEOUT_S):
                request, rule = await self._checked(submission)
            await self._keep(request, submission)
        except TimeoutError:
            raise errors.Temporary(
                "Azure or Tower did not answer in time. Nothing was stored: please send it again.",
                service="Azure or Tower",
            ) from None
        except errors.Refused as refusal:
            await self._refuse(submission.by, refusal)
            raise
        approved = await self._approved_by_rule(request, rule)
        self.wake(request.id)
        return approved

    async def admit(self, by: model.Principal) -> None:
        """Refuse, and record, who may not use the bot at all."""
        try:
            await self.court.admit(by)
        except errors.Refused as refusal:
            await self._refuse(by, refusal)
            raise

    async def _refuse(self, by: model.Principal, refusal: errors.Refused) -> None:
        op = f"refused:{secrets.token_hex(16)}"
        await self.record.refuse(None, by, refusal, action=policy.Action.SUBMIT.value, op=op)

    async def _checked(self, submission: forms.Submission) -> tuple[model.Request, rules.Rule]:
        """Hold a form against the outside and the policy; return the request that it makes, and its rule."""
        problems = forms.problems(submission, wildcards=self.inspector.wildcards)
        checked = await self.inspector.check(submission, problems)
        subject = _subject(checked.workspace, submission.repositories, submission.place)
        choice = await self.court.choose(submission.by, subject, checked.workspace)
        if choice.rule is None:
            raise errors.Refused(choice.ruling.reason or errors.Reason.NO_RULE, choice.ruling.evidence)
        longest = choice.rule.terms.longest_validity_days
        if problem := forms.validity_problem(submission.validity_days, longest):
            raise errors.BadInput({forms.Field.VALIDITY: problem})
        request_id, spec = self.record.id_for(submission.op), _spec(submission, checked)
        return self.court.request(request_id, submission, spec, choice.rule), choice.rule

    async def _keep(self, request: model.Request, submission: forms.Submission) -> None:
        limit = self.court.source.policy.open_requests
        written = await self.record.create(request, op=f"submit:{submission.op}", open_limit=limit)
        if written.outcome is ports.Outcome.TAKEN:
            raise await self._taken(request, submission, written.claim or "")
        if written.outcome is ports.Outcome.CROWDED:
            raise errors.Refused(
                errors.Reason.TOO_MANY,
                f"You have {limit} open requests, which is as many as the policy allows "
                "(open_requests_per_person). Wait until one is decided, or cancel one.",
            )

    async def _taken(
        self, request: model.Request, submission: forms.Submission, claim: str
    ) -> errors.BadInput | errors.Refused:
        """Return the answer to a form that somebody else's was a moment faster than."""
        held = await self.inspector.holder(request.spec.workspace.id, request.spec.login_server)
        same = held.same(submission.repositories)
        return inspection.repeated(same) if same else errors.BadInput(inspection.taken(claim))

    async def _approved_by_rule(self, request: model.Request, rule: rules.Rule) -> model.Request:
        """Approve a request within its requester's quota, loudly: record and messages name the rule."""
        quota = rule.terms.auto
        if quota is None:
            return request

        def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
            before = snapshot.request
            if before.state is not model.State.PENDING:
                raise _Decided
            after = machine.advance(before, machine.Event.APPROVE, at=self.clock.now(), automatic=True)
            data = {"digest": before.digest, "rule": rule.name, "policy": before.policy_version}
            return recorder.Proposal(after, audit.Event.AUTOMATIC, data=data, not_after=before.deadline)

        try:
            if await self.court.within_quota(request, quota):
                return await self.record.apply(request.id, propose, op=f"automatic:{request.id}")
        except (_Decided, errors.Refused, errors.NotAccepted) as error:
            # The request is kept, so nobody may be told that it is not: people decide on it as usual.
            log.info("not approved by its rule", request_id=request.id, why=type(error).__name__)
        return request


def _subject(
    workspace: model.Workspace, repositories: Sequence[ports.Repository], place: model.Place | None
) -> rules.Subject:
    return rules.Subject(
        kind=model.Kind.ISSUE,
        login_server=repositories[0].login_server,
        repositories=_names(repositories),
        workspace=workspace.full_name,
        channel=place.channel if place else None,
    )


def _spec(submission: forms.Submission, checked: inspection.Checked) -> model.Spec:
    return model.Spec(
        kind=model.Kind.ISSUE,
        name=submission.name,
        workspace=checked.workspace,
        login_server=checked.registry.login_server,
        repositories=_names(submission.repositories),
        validity_days=submission.validity_days,
        reason=submission.reason.strip(),
    )


def _names(repositories: Sequence[ports.Repository]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.name for one in repositories))
