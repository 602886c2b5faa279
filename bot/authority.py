"""Looks up what a decision rests on, at the moment of the decision, and puts it to the policy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog

from bot import errors, forms, model, policy, policy_source, ports, rules

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Authority:
    """What the policy needs to know of people, from each platform's own directory.

    `homes` are the tenants whose people count. What does not answer is not known, and the policy
    refuses what rests on it.
    """

    source: policy_source.PolicySource
    directories: Mapping[model.Platform, ports.Directory]
    tower: ports.Tower
    homes: Mapping[model.Platform, frozenset[str]]
    store: ports.Store
    clock: ports.Clock

    @property
    def only_rule(self) -> rules.Rule | None:
        """Return the rule that decides on everything, where there is no other."""
        found = self.source.policy.rules
        return found[0] if len(found) == 1 and found[0].match == rules.Match() else None

    async def preview(self, rule: rules.Rule, by: model.Principal) -> forms.Preview:
        """Return what a requester is told of the rule that decides on their request."""
        terms = rule.terms
        return forms.Preview(
            approvers=await self._asked(terms.approvers, by),
            needed=terms.quorum,
            approval=self._place(terms.approval_channel),
            deadline_hours=terms.deadline.total_seconds() / 3600,
            longest_validity_days=terms.longest_validity_days,
            automatic=terms.auto is not None,
        )

    async def request(
        self, request_id: str, submission: forms.Submission, spec: model.Spec, rule: rules.Rule
    ) -> model.Request:
        """Return the request that a form makes under a rule."""
        terms, version, now = rule.terms, self.source.policy.version, self.clock.now()
        approvers, fallback = await asyncio.gather(
            self._asked(terms.approvers, submission.by), self._asked(terms.fallback, submission.by)
        )
        return model.Request(
            id=request_id,
            spec=spec,
            requester=submission.by,
            place=submission.place,
            approval=self._place(terms.approval_channel),
            approvers=approvers,
            needed=terms.quorum,
            rule=rule.name,
            rule_version=rule.version,
            policy_version=version,
            digest=spec.digest(version),
            told=self._place(terms.told) if terms.told else None,
            created=now,
            deadline=now + terms.deadline,
            remind_at=now + terms.remind_after if terms.remind_after else None,
            escalate_at=now + terms.fallback_after if terms.fallback_after else None,
            fallback=fallback,
            automatic=await self._within_quota(rule, submission.by),
            changed=now,
        )

    async def _within_quota(self, rule: rules.Rule, by: model.Principal) -> bool:
        """Take one of the approvals that a rule gives a person by itself, while there are any left."""
        quota = rule.terms.auto
        if quota is None:
            return False
        who = self.source.policy.person(by).name
        for number in range(quota.requests):
            token = f"quota:{rule.name}:{who}:{number}"
            if await self.store.first_time(token, ttl_s=quota.days * 86400):
                return True
        return False

    async def _asked(self, groups: Iterable[str], by: model.Principal) -> tuple[model.Principal, ...]:
        """Return who is in some groups now, without the requester: to show, never to decide by."""
        own = self.source.policy.person(by)
        return tuple(who for who in await self.approvers(groups) if self.source.policy.person(who) != own)

    def _place(self, channel: str) -> model.Place:
        platform = model.Platform.SLACK
        return model.Place(platform=platform, tenant=min(self.homes[platform]), channel=channel)

    async def admit(self, who: model.Principal) -> None:
        """Raise Refused for somebody who may not use the bot at all."""
        raise_unless(policy.admit(policy.Facts(standing=await self._standing(who))))

    async def choose(
        self, by: model.Principal, subject: rules.Subject, workspace: model.Workspace
    ) -> policy.Choice:
        """Return the rule that decides on a request of this subject, or why there is none."""
        now = self.source.policy
        about = tuple(now.about(subject))
        groups = {name for rule in about for name in rule.match.requesters}
        standing, members, participant = await asyncio.gather(
            self._standing(by),
            self._groups(now, groups),
            self._participant(now, by, workspace, needed=any(rule.match.participant for rule in about)),
        )
        facts = policy.Facts(groups=members, standing=standing, participant=participant)
        admitted = policy.admit(facts)
        if not admitted.allowed:
            return policy.Choice(None, admitted)
        return policy.select(now, subject, by, facts)

    async def facts(self, actor: model.Principal, request: model.Request | None) -> policy.Facts:
        """Return what an action of `actor` rests on; with a request, who may decide on it."""
        now = self.source.policy
        rule = now.rule(request.rule) if request else None
        groups = (*rule.terms.approvers, *rule.terms.fallback) if rule else ()
        standing, members = await asyncio.gather(self._standing(actor), self._groups(now, groups))
        return policy.Facts(groups=members, standing=standing)

    async def approvers(self, groups: Iterable[str]) -> tuple[model.Principal, ...]:
        """Return who is in some groups now: to show, never to decide by."""
        found = await self._groups(self.source.policy, groups)
        return tuple(
            principal
            for own in sorted(frozenset[str]().union(*(ids for ids in found.values() if ids)))
            if (principal := self._principal(own))
        )

    def _principal(self, own: str) -> model.Principal | None:
        name, _, user = own.partition(":")
        platform = model.Platform(name)
        tenants = sorted(self.homes.get(platform, ()))
        return model.Principal(platform=platform, tenant=tenants[0], user=user) if tenants else None

    async def _standing(self, who: model.Principal) -> model.Standing:
        if who.tenant not in self.homes.get(who.platform, frozenset()):
            return model.Standing.OUTSIDER
        directory = self.directories.get(who.platform)
        if directory is None:
            return model.Standing.UNKNOWN
        try:
            return await directory.standing(who)
        except errors.ServiceError as error:
            log.warning("directory silent", platform=who.platform.value, error=str(error))
            return model.Standing.UNKNOWN

    async def _groups(self, now: rules.Policy, names: Iterable[str]) -> dict[str, frozenset[str] | None]:
        wanted = [now.groups[name] for name in dict.fromkeys(names) if name in now.groups]
        answers = await asyncio.gather(*(self._members(group) for group in wanted))
        return {group.name: members for group, members in zip(wanted, answers, strict=True)}

    async def _members(self, group: rules.Group) -> frozenset[str] | None:
        directory = self.directories.get(model.Platform.SLACK)
        if not group.slack_usergroups:
            return group.members
        if directory is None:
            return None
        try:
            found = await asyncio.gather(
                *(directory.usergroup(one) for one in sorted(group.slack_usergroups))
            )
        except errors.ServiceError as error:
            log.warning("group silent", group=group.name, error=str(error))
            return None
        return group.members.union(*({f"{model.Platform.SLACK}:{user}" for user in users} for users in found))

    async def _participant(
        self, now: rules.Policy, who: model.Principal, workspace: model.Workspace, *, needed: bool
    ) -> bool | None:
        user = now.person(who).tower
        if not needed or user is None:
            return False
        try:
            return await self.tower.participates(workspace, user)
        except errors.ServiceError as error:
            log.warning("participants silent", workspace=workspace.full_name, error=str(error))
            return None


def raise_unless(ruling: policy.Ruling, request: model.Request | None = None) -> None:
    """Raise Refused with a ruling's reason, unless it allows."""
    if ruling.reason is not None:
        raise errors.Refused(ruling.reason, ruling.evidence, request=request)
