"""What people want done to a credential: who may ask, who decides, and what stands in the way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot import audit, errors, forms, model, rules
from bot.errors import Reason
from bot.model import CredentialState, Kind, State
from tests import builders
from tests.core.conftest import Desk

DAN = builders.a_principal("U0DAN")
STRANGER = builders.a_principal("U0STRANGER", tenant="T0OTHER")
CHANGES = list(rules.CHANGES)
PAIR = ("team/tool", "team/other")


@pytest.fixture
async def credential(desk: Desk) -> model.Credential:
    """Return a credential of Ana's that reads two repositories, valid for 60 days."""
    return await desk.issued(repositories=PAIR, validity_days=60)


def a_change(credential: model.Credential, kind: Kind = Kind.ROTATE, **fields: Any) -> forms.Change:
    """Return what Ana wants done; to narrow takes one of two repositories away."""
    remove = ("team/other",) if kind is Kind.NARROW else ()
    values: dict[str, Any] = {
        "by": builders.ANA,
        "place": builders.a_place(),
        "op": model.new_id(),
        "remove": remove,
    }
    given = values | {"remove": remove} | fields
    return forms.Change(kind=kind, credential_id=credential.id, **given)


async def asked(desk: Desk, call: str, credential: model.Credential, kind: Kind, by: model.Principal) -> None:
    """Ask for a change, or only for its plan."""
    if call == "plan":
        await desk.service.plan(by, None, kind, credential.id)
    else:
        await desk.service.change(a_change(credential, kind, by=by))


async def refused(desk: Desk, change: forms.Change) -> errors.Refused:
    """Return why a change is refused, which is on the record."""
    with pytest.raises(errors.Refused) as caught:
        await desk.service.change(change)
    assert desk.events[-1] is audit.Event.REFUSED
    return caught.value


@pytest.mark.parametrize(
    ("kind", "repositories", "before", "days"),
    [
        (Kind.ROTATE, PAIR, (), 60),
        (Kind.REVOKE, PAIR, (), None),
        (Kind.NARROW, ("team/tool",), PAIR, None),
    ],
)
async def test_its_owner_asks_and_the_approvers_decide(
    desk: Desk,
    credential: model.Credential,
    kind: Kind,
    repositories: tuple[str, ...],
    before: tuple[str, ...],
    days: int | None,
) -> None:
    """What is approved is sealed as a whole: what it reads afterwards, and what it read before."""
    request = await desk.service.change(a_change(credential, kind, reason=" it leaked "))

    approved = await desk.service.approve(builders.a_click(request, digest=request.digest[:16]))

    spec = request.spec
    assert (request.state, approved.state) == (State.PENDING, State.APPROVED)
    assert (spec.kind, spec.credential, spec.reason) == (kind, credential.id, "it leaked")
    assert (spec.repositories, spec.before, spec.validity_days) == (repositories, before, days)


@pytest.mark.parametrize("kind", CHANGES)
async def test_a_plan_tells_what_will_be_asked(desk: Desk, credential: model.Credential, kind: Kind) -> None:
    """Before it is sent: the credential, who decides, and that nobody acts alone."""
    plan = await desk.service.plan(builders.ANA, None, kind, credential.id)

    assert (plan.kind, plan.credential, plan.alone) == (kind, credential, False)
    assert (plan.preview.approvers, plan.preview.automatic) == ((builders.BEN, builders.CLEO), False)


@pytest.mark.parametrize("kind", CHANGES)
async def test_an_approver_may_ask_too(desk: Desk, credential: model.Credential, kind: Kind) -> None:
    """Somebody else has to approve it: nobody decides on their own request."""
    request = await desk.service.change(a_change(credential, kind, by=builders.BEN))

    with pytest.raises(errors.Refused, match="own request"):
        await desk.service.approve(builders.a_click(request, builders.BEN))

    assert (await desk.service.approve(builders.a_click(request, builders.CLEO))).state is State.APPROVED


@pytest.mark.parametrize("kind", CHANGES)
async def test_nobody_else_may_ask(desk: Desk, credential: model.Credential, kind: Kind) -> None:
    """The refusal names the rule and who it is that may."""
    told = await refused(desk, a_change(credential, kind, by=DAN))

    assert told.reason is Reason.NOT_OWNER
    assert "an approver by the rule “everything” (the group approvers)" in str(told)


async def test_without_a_policy_file_the_setting_is_named(desk: Desk, credential: model.Credential) -> None:
    """There is no rule that people would know by its name."""
    desk.source.policy = builders.a_policy(builders.a_rule(rules.BY_SETTINGS))

    assert "somebody in the setting REGISTRY_BOT_APPROVERS" in str(
        await refused(desk, a_change(credential, by=DAN))
    )


@pytest.mark.parametrize("call", ["plan", "change"])
async def test_a_stranger_learns_nothing(desk: Desk, credential: model.Credential, call: str) -> None:
    """Who is not of this organization is refused before anything is looked up."""
    with pytest.raises(errors.Refused) as caught:
        await asked(desk, call, credential, Kind.REVOKE, STRANGER)

    assert caught.value.reason is Reason.OUTSIDER
    assert desk.events[-1] is audit.Event.REFUSED


async def test_another_account_of_the_owner_is_the_owner(desk: Desk, credential: model.Credential) -> None:
    """A person counts, not an account."""
    ana = rules.Person(name="Ana", members=frozenset({"slack:U0ANA", "slack:U0ANA2"}))
    desk.source.policy = builders.a_policy(people=(ana,))

    request = await desk.service.change(a_change(credential, by=builders.a_principal("U0ANA2")))

    assert request.state is State.PENDING


async def test_a_group_that_nobody_can_look_up_refuses(desk: Desk, credential: model.Credential) -> None:
    """Closed by default: who may approve is not guessed; the owner needs no look-up."""
    group = rules.Group(name="approvers", slack_usergroups=frozenset({"S0GONE"}))
    desk.source.policy = builders.a_policy(groups={"approvers": group})

    told = await refused(desk, a_change(credential, by=builders.BEN))
    request = await desk.service.change(a_change(credential))

    assert (told.reason, request.state) == (Reason.DIRECTORY_DOWN, State.PENDING)


async def test_the_rule_is_found_as_if_its_owner_asked(desk: Desk, credential: model.Credential) -> None:
    """An approver need not be among those who may ask, nor in the channel where it has to be asked."""
    groups = {
        "approvers": rules.Group(name="approvers", members=frozenset({"slack:U0BEN"})),
        "others": rules.Group(name="others", members=frozenset({"slack:U0DAN"})),
        "scientists": rules.Group(name="scientists", members=frozenset({"slack:U0ANA"})),
    }
    desk.source.policy = builders.a_policy(
        builders.a_rule("theirs", match={"requesters": ("scientists",), "channels": ("C0GENOMICS",)}),
        builders.a_rule("rest", approvers=("others",)),
        groups=groups,
    )

    request = await desk.service.change(a_change(credential, Kind.REVOKE, by=builders.BEN, place=None))
    told = await refused(desk, a_change(credential, Kind.ROTATE, by=DAN))

    assert (request.rule, told.reason) == ("theirs", Reason.NOT_OWNER)


async def test_who_has_left_does_not_keep_others_from_revoking(
    desk: Desk, credential: model.Credential
) -> None:
    """Where its owner may ask by no rule any more, the first one that is about it decides."""
    groups = {"approvers": builders.a_policy().groups["approvers"], "staff": rules.Group(name="staff")}
    rule = builders.a_rule("staff only", match={"requesters": ("staff",)})
    desk.source.policy = builders.a_policy(rule, groups=groups)

    request = await desk.service.change(a_change(credential, Kind.REVOKE, by=builders.BEN))

    assert request.rule == "staff only"


async def test_a_credential_whose_rule_is_gone(desk: Desk, credential: model.Credential) -> None:
    """Nobody could decide, and what an administrator has to add is said."""
    desk.source.policy = builders.a_policy(builders.a_rule(match={"kinds": (Kind.ISSUE,)}))

    told = await refused(desk, a_change(credential, Kind.REVOKE))

    assert told.reason is Reason.NO_RULE
    assert "is to be revoked. An administrator has to add one" in str(told)


async def test_an_unknown_credential(desk: Desk, credential: model.Credential) -> None:
    """A stale button gets an honest answer."""
    gone = credential.model_copy(update={"id": model.new_id()})

    assert (await refused(desk, a_change(gone))).reason is Reason.UNKNOWN_CREDENTIAL


async def test_what_is_asked_for_in_the_form_is_not_asked_for_here(
    desk: Desk, credential: model.Credential
) -> None:
    """To extend goes through the form, with its own rules on who may."""
    assert "in the form" in str(await refused(desk, a_change(credential, Kind.EXTEND)))


@pytest.mark.parametrize("kind", CHANGES)
async def test_one_that_is_revoked_already(desk: Desk, credential: model.Credential, kind: Kind) -> None:
    """Whatever somebody wants of it, there is nothing left."""
    await desk.changed(credential, state=CredentialState.REVOKED)

    assert "is revoked already" in str(await refused(desk, a_change(credential, kind)))


@pytest.mark.parametrize("kind", [Kind.ROTATE, Kind.NARROW])
async def test_one_that_is_being_revoked(desk: Desk, credential: model.Credential, kind: Kind) -> None:
    """Nothing may bring it back."""
    await desk.changed(credential, state=CredentialState.REVOKING)

    told = await refused(desk, a_change(credential, kind))

    assert (told.reason, str(told)) == (Reason.BUSY, "The credential acr-main is being revoked.")


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (Kind.ROTATE, Kind.ROTATE, Reason.DUPLICATE),
        (Kind.REVOKE, Kind.REVOKE, Reason.DUPLICATE),
        (Kind.NARROW, Kind.NARROW, Reason.DUPLICATE),
        (Kind.ROTATE, Kind.NARROW, Reason.BUSY),
        (Kind.NARROW, Kind.ROTATE, Reason.BUSY),
    ],
)
@pytest.mark.parametrize("call", ["plan", "change"])
async def test_what_is_open_already_is_pointed_to(
    desk: Desk, credential: model.Credential, first: Kind, second: Kind, reason: Reason, call: str
) -> None:
    """The same is not doubled, and another change waits: either way the open request is named."""
    urgent = {"at_once": True} if first is Kind.REVOKE and call == "plan" else {}
    opened = await desk.service.change(a_change(credential, first, **urgent))

    with pytest.raises(errors.Refused) as caught:
        await asked(desk, call, credential, second, builders.BEN)

    told = caught.value
    assert told.request == opened
    # Which repositories are to go is not known of a plan yet.
    assert told.reason is (Reason.BUSY if (call, second) == ("plan", Kind.NARROW) else reason)


@pytest.mark.parametrize("kind", [Kind.ROTATE, Kind.NARROW])
async def test_it_can_be_revoked_beside_an_open_change(
    desk: Desk, credential: model.Credential, kind: Kind
) -> None:
    """Nobody has to wait with that."""
    await desk.service.change(a_change(credential, kind))

    assert (await desk.service.change(a_change(credential, Kind.REVOKE))).state is State.PENDING


@pytest.mark.parametrize(
    ("remove", "words"),
    [
        ((), "Choose what the credential shall not read"),
        (("team/third",), "does not read team/third anyway"),
        (PAIR, "revoke it instead"),
    ],
)
async def test_what_cannot_be_taken_away(
    desk: Desk, credential: model.Credential, remove: tuple[str, ...], words: str
) -> None:
    """A problem of the field, not an offence."""
    desk.events.clear()

    with pytest.raises(errors.BadInput, match=words):
        await desk.service.change(a_change(credential, Kind.NARROW, remove=remove))

    assert desk.events == []


async def test_an_endless_reason(desk: Desk, credential: model.Credential) -> None:
    """The field says how long it may be."""
    with pytest.raises(errors.BadInput, match="to 500 characters"):
        await desk.service.change(a_change(credential, reason="x" * 501))


async def test_a_change_sent_twice_is_one_request(desk: Desk, credential: model.Credential) -> None:
    """A redelivery brings back what the first delivery made, at the same moment too."""
    sent = a_change(credential)

    first, second = await asyncio.gather(desk.service.change(sent), desk.service.change(sent))
    third = await desk.service.change(sent)

    assert (await desk.history(third)).count(audit.Event.SUBMITTED) == 1
    assert {first.id, second.id} == {third.id}


async def test_two_at_the_same_moment_are_one(desk: Desk, credential: model.Credential) -> None:
    """Two people press at once: one request, and the other is pointed to it."""
    answers = await asyncio.gather(
        *(desk.service.change(a_change(credential, by=who)) for who in (builders.ANA, builders.BEN)),
        return_exceptions=True,
    )

    made = [answer for answer in answers if isinstance(answer, model.Request)]
    told = [answer for answer in answers if isinstance(answer, errors.Refused)]
    assert (len(made), len(told)) == (1, 1)
    assert told[0].request == made[0]


@pytest.mark.parametrize("kind", CHANGES)
async def test_what_needs_no_approval_starts_at_once(
    desk: Desk, credential: model.Credential, kind: Kind
) -> None:
    """The record names the rule that approved it, and the plan said so before."""
    desk.source.policy = builders.a_policy(builders.a_rule(without_approval=(kind,)))

    plan = await desk.service.plan(builders.ANA, None, kind, credential.id)
    request = await desk.service.change(a_change(credential, kind))

    entry = (await desk.store.trail(request.id))[-1]
    assert (plan.preview.automatic, request.state, request.automatic) == (True, State.APPROVED, True)
    assert (entry.event, entry.data["rule"], request.emergency) == (
        audit.Event.AUTOMATIC,
        "everything",
        False,
    )


async def test_a_quota_is_for_the_form(desk: Desk, credential: model.Credential) -> None:
    """What a person may have issued without anybody does not let them rotate."""
    desk.source.policy = builders.a_policy(builders.a_rule(auto=rules.Quota(requests=5, days=30)))

    assert (await desk.service.change(a_change(credential))).state is State.PENDING


async def test_a_password_lasts_no_longer_than_allowed_by_now(
    desk: Desk, credential: model.Credential
) -> None:
    """A rule that became stricter holds for the next password."""
    desk.source.policy = builders.a_policy(builders.a_rule(longest_validity_days=30))

    assert (await desk.service.change(a_change(credential))).spec.validity_days == 30


async def test_open_requests_are_limited(desk: Desk, credential: model.Credential) -> None:
    """What is asked of credentials counts like any other request."""
    desk.source.policy = builders.a_policy(open_requests=1)
    await desk.service.change(a_change(credential))

    assert (await refused(desk, a_change(credential, Kind.REVOKE))).reason is Reason.TOO_MANY


async def test_a_store_that_goes_away_is_told(desk: Desk, credential: model.Credential) -> None:
    """Nothing is kept, and nobody is told that it is."""

    async def gone(credential_id: str) -> model.Credential | None:
        raise errors.NotAccepted(f"away, with {credential_id}")

    desk.store.credential = gone  # type: ignore[method-assign]  # Redis goes away here

    with pytest.raises(errors.NotAccepted):
        await desk.service.change(a_change(credential))


async def test_what_does_not_answer_in_time_is_told(desk: Desk, credential: model.Credential) -> None:
    """Within the three seconds that people wait."""

    async def hang(credential_id: str) -> model.Credential | None:
        await asyncio.Event().wait()
        raise AssertionError(credential_id)

    desk.store.credential = hang  # type: ignore[method-assign]  # Redis never answers

    with pytest.raises(errors.Temporary, match="Nothing was stored"):
        await desk.service.change(a_change(credential))
