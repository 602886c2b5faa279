"""Who may ask for a change of a credential, and who may see what: a line of prose for each case."""

from __future__ import annotations

from typing import Any

import pytest

from bot import model, policy, rules
from bot.errors import Reason
from bot.model import Kind
from tests import builders

PEOPLE = (
    rules.Person(name="Ana", members=frozenset({"slack:U0ANA", "teams:ana"}), tower="ana"),
    rules.Person(name="Dan", members=frozenset({"slack:U0DAN"}), tower="dan"),
)
GROUPS = {
    name: rules.Group(name=name, members=frozenset({f"slack:U0{name.upper()}"}))
    for name in ("approvers", "leads", "scientists")
}
RULE = builders.a_rule(fallback=("leads",), fallback_after=builders.a_rule().terms.deadline / 2)
POLICY = builders.a_policy(RULE, people=PEOPLE, groups=GROUPS)
KNOWN = {name: group.members for name, group in GROUPS.items()}
ANA, DAN, LEAD, APPROVER = (
    builders.a_principal(f"U0{name}") for name in ("ANA", "DAN", "LEADS", "APPROVERS")
)
ANA_ON_TEAMS = builders.a_principal("ana", platform=model.Platform.TEAMS)


@pytest.mark.parametrize(
    ("case", "actor", "facts", "reason"),
    [
        ("the owner asks", ANA, {}, None),
        ("the owner asks from another platform", ANA_ON_TEAMS, {}, None),
        ("the owner asks while no group is known", ANA, {"groups": {}}, None),
        ("an approver asks", APPROVER, {}, None),
        ("a fallback approver asks", LEAD, {}, Reason.NOT_OWNER),
        ("a participant of the workspace asks", DAN, {"participant": True}, Reason.NOT_OWNER),
        ("nobody knows who approves", DAN, {"groups": {"approvers": None}}, Reason.DIRECTORY_DOWN),
        ("the owner is a guest by now", ANA, {"standing": model.Standing.GUEST}, Reason.OUTSIDER),
        ("nobody knows who asks", ANA, {"standing": model.Standing.UNKNOWN}, Reason.DIRECTORY_DOWN),
    ],
)
def test_who_may_ask_for_a_change(
    case: str, actor: model.Principal, facts: dict[str, Any], reason: Reason | None
) -> None:
    """Owner and approvers, who have to be fit; what is not known refuses."""
    known = policy.Facts(**({"groups": KNOWN} | facts))

    ruling = policy.may_change(actor, ANA, RULE, policy=POLICY, facts=known)

    assert (ruling.allowed, ruling.reason) == (reason is None, reason), case


@pytest.mark.parametrize(
    ("case", "actor", "facts", "seen"),
    [
        ("who asked", ANA_ON_TEAMS, {}, True),
        ("an approver", APPROVER, {}, True),
        ("a fallback approver, from the start", LEAD, {}, True),
        ("a participant of its workspace", DAN, {"participant": True}, True),
        ("somebody who is none", DAN, {"participant": False}, False),
        ("somebody of whom Tower does not answer", DAN, {}, None),
        (
            "somebody without an account in Tower",
            builders.a_principal("U0EVE"),
            {"participant": True},
            False,
        ),
        ("somebody of whom Slack does not answer", builders.a_principal("U0EVE"), {"groups": {}}, None),
        ("a participant, whatever Slack does", DAN, {"groups": {}, "participant": True}, True),
    ],
)
def test_who_sees_a_request(
    case: str, actor: model.Principal, facts: dict[str, Any], *, seen: bool | None
) -> None:
    """Those it concerns: who asked, who decides by its rule, who works in its workspace."""
    known = policy.Facts(**({"groups": KNOWN} | facts))

    found = policy.sees(actor, builders.a_request(), policy=POLICY, facts=known)

    assert found is seen, case


def test_the_owner_sees_what_is_asked_of_their_credential() -> None:
    """Whoever asked."""
    asked = builders.a_request(requester=APPROVER)

    found = [policy.sees(ANA, asked, policy=POLICY, facts=policy.Facts(), owner=one) for one in (ANA, DAN)]

    assert found == [True, None]


def test_a_request_of_a_rule_that_is_gone_is_nobodys_to_decide() -> None:
    """Its approvers of then see it no more, who asked does."""
    asked = builders.a_request(rule="gone")

    found = [
        policy.sees(who, asked, policy=POLICY, facts=policy.Facts(groups=KNOWN)) for who in (APPROVER, ANA)
    ]

    assert found == [False, True]


SCIENCE = builders.a_rule("science", match={"requesters": ("scientists",)})
REST = builders.a_rule("rest", match={"kinds": (Kind.ISSUE, Kind.REVOKE)})
SUBJECT = rules.Subject(
    kind=Kind.REVOKE, login_server="a.io", repositories=("x",), workspace="acme/w", channel=None
)


@pytest.mark.parametrize(
    ("case", "owner", "listed", "groups", "rule"),
    [
        ("its owner may ask by the first", "U0SCIENTISTS", (SCIENCE, REST), KNOWN, "science"),
        ("its owner may ask by the second", "U0ANA", (SCIENCE, REST), KNOWN, "rest"),
        ("its owner may not ask any more", "U0ANA", (SCIENCE,), KNOWN, "science"),
        ("nobody knows whether its owner may ask", "U0ANA", (SCIENCE, REST), {"scientists": None}, "science"),
        (
            "no rule is about it",
            "U0ANA",
            (builders.a_rule(match={"kinds": (Kind.ROTATE,)}),),
            KNOWN,
            None,
        ),
    ],
)
def test_the_rule_that_governs_a_credential(
    case: str,
    owner: str,
    listed: tuple[rules.Rule, ...],
    groups: dict[str, frozenset[str] | None],
    rule: str | None,
) -> None:
    """As if its owner asked; who left is no reason to have none."""
    now = builders.a_policy(*listed, groups=GROUPS)

    choice = policy.governing(now, SUBJECT, builders.a_principal(owner), policy.Facts(groups=groups))

    assert (choice.rule.name if choice.rule else None) == rule, case


@pytest.mark.parametrize("kind", [Kind.ROTATE, Kind.NARROW])
def test_only_a_revocation_does_not_wait_for_a_directory(kind: Kind) -> None:
    """What can wait is refused until it is known by which rule."""
    now = builders.a_policy(SCIENCE, builders.a_rule(), groups=GROUPS)
    subject = SUBJECT.model_copy(update={"kind": kind})

    choice = policy.governing(now, subject, ANA, policy.Facts(groups={"scientists": None}))

    assert (choice.rule, choice.stopped_at) == (None, "science")
