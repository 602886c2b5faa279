"""Random policies, requests and facts, held against a slow and obvious model of what should come out."""

from __future__ import annotations

import datetime as dt
import fnmatch
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot import model, policy, policy_file, rules
from bot.errors import Reason
from bot.model import Standing, State, Verdict
from bot.policy import Action
from tests import builders

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
HOSTS, PLACES, CHANNELS = ("a.io", "b.io", "ab.io"), ("o/x", "o/y", "p/x"), ("C1", "C2")
REPOSITORIES = ("t/a", "t/b", "s", "t/a/b")
GROUPS = ("g", "h", "k")
MEMBERS = ("slack:U1", "slack:U2", "slack:U3", "teams:1", "teams:2")
DIGEST = "d" * 64


def some(
    values: tuple[Any, ...], *, min_size: int = 0, max_size: int | None = None
) -> st.SearchStrategy[tuple[Any, ...]]:
    """Return several of some values, each once."""
    return st.lists(st.sampled_from(values), unique=True, min_size=min_size, max_size=max_size).map(tuple)


def globs(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """Return patterns: values, and values with a star or a question mark in them."""
    wild = st.sampled_from((*values, "*", "?.io", "t/*", "*a*", "o/?", "?"))
    return st.lists(wild, min_size=1, max_size=2).map(tuple)


MATCHES = st.builds(
    rules.Match,
    registries=globs(HOSTS),
    repositories=globs(REPOSITORIES),
    workspaces=globs(PLACES),
    channels=st.sampled_from((("*",), ("C1",), ("C1", "C2"))),
    kinds=some(tuple(model.Kind), min_size=1),
    requesters=some(GROUPS, max_size=2),
    participant=st.booleans(),
)
TERMS = st.builds(
    rules.Terms,
    approvers=some(GROUPS, min_size=1),
    fallback=some(GROUPS, max_size=1),
    fallback_after=st.sampled_from((None, dt.timedelta(hours=1))),
    deadline=st.just(dt.timedelta(hours=2)),
    approval_channel=st.just("C0A"),
)
PEOPLE = st.sampled_from(
    (
        (),
        (rules.Person(name="one", members=frozenset({"slack:U1", "teams:1"}), tower="one"),),
        (
            rules.Person(name="one", members=frozenset({"slack:U1", "slack:U2"})),
            rules.Person(name="two", members=frozenset({"slack:U3", "teams:2"}), tower="two"),
        ),
    )
)
FACTS = st.builds(
    policy.Facts,
    groups=st.dictionaries(
        st.sampled_from(GROUPS), st.none() | st.frozensets(st.sampled_from(MEMBERS)), max_size=3
    ),
    standing=st.sampled_from((Standing.MEMBER,) * 4 + tuple(Standing)),
    participant=st.sampled_from((None, True, False)),
)
SUBJECTS = st.builds(
    rules.Subject,
    kind=st.sampled_from(model.Kind),
    login_server=st.sampled_from(HOSTS),
    repositories=some(REPOSITORIES, min_size=1, max_size=2),
    workspace=st.sampled_from(PLACES),
    channel=st.sampled_from((None, "C1", "C2", "C3")),
)


@st.composite
def policies(draw: st.DrawFn) -> rules.Policy:
    """Return a policy of up to six rules."""
    listed = draw(st.lists(st.tuples(MATCHES, TERMS), min_size=1, max_size=6))
    named = tuple(
        rules.Rule(name=f"r{number}", match=match, terms=terms)
        for number, (match, terms) in enumerate(listed)
    )
    groups = {name: rules.Group(name=name) for name in GROUPS}
    return rules.Policy(version="1", people=draw(PEOPLE), groups=groups, rules=named)


def somebody(member: str) -> model.Principal:
    """Return the principal behind a member's name."""
    platform, _, user = member.partition(":")
    return model.Principal(platform=model.Platform(platform), tenant="T", user=user)


WHO = st.sampled_from(MEMBERS).map(somebody)


def ids(known: rules.Policy, who: model.Principal) -> set[str]:
    """Return everything that a human is called."""
    own = f"{who.platform.value}:{who.user}"
    for person in known.people:
        if own in person.members:
            return set(person.members)
    return {own}


def within(known: rules.Policy, names: tuple[str, ...], who: model.Principal, facts: policy.Facts) -> Any:
    """Tell whether somebody is in one of some groups: yes, no, or not known."""
    answer: bool | None = False
    for name in names:
        members = facts.groups.get(name)
        if members is None:
            answer = None if answer is False else answer
        elif ids(known, who) & members:
            return True
    return answer


def fits(match: rules.Match, subject: rules.Subject) -> bool:
    """Tell whether a rule is about a subject, pattern by pattern."""

    def any_of(patterns: tuple[str, ...], value: str) -> bool:
        return any(fnmatch.fnmatchcase(value, pattern) for pattern in patterns)

    return (
        subject.kind in match.kinds
        and any_of(match.registries, subject.login_server)
        and any_of(match.workspaces, subject.workspace)
        and any_of(match.channels, subject.channel or "")
        and all(any_of(match.repositories, one) for one in subject.repositories)
    )


def expected_rule(
    known: rules.Policy, subject: rules.Subject, by: model.Principal, facts: policy.Facts
) -> tuple[str | None, Reason | None]:
    """Go through the rules one by one, as the documentation says it."""
    for rule in known.rules:
        if not fits(rule.match, subject):
            continue
        inside = within(known, rule.match.requesters, by, facts) if rule.match.requesters else True
        if inside is None:
            return None, Reason.DIRECTORY_DOWN
        if not inside:
            continue
        if not rule.match.participant or facts.participant is True:
            return rule.name, None
        in_tower = any(person.tower and ids(known, by) == person.members for person in known.people)
        if in_tower and facts.participant is None:
            return None, Reason.DIRECTORY_DOWN
    return None, Reason.NO_RULE


@settings(max_examples=300, deadline=None)
@given(known=policies(), subject=SUBJECTS, by=WHO, facts=FACTS)
def test_the_rule_that_decides_is_the_first_that_fits(
    known: rules.Policy, subject: rules.Subject, by: model.Principal, facts: policy.Facts
) -> None:
    """However many rules there are, and whatever is not known."""
    choice = policy.select(known, subject, by, facts)

    name, reason = expected_rule(known, subject, by, facts)
    assert (choice.rule.name if choice.rule else None, choice.ruling.reason) == (name, reason)
    assert choice.ruling.allowed == (reason is None)


@st.composite
def requests(draw: st.DrawFn, known: rules.Policy) -> model.Request:
    """Return a request by a rule of the policy, somewhere in its life."""
    rule = draw(st.sampled_from(known.rules))
    created = NOW - draw(st.sampled_from((dt.timedelta(), dt.timedelta(hours=1), dt.timedelta(hours=3))))
    verdicts, digests = st.sampled_from(Verdict), st.sampled_from((DIGEST, DIGEST, "x" * 64))
    decisions = [
        model.Decision(by=by, verdict=verdict, digest=digest, at=NOW)
        for by, verdict, digest in draw(st.lists(st.tuples(WHO, verdicts, digests), max_size=3))
    ]
    return builders.a_request().model_copy(
        update={
            "requester": draw(WHO),
            "rule": draw(st.sampled_from((rule.name, rule.name, rule.name, "gone"))),
            "rule_version": draw(st.sampled_from((rule.version,) * 4 + ("old",))),
            "state": draw(st.sampled_from((State.PENDING,) * 4 + tuple(State))),
            "digest": DIGEST,
            "created": created,
            "deadline": created + rule.terms.deadline,
            "decisions": tuple(decisions),
        }
    )


def expected(
    action: Action, actor: model.Principal, request: model.Request, known: rules.Policy, given_: Any
) -> Reason | None:
    """Say why somebody may not: the first objection that holds."""
    objections = _objections(action, actor, request, known, given_)
    return next((reason for holds, reason in objections if holds), None)


def _objections(
    action: Action, actor: model.Principal, request: model.Request, known: rules.Policy, given_: Any
) -> Iterator[tuple[bool, Reason]]:
    facts, digest = given_
    yield facts.standing is Standing.UNKNOWN, Reason.DIRECTORY_DOWN
    yield facts.standing is not Standing.MEMBER, Reason.OUTSIDER
    yield request.state is not State.PENDING, Reason.ALREADY_DECIDED
    yield request.deadline <= NOW, Reason.EXPIRED
    own = bool(ids(known, actor) & ids(known, request.requester))
    if action is Action.CANCEL:
        yield not own, Reason.NOT_REQUESTER
        return
    yield own, Reason.OWN_REQUEST
    linked = [
        any(ids(known, one) == person.members for person in known.people)
        for one in (actor, request.requester)
    ]
    across = actor.platform is not request.requester.platform
    yield across and not all(linked), Reason.OTHER_PLATFORM
    rule = next((one for one in known.rules if one.name == request.rule), None)
    yield rule is None or rule.version != request.rule_version, Reason.CHANGED
    yield digest is not None and not (digest and DIGEST.startswith(digest)), Reason.CHANGED
    voted = [one.by for one in request.decisions if one.verdict is Verdict.APPROVE and one.digest == DIGEST]
    yield any(ids(known, one) & ids(known, actor) for one in voted), Reason.ALREADY_VOTED
    assert rule is not None
    late = rule.terms.fallback_after is not None and request.created + rule.terms.fallback_after <= NOW
    inside = within(known, rule.terms.approvers + (rule.terms.fallback if late else ()), actor, facts)
    yield inside is None, Reason.DIRECTORY_DOWN
    yield not inside, Reason.NOT_APPROVER


@settings(max_examples=500, deadline=None)
@given(data=st.data(), known=policies(), actor=WHO, facts=FACTS)
def test_a_decision_is_what_the_model_says(
    data: st.DataObject, known: rules.Policy, actor: model.Principal, facts: policy.Facts
) -> None:
    """Whoever asks for whatever, at any time, with whatever known: the same answer, and the same reason."""
    request = data.draw(requests(known))
    action = data.draw(st.sampled_from((Action.APPROVE, Action.DENY, Action.CANCEL)))
    digest = data.draw(st.sampled_from((None, DIGEST[:16], DIGEST, "", "e" * 16)))

    ruling = policy.decide(action, actor, request, policy=known, facts=facts, now=NOW, digest=digest)

    reason = expected(action, actor, request, known, (facts, digest))
    assert (ruling.allowed, ruling.reason) == (reason is None, reason)
    assert bool(ruling.evidence) == (reason is not None)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), known=policies())
def test_approvals_are_people(data: st.DataObject, known: rules.Policy) -> None:
    """Nobody counts twice, the requester never, and nothing but this very request."""
    request = data.draw(requests(known))

    counted = policy.approvals(request, known)

    humans: list[set[str]] = []
    for one in request.decisions:
        human = ids(known, one.by)
        good = one.verdict is Verdict.APPROVE and one.digest == DIGEST
        if good and not human & ids(known, request.requester) and human not in humans:
            humans.append(human)
    assert sorted(map(sorted, humans)) == sorted(sorted(person.members) for person in counted)


KEYS = (
    *("defaults", "people", "groups", "rules", "name", "slack", "teams", "approvers", "quorum", "registry"),
    *("approval_channel", "requesters", "fallback_approvers", "fallback_after_hours", "auto_approve", "g"),
)
TOML = st.recursive(
    st.booleans() | st.integers(-5, 5) | st.sampled_from((1.5, "", "g", "U1", "C01", "slack", "*")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


def written(value: object) -> str:
    """Return a value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {written(one)}" for key, one in value.items()) + " }"
    return f'"{value}"' if isinstance(value, str) else repr(value)


@settings(max_examples=300, deadline=None)
@given(document=st.dictionaries(st.sampled_from(KEYS), TOML, max_size=5))
def test_no_document_breaks_the_reader(document: dict[str, object]) -> None:
    """Whatever TOML says, it is a policy or has problems with lines, and never both."""
    text = "\n".join(f"{key} = {written(value)}" for key, value in document.items())

    found, problems = policy_file.read(text)

    assert (found is None) == bool(problems)
    assert all(1 <= problem.line <= len(document) + 1 and problem.text for problem in problems)


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=200) | st.text("[]{}\"'=.,\n#ab1-\\u0", max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever stands in the file, the answer is a policy or problems."""
    found, problems = policy_file.read(text)

    assert (found is None) == bool(problems)
