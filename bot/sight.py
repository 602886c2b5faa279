"""What somebody may see, and what they may ask to have done: looked up as it is needed, for one look."""

from __future__ import annotations

from collections.abc import Iterable

from bot import authority, errors, model, policy, recorder, rules


class Sight:
    """One look of one person who was admitted, by the policy in force when it began.

    What the policy's file alone can answer asks nobody; what was asked once is not asked again.
    """

    def __init__(self, court: authority.Authority, by: model.Principal) -> None:
        self._court = court
        self._by = by
        self._now = court.source.policy
        self._asked: set[str] = set()
        self._groups: dict[str, frozenset[str] | None] = {
            name: None if group.kept else group.members for name, group in self._now.groups.items()
        }
        self._workspaces: dict[int, bool | None] = {}
        self._troubles: dict[str, None] = {}

    @property
    def troubles(self) -> tuple[str, ...]:
        """Return why something may be missing from what they see, a sentence each."""
        return tuple(self._troubles)

    def forged(self, credential: model.Credential) -> None:
        """Remember that a credential is not shown, since somebody else wrote its record."""
        short = model.short_id(credential.id)
        self._troubles[f"The credential {short} is not shown: {recorder.FORGED_CREDENTIAL}"] = None

    def _silent(self, what: str) -> None:
        words = f"It could not be looked up {what}, so something may be missing here. Try again in a minute."
        self._troubles[words] = None

    async def sees(self, request: model.Request, credential: model.Credential | None = None) -> bool:
        """Tell whether they may see a request, and the credential that it made or is about."""
        known = self._sees(request, credential)
        rule = self._now.rule(request.rule)
        if known is None and rule and await self._learn((*rule.terms.approvers, *rule.terms.fallback)):
            known = self._sees(request, credential)
        if known is None and await self._take_part(request.spec.workspace):
            known = self._sees(request, credential)
        if known is None:
            self._unknown(() if rule is None else (*rule.terms.approvers, *rule.terms.fallback))
            if self._workspaces.get(request.spec.workspace.id) is None:
                name = request.spec.workspace.full_name
                self._silent(f"whether you are a participant of {name} in Tower")
        return known is True

    async def decides(self, request: model.Request) -> bool:
        """Tell whether they may decide on a request now."""
        ruling = self._ruling(request)
        rule = self._now.rule(request.rule)
        if ruling.reason is errors.Reason.DIRECTORY_DOWN and rule:
            groups = policy.deciding(rule.terms, request, self._court.clock.now())
            await self._learn(groups)
            ruling = self._ruling(request)
            if ruling.reason is errors.Reason.DIRECTORY_DOWN:
                self._unknown(groups)
        return ruling.allowed

    def deciding(self) -> tuple[rules.Rule, ...]:
        """Return the rules by which they may have something to decide, as far as the file tells."""
        return tuple(
            rule
            for rule in self._now.rules
            if policy.concerns(self._by, rule, policy=self._now, facts=self._facts()) is not False
        )

    async def may(self, credential: model.Credential, origin: model.Request | None) -> frozenset[model.Kind]:
        """Return what they may ask to have done to a credential, as far as can be told beforehand.

        For showing buttons: who presses one is judged anew.
        """
        found = set()
        for kind in _possible(credential):
            about = tuple(self._now.about(subject(kind, credential, origin)))
            if about and (self._owns(credential) or await self._leads(about)):
                found.add(kind)
        return frozenset(found)

    def _facts(self, workspace: model.Workspace | None = None) -> policy.Facts:
        part = self._workspaces.get(workspace.id) if workspace else None
        return policy.Facts(groups=self._groups, participant=part)

    def _sees(self, request: model.Request, credential: model.Credential | None) -> bool | None:
        return policy.sees(
            self._by,
            request,
            policy=self._now,
            facts=self._facts(request.spec.workspace),
            owner=credential.owner if credential else None,
        )

    def _ruling(self, request: model.Request) -> policy.Ruling:
        action, now = policy.Action.APPROVE, self._court.clock.now()
        return policy.decide(action, self._by, request, policy=self._now, facts=self._facts(), now=now)

    def _owns(self, credential: model.Credential) -> bool:
        return self._now.person(self._by) == self._now.person(credential.owner)

    async def _leads(self, about: Iterable[rules.Rule]) -> bool:
        for rule in about:
            await self._learn(rule.terms.approvers)
            if policy.leads(self._by, rule, policy=self._now, facts=self._facts()):
                return True
        return False

    async def _learn(self, names: Iterable[str]) -> bool:
        """Look up the groups that only a platform knows; tell whether there was anything to ask."""
        new = {name for name in names if self._groups.get(name) is None} - self._asked
        if new:
            self._asked |= new
            self._groups |= await self._court.members(self._now, sorted(new))
        return bool(new)

    async def _take_part(self, workspace: model.Workspace) -> bool:
        if workspace.id in self._workspaces:
            return False
        self._workspaces[workspace.id] = await self._court.takes_part(self._now, self._by, workspace)
        return True

    def _unknown(self, groups: Iterable[str]) -> None:
        for name in groups:
            if self._groups.get(name) is None:
                self._silent(f"who is in the group {name}")


def subject(kind: model.Kind, credential: model.Credential, origin: model.Request | None) -> rules.Subject:
    """Return what a change of a credential is about: asked, wherever it is, where the credential was."""
    return rules.Subject(
        kind=kind,
        login_server=credential.login_server,
        repositories=credential.repositories,
        workspace=credential.workspace.full_name,
        channel=origin.place.channel if origin and origin.place else None,
    )


def _possible(credential: model.Credential) -> tuple[model.Kind, ...]:
    """Return what can be done to a credential as it stands."""
    if credential.state in {model.CredentialState.REVOKED, model.CredentialState.REVOKING}:
        return ()
    if credential.busy:
        return (model.Kind.REVOKE,)
    narrow = (model.Kind.NARROW,) if len(credential.repositories) > 1 else ()
    return (model.Kind.ROTATE, model.Kind.REVOKE, *narrow)
