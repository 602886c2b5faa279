"""From the form to a pending request: what it shows, what is checked, and what is kept.

A form does not say of which kind its request is: that follows from who holds the registry's host in
the workspace. Nobody does: issue. A credential of ours: it is extended. One made by hand: the bot
adopts it, where a rule says so.
"""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from bot import errors, forms, hosts, inspection, intake, model, policy, ports, rules

ACTION = policy.Action.SUBMIT.value


class _Redelivered(Exception):  # a signal inside this module, not an error
    """Another delivery of the same form was a moment faster: what stands in the way is its own request."""

    def __init__(self, request: model.Request) -> None:
        self.request = request


@dataclass(frozen=True, slots=True)
class Submissions:
    """Takes forms. What is refused is recorded; what is only typed wrongly is not."""

    intake: intake.Intake
    inspector: inspection.Inspector

    async def form(self, by: model.Principal, place: model.Place | None) -> forms.Form:
        """Return what a fresh form shows; refuse who may not ask at all."""
        await self.intake.admit(by, action=ACTION)
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
        """Return what sending the form would ask for, who will be asked, and what stands in the way."""
        court = self.intake.court
        if workspace_id is None or not repositories:
            only = court.only_rule
            return court.preview(only, by) if only else forms.Preview()
        if problem := forms.several_registries(repositories) or forms.too_long(
            {one.path for one in repositories}
        ):
            return forms.Preview(refusal=problem)
        workspace, held = await asyncio.gather(
            self.inspector.workspace(workspace_id),
            self.inspector.holder(workspace_id, repositories[0].login_server),
        )
        choice = await court.choose(by, _subject(held.kind, workspace, repositories, place), workspace)
        shown = court.preview(choice.rule, by) if choice.rule else forms.Preview()
        return dataclasses.replace(
            shown,
            holder=held.holder,
            held_by=held.name,
            open_request=held.open,
            kind=held.kind,
            credential=held.credential,
            readable=len(_readable(held, repositories)),
            refusal=None if choice.rule else str(_refusal(choice, held, workspace, repositories)),
            warnings=_warnings(held, repositories),
        )

    async def submit(self, submission: forms.Submission) -> model.Request:
        """Check a form and keep it as a pending request.

        Raises BadInput with a sentence for each field that is wrong, Refused where no rule allows
        it or it is asked for already, NotAccepted when the store is away, and Temporary when Azure
        or Tower do not answer in time; then nothing is kept.
        """
        await self.intake.admit(submission.by, action=ACTION)
        if known := await self.intake.known(submission.op):
            return known
        try:
            async with self.intake.checking(submission.by, action=ACTION, asks="Azure or Tower"):
                request, rule = await self._checked(submission)
        except _Redelivered as again:
            return again.request
        async with self.intake.recording(submission.by, action=ACTION):
            written = await self.intake.keep(request, submission.op)
            if written.outcome is ports.Outcome.TAKEN:
                raise await self._taken(request, submission, written.claim or "")
        approved = await self.intake.approved_by_rule(request, rule)
        self.intake.wake(request.id)
        return approved

    async def _checked(self, submission: forms.Submission) -> tuple[model.Request, rules.Rule]:
        """Hold a form against the outside and the policy; return the request that it makes, and its rule."""
        request_id = self.intake.record.id_for(submission.op)
        problems = forms.problems(submission, wildcards=self.inspector.wildcards)
        try:
            checked = await self.inspector.check(submission, problems)
        except errors.Refused as refusal:
            if refusal.request and refusal.request.id == request_id:
                raise _Redelivered(refusal.request) from None
            raise
        held, chosen, court = checked.held, submission.repositories, self.intake.court
        if held.credential:  # once more: only the recorder tells a forged one
            await self.intake.credential(held.credential.id)
        subject = _subject(held.kind, checked.workspace, chosen, submission.place)
        choice = await court.choose(submission.by, subject, checked.workspace)
        if choice.rule is None:
            raise _refusal(choice, held, checked.workspace, chosen)
        # An extension makes no password.
        longest = choice.rule.terms.longest_validity_days
        problem = forms.validity_problem(submission.validity_days, longest)
        if problem and held.kind is not model.Kind.EXTEND:
            raise errors.BadInput({forms.Field.VALIDITY: problem})
        spec, by, place = _spec(submission, checked), submission.by, submission.place
        return court.request(request_id, spec, choice.rule, by=by, place=place), choice.rule

    async def _taken(
        self, request: model.Request, submission: forms.Submission, claim: str
    ) -> errors.BadInput | errors.Refused:
        """Return the answer to a form that somebody else's was a moment faster than."""
        held = await self.inspector.holder(request.spec.workspace.id, request.spec.login_server)
        same = held.same(submission.repositories)
        return hosts.repeated(same) if same else errors.BadInput(hosts.taken(claim))


def _refusal(
    choice: policy.Choice,
    held: hosts.Held,
    workspace: model.Workspace,
    chosen: Sequence[ports.Repository],
) -> errors.BadInput | errors.Refused:
    """Return why nobody may ask for this; what was made by hand is a problem of the field."""
    reason = choice.ruling.reason or errors.Reason.NO_RULE
    if held.kind is model.Kind.ADOPT and reason is errors.Reason.NO_RULE:
        problem = hosts.told(held, workspace, chosen[0].login_server)
        return errors.BadInput({forms.Field.REPOSITORY: problem})
    return errors.Refused(reason, choice.ruling.evidence)


def _warnings(held: hosts.Held, chosen: Sequence[ports.Repository]) -> tuple[str, ...]:
    """Return what would be refused, or should be known, of a credential that would be extended."""
    if held.credential is None:
        return ()
    problem = hosts.unextendable(held, chosen)
    return (*((problem,) if problem else ()), *hosts.drifted(held.credential))


def _subject(
    kind: model.Kind,
    workspace: model.Workspace,
    repositories: Sequence[ports.Repository],
    place: model.Place | None,
) -> rules.Subject:
    return rules.Subject(
        kind=kind,
        login_server=repositories[0].login_server,
        repositories=_names(repositories),
        workspace=workspace.full_name,
        channel=place.channel if place else None,
    )


def _spec(submission: forms.Submission, checked: inspection.Checked) -> model.Spec:
    held, credential = checked.held, checked.held.credential
    return model.Spec(
        kind=held.kind,
        name=submission.name if held.kind is model.Kind.ISSUE else held.name or "",
        workspace=checked.workspace,
        login_server=checked.registry.login_server,
        repositories=_readable(held, submission.repositories),
        validity_days=None if credential else submission.validity_days,
        reason=submission.reason.strip(),
        credential=credential.id if credential else None,
        before=credential.repositories if credential else (),
        tower_id=held.tower_id,
    )


def _readable(held: hosts.Held, chosen: Sequence[ports.Repository]) -> tuple[str, ...]:
    """Return all that the credential would read, once the request is done."""
    before = held.credential.repositories if held.credential else ()
    return tuple(dict.fromkeys((*before, *_names(chosen))))


def _names(repositories: Sequence[ports.Repository]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.name for one in repositories))
