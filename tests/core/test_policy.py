"""Who may do what, as a table: a sentence of prose for each case."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot import model, policy, rules
from bot.errors import Reason
from bot.policy import Action
from tests import builders

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
BEN_ON_TEAMS = "11111111-1111-1111-1111-111111111111"
PEOPLE = (
    rules.Person(name="Ben", members=frozenset({"slack:U0BEN", f"teams:{BEN_ON_TEAMS}"}), tower="ben"),
    rules.Person(name="Ana", members=frozenset({"slack:U0ANA", "slack:U0ANA2", "teams:ana"}), tower="ana"),
)


def who(user: str, platform: str = "slack") -> model.Principal:
    """Return a principal."""
    return model.Principal(platform=model.Platform(platform), tenant="T0SANDBOX", user=user)


ANA, BEN, CLEO, DAN = (who(user) for user in ("U0ANA", "U0BEN", "U0CLEO", "U0DAN"))
APPROVERS = frozenset({"slack:U0BEN", "slack:U0CLEO", "slack:U0ANA"})
RULE = builders.a_rule(fallback=("leads",), fallback_after=dt.timedelta(hours=24))
POLICY = builders.a_policy(
    RULE,
    people=PEOPLE,
    groups={
        "approvers": rules.Group(name="approvers", members=APPROVERS),
        "leads": rules.Group(name="leads", members=frozenset({"slack:U0LEA"})),
    },
)
FACTS = policy.Facts(groups={"approvers": APPROVERS, "leads": frozenset({"slack:U0LEA"})})


def asked(state: model.State = model.State.PENDING, **changes: Any) -> model.Request:
    """Return Ana's request, made now and good for three days."""
    fields = {
        "requester": ANA,
        "created": NOW,
        "deadline": NOW + dt.timedelta(days=3),
        "rule_version": RULE.version,
    }
    return builders.a_request(state=state).model_copy(update=fields | changes)


def ruled(action: Action, actor: model.Principal, **given: Any) -> policy.Ruling:
    """Return the ruling on an action; what is not given is as it should be."""
    request = given.pop("request", None) or asked()
    usual: dict[str, Any] = {"policy": POLICY, "facts": FACTS, "now": NOW}
    return policy.decide(action, actor, request, **(usual | given))


APPROVE, DENY, CANCEL = Action.APPROVE, Action.DENY, Action.CANCEL


@pytest.mark.parametrize(
    ("case", "action", "actor", "reason"),
    [
        ("an approver approves", APPROVE, BEN, None),
        ("an approver denies", DENY, CLEO, None),
        ("an approver approves from the other platform, linked", APPROVE, who(BEN_ON_TEAMS, "teams"), None),
        ("the requester cancels", CANCEL, ANA, None),
        ("the requester cancels from another account of theirs", CANCEL, who("U0ANA2"), None),
        ("anybody else approves", APPROVE, DAN, Reason.NOT_APPROVER),
        ("anybody else denies", DENY, DAN, Reason.NOT_APPROVER),
        ("an approver approves what they asked for", APPROVE, ANA, Reason.OWN_REQUEST),
        ("they approve it from a second account", APPROVE, who("U0ANA2"), Reason.OWN_REQUEST),
        ("they approve it from the other platform", APPROVE, who("ana", "teams"), Reason.OWN_REQUEST),
        ("an approver denies what they asked for", DENY, ANA, Reason.OWN_REQUEST),
        ("an approver cancels for the requester", CANCEL, BEN, Reason.NOT_REQUESTER),
        ("somebody unknown comes from the other platform", APPROVE, who("x", "teams"), Reason.OTHER_PLATFORM),
        ("a fallback approver comes too early", APPROVE, who("U0LEA"), Reason.NOT_APPROVER),
    ],
)
def test_who_may(case: str, action: Action, actor: model.Principal, reason: Reason | None) -> None:
    """Each case is a sentence; its refusal is a word of the closed list."""
    assert ruled(action, actor).reason == reason, case


@pytest.mark.parametrize("action", [APPROVE, DENY, CANCEL])
@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (model.Standing.GUEST, Reason.OUTSIDER),
        (model.Standing.OUTSIDER, Reason.OUTSIDER),
        (model.Standing.GONE, Reason.OUTSIDER),
        (model.Standing.UNKNOWN, Reason.DIRECTORY_DOWN),
    ],
)
def test_whose_account_is_not_in_good_standing_may_nothing(
    action: Action, standing: model.Standing, reason: Reason
) -> None:
    """Guests, strangers and deactivated accounts are refused, and so is whom nobody could look up."""
    facts = policy.Facts(groups=FACTS.groups, standing=standing)

    assert ruled(action, BEN, facts=facts).reason == reason
    assert policy.admit(facts).reason == reason


@pytest.mark.parametrize(
    ("trouble", "advice"),
    [(None, "Please try again in a minute."), ("Add the scope users:read.", "Add the scope users:read.")],
)
def test_who_could_not_be_looked_up_reads_what_helps(trouble: str | None, advice: str) -> None:
    """Trying again is the advice only where it may help."""
    facts = policy.Facts(standing=model.Standing.UNKNOWN, trouble=trouble)

    checked = "It could not be checked who you are, so nothing was changed."
    assert policy.admit(facts).evidence == f"{checked} {advice}"


def test_the_setting_is_named_where_there_are_no_rules() -> None:
    """Without a policy file nobody has written a rule or a group: people read the setting's name."""
    rule = builders.a_rule(name=rules.BY_SETTINGS)
    plain = builders.a_policy(rule, groups=POLICY.groups)
    request = asked(rule=rule.name, rule_version=rule.version)

    ruling = ruled(APPROVE, DAN, policy=plain, request=request)

    said = "You are not an approver: only the people in the setting REGISTRY_BOT_APPROVERS can decide."
    assert ruling.evidence == said


@pytest.mark.parametrize("action", [APPROVE, DENY, CANCEL])
@pytest.mark.parametrize("state", [state for state in model.State if state is not model.State.PENDING])
def test_only_a_pending_request_is_open(action: Action, state: model.State) -> None:
    """Whoever comes second is told so, whatever they wanted."""
    assert ruled(action, BEN, request=asked(state)).reason == Reason.ALREADY_DECIDED


@pytest.mark.parametrize("action", [APPROVE, DENY, CANCEL])
def test_the_deadline_holds_without_the_sweep(action: Action) -> None:
    """A click at the deadline is too late, although the state still says pending."""
    assert ruled(action, BEN, now=NOW + dt.timedelta(days=3)).reason == Reason.EXPIRED


@pytest.mark.parametrize("digest", ["", "0" * 16, "x"])
def test_a_message_that_shows_something_else_decides_nothing(digest: str) -> None:
    """An approval counts for what was shown, and only for that."""
    assert ruled(APPROVE, BEN, digest=digest).reason == Reason.CHANGED


def test_the_head_of_the_digest_is_enough() -> None:
    """Buttons carry the first sixteen characters."""
    request = asked()

    assert ruled(APPROVE, BEN, request=request, digest=request.digest[:16]).allowed


@pytest.mark.parametrize("changes", [{"rule": "gone"}, {"rule_version": "other"}])
def test_rules_that_changed_void_the_request(changes: dict[str, Any]) -> None:
    """What was asked under other terms is asked again, not decided under new ones."""
    assert ruled(APPROVE, BEN, request=asked(**changes)).reason == Reason.CHANGED


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ({"approvers": None}, Reason.DIRECTORY_DOWN),
        ({"approvers": frozenset[str]()}, Reason.NOT_APPROVER),
        ({}, Reason.DIRECTORY_DOWN),
    ],
)
def test_membership_counts_as_it_is_at_the_click(
    groups: dict[str, frozenset[str] | None], reason: Reason
) -> None:
    """Who was removed cannot decide, and a directory that is away refuses."""
    assert ruled(APPROVE, BEN, facts=policy.Facts(groups=groups)).reason == reason


def test_fallback_approvers_decide_from_their_time_on() -> None:
    """After a day without a decision the leads may decide too, and the approvers still may."""
    late = NOW + dt.timedelta(hours=24)

    assert ruled(APPROVE, who("U0LEA"), now=late).allowed
    assert ruled(APPROVE, BEN, now=late).allowed


def test_a_second_account_is_not_a_second_approver() -> None:
    """Ben approved in Slack: from Teams he is still Ben."""
    request = asked()
    voted = request.model_copy(update={"decisions": (builders.a_decision(request, BEN),)})

    assert ruled(APPROVE, who(BEN_ON_TEAMS, "teams"), request=voted).reason == Reason.ALREADY_VOTED


def test_refusals_name_the_rule_and_its_groups() -> None:
    """Who is refused learns which entry of the file would change it."""
    ruling = ruled(APPROVE, DAN)

    assert "“everything”" in ruling.evidence
    assert "approvers" in ruling.evidence


def test_approvals_count_people_once_and_never_the_requester() -> None:
    """Two accounts of one person are one approval; another digest is none."""
    request = asked()
    said = [
        builders.a_decision(request, by, verdict=verdict, digest=digest)
        for by, verdict, digest in [
            (BEN, model.Verdict.APPROVE, request.digest),
            (who(BEN_ON_TEAMS, "teams"), model.Verdict.APPROVE, request.digest),
            (who("U0ANA2"), model.Verdict.APPROVE, request.digest),
            (CLEO, model.Verdict.APPROVE, "another"),
            (DAN, model.Verdict.DENY, request.digest),
        ]
    ]

    counted = policy.approvals(request.model_copy(update={"decisions": tuple(said)}), POLICY)

    assert [person.name for person in counted] == ["Ben"]


SUBJECT = rules.Subject(
    kind=model.Kind.ISSUE,
    login_server="acmegenomics.azurecr.io",
    repositories=("genomics/aligner",),
    workspace="acme/research",
    channel="C0GENOMICS",
)


@pytest.mark.parametrize(
    ("case", "match", "applies"),
    [
        ("everything", {}, True),
        ("this registry", {"registries": ("acmegenomics.azurecr.io",)}, True),
        ("these registries", {"registries": ("other.azurecr.io", "acme*.azurecr.io")}, True),
        ("another registry", {"registries": ("acmegenomics",)}, False),
        ("a folder", {"repositories": ("genomics/*",)}, True),
        ("another folder", {"repositories": ("genomic/*",)}, False),
        ("a dot is a dot", {"repositories": ("genomics.aligner",)}, False),
        ("a workspace glob", {"workspaces": ("acme/*",)}, True),
        ("one character", {"workspaces": ("acme/researc?",)}, True),
        ("another channel", {"channels": ("C0OTHER",)}, False),
        ("this channel", {"channels": ("C0GENOMICS",)}, True),
        ("another kind", {"kinds": (model.Kind.REVOKE,)}, False),
    ],
)
def test_what_a_rule_is_about(case: str, match: dict[str, Any], *, applies: bool) -> None:
    """Patterns are shell globs over the whole value."""
    choice = policy.select(builders.a_policy(builders.a_rule(match=match)), SUBJECT, ANA, policy.Facts())

    assert (choice.rule is not None) == applies, case


def test_every_repository_of_a_request_has_to_match() -> None:
    """One that a rule is not for makes the rule not apply."""
    only = builders.a_policy(builders.a_rule(match={"repositories": ("genomics/*",)}))
    both = SUBJECT.model_copy(update={"repositories": ("genomics/a", "other/b")})

    assert policy.select(only, both, ANA, policy.Facts()).ruling.reason == Reason.NO_RULE


@pytest.mark.parametrize(
    ("case", "match", "facts", "reason"),
    [
        ("in the group", {"requesters": ("s",)}, {"groups": {"s": frozenset({"slack:U0ANA"})}}, None),
        ("linked account in it", {"requesters": ("s",)}, {"groups": {"s": frozenset({"teams:ana"})}}, None),
        ("not in it", {"requesters": ("s",)}, {"groups": {"s": frozenset[str]()}}, Reason.NO_RULE),
        ("nobody knows", {"requesters": ("s",)}, {"groups": {"s": None}}, Reason.DIRECTORY_DOWN),
        ("a participant", {"participant": True}, {"participant": True}, None),
        ("no participant", {"participant": True}, {"participant": False}, Reason.NO_RULE),
        ("Tower is silent", {"participant": True}, {"participant": None}, Reason.DIRECTORY_DOWN),
    ],
)
def test_who_a_rule_is_for(
    case: str, match: dict[str, Any], facts: dict[str, Any], reason: Reason | None
) -> None:
    """Requesters are looked up, and an unknown answer refuses."""
    only = builders.a_policy(builders.a_rule(match=match), people=PEOPLE)

    assert policy.select(only, SUBJECT, ANA, policy.Facts(**facts)).ruling.reason == reason, case


def test_the_first_rule_decides_and_those_before_it_are_told() -> None:
    """The evidence says which rules were passed over, and why."""
    several = builders.a_policy(
        builders.a_rule("scientists", match={"requesters": ("s",)}),
        builders.a_rule("elsewhere", match={"channels": ("C0OTHER",)}),
        builders.a_rule("rest"),
        builders.a_rule("never reached"),
    )

    choice = policy.select(several, SUBJECT, ANA, policy.Facts(groups={"s": frozenset()}))

    assert choice.rule is not None
    assert choice.rule.name == "rest"
    assert [name for name, _ in choice.passed] == ["scientists"]


def test_a_rule_of_which_nobody_knows_stops_the_search() -> None:
    """A laxer rule behind it must not decide what the first was meant for."""
    several = builders.a_policy(builders.a_rule("s", match={"requesters": ("s",)}), builders.a_rule("lax"))

    choice = policy.select(several, SUBJECT, ANA, policy.Facts(groups={"s": None}))

    assert (choice.rule, choice.ruling.reason) == (None, Reason.DIRECTORY_DOWN)
