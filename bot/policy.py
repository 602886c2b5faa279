"""Who may do what: pure, and every answer carries its reason and its evidence.

What has to be looked up (who is in a group, who somebody is to their platform) comes in as Facts,
looked up for this very decision. What could not be looked up refuses.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot import model, rules
from bot.errors import Reason


class Action(enum.StrEnum):
    """What somebody wants to do; every door asks about one of these."""

    SUBMIT = "submit"
    APPROVE = "approve"
    DENY = "deny"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Facts:
    """What was looked up: groups by name (None: no answer), the actor's standing, participation."""

    groups: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    standing: model.Standing = model.Standing.MEMBER
    participant: bool | None = None
    trouble: str | None = None  # why the standing is not known, where a retry would not help


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether something is allowed; if not, why, in a word for the record and a sentence for people."""

    allowed: bool
    reason: Reason | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """The rule that decides on a request; without one, why. `passed` tells of the rules before it.

    `stopped_at` names the rule of which it was not known whether it applies.
    """

    rule: rules.Rule | None
    ruling: Ruling
    passed: tuple[tuple[str, str], ...] = ()
    stopped_at: str | None = None


ALLOWED = Ruling(allowed=True)
_WHO_APPROVES = "It could not be looked up who may approve, so nothing was changed. Try again in a minute."
_UNFIT = {
    model.Standing.GUEST: (
        Reason.OUTSIDER,
        "Guests cannot use this bot. Ask a full member.",
    ),
    model.Standing.OUTSIDER: (Reason.OUTSIDER, "Only people of this organization can use this bot."),
    model.Standing.GONE: (Reason.OUTSIDER, "Deactivated accounts and bots cannot use this bot."),
    model.Standing.UNKNOWN: (
        Reason.DIRECTORY_DOWN,
        "It could not be checked who you are, so nothing was changed. Please try again in a minute.",
    ),
}


def admit(facts: Facts) -> Ruling:
    """Return whether somebody may use the bot at all."""
    if facts.standing is model.Standing.UNKNOWN and facts.trouble:
        evidence = f"It could not be checked who you are, so nothing was changed. {facts.trouble}"
        return _refused(Reason.DIRECTORY_DOWN, evidence)
    unfit = _UNFIT.get(facts.standing)
    return _refused(*unfit) if unfit else ALLOWED


def select(policy: rules.Policy, subject: rules.Subject, by: model.Principal, facts: Facts) -> Choice:
    """Return the first rule that is for this request; no rule refuses.

    A rule of which it cannot be told whether it applies ends the search: the ones behind it would
    otherwise decide what it was meant for.
    """
    passed: list[tuple[str, str]] = []
    person = policy.person(by)
    for rule in policy.about(subject):
        known, why = _for_requester(rule.match, person, facts)
        if known is None:
            evidence = (
                f"It could not be looked up whether the rule “{rule.name}” applies: {why} Try again soon."
            )
            return Choice(None, _refused(Reason.DIRECTORY_DOWN, evidence), tuple(passed), rule.name)
        if known:
            return Choice(rule, ALLOWED, tuple(passed))
        passed.append((rule.name, why))
    told = " ".join(f"“{name}” does not apply: {why}" for name, why in passed)
    what = f"{subject.login_server} in {subject.workspace}"
    evidence = f"No rule of the policy allows this for {what}. {told}".strip()
    return Choice(None, _refused(Reason.NO_RULE, evidence), tuple(passed))


def governing(policy: rules.Policy, subject: rules.Subject, owner: model.Principal, facts: Facts) -> Choice:
    """Return the rule that decides on a change of a credential: the one by which its owner may ask.

    Where there is none, the first one that is about it: its owner may have left, and a credential
    that nobody may revoke would be the worst of all. So a revocation does not wait either for a
    directory that cannot tell whether its owner may ask: who asks is looked at all the same.
    `facts` are the owner's.
    """
    choice = select(policy, subject, owner, facts)
    if choice.stopped_at and subject.kind is model.Kind.REVOKE:
        return Choice(policy.rule(choice.stopped_at), ALLOWED, choice.passed)
    if choice.rule or choice.stopped_at:
        return choice
    first = next(policy.about(subject), None)
    return Choice(first, ALLOWED, choice.passed) if first else choice


def may_change(
    actor: model.Principal,
    owner: model.Principal,
    rule: rules.Rule,
    *,
    policy: rules.Policy,
    facts: Facts,
) -> Ruling:
    """Return whether somebody may ask for a change of a credential; `rule` is its `governing` one."""
    entered = admit(facts)
    if not entered.allowed or policy.person(actor) == policy.person(owner):
        return entered
    known = leads(actor, rule, policy=policy, facts=facts)
    if known:
        return ALLOWED
    if known is None:
        return _refused(Reason.DIRECTORY_DOWN, _WHO_APPROVES)
    others = f"or an approver by the rule “{rule.name}” ({_groups(rule.terms.approvers)})"
    if rule.name == rules.BY_SETTINGS:
        others = f"or somebody in the setting {rule.name}"
    return _refused(Reason.NOT_OWNER, f"Only the owner of this credential, {others}, can ask for this.")


def leads(actor: model.Principal, rule: rules.Rule, *, policy: rules.Policy, facts: Facts) -> bool | None:
    """Return whether somebody is an approver by a rule; None where that is not known."""
    return _in_groups(rule.terms.approvers, policy.person(actor), facts)


def concerns(actor: model.Principal, rule: rules.Rule, *, policy: rules.Policy, facts: Facts) -> bool | None:
    """Return whether somebody decides by a rule, be it at the last; None where that is not known."""
    return _in_groups((*rule.terms.approvers, *rule.terms.fallback), policy.person(actor), facts)


def sees(
    actor: model.Principal,
    request: model.Request,
    *,
    policy: rules.Policy,
    facts: Facts,
    owner: model.Principal | None = None,
) -> bool | None:
    """Return whether somebody may see a request; None where that is not known.

    Those who asked, who own what it is about, who decide by its rule (in the end at least), and who
    are participants of its workspace: `facts.participant` says so of this very one.
    """
    person = policy.person(actor)
    if person in {policy.person(request.requester), policy.person(owner or request.requester)}:
        return True
    rule = policy.rule(request.rule)
    by_rule = concerns(actor, rule, policy=policy, facts=facts) if rule else False
    known = (by_rule, facts.participant if person.tower else False)
    if True in known:
        return True
    return None if None in known else False


def _for_requester(match: rules.Match, person: rules.Person, facts: Facts) -> tuple[bool | None, str]:
    """Return whether a rule is for this requester (None: not known), and why not."""
    if match.requesters:
        known = _in_groups(match.requesters, person, facts)
        if not known:
            whom = _groups(match.requesters)
            return known, f"who asks is not in {whom}." if known is False else f"who is in {whom}?"
    if not match.participant or facts.participant:
        return True, ""
    if person.tower is None:
        return False, "the policy file does not say who asks is in Tower ([[people]], tower)."
    if facts.participant is None:
        return None, "who is a participant of the workspace?"
    return False, "who asks is not a participant of the workspace in Tower."


def decide(  # noqa: PLR0913  # everything a decision rests on is named at the call
    action: Action,
    actor: model.Principal,
    request: model.Request,
    *,
    policy: rules.Policy,
    facts: Facts,
    now: dt.datetime,
    digest: str | None = None,
) -> Ruling:
    """Return whether `actor` may do `action` to `request`, by the rules as they are now.

    `digest` is (the head of) what the actor was shown. The first reason to refuse decides.
    """
    entered = admit(facts)
    if not entered.allowed:
        return entered
    if request.state is not model.State.PENDING:
        return _refused(Reason.ALREADY_DECIDED, f"This request is already {request.state}.")
    if now >= request.deadline:
        return _refused(Reason.EXPIRED, "The deadline has passed. The request can be made again.")
    own = policy.person(actor) == policy.person(request.requester)
    if action is Action.CANCEL:
        refusal = _refused(Reason.NOT_REQUESTER, "Only the person who made this request can cancel it.")
        return ALLOWED if own else refusal
    if own:
        return _refused(Reason.OWN_REQUEST, "Nobody decides on their own request: another approver has to.")
    return _may_judge(actor, request, policy, facts, now, digest)


def _may_judge(  # the second half of `decide`, which names them
    actor: model.Principal,
    request: model.Request,
    policy: rules.Policy,
    facts: Facts,
    now: dt.datetime,
    digest: str | None,
) -> Ruling:
    if actor.platform is not request.requester.platform and not (
        policy.linked(actor) and policy.linked(request.requester)
    ):
        evidence = (
            "This was asked on another platform, and the policy file does not say who both of you are there "
            "([[people]]). So it cannot be shown that two people are involved."
        )
        return _refused(Reason.OTHER_PLATFORM, evidence)
    rule = policy.rule(request.rule)
    if rule is None or rule.version != request.rule_version:
        evidence = "The rules for this request have changed since it was made. It has to be made again."
        return _refused(Reason.CHANGED, evidence)
    if digest is not None and not (digest and request.digest.startswith(digest)):
        return _refused(Reason.CHANGED, "This message does not show the request as it is. Please look again.")
    if policy.person(actor) in approvals(request, policy):
        return _refused(Reason.ALREADY_VOTED, "You have approved this already. Somebody else has to as well.")
    return _eligible(actor, rule, policy, facts, deciding(rule.terms, request, now))


def _eligible(
    actor: model.Principal, rule: rules.Rule, policy: rules.Policy, facts: Facts, groups: tuple[str, ...]
) -> Ruling:
    known = _in_groups(groups, policy.person(actor), facts)
    if known:
        return ALLOWED
    if known is None:
        return _refused(Reason.DIRECTORY_DOWN, _WHO_APPROVES)
    if rule.name == rules.BY_SETTINGS:
        evidence = f"You are not an approver: only the people in the setting {rule.name} can decide."
        return _refused(Reason.NOT_APPROVER, evidence)
    evidence = f"You are not an approver by the rule “{rule.name}”: only {_groups(groups)} can decide."
    return _refused(Reason.NOT_APPROVER, evidence)


def deciding(terms: rules.Terms, request: model.Request, now: dt.datetime) -> tuple[str, ...]:
    """Return the groups that may decide now: after some time, the fallback approvers too."""
    late = terms.fallback_after is not None and now >= request.created + terms.fallback_after
    return (*terms.approvers, *terms.fallback) if late else terms.approvers


def approvals(request: model.Request, policy: rules.Policy) -> frozenset[rules.Person]:
    """Return the distinct people whose approval counts: never the requester, only this digest."""
    return frozenset(
        policy.person(decision.by)
        for decision in request.decisions
        if decision.verdict is model.Verdict.APPROVE and decision.digest == request.digest
    ) - {policy.person(request.requester)}


def _in_groups(names: tuple[str, ...], person: rules.Person, facts: Facts) -> bool | None:
    """Return whether somebody is in any of the groups; None when those that answered do not have them."""
    answers = [facts.groups.get(name) for name in names]
    if any(person.members & members for members in answers if members is not None):
        return True
    return None if None in answers else False


def _groups(names: tuple[str, ...]) -> str:
    return f"the group{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _refused(reason: Reason, evidence: str) -> Ruling:
    return Ruling(allowed=False, reason=reason, evidence=evidence)
