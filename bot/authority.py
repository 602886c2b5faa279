"""Puts what people want to do to the policy, with what has to be known for it looked up right then."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog

from bot import errors, explain, forms, membership, model, policy, policy_source, ports, rules

log = structlog.get_logger(__name__)

TOWER_S = 1.2  # for who takes part: somebody waits, and it may not be all that is asked


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a ruling rests on: the policy that was in force at the look-up, and what was found by it.

    They go together: members of an older file's groups must not count by a newer file's rules.
    """

    in_force: rules.Policy
    facts: policy.Facts

    def ruling(
        self, action: policy.Action, click: forms.Click, request: model.Request, at: ports.Clock
    ) -> policy.Ruling:
        """Return whether a click may do what it wants."""
        return policy.decide(
            action,
            click.by,
            request,
            policy=self.in_force,
            facts=self.facts,
            now=at.now(),
            digest=click.digest,
        )


@dataclass(frozen=True, slots=True)
class Authority:
    """What the policy needs to know of people. What does not answer is not known, and is refused.

    `homes` are the tenants whose people count.
    """

    source: policy_source.PolicySource
    people: membership.Membership
    tower: ports.Tower
    homes: Mapping[model.Platform, frozenset[str]]
    store: ports.Store
    clock: ports.Clock

    @property
    def only_rule(self) -> rules.Rule | None:
        """Return the rule that decides on everything, where there is no other."""
        found = self.source.policy.rules
        return found[0] if len(found) == 1 and found[0].match == rules.Match() else None

    async def admit(self, who: model.Principal) -> None:
        """Raise Refused for somebody who may not use the bot at all."""
        standing = await self.standing(who)
        raise_unless(policy.admit(policy.Facts(standing=standing, trouble=self.people.trouble(who))))

    async def choose(
        self, by: model.Principal, subject: rules.Subject, workspace: model.Workspace
    ) -> policy.Choice:
        """Return the rule that decides on a request of this subject, or why there is none."""
        now = self.source.policy
        about = tuple(now.about(subject))
        names = {name for rule in about for name in rule.match.requesters}
        standing, groups, participant = await asyncio.gather(
            self.standing(by),
            self.members(now, names),
            self.takes_part(now, by, workspace, needed=any(rule.match.participant for rule in about)),
        )
        trouble = self.people.trouble(by)
        facts = policy.Facts(groups=groups, standing=standing, participant=participant, trouble=trouble)
        admitted = policy.admit(facts)
        if not admitted.allowed:
            return policy.Choice(None, admitted)
        return policy.select(now, subject, by, facts)

    def foregone(
        self, action: policy.Action, click: forms.Click, request: model.Request
    ) -> policy.Ruling | None:
        """Return the refusal that no look-up could change, if there is one: it costs nobody a call."""
        now = self.source.policy
        ours = click.by.tenant in self.homes.get(click.by.platform, frozenset())
        groups = {name: None if group.kept else group.members for name, group in now.groups.items()}
        best = model.Standing.MEMBER if ours else model.Standing.OUTSIDER
        grounds = Grounds(now, policy.Facts(groups=groups, standing=best))
        ruling = grounds.ruling(action, click, request, self.clock)
        return None if ruling.allowed or ruling.reason is errors.Reason.DIRECTORY_DOWN else ruling

    async def grounds(self, actor: model.Principal, request: model.Request | None) -> Grounds:
        """Look up what a decision of `actor` on a request rests on."""
        rule = self.source.policy.rule(request.rule) if request else None
        return await self.standing_of(actor, rule)

    async def standing_of(self, actor: model.Principal, rule: rules.Rule | None) -> Grounds:
        """Look up who somebody is, and who decides by a rule."""
        now = self.source.policy
        names = (*rule.terms.approvers, *rule.terms.fallback) if rule else ()
        standing, groups = await asyncio.gather(self.standing(actor), self.members(now, names))
        trouble = self.people.trouble(actor)
        return Grounds(now, policy.Facts(groups=groups, standing=standing, trouble=trouble))

    async def whoami(self, who: model.Principal) -> forms.Whoami:
        """Return how the policy sees somebody."""
        now = self.source.policy
        standing, groups = await asyncio.gather(self.standing(who), self.members(now, now.groups))
        return explain.whoami(now, who, policy.Facts(groups=groups, standing=standing))

    def preview(self, rule: rules.Rule, by: model.Principal) -> forms.Preview:
        """Return what a requester is told of the rule that decides on their request."""
        now, terms = self.source.policy, rule.terms
        return forms.Preview(
            approvers=self._listed(now, terms.approvers, by),
            approver_groups=_usergroups(now, terms.approvers),
            needed=terms.quorum,
            approval=self._place(terms.approval_channel),
            deadline_hours=terms.deadline.total_seconds() / 3600,
            longest_validity_days=terms.longest_validity_days,
            automatic=terms.auto is not None,
        )

    def request(
        self,
        request_id: str,
        spec: model.Spec,
        rule: rules.Rule,
        *,
        by: model.Principal,
        place: model.Place | None,
    ) -> model.Request:
        """Return the request that somebody makes under a rule."""
        policy_now, terms, now = self.source.policy, rule.terms, self.clock.now()
        return model.Request(
            id=request_id,
            spec=spec,
            requester=by,
            place=place,
            approval=self._place(terms.approval_channel),
            approvers=self._listed(policy_now, terms.approvers, by),
            approver_groups=_usergroups(policy_now, terms.approvers),
            needed=terms.quorum,
            rule=rule.name,
            rule_version=rule.version,
            policy_version=policy_now.version,
            digest=spec.digest(policy_now.version),
            told=self._place(terms.told) if terms.told else None,
            created=now,
            deadline=now + terms.deadline,
            remind_at=now + terms.remind_after if terms.remind_after else None,
            escalate_at=now + terms.fallback_after if terms.fallback_after else None,
            fallback=self._listed(policy_now, terms.fallback, by),
            fallback_groups=_usergroups(policy_now, terms.fallback),
            changed=now,
        )

    async def within_quota(self, request: model.Request, quota: rules.Quota) -> bool:
        """Take one of the approvals that a rule gives a person by itself, while there are any left.

        False for a second delivery of the same form, whose first one takes it.
        """
        ttl_s = quota.days * 86400.0
        if not await self.store.first_time(f"automatic:{request.id}", ttl_s=ttl_s):
            return False
        who = self.source.policy.person(request.requester).name
        for number in range(quota.requests):
            if await self.store.first_time(f"quota:{request.rule}:{who}:{number}", ttl_s=ttl_s):
                return True
        return False

    def accounts(self, who: model.Principal) -> tuple[model.Principal, ...]:
        """Return the accounts of the person behind one, where people of this deployment have theirs."""
        found = [who]
        for one in sorted(self.source.policy.person(who).members):
            name, _, user = one.partition(":")
            platform = model.Platform(name)
            homes = sorted(self.homes.get(platform, ()))
            found += (model.Principal(platform=platform, tenant=home, user=user) for home in homes)
        return tuple(dict.fromkeys(found))

    async def choose_for(
        self, subject: rules.Subject, owner: model.Principal, workspace: model.Workspace
    ) -> policy.Choice:
        """Return the rule that decides on a change of a credential, or why there is none."""
        now = self.source.policy
        about = tuple(now.about(subject))
        names = {name for rule in about for name in rule.match.requesters}
        groups, participant = await asyncio.gather(
            self.members(now, names),
            self.takes_part(now, owner, workspace, needed=any(rule.match.participant for rule in about)),
        )
        return policy.governing(now, subject, owner, policy.Facts(groups=groups, participant=participant))

    def _listed(
        self, now: rules.Policy, groups: Iterable[str], by: model.Principal
    ) -> tuple[model.Principal, ...]:
        """Return whom the policy lists in some groups, without the requester: to show, not to decide by."""
        ids = frozenset[str]().union(*(now.groups[name].members for name in groups))
        own = now.person(by).members
        return tuple(who for one in sorted(ids - own) if (who := self._principal(one)))

    def _principal(self, own: str) -> model.Principal | None:
        name, _, user = own.partition(":")
        platform = model.Platform(name)
        tenants = sorted(self.homes.get(platform, ()))
        return model.Principal(platform=platform, tenant=tenants[0], user=user) if tenants else None

    def _place(self, channel: str) -> model.Place:
        """Return a channel of the policy's; raise ConfigurationError if its platform is not served."""
        platform = model.platform_of(channel)
        if not self.homes.get(platform):
            raise errors.ConfigurationError(
                f"The policy names the channel {channel}, and {platform.value.title()} is not configured."
            )
        return model.Place(platform=platform, tenant=min(self.homes[platform]), channel=channel)

    async def standing(self, who: model.Principal) -> model.Standing:
        """Return what is known of an account; of another tenant, nothing has to be asked."""
        if who.tenant not in self.homes.get(who.platform, frozenset()):
            return model.Standing.OUTSIDER
        return await self.people.standing(who)

    async def members(self, now: rules.Policy, names: Iterable[str]) -> dict[str, frozenset[str] | None]:
        """Return who is in some groups now; None for one that could not be looked up."""
        return await self.people.groups(
            [now.groups[name] for name in dict.fromkeys(names) if name in now.groups]
        )

    async def takes_part(
        self, now: rules.Policy, who: model.Principal, workspace: model.Workspace, *, needed: bool = True
    ) -> bool | None:
        """Return whether the policy's file and Tower say that somebody is a participant; None: not known."""
        user = now.person(who).tower
        if not needed or user is None:
            return False
        try:
            async with asyncio.timeout(TOWER_S):
                return await self.tower.participates(workspace, user)
        except (errors.ServiceError, TimeoutError) as error:
            log.warning("participants silent", workspace=workspace.full_name, error=str(error))
            return None


def _usergroups(now: rules.Policy, groups: Iterable[str]) -> tuple[model.Usergroup, ...]:
    """Return the user groups behind some groups, to be mentioned: their platform knows who is in them."""
    kept = dict.fromkeys(one for name in groups for one in now.groups[name].kept)
    return tuple(sorted(kept, key=lambda one: (one.platform, one.id)))


def raise_unless(ruling: policy.Ruling, request: model.Request | None = None) -> None:
    """Raise Refused with a ruling's reason, unless it allows."""
    if ruling.reason is not None:
        raise errors.Refused(ruling.reason, ruling.evidence, request=request)
