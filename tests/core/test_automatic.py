"""Approval by a rule itself: within a person's quota, on the record, and otherwise as usual."""

from __future__ import annotations

import asyncio

import pytest

from bot import audit, errors, model, ports, rules
from bot.model import State
from tests import builders
from tests.core.conftest import Desk

PEOPLE = (rules.Person(name="Ana", members=frozenset({"slack:U0ANA", "slack:U0ANA2"})),)
OTHER = ports.Repository(builders.HOST, "team/other")


@pytest.fixture
def policy() -> rules.Policy:
    """Return a policy by which the first request of a person in a month needs nobody."""
    rule = builders.a_rule("trainees", auto=rules.Quota(requests=1, days=30))
    return builders.a_policy(rule, people=PEOPLE, open_requests=2)


@pytest.fixture(autouse=True)
def second_workspace(desk: Desk) -> None:
    """Let there be room for more than one request."""
    more = [builders.a_workspace(id=number, name=f"w{number}") for number in (102, 103)]
    desk.tower.known = (*desk.tower.known, *more)
    desk.tower.held |= {one.id: [] for one in more}


async def test_a_first_request_is_approved_by_its_rule(desk: Desk) -> None:
    """No decision of anybody, but an entry that names the rule and the policy, and a record that says so."""
    request = await desk.service.submit(builders.a_submission())

    entry = (await desk.store.trail(request.id))[-1]
    assert (request.state, request.automatic, request.decisions) == (State.APPROVED, True, ())
    assert (entry.event, entry.actor) == (audit.Event.AUTOMATIC, None)
    assert entry.data == {"digest": request.digest, "rule": "trainees", "policy": "1"}


@pytest.mark.parametrize("user", ["U0ANA", "U0ANA2"])
async def test_beyond_the_quota_people_are_asked(desk: Desk, user: str) -> None:
    """The second one waits as usual, whichever account of the person asks."""
    await desk.service.submit(builders.a_submission())

    second = await desk.service.submit(
        builders.a_submission(by=builders.a_principal(user), workspace_id=102, name="two")
    )
    approved = await desk.service.approve(builders.a_click(second))

    assert (second.state, second.automatic) == (State.PENDING, False)
    assert (approved.state, approved.automatic) == (State.APPROVED, False)


async def test_a_quota_comes_back_with_time(desk: Desk) -> None:
    """It is of each person, and lasts as long as the rule says."""
    asked = [
        await desk.service.submit(builders.a_submission(by=by, workspace_id=number, name=f"n{number}"))
        for by, number in ((builders.ANA, 101), (builders.CLEO, 102))
    ]

    assert [one.state for one in asked] == [State.APPROVED, State.APPROVED]


async def test_a_form_sent_twice_takes_one_of_the_quota(desk: Desk) -> None:
    """Two deliveries at one moment are one request, approved once."""
    sent = builders.a_submission()

    await asyncio.gather(desk.service.submit(sent), desk.service.submit(sent))

    kept = await desk.store.load(desk.woken[0])
    assert kept is not None
    assert (await desk.history(kept.request)).count(audit.Event.AUTOMATIC) == 1


async def test_a_form_that_is_not_kept_takes_nothing_of_the_quota(desk: Desk) -> None:
    """Somebody whose name was taken asks again, and still needs nobody."""
    desk.tower.add(101, name="acr-main", registry="docker.io")
    with pytest.raises(errors.BadInput):
        await desk.service.submit(builders.a_submission())

    assert (await desk.service.submit(builders.a_submission(name="free"))).automatic


async def test_somebody_may_be_faster_than_the_rule(desk: Desk) -> None:
    """A request that was cancelled before its rule approved it stays cancelled."""
    sent = builders.a_submission()
    request_id = desk.service._record.id_for(sent.op)
    cancel = builders.a_click(builders.a_request(id=request_id), builders.ANA)
    hook: list[asyncio.Task[model.Request]] = []

    async def first_time(token: str, *, ttl_s: float) -> bool:
        if not hook:
            hook.append(asyncio.create_task(desk.service.cancel(cancel)))
            await hook[0]
        return ttl_s > 0 and bool(token)

    desk.store.first_time = first_time  # type: ignore[method-assign]  # somebody clicks in between

    answer = await desk.service.submit(sent)

    kept = await desk.store.load(answer.id)
    assert kept is not None
    assert kept.request.state is State.CANCELLED


async def test_too_many_open_requests_are_refused_and_recorded(desk: Desk) -> None:
    """The policy's limit is named, and cancelling one makes room."""
    asked = [
        await desk.service.submit(builders.a_submission(workspace_id=number, name=f"n{number}"))
        for number in (101, 102)
    ]

    with pytest.raises(errors.Refused, match="2 open requests, which is as many") as refused:
        await desk.service.submit(builders.a_submission(workspace_id=103, name="n103"))
    await desk.service.cancel(builders.a_click(asked[1], builders.ANA))
    again = await desk.service.submit(builders.a_submission(workspace_id=103, name="n103"))

    assert (refused.value.reason, again.state) == (errors.Reason.TOO_MANY, State.PENDING)
    assert desk.events.count(audit.Event.REFUSED) == 1


async def test_two_accounts_of_one_person_share_the_limit(desk: Desk) -> None:
    """Somebody who asks from a second account is as busy as before; others are not."""
    for number, by in ((101, builders.ANA), (102, builders.a_principal("U0ANA2"))):
        await desk.service.submit(builders.a_submission(by=by, workspace_id=number, name=f"n{number}"))

    with pytest.raises(errors.Refused, match="open_requests_per_person"):
        await desk.service.submit(
            builders.a_submission(by=builders.a_principal("U0ANA2"), workspace_id=103, name="n103")
        )
    other = await desk.service.submit(builders.a_submission(by=builders.CLEO, workspace_id=103, name="c103"))

    assert (other.requester, len(desk.woken)) == (builders.CLEO, 3)


async def test_a_store_that_goes_away_leaves_an_ordinary_request(desk: Desk) -> None:
    """What is kept is not called lost: between keeping and approving only the approval is missing."""

    async def gone(*_: object, **__: object) -> bool:
        raise errors.NotAccepted("away")

    desk.store.first_time = gone  # type: ignore[method-assign]  # Redis goes away here

    request = await desk.service.submit(builders.a_submission())

    assert (request.state, desk.woken) == (State.PENDING, [request.id])
