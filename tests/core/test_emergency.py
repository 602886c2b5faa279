"""An approver revokes at once, without a second person: on the record, and never held up."""

from __future__ import annotations

import asyncio

import pytest

from bot import audit, errors, forms, model, rules
from bot.errors import Reason
from bot.model import Kind, State
from tests import builders, fakes
from tests.core.conftest import Desk


@pytest.fixture
async def credential(desk: Desk) -> model.Credential:
    """Return a credential of Ana's."""
    return await desk.issued()


def at_once(credential: model.Credential, by: model.Principal = builders.BEN) -> forms.Change:
    """Return a wish to revoke whatever still uses it."""
    return forms.Change(by, None, Kind.REVOKE, credential.id, op=model.new_id(), at_once=True)


def plain(credential: model.Credential, by: model.Principal = builders.ANA) -> forms.Change:
    """Return a wish to revoke once nothing uses it."""
    return forms.Change(by, None, Kind.REVOKE, credential.id, op=model.new_id())


async def test_an_approver_needs_nobody(desk: Desk, credential: model.Credential) -> None:
    """The record says who decided alone, on what, and by which rule."""
    plan = await desk.service.plan(builders.BEN, None, Kind.REVOKE, credential.id)
    request = await desk.service.change(at_once(credential))

    entry = (await desk.store.trail(request.id))[-1]
    assert (plan.alone, request.state, request.emergency) == (True, State.APPROVED, True)
    assert (entry.event, entry.actor) == (audit.Event.EMERGENCY, builders.BEN.key)
    assert entry.data == {"digest": request.digest, "rule": builders.RULE, "policy": "1"}
    assert desk.woken[-1] == request.id


@pytest.mark.parametrize("approved", [False, True])
async def test_an_ordinary_revocation_is_not_in_the_way(
    desk: Desk, credential: model.Credential, *, approved: bool
) -> None:
    """Whether it waits for approvers or for jobs, the window opens, and its answer is carried out."""
    waits = await desk.service.change(plain(credential))
    if approved:
        await desk.service.approve(builders.a_click(waits))

    plan = await desk.service.plan(builders.BEN, None, Kind.REVOKE, credential.id)
    request = await desk.service.change(at_once(credential))

    assert (plan.alone, request.state) == (True, State.APPROVED)


async def test_its_owner_waits_for_an_approver(desk: Desk, credential: model.Credential) -> None:
    """At once is how it is done, not who decides."""
    plan = await desk.service.plan(builders.ANA, None, Kind.REVOKE, credential.id)
    request = await desk.service.change(at_once(credential, builders.ANA))

    assert (plan.alone, request.state, request.spec.at_once) == (False, State.PENDING, True)


async def test_an_approver_who_is_in_no_hurry_waits_too(desk: Desk, credential: model.Credential) -> None:
    """Alone is only for an emergency."""
    request = await desk.service.change(plain(credential, builders.BEN))

    assert (request.state, request.emergency) == (State.PENDING, False)


async def test_only_who_is_fit_decides_alone(desk: Desk, credential: model.Credential) -> None:
    """A deactivated approver is nobody."""
    desk.people.standings["U0BEN"] = model.Standing.GONE

    with pytest.raises(errors.Refused) as refused:
        await desk.service.change(at_once(credential))

    assert refused.value.reason is Reason.OUTSIDER


async def test_a_fallback_approver_does_not_decide_alone(desk: Desk, credential: model.Credential) -> None:
    """They stand in where nobody decides, which is not the case here."""
    leads = builders.a_policy().groups["approvers"].model_copy(update={"name": "leads"})
    nobody = leads.model_copy(update={"name": "approvers", "members": frozenset({"slack:U0LEO"})})
    rule = builders.a_rule(fallback=("leads",), fallback_after=builders.a_rule().terms.deadline / 2)
    desk.source.policy = builders.a_policy(rule, groups={"approvers": nobody, "leads": leads})

    with pytest.raises(errors.Refused) as refused:
        await desk.service.change(at_once(credential))

    assert refused.value.reason is Reason.NOT_OWNER


@pytest.mark.parametrize("hangs", [False, True])
async def test_a_tower_that_is_away_does_not_hold_it_up(
    desk: Desk, credential: model.Credential, *, hangs: bool
) -> None:
    """Whether its owner still takes part in the workspace can wait; what leaked cannot."""
    rule = builders.a_rule("members", match={"participant": True})
    ana = rules.Person(name="Ana", members=frozenset({"slack:U0ANA"}), tower="ana")
    desk.source.policy = builders.a_policy(rule, people=(ana,))
    if hangs:

        async def never(workspace: model.Workspace, user: str) -> bool:
            await asyncio.Event().wait()
            raise AssertionError(workspace, user)

        desk.tower.participates = never  # type: ignore[method-assign]  # a service that never answers
    away = errors.Temporary("Tower is away.", service="Tower")
    desk.journal.faults.append(fakes.Fault("participates", away, times=None))

    assert (await desk.service.change(at_once(credential))).state is State.APPROVED


async def test_a_revocation_that_waits_does_not_hold_it_up(desk: Desk, credential: model.Credential) -> None:
    """One that waits for approvers, or for jobs, is no reason to leave a leaked password valid."""
    waiting = await desk.service.change(plain(credential))

    request = await desk.service.change(at_once(credential))

    assert (waiting.state, request.state) == (State.PENDING, State.APPROVED)


async def test_nor_does_what_they_have_asked_for(desk: Desk, credential: model.Credential) -> None:
    """The limit of open requests is for those."""
    desk.source.policy = builders.a_policy(open_requests=1)
    await desk.service.change(plain(credential, builders.BEN))

    assert (await desk.service.change(at_once(credential))).state is State.APPROVED


async def test_two_at_once_are_one(desk: Desk, credential: model.Credential) -> None:
    """The second one is pointed to the first, and so is one that is in no hurry."""
    first = await desk.service.change(at_once(credential))

    told = []
    for change in (at_once(credential, builders.CLEO), plain(credential)):
        with pytest.raises(errors.Refused) as refused:
            await desk.service.change(change)
        told.append((refused.value.reason, refused.value.request))

    assert told == [(Reason.DUPLICATE, first)] * 2


async def test_a_death_between_asking_and_deciding_is_mended(
    desk: Desk, credential: model.Credential
) -> None:
    """Whoever presses again decides on what they asked for before, instead of being told of it."""

    async def away(*_: object, **__: object) -> model.Request:
        raise errors.NotAccepted("away")

    apply = desk.record.apply
    desk.record.apply = away  # type: ignore[method-assign]  # Redis goes away here
    kept = await desk.service.change(at_once(credential))
    desk.record.apply = apply  # type: ignore[method-assign]  # and comes back

    again = await desk.service.change(at_once(credential))

    assert (kept.state, again.id, again.state) == (State.PENDING, kept.id, State.APPROVED)
    assert await desk.history(again) == [audit.Event.SUBMITTED, audit.Event.EMERGENCY]
