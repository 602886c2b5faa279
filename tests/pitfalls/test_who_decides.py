"""Pitfalls about who may decide: empty lists, people who are not who they seem, votes of roles."""

from __future__ import annotations

from typing import Any

import pytest

from bot import audit, errors, forms, model, policy, policy_file, rules
from bot.errors import Reason
from bot.model import Platform, Standing, State
from handlers import text
from handlers.slack import parse
from tests import builders
from tests.core.conftest import Desk
from tests.handlers import samples

BEN_TEAMS = builders.a_principal("ben-object-id", platform=Platform.TEAMS)
ANA_SECOND = builders.a_principal("U0ANA2")
DAN, STRANGER = builders.a_principal("U0DAN"), builders.a_principal("U0STRANGER", tenant="T0OTHER")
PEOPLE = (
    rules.Person(name="Ben", members=frozenset({"slack:U0BEN", "teams:ben-object-id"})),
    rules.Person(name="Ana", members=frozenset({"slack:U0ANA", "slack:U0ANA2"})),
)
LINKED = builders.a_policy(builders.a_rule(quorum=2), people=PEOPLE)
EVERYBODY = policy.Facts(
    groups={"approvers": frozenset({"slack:U0BEN", "slack:U0CLEO", "slack:U0ANA", "slack:U0ANA2"})}
)


def refusal(actor: model.Principal, request: model.Request | None = None, **given: Any) -> Reason | None:
    """Return why somebody may not approve."""
    asked = request or builders.a_request(rule_version=LINKED.rules[0].version)
    usual: dict[str, Any] = {"policy": LINKED, "facts": EVERYBODY, "now": builders.now()}
    return policy.decide(policy.Action.APPROVE, actor, asked, **(usual | given)).reason


@pytest.mark.parametrize(
    "broken",
    ["approvers = []", 'approvers = "nobody"', "", 'approvers = "empty"'],
    ids=["an empty list", "a group that is not there", "none at all", "an empty group"],
)
def test_01_no_approvers_is_not_everybody(broken: str) -> None:
    """Elsewhere an unset list let anybody approve.

    Here such a file is refused, and an empty group decides nothing.
    """
    text = f'[groups.empty]\n[[rules]]\nname = "r"\napproval_channel = "C0A"\n{broken}\n'

    found, problems = policy_file.read(text)

    assert (found, bool(problems)) == (None, True)
    assert refusal(builders.BEN, facts=policy.Facts(groups={"approvers": frozenset()})) is Reason.NOT_APPROVER


CLICKS = ("approve", "deny", "may_deny", "cancel")
OTHER_DOORS = ("submit", "form", "plan", "change", "listing", "home", "status", "find")


@pytest.mark.parametrize("door", [*CLICKS, *OTHER_DOORS])
async def test_02_every_door_asks_who_it_is(desk: Desk, door: str) -> None:
    """Elsewhere a button skipped the check of its command.

    Here each door refuses a stranger, on the record.
    """
    request = await desk.service.submit(builders.a_submission())
    click = builders.a_click(request, STRANGER)
    arguments: dict[str, tuple[Any, ...]] = {
        "deny": (click, "no"),
        "submit": (builders.a_submission(by=STRANGER),),
        "form": (STRANGER, None),
        "plan": (STRANGER, None, model.Kind.REVOKE, request.id),
        "change": (forms.Change(STRANGER, None, model.Kind.REVOKE, request.id, op="x", at_once=True),),
        "listing": (STRANGER, forms.View.WAITING),
        "home": (STRANGER,),
        "status": (STRANGER, request.id),
        "find": (STRANGER, "acr-main"),
    }

    with pytest.raises(errors.Refused) as refused:
        await getattr(desk.service, door)(*arguments.get(door, (click,)))

    assert refused.value.reason is Reason.OUTSIDER
    assert desk.events[-1] is audit.Event.REFUSED


async def test_03_being_in_the_channel_is_no_right(desk: Desk) -> None:
    """Elsewhere whoever could see the message could approve; here Dan sees it, and that is all."""
    request = await desk.service.submit(builders.a_submission())

    with pytest.raises(errors.Refused, match="only the group approvers can decide"):
        await desk.service.approve(builders.a_click(request, DAN, seen_at=builders.a_copy()))


def test_04_names_and_addresses_are_not_who_somebody_is() -> None:
    """Elsewhere a profile field could be edited into an approver's; here ids alone count."""
    pretending = {
        "user": {"id": "U0DAN", "team_id": "T0SANDBOX", "name": "ben", "username": "U0BEN"},
        "user_name": "ben",
        "user_email": "ben@acme.example",
    }

    who = parse.principal(pretending)

    assert (who.user, who.tenant) == ("U0DAN", "T0SANDBOX")
    assert refusal(who) is Reason.NOT_APPROVER


@pytest.mark.parametrize("again", [ANA_SECOND, builders.ANA], ids=["second account", "same account"])
def test_05_nobody_approves_their_own_by_another_name(again: model.Principal) -> None:
    """Elsewhere an alias or the second platform got around it.

    Linked accounts are one, unlinked ones decide nothing.
    """
    assert refusal(again) is Reason.OWN_REQUEST
    assert refusal(builders.a_principal("x", platform=Platform.TEAMS)) is Reason.OTHER_PLATFORM


def test_06_only_the_policy_file_links_accounts() -> None:
    """Elsewhere anybody could set whose Slack account theirs is.

    Here one id is one human's, in a file people review.
    """
    text = """
[[people]]
name = "Ben"
slack = "U0BEN"
[[people]]
name = "Dan"
slack = ["U0DAN", "U0BEN"]
[[rules]]
name = "r"
approvers = "g"
approval_channel = "C0A"
[groups.g]
people = ["Ben", "Dan"]
"""
    _, problems = policy_file.read(text)

    assert [problem.text for problem in problems] == [
        "“Dan” and “Ben” are both slack:U0BEN: one human has one entry."
    ]


@pytest.mark.parametrize("policy", [LINKED])
async def test_13_a_quorum_is_people_and_at_least(desk: Desk, policy: rules.Policy) -> None:
    """Elsewhere one person in two groups was two votes, and `==` missed a third.

    Here humans count, with >=.
    """
    request = await desk.service.submit(builders.a_submission())
    one = await desk.service.approve(builders.a_click(request))
    voted = one.model_copy(
        update={
            "decisions": (
                *one.decisions,
                builders.a_decision(one, BEN_TEAMS),
                builders.a_decision(one, ANA_SECOND),
            )
        }
    )

    from_teams = refusal(BEN_TEAMS, voted)

    assert policy.rules[0].terms.quorum == 2
    assert (one.state, from_teams) == (State.PENDING, Reason.ALREADY_VOTED)
    assert (await desk.service.approve(builders.a_click(request, builders.CLEO))).state is State.APPROVED


@pytest.mark.parametrize(
    ("standing", "reason"),
    [(Standing.GONE, Reason.OUTSIDER), (Standing.UNKNOWN, Reason.DIRECTORY_DOWN)],
)
async def test_14_who_has_left_decides_nothing(desk: Desk, standing: Standing, reason: Reason) -> None:
    """Elsewhere a cache let people approve for minutes after they left.

    Here each click looks, and silence refuses.
    """
    request = await desk.service.submit(builders.a_submission())
    desk.people.standings["U0BEN"] = standing

    with pytest.raises(errors.Refused) as refused:
        await desk.service.approve(builders.a_click(request))

    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("who", "standing"),
    [
        (STRANGER, Standing.MEMBER),
        (builders.a_principal(tenant=""), Standing.MEMBER),
        (DAN, Standing.GUEST),
        (DAN, Standing.OUTSIDER),
        (builders.a_principal("1", platform=Platform.TEAMS), Standing.MEMBER),
    ],
    ids=["Slack Connect", "no tenant", "guest", "stranger by the directory", "a platform that is not set up"],
)
async def test_15_people_of_elsewhere_may_nothing(
    desk: Desk, who: model.Principal, standing: Standing
) -> None:
    """Elsewhere they were refused by accident, or not at all.

    Here by tenant first, and by what Slack says.
    """
    desk.people.standings[who.user] = standing

    with pytest.raises(errors.Refused):
        await desk.service.submit(builders.a_submission(by=who))


def test_21_what_is_not_said_is_not_allowed() -> None:
    """Elsewhere an unknown permission became the widest one, and a cleared duration for ever.

    Here neither can be.
    """
    rule = '[[rules]]\nname = "r"\napprovers = "g"\napproval_channel = "C0A"\nkind = "everything"'
    text = f'{rule}\n[groups.g]\nslack = "U01"'

    _, problems = policy_file.read(text)

    assert "rules.1.kind.1: " in problems[0].text
    assert forms.validity_problem(None, 90) == "Give at most 90 days: the policy allows no more here."
    assert policy.admit(policy.Facts(standing=Standing.UNKNOWN)).reason is Reason.DIRECTORY_DOWN


@pytest.mark.parametrize("policy", [LINKED])
async def test_24_one_stolen_account_is_not_enough(desk: Desk, policy: rules.Policy) -> None:
    """Elsewhere one account in chat could grant anything.

    Here a rule may ask for two, and each vote is shown to all.
    """
    request = await desk.service.submit(builders.a_submission())

    stolen = await desk.service.approve(builders.a_click(request))

    assert policy.rules[0].terms.quorum == 2
    assert stolen.state is State.PENDING
    assert samples.aloud(text.votes(stolen)) == "1 of 2 so far: @U0BEN."
