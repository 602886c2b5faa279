"""What people can do, through the only door: each action writes once, or is refused and recorded."""

from __future__ import annotations

import asyncio

import pytest

from bot import audit, errors, model, rules
from bot.errors import Reason
from tests import builders, fakes
from tests.core.conftest import Desk

DAN = builders.a_principal("U0DAN")
STRANGER = builders.a_principal("U0STRANGER", tenant="T0OTHER")


async def test_a_form_becomes_a_pending_request(desk: Desk) -> None:
    """What was sent is kept with its deadline, who was asked and the digest of exactly that."""
    request = await desk.service.submit(builders.a_submission(reason=" please "))

    kept = await desk.store.load(request.id)
    assert kept is not None
    assert kept.request == request
    assert (request.state, request.spec.reason) == (model.State.PENDING, "please")
    assert request.digest == request.spec.digest(request.policy_version)


async def test_a_commit_wakes_the_worker(desk: Desk) -> None:
    """Work starts at once in the process that took the click."""
    request = await desk.service.submit(builders.a_submission())

    assert desk.woken == [request.id]


async def test_a_form_sent_twice_is_one_request(desk: Desk) -> None:
    """A redelivery brings back the request that the first delivery made."""
    sent = builders.a_submission()

    first, second = await desk.service.submit(sent), await desk.service.submit(sent)

    assert second == first
    assert await desk.history(first) == [audit.Event.SUBMITTED]


async def test_an_approval_starts_the_work(desk: Desk) -> None:
    """One approver is enough where one is needed."""
    request = await desk.service.submit(builders.a_submission())

    approved = await desk.service.approve(builders.a_click(request, digest=request.digest[:16]))

    assert approved.state is model.State.APPROVED
    assert [decision.by for decision in approved.decisions] == [builders.BEN]
    assert await desk.history(request) == [audit.Event.SUBMITTED, audit.Event.APPROVED]


async def test_a_denial_keeps_its_reason(desk: Desk) -> None:
    """The requester learns why, and the host is free again."""
    request = await desk.service.submit(builders.a_submission())

    denied = await desk.service.deny(builders.a_click(request, builders.CLEO), " use the shared one ")

    assert (denied.state, denied.decisions[0].reason) == (model.State.DENIED, "use the shared one")
    assert await desk.store.holder(request.claims[0]) is None


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
async def test_a_denial_needs_a_reason(desk: Desk, reason: str) -> None:
    """An empty or endless reason is a problem of the form, not a denial."""
    request = await desk.service.submit(builders.a_submission())

    with pytest.raises(errors.BadInput, match="Say why"):
        await desk.service.deny(builders.a_click(request), reason)


async def test_the_requester_cancels_and_may_ask_again(desk: Desk) -> None:
    """A cancelled request gives up the name and the host."""
    request = await desk.service.submit(builders.a_submission())

    cancelled = await desk.service.cancel(builders.a_click(request, builders.ANA))
    again = await desk.service.submit(builders.a_submission())

    assert cancelled.state is model.State.CANCELLED
    assert again.id != request.id


@pytest.mark.parametrize("action", ["approve", "cancel"])
async def test_a_double_click_is_one_click(desk: Desk, action: str) -> None:
    """The same person saying the same again changes nothing and is no offence."""
    request = await desk.service.submit(builders.a_submission())
    who = builders.BEN if action == "approve" else builders.ANA
    press = getattr(desk.service, action)

    first = await press(builders.a_click(request, who))
    second = await press(builders.a_click(request, who))

    assert second == first
    assert len(await desk.history(request)) == 2


@pytest.mark.parametrize(
    ("who", "reason"),
    [(builders.ANA, Reason.OWN_REQUEST), (DAN, Reason.NOT_APPROVER), (STRANGER, Reason.OUTSIDER)],
)
async def test_a_refusal_changes_only_the_audit_log(desk: Desk, who: model.Principal, reason: Reason) -> None:
    """Who may not decide is told why; the request stays as it is, and the attempt is recorded."""
    request = await desk.service.submit(builders.a_submission())

    with pytest.raises(errors.Refused) as refused:
        await desk.service.approve(builders.a_click(request, who))

    kept = await desk.store.load(request.id)
    entries = await desk.store.trail(request.id)
    assert refused.value.reason == reason
    assert kept is not None
    assert kept.request == request
    assert (entries[-1].event, entries[-1].data["reason"]) == (audit.Event.REFUSED, reason.value)


async def test_a_click_on_an_unknown_request_is_refused_and_recorded(desk: Desk) -> None:
    """A stale message gets an honest answer, and the deployment's own chain remembers."""
    gone = builders.a_request()

    with pytest.raises(errors.Refused, match="not known any more"):
        await desk.service.approve(builders.a_click(gone))

    assert desk.events == [audit.Event.REFUSED]
    assert await desk.store.deployment_head() != ""


async def test_a_stranger_may_not_even_ask(desk: Desk) -> None:
    """Form, request and list are behind the same door."""
    with pytest.raises(errors.Refused):
        await desk.service.form(STRANGER, None)
    with pytest.raises(errors.Refused):
        await desk.service.submit(builders.a_submission(by=STRANGER))

    assert desk.events == [audit.Event.REFUSED] * 2


async def test_the_deadline_is_enforced_at_the_click(desk: Desk) -> None:
    """A late approval is refused, although nothing has swept the request yet."""
    request = await desk.service.submit(builders.a_submission())

    await desk.clock.sleep(72 * 3600)

    with pytest.raises(errors.Refused, match="deadline"):
        await desk.service.approve(builders.a_click(request))


async def test_two_hundred_decisions_have_one_outcome(desk: Desk) -> None:
    """Approvals and denials at once: one wins, one entry says so, the rest are refused."""
    request = await desk.service.submit(builders.a_submission())
    clicks = [
        desk.service.approve(builders.a_click(request, builders.BEN))
        if number % 2
        else desk.service.deny(builders.a_click(request, builders.CLEO), "no")
        for number in range(200)
    ]

    answers = await asyncio.gather(*clicks, return_exceptions=True)

    history = await desk.history(request)
    decided = [event for event in history if event in {audit.Event.APPROVED, audit.Event.DENIED}]
    assert len(decided) == 1
    assert not [answer for answer in answers if not isinstance(answer, model.Request | errors.Refused)]


@pytest.mark.parametrize("policy", [builders.a_policy(builders.a_rule(quorum=2))])
async def test_two_needed_means_two_people(desk: Desk, policy: rules.Policy) -> None:
    """The first approval is a vote, the same person again is none, the second person decides."""
    request = await desk.service.submit(builders.a_submission())

    states = [
        (await desk.service.approve(builders.a_click(request, who))).state
        for who in (builders.BEN, builders.BEN, builders.CLEO)
    ]

    assert policy.rules[0].terms.quorum == 2
    assert states == [model.State.PENDING, model.State.PENDING, model.State.APPROVED]
    assert await desk.history(request) == [audit.Event.SUBMITTED, audit.Event.VOTED, audit.Event.APPROVED]


async def test_a_fresh_form_says_who_will_be_asked(desk: Desk) -> None:
    """Name suggested, workspaces listed, approvers and deadline told before anything is sent."""
    form = await desk.service.form(builders.ANA, builders.a_place())

    assert form.workspaces == (builders.a_workspace(),)
    assert (form.preview.approvers, form.preview.deadline_hours) == ((builders.BEN, builders.CLEO), 72)
    assert form.name.startswith("acr-")


async def test_a_preview_leaves_the_requester_out(desk: Desk) -> None:
    """An approver who asks is told who else will be asked."""
    preview = await desk.service.preview(builders.BEN, None, workspace_id=None, repositories=())

    assert preview.approvers == (builders.CLEO,)


async def test_a_silent_service_is_told_in_time(desk: Desk) -> None:
    """A form is answered within Slack's three seconds, and then nothing was stored."""
    forever = asyncio.Event()

    async def hang(*_: object, **__: object) -> tuple[model.Workspace, ...]:
        await forever.wait()
        return ()

    desk.tower.workspaces = hang  # type: ignore[method-assign]  # a service that never answers

    with pytest.raises(errors.Temporary, match="Nothing was stored"):
        await desk.service.submit(builders.a_submission())

    assert desk.events == []


async def test_a_delivery_is_new_once(desk: Desk) -> None:
    """Redelivery is recognized across handlers."""
    marks = [await desk.service.first_time("delivery", ttl_s=60) for _ in range(2)]

    assert marks == [True, False]


async def test_a_click_that_is_refused_anyway_asks_nobody(desk: Desk) -> None:
    """What no look-up could change costs none: a crowd cannot use up what Slack answers in a minute."""
    request = await desk.service.submit(builders.a_submission())
    before = desk.journal.count("standing")

    with pytest.raises(errors.Refused):
        await desk.service.approve(builders.a_click(request, DAN))
    with pytest.raises(errors.Refused):
        await desk.service.cancel(builders.a_click(request, DAN))
    await desk.service.deny(builders.a_click(request), "no")
    with pytest.raises(errors.Refused):
        await desk.service.approve(builders.a_click(request, builders.CLEO))

    assert desk.journal.count("standing") == before + 1


async def test_a_decision_names_the_rule_and_the_policy_on_the_record(desk: Desk) -> None:
    """An auditor reads by which rules somebody was allowed to decide."""
    request = await desk.service.submit(builders.a_submission())

    await desk.service.deny(builders.a_click(request), "no")

    entry = (await desk.store.trail(request.id))[-1]
    assert entry.data == {"digest": request.digest, "reason": "no", "rule": builders.RULE, "policy": "1"}


async def test_a_policy_that_changes_during_a_look_up_is_not_mixed(desk: Desk) -> None:
    """Members by the older file count by the older rules: the click is judged by one policy as a whole."""
    request = await desk.service.submit(builders.a_submission())
    stricter = builders.a_policy(builders.a_rule(quorum=2))
    desk.journal.faults.append(fakes.Fault("standing", hook=lambda: setattr(desk.source, "policy", stricter)))

    approved = await desk.service.approve(builders.a_click(request))

    assert (approved.state, desk.source.policy) == (model.State.APPROVED, stricter)


async def test_a_denial_can_be_asked_about_first(desk: Desk) -> None:
    """Who may deny gets the request back and changes nothing; who may not is refused on the record."""
    request = await desk.service.submit(builders.a_submission())

    allowed = await desk.service.may_deny(builders.a_click(request))
    with pytest.raises(errors.Refused):
        await desk.service.may_deny(builders.a_click(request, DAN))

    assert allowed == request
    assert await desk.history(request) == [audit.Event.SUBMITTED, audit.Event.REFUSED]


@pytest.mark.parametrize(
    ("who", "standing"), [(builders.BEN, model.Standing.MEMBER), (STRANGER, model.Standing.OUTSIDER)]
)
async def test_a_look_at_oneself_is_recorded(
    desk: Desk, who: model.Principal, standing: model.Standing
) -> None:
    """Anybody may ask how they are seen, strangers too, and the audit log has it as access."""
    seen = await desk.service.whoami(who)

    assert (seen.who, seen.standing) == (who, standing)
    assert [one.rule for one in seen.may_decide] == ([builders.RULE] if who is builders.BEN else [])
    assert desk.events == [audit.Event.VIEWED]


async def test_a_preview_names_the_open_request(desk: Desk) -> None:
    """Before sending, the form knows which request holds the host."""
    request = await desk.service.submit(builders.a_submission())
    repositories = builders.a_submission().repositories

    seen = await desk.service.preview(builders.CLEO, None, workspace_id=101, repositories=repositories)

    assert (seen.open_request, seen.held_by) == (request, request.spec.name)
    assert seen.approvers == (builders.BEN,)
