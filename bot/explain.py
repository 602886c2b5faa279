"""Says in words what a policy means: for one question, for one person. Pure; asks nobody.

What only a server knows (who is in Slack's user groups, who takes part in a workspace) may be
given; where it is not and it matters, the answer says so instead of guessing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot import forms, model, policy, policy_shape, rules


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which rule decides, why those before it do not, and who could approve."""

    kind: model.Kind
    choice: policy.Choice
    passed: tuple[tuple[str, str], ...]  # every rule in front, with the reason
    approvers: tuple[str, ...] = ()  # people by name or id, without the requester
    usergroups: tuple[str, ...] = ()  # whose members only Slack knows
    fallback: tuple[str, ...] = ()


def explain(
    now: rules.Policy, subject: rules.Subject, by: model.Principal, facts: policy.Facts
) -> Explanation:
    """Return what the policy says to a request."""
    choice = policy.select(now, subject, by, facts)
    passed = tuple(_passed(now, subject, choice))
    if choice.rule is None:
        return Explanation(subject.kind, choice, passed)
    terms = choice.rule.terms
    return Explanation(
        subject.kind,
        choice,
        passed,
        approvers=_people(now, terms.approvers, by),
        usergroups=_usergroups(now, (*terms.approvers, *terms.fallback)),
        fallback=_people(now, terms.fallback, by),
    )


def told(found: Explanation) -> Iterator[str]:
    """Yield an explanation for people, a line each."""
    rule, stopped = found.choice.rule, found.choice.stopped_at
    if rule:
        yield f"The rule “{rule.name}” decides."
    elif stopped:
        yield f"Whether the rule “{stopped}” decides depends on what only a server knows. Say it:"
        yield "  --member-of GROUP, --not-member-of GROUP, --participant or --no-participant."
    else:
        yield "No rule allows this, so it is refused."
    if found.passed:
        yield "Rules before it that do not:" if rule else "The rules that do not decide:"
        yield from (f"  “{name}”: {why}" for name, why in found.passed)
    if rule:
        yield from _decided(found, rule)


def _decided(found: Explanation, rule: rules.Rule) -> Iterator[str]:
    if found.kind in rules.CHANGES:
        yield f"To {found.kind} a credential, its owner may ask, and who could approve."
    if found.kind in rule.terms.without_approval:
        yield f"Nobody has to approve: the rule lets them {found.kind} it by themselves."
    yield "Its terms:"
    yield from (f"  {line}" for line in terms(rule))
    yield f"Who could approve now: {', '.join(found.approvers) or 'nobody that is listed'}."
    if found.fallback:
        yield f"Later also: {', '.join(found.fallback)}."
    if found.usergroups:
        yield f"And who is in the Slack user groups {', '.join(found.usergroups)}, which only Slack knows."


@dataclass(frozen=True, slots=True)
class Assumed:
    """What somebody who asks for an explanation says of what only a server knows."""

    member_of: tuple[str, ...] = ()
    not_member_of: tuple[str, ...] = ()
    participant: bool | None = None

    def facts(self, now: rules.Policy, by: model.Principal) -> policy.Facts:
        """Return this as if it had been looked up; a group that a platform keeps is not known unless said."""
        return policy.Facts(
            groups={name: self._members(group, by) for name, group in now.groups.items()},
            participant=self.participant,
        )

    def _members(self, group: rules.Group, by: model.Principal) -> frozenset[str] | None:
        own = rules.member(by)
        if group.name in self.member_of:
            return group.members | {own}
        known = not group.kept or group.name in self.not_member_of or own in group.members
        return group.members if known else None


def somebody(now: rules.Policy, named: str) -> model.Principal | None:
    """Return who is meant by a Slack id, an Entra object id, or a name of `[[people]]`."""
    if re.fullmatch(policy_shape.USER, named):
        return _principal(f"{model.Platform.SLACK}:{named}")
    if re.fullmatch(policy_shape.OBJECT_ID, named):
        return _principal(f"{model.Platform.TEAMS}:{named.lower()}")
    person = next((one for one in now.people if one.name == named), None)
    return _principal(min(person.members)) if person else None


def _principal(own: str) -> model.Principal:
    platform, _, user = own.partition(":")
    return model.Principal(platform=model.Platform(platform), tenant="", user=user)


def whoami(now: rules.Policy, who: model.Principal, facts: policy.Facts) -> forms.Whoami:
    """Return how a policy sees somebody; who may not use the bot at all may do nothing."""
    person = now.person(who)
    fit = policy.admit(facts).allowed
    ours = {name for name, members in facts.groups.items() if members and person.members & members}
    return forms.Whoami(
        who=who,
        standing=facts.standing,
        policy_version=now.version,
        person=person.name if now.linked(who) else None,
        tower=person.tower,
        others=tuple(sorted(person.members - {rules.member(who)})),
        groups=tuple(sorted(ours)),
        unknown=tuple(sorted(name for name, members in facts.groups.items() if members is None)),
        may_ask=tuple(_may_ask(now, person, ours)) if fit else (),
        may_decide=tuple(_may_decide(now, ours)) if fit else (),
    )


def _may_ask(now: rules.Policy, person: rules.Person, ours: set[str]) -> Iterator[forms.Allowance]:
    for rule in now.rules:
        match = rule.match
        if match.requesters and not ours & set(match.requesters):
            continue
        if match.participant and person.tower is None:
            continue
        condition = "where you are a participant of the workspace in Tower" if match.participant else ""
        yield forms.Allowance(rule.name, about(match), condition)


def _may_decide(now: rules.Policy, ours: set[str]) -> Iterator[forms.Allowance]:
    for rule in now.rules:
        terms = rule.terms
        if ours & set(terms.approvers):
            yield forms.Allowance(rule.name, about(rule.match))
        elif ours & set(terms.fallback) and terms.fallback_after is not None:
            condition = f"if nobody has decided after {hours(terms.fallback_after)}"
            yield forms.Allowance(rule.name, about(rule.match), condition)


def about(match: rules.Match) -> str:
    """Return what a rule is about, in a few words."""
    parts = [
        f"{name} {' or '.join(globs)}"
        for name, globs in (
            ("registry", match.registries),
            ("repository", match.repositories),
            ("workspace", match.workspaces),
            ("channel", match.channels),
        )
        if "*" not in globs
    ]
    if set(match.kinds) != set(rules.USUAL):
        parts.append(" or ".join(kind.value for kind in match.kinds))
    return ", ".join(parts) or "everything"


def terms(rule: rules.Rule) -> Iterator[str]:
    """Yield a rule's terms, a sentence each."""
    said = rule.terms
    people = "1 person approves" if said.quorum == 1 else f"{said.quorum} people approve"
    yield f"{people}, out of {_named(said.approvers)}, in the channel {said.approval_channel}."
    yield f"It expires {hours(said.deadline)} after it was asked."
    if said.longest_validity_days is not None:
        yield f"The password is valid for at most {said.longest_validity_days} days."
    if said.remind_after is not None:
        yield f"The approvers are reminded after {hours(said.remind_after)}."
    if said.fallback_after is not None:
        yield f"After {hours(said.fallback_after)} {_named(said.fallback)} may decide too."
    if said.told is not None:
        yield f"The channel {said.told} is told, and does not decide."
    if said.auto is not None:
        yield (
            f"The first {said.auto.requests} of a person within {said.auto.days} days "
            "are approved by the rule itself."
        )
    yield from _by_itself(said)


def _by_itself(said: rules.Terms) -> Iterator[str]:
    """Yield what happens to a rule's credentials without anybody's approval."""
    if said.without_approval:
        listed = " or ".join(kind.value for kind in said.without_approval)
        yield f"To {listed} a credential needs no approval."
    if said.rotate_before_days is not None:
        yield f"The bot rotates a credential {days(said.rotate_before_days)} before its password ends."
    if said.rotate_every_days is not None:
        yield f"The bot rotates a credential {days(said.rotate_every_days)} after its password was made."


def hours(span: dt.timedelta) -> str:
    """Return a time span in hours, as the file has it."""
    number = span.total_seconds() / 3600
    return "1 hour" if number == 1 else f"{number:g} hours"


def days(number: int) -> str:
    """Return a number of days, as people say it."""
    return "1 day" if number == 1 else f"{number} days"


def _passed(now: rules.Policy, subject: rules.Subject, choice: policy.Choice) -> Iterator[tuple[str, str]]:
    told = dict(choice.passed)
    for rule in now.rules:
        if rule is choice.rule or rule.name == choice.stopped_at:
            return
        yield rule.name, told.get(rule.name) or "; ".join(_mismatches(rule.match, subject)) + "."


def _mismatches(match: rules.Match, subject: rules.Subject) -> Iterator[str]:
    for what, globs, values in (
        ("registry", match.registries, (subject.login_server,)),
        ("workspace", match.workspaces, (subject.workspace,)),
        ("channel", match.channels, (subject.channel or "",)),
        ("repository", match.repositories, subject.repositories),
        ("kind", tuple(match.kinds), (subject.kind,)),
    ):
        for value in values:
            if not any(rules.takes(glob, value) for glob in globs):
                yield f"{what} {value or 'none'} is not {' or '.join(globs)}"


def _people(now: rules.Policy, groups: Iterable[str], by: model.Principal) -> tuple[str, ...]:
    own = now.person(by)
    known = {one: person for person in now.people for one in person.members}
    ids = {one for name in groups for one in now.groups[name].members}
    humans = {person.name if (person := known.get(one)) else one for one in ids - own.members}
    return tuple(sorted(humans))


def _usergroups(now: rules.Policy, groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({one.id for name in groups for one in now.groups[name].kept}))


def _named(groups: tuple[str, ...]) -> str:
    return f"the group{'s' if len(groups) > 1 else ''} {' and '.join(groups)}"
