"""From a wish about a credential that is there to a request: rotate, revoke or narrow it.

Who owns a credential may ask, and who approves by the rule that decides on it. That rule is found
as if its owner asked where the credential was asked for, wherever the wish comes from.
"""

from __future__ import annotations

import dataclasses
import secrets
from dataclasses import dataclass

from bot import authority, errors, forms, hosts, inspection, intake, model, policy, ports, rules, sight
from bot.errors import Reason
from bot.model import CredentialState, Kind

ASKS = "The chat platform or Tower"
_DONE_TO = {Kind.ROTATE: "rotated", Kind.REVOKE: "revoked", Kind.NARROW: "narrowed"}


@dataclass(frozen=True, slots=True)
class _Case:
    """What was found about a wish. `alone`: who asks may revoke at once without anybody else."""

    kind: Kind
    credential: model.Credential
    rule: rules.Rule
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """Takes wishes about credentials. What is refused is recorded."""

    intake: intake.Intake
    inspector: inspection.Inspector

    async def plan(
        self, by: model.Principal, place: model.Place | None, kind: Kind, credential_id: str
    ) -> forms.Plan:
        """Return what a change would do and who would be asked; refuse what `change` would refuse."""
        await self.intake.admit(by, action=kind.value)
        async with self.intake.checking(by, action=kind.value, asks=ASKS):
            case = await self._case(by, kind, credential_id)
            # What waits for approvers or jobs must not keep anybody from asking to revoke it at once.
            at_once = kind is Kind.REVOKE
            wish = forms.Change(by, place, kind, credential_id, op=secrets.token_hex(16), at_once=at_once)
            await self._free(by, case, self._request(wish, case, _spec(case, wish)))
        credential = case.credential
        preview = dataclasses.replace(
            self.intake.court.preview(case.rule, by),
            automatic=kind in case.rule.terms.without_approval,
            holder=forms.Holder.OURS,
            held_by=credential.name,
            kind=kind,
            credential=credential,
            readable=len(credential.repositories),
            warnings=hosts.drifted(credential),
        )
        return forms.Plan(kind, credential, preview, alone=case.alone and kind is Kind.REVOKE)

    async def change(self, change: forms.Change) -> model.Request:
        """Keep a change of a credential as a request; one that needs nobody is approved at once.

        Raises BadInput for repositories or a reason that cannot be, Refused with what stands in the
        way, NotAccepted when the store is away, and Temporary for what does not answer in time.
        """
        by, action = change.by, change.kind.value
        await self.intake.admit(by, action=action)
        if known := await self.intake.known(change.op):
            return known
        async with self.intake.checking(by, action=action, asks=ASKS):
            case = await self._case(by, change.kind, change.credential_id)
            spec = _checked(change, case)
            request = self._request(change, case, spec)
            left = await self._free(by, case, request)
        request = left or request
        alone = case.alone and spec.at_once
        async with self.intake.recording(by, action=action):
            # Whoever is attacked must be able to stop it, however much they have asked for.
            written = None if left else await self.intake.keep(request, change.op, limited=not alone)
            if written and written.outcome is ports.Outcome.TAKEN:
                await self._free(by, case, request)
                raise errors.Refused(Reason.BUSY, _BUSY.format(name=case.credential.name))
        approved = (
            await self.intake.approved_alone(request, case.rule, by)
            if alone
            else await self.intake.approved_by_rule(request, case.rule)
        )
        self.intake.wake(request.id)
        return approved

    async def _case(self, by: model.Principal, kind: Kind, credential_id: str) -> _Case:
        """Find the credential and the rule that decides; raise Refused for who may not ask."""
        if kind not in rules.CHANGES:
            raise errors.Refused(Reason.NO_RULE, "This is asked for in the form.")
        court = self.intake.court
        credential = await self.intake.credential(credential_id)
        snapshot = await self.intake.store.load(credential_id)
        subject = sight.subject(kind, credential, snapshot.request if snapshot else None)
        choice = await court.choose_for(subject, credential.owner, credential.workspace)
        if choice.rule is None:
            raise _unruled(choice, kind, credential)
        grounds = await court.standing_of(by, choice.rule)
        now, facts = grounds.in_force, grounds.facts
        authority.raise_unless(policy.may_change(by, credential.owner, choice.rule, policy=now, facts=facts))
        alone = policy.leads(by, choice.rule, policy=now, facts=facts) is True
        return _Case(kind, credential, choice.rule, alone)

    async def _free(self, by: model.Principal, case: _Case, request: model.Request) -> model.Request | None:
        """Raise Refused where something stands in the way of a change.

        Return what another delivery of it has just made; or one of the same person's that asks for
        this already and waits, if they need nobody to approve it: the bot died, or lost its store,
        right before it did.
        """
        credential, spec = case.credential, request.spec
        if credential.state is CredentialState.REVOKED:
            words = f"The credential {credential.name} is revoked already. Nothing is left of it."
            raise errors.Refused(Reason.UNKNOWN_CREDENTIAL, words)
        for word in _words(spec):
            held = await self.inspector.changing(credential.id, word=word)
            if held is None or held.ended:
                continue
            if held.id == request.id or self._left_over(by, case, spec, held):
                return held
            if _same(held.spec, spec):
                raise hosts.repeated(held)
            raise errors.Refused(Reason.BUSY, hosts.busy(credential, held), request=held)
        if credential.state is CredentialState.REVOKING and case.kind is not Kind.REVOKE:
            raise errors.Refused(Reason.BUSY, f"The credential {credential.name} is being revoked.")
        return None

    def _left_over(self, by: model.Principal, case: _Case, spec: model.Spec, held: model.Request) -> bool:
        person = self.intake.court.source.policy.person
        unasked = (case.alone and spec.at_once) or case.kind in case.rule.terms.without_approval
        mine = person(by) == person(held.requester) and held.rule_version == case.rule.version
        same = _same(held.spec, spec) and held.spec.at_once == spec.at_once
        return unasked and mine and same and held.state is model.State.PENDING

    def _request(self, change: forms.Change, case: _Case, spec: model.Spec) -> model.Request:
        request_id = self.intake.record.id_for(change.op)
        court = self.intake.court
        return court.request(request_id, spec, case.rule, by=change.by, place=change.place)


_BUSY = "Somebody has just asked for something else to be done to the credential {name}. Please look again."


def _unruled(choice: policy.Choice, kind: Kind, credential: model.Credential) -> errors.Refused:
    """Return why nobody may ask: the policy says nothing of such a credential (any more)."""
    if choice.ruling.reason is not Reason.NO_RULE:
        return errors.Refused(choice.ruling.reason or Reason.NO_RULE, choice.ruling.evidence)
    return errors.Refused(
        Reason.NO_RULE,
        f"No rule of the policy says who decides when the credential {credential.name} "
        f"({credential.login_server} in {credential.workspace.full_name}) is to be {_DONE_TO[kind]}. "
        f"An administrator has to add one whose kind takes in “{kind}”.",
    )


def _checked(change: forms.Change, case: _Case) -> model.Spec:
    """Return what a change asks for; raise BadInput where that cannot be."""
    problems = {
        forms.Field.REPOSITORY.value: _removal(change, case.credential),
        forms.Field.REASON.value: forms.reason_problem(change.reason),
    }
    found = {field: problem for field, problem in problems.items() if problem}
    if found:
        raise errors.BadInput(found)
    return _spec(case, change)


def _removal(change: forms.Change, credential: model.Credential) -> str | None:
    """Return why repositories cannot be taken away from a credential."""
    if change.kind is not Kind.NARROW:
        return None
    foreign = [name for name in change.remove if name not in credential.repositories]
    if not change.remove:
        return "Choose what the credential shall not read any more."
    if foreign:
        return f"The credential {credential.name} does not read {hosts.few(foreign)} anyway."
    if set(credential.repositories) <= set(change.remove):
        return f"This would leave the credential {credential.name} nothing to read: revoke it instead."
    return forms.too_long(tuple(f"{credential.login_server}/{name}" for name in dict.fromkeys(change.remove)))


def _spec(case: _Case, change: forms.Change) -> model.Spec:
    credential, narrow = case.credential, case.kind is Kind.NARROW
    longest, days = case.rule.terms.longest_validity_days, credential.validity_days
    # The new password of a rotation lasts as long as the one before, but no longer than allowed by now.
    rotated = min((one for one in (days, longest) if one is not None), default=None)
    gone = set(change.remove) if narrow else set()
    return model.Spec(
        kind=case.kind,
        name=credential.name,
        workspace=credential.workspace,
        login_server=credential.login_server,
        repositories=tuple(name for name in credential.repositories if name not in gone),
        validity_days=rotated if case.kind is Kind.ROTATE else None,
        reason=change.reason.strip(),
        credential=credential.id,
        before=credential.repositories if narrow else (),
        at_once=change.at_once and case.kind is Kind.REVOKE,
    )


def _words(spec: model.Spec) -> tuple[str, ...]:
    """Return under which claims a request may stand that is in the way."""
    if spec.kind is not Kind.REVOKE:
        return ("change",)
    # Jobs, or approvers, may hold a revocation up: that must not keep anybody from one at once.
    return ("revoke_now",) if spec.at_once else ("revoke_now", "revoke")


def _same(one: model.Spec, other: model.Spec) -> bool:
    """Tell whether two requests about a credential ask for the same."""
    return one.kind is other.kind and one.repositories == other.repositories
