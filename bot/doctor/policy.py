"""The policy against what is so now: who could decide, and what its rules could be about."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot import errors, model, rules
from bot.doctor import patient, report

AREA = "policy"
_MANY = 5  # names in one line

Line = report.Line


@dataclass(frozen=True, slots=True)
class Around:
    """What is there now. None: it could not be read."""

    people: patient.People | None = None
    usergroups: patient.Usergroups | None = field(default_factory=dict)


async def check_file(of: patient.Patient) -> Iterable[Line]:
    """Can the policy be read?"""
    policy = of.setup.policy
    if policy is None:
        problems = of.setup.problem.splitlines()
        change = "Mend the file, and try it with: registry-bot policy check."
        return [report.failure(AREA, "file", problem, change) for problem in problems]
    count = len(policy.rules)
    counted = "1 rule" if count == 1 else f"{count} rules"
    return [report.ok(AREA, "file", f"{counted} by {of.setup.policy_setting}")]


async def check_places(of: patient.Patient) -> Iterable[Line]:
    """Is each channel on a platform that is configured?"""
    return judge_places(of.setup.policy, of.probes.platforms) if of.setup.policy else []


def judge_places(policy: rules.Policy, platforms: frozenset[model.Platform]) -> list[Line]:
    """Tell which rules have their channel on a platform that the bot does not serve."""
    lines = []
    for rule in policy.rules:
        for channel in filter(None, (rule.terms.approval_channel, rule.terms.told)):
            platform = model.platform_of(channel)
            if platform not in platforms:
                seen = f"its channel {channel} is on {platform.value.title()}, which is not configured"
                change = f"Configure {platform.value.title()}, or name another channel."
                lines.append(report.failure(AREA, f"rule “{rule.name}”", seen, change))
    return lines


async def check_approvers(of: patient.Patient) -> Iterable[Line]:
    """Could each rule's requests be approved by somebody now?"""
    if of.setup.policy is None:
        return []
    people, usergroups = await asyncio.gather(of.people.known(), of.usergroups.known())
    around = Around(people, usergroups)
    return [*judge_groups(of.setup.policy, around), *judge_quorums(of.setup.policy, around)]


def judge_groups(policy: rules.Policy, around: Around) -> list[Line]:
    """Tell which groups have nobody in them now."""
    deciding = {name for rule in policy.rules for name in (*rule.terms.approvers, *rule.terms.fallback)}
    lines = []
    for group in policy.groups.values():
        if present(policy, (group.name,), around) != frozenset():
            continue
        seen = "Nobody in it is a full member now."
        bad = report.failure if group.name in deciding else report.warning
        lines.append(
            bad(AREA, f"group {group.name}", seen, "Put people into it, or take it out of the rules.")
        )
    return lines


def judge_quorums(policy: rules.Policy, around: Around) -> list[Line]:
    """Tell which rules need more people than there are."""
    judged = [_quorum(policy, rule, around) for rule in policy.rules]
    bad = [line for line in judged if line is not None]
    if bad:
        return bad
    return [report.ok(AREA, "approvers", "each rule has enough people who could approve now")]


def _quorum(policy: rules.Policy, rule: rules.Rule, around: Around) -> Line | None:
    terms, name = rule.terms, f"rule “{rule.name}”"
    first = present(policy, terms.approvers, around)
    every = present(policy, (*terms.approvers, *terms.fallback), around)
    if first is None or every is None:
        return report.unknown(
            AREA, name, "who could approve now is not known, as the chat platform did not say."
        )
    if len(first) >= terms.quorum:
        return None
    change = f"Put people into {', '.join(terms.approvers)}, or lower the quorum."
    if len(every) >= terms.quorum:
        seen = (
            f"needs {terms.quorum} approvals, and before its fallback only {len(first)} people could give one"
        )
        return report.warning(AREA, name, seen, change)
    seen = f"needs {terms.quorum} approvals, and {len(every)} people could give one now"
    return report.failure(AREA, name, seen, change)


def present(policy: rules.Policy, groups: Sequence[str], around: Around) -> frozenset[str] | None:
    """Return the people of some groups who could click now, each human once; None where that is not known."""
    found: set[str] = set()
    for group in (policy.groups[name] for name in groups if name in policy.groups):
        users = _users(group, around)
        if users is None:
            return None
        found |= {_human(policy, user) for user in users}
    return frozenset(found)


def _users(group: rules.Group, around: Around) -> set[str] | None:
    listed = {patient.user(own) for own in group.members}
    if (listed and around.people is None) or (group.kept and around.usergroups is None):
        return None
    people, usergroups = around.people or {}, around.usergroups or {}
    members = [usergroups.get(one, frozenset[str]()) for one in (kept.id for kept in group.kept)]
    answers = [people.get(user) for user in listed]
    if any(_silent(one) for one in (*members, *answers)):
        return None
    inside = {user for one in members if not isinstance(one, errors.ServiceError) for user in one}
    unfit = {user for user, one in people.items() if one is not model.Standing.MEMBER}
    return (listed | inside) - unfit


def _silent(found: object) -> bool:
    """Tell an answer that did not come from one that says no: an unknown account is nobody."""
    return isinstance(found, errors.ServiceError) and not isinstance(found, errors.NotFound)


def _human(policy: rules.Policy, user: str) -> str:
    # Entra's object ids have dashes, and Slack's user ids have none.
    platform = model.Platform.TEAMS if "-" in user else model.Platform.SLACK
    who = model.Principal(platform=platform, tenant="", user=user)
    return policy.person(who).name


async def check_matches(of: patient.Patient) -> Iterable[Line]:
    """Is there anything that each rule could be about?"""
    policy = of.setup.policy
    if policy is None:
        return []
    registries, seats = await asyncio.gather(of.registries.known(), of.seats.known())
    hosts = None if registries is None else [one.login_server for one in registries]
    names = None if seats is None else [seat.workspace.full_name for seat in seats if seat.writes]
    if of.setup.personal and names is not None:
        names.append(await of.personal())
    return judge_matches(policy, hosts, names)


def judge_matches(
    policy: rules.Policy, hosts: Sequence[str] | None, workspaces: Sequence[str] | None
) -> list[Line]:
    """Tell which rules are about nothing that exists now; None: not known."""
    lines = []
    if hosts is None or workspaces is None:
        missing = "registries" if hosts is None else "workspaces"
        lines.append(report.unknown(AREA, "matches", f"which {missing} there are is not known."))
    for rule in policy.rules:
        for what, globs, there in (
            ("registry", rule.match.registries, hosts),
            ("workspace", rule.match.workspaces, workspaces),
        ):
            if there is not None and not any(rules.takes(glob, one) for glob in globs for one in there):
                lines.append(_nothing(rule, what, globs, there))
    return lines or [report.ok(AREA, "matches", "each rule is about a registry and a workspace that exist")]


def _nothing(rule: rules.Rule, what: str, globs: Sequence[str], there: Sequence[str]) -> Line:
    some = ", ".join(there[:_MANY]) + (", …" if len(there) > _MANY else "")
    seen = f"its {what} {', '.join(globs)} matches nothing that the bot serves now"
    change = (
        f"Correct it; there are: {some}." if there else f"There is no {what} yet: see the lines about them."
    )
    return report.warning(AREA, f"rule “{rule.name}”", seen, change)
