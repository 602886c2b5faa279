"""Buttons through the front door: one call of the service, and an answer within a second."""

from __future__ import annotations

import pytest

from bot import errors, model
from bot.errors import Reason
from bot.model import Platform, Role, State
from bot.sandbox.teams import activities
from bot.sandbox.teams.entities import Message
from handlers import kinds, replies, text
from handlers.teams import cards, ids
from tests.handlers import samples
from tests.handlers.service_double import ServiceDouble
from tests.teams import reading, scenery
from tests.teams.house import House

BEN = scenery.principal(scenery.BEN)


async def posted(house: House, role: Role = Role.APPROVAL) -> Message:
    """Post a copy of a pending request to Teams' approvers, and return it as people see it."""
    place = model.Place(platform=Platform.TEAMS, tenant=scenery.TENANT, channel=scenery.APPROVALS)
    request = samples.request(approval=place, place=place, requester=scenery.principal(scenery.ANA))
    copy = model.Copy(role=role, platform=Platform.TEAMS, channel="")
    made = await house.platform.notifier.show(request, copy, copies={})
    return house.teams.conversations[made.channel].messages[made.message or ""]


async def test_an_approval_reaches_the_service(house: House, service: ServiceDouble) -> None:
    """A click brings who, which request, what was shown, and which message it was; the answer is a card."""
    card = await posted(house)

    answer = await house.presses(house.scene(scenery.BEN, scenery.APPROVALS), card, text.APPROVE)

    ((name, click),) = service.clicks
    assert (name, click.by, click.request_id, click.digest) == (
        "approve",
        BEN,
        samples.REQUEST_ID,
        "0123456789abcdef",
    )
    assert click.seen_at == model.Copy(
        role=Role.APPROVAL, platform=Platform.TEAMS, channel=scenery.APPROVALS, message=card.id
    )
    assert (answer.body["type"], answer.took_s < 1.0) == (cards.CONTENT_TYPE, True)


async def test_a_denial_brings_its_reason(house: House, service: ServiceDouble) -> None:
    """The reason is typed in the card itself; the button cannot be pressed without one."""
    card = await posted(house)
    field = reading.field(card.card, "reason")

    await house.presses(
        house.scene(scenery.BEN, scenery.APPROVALS), card, replies.DENIAL_SUBMIT, {"reason": "Use ours."}
    )

    assert ([name for name, _ in service.clicks], service.reasons) == (["deny"], ["Use ours."])
    assert (field["isRequired"], field["label"]) == (True, replies.DENIAL_LABEL)


@pytest.mark.parametrize("role", [Role.ORIGIN, Role.DIRECT])
async def test_the_requester_can_cancel_where_they_read(
    house: House, service: ServiceDouble, role: Role
) -> None:
    """Cancel asks once more, and is told which message it was."""
    card = await posted(house, role)
    where = next(one for one in house.teams.conversations.values() if card.id in one.messages)

    await house.presses(house.scene(where=where.id), card, text.CANCEL_YES)

    ((name, click),) = service.clicks
    assert (name, click.by) == ("cancel", scenery.principal(scenery.ANA))
    assert click.seen_at is not None
    assert click.seen_at.role is role


async def test_a_click_that_is_sent_again_is_the_same(house: House, service: ServiceDouble) -> None:
    """Teams sends an invoke again after 15 s: its operation has the same name, another click another."""
    card = await posted(house)
    value = activities.pressed(reading.action(card.card, text.APPROVE), {})
    scene = house.scene(scenery.BEN, scenery.APPROVALS)
    once = activities.invoke(scene, "adaptiveCard/action", value, reply_to=card.id)
    other = activities.invoke(scene, "adaptiveCard/action", value, reply_to=card.id)

    for one in (once, once, other):
        await house.teams.deliver(one)

    first, again, later = (click.op for _, click in service.clicks)
    assert first == again
    assert first != later


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.Refused(Reason.NOT_APPROVER, "You are not an approver."), "You are not an approver."),
        (errors.Refused(Reason.OWN_REQUEST, "Nobody decides on their own."), "Nobody decides on their own."),
        (errors.NotAccepted("The store is away."), "nothing was kept"),
        (errors.BadInput({"reason": "Say why."}), "Say why."),
        (KeyError("secret words of a library"), "Tell an operator this id"),
    ],
)
async def test_a_refusal_is_told_to_who_clicked(
    house: House, service: ServiceDouble, error: Exception, words: str
) -> None:
    """The card stays as it is for everybody; the words of an exception are never shown."""
    card = await posted(house)
    service.failing["approve"] = error

    answer = await house.presses(house.scene(scenery.BEN, scenery.APPROVALS), card, text.APPROVE)

    assert (answer.status, answer.body["type"]) == (200, "application/vnd.microsoft.activity.message")
    assert words in str(answer.body["value"])
    assert "secret words" not in str(answer.body)


async def test_who_comes_too_late_sees_what_was_decided(house: House, service: ServiceDouble) -> None:
    """An old card in some client is replaced by the one that is true now."""
    card = await posted(house)
    denied = samples.request(State.DENIED)
    service.failing["approve"] = errors.Refused(Reason.ALREADY_DECIDED, "Already denied.", request=denied)

    answer = await house.presses(house.scene(scenery.BEN, scenery.APPROVALS), card, text.APPROVE)

    shown = reading.shown(answer.body)
    assert kinds.title(denied) in reading.text(shown)
    assert reading.buttons(shown) == []


@pytest.mark.parametrize("value", ["", "nonsense", f"{'a' * 22}.xyz", 7, None, ["a"]])
async def test_a_made_up_button_decides_nothing(house: House, service: ServiceDouble, value: object) -> None:
    """What a card carries was sent by a client: only the form of our own values is even looked up."""
    action = {"verb": ids.APPROVE, "data": {"action": ids.APPROVE, "value": value, "role": "approval"}}

    answer = await house.invokes(
        house.scene(), "adaptiveCard/action", {"action": {"type": "Action.Execute", **action}}
    )

    assert answer.status in {200, 400}
    assert service.clicks == []


async def test_a_click_that_takes_too_long_is_given_up(
    house: House, service: ServiceDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who clicked is told before Teams gives up; doing it again has the same effect."""
    monkeypatch.setattr(ids, "ANSWER_S", 0.1)
    card = await posted(house)
    service.hanging.add("approve")

    answer = await house.presses(house.scene(scenery.BEN, scenery.APPROVALS), card, text.APPROVE)

    assert "took too long" in str(answer.body["value"])


async def test_who_has_no_object_id_is_looked_up(house: House, service: ServiceDouble) -> None:
    """Where Teams leaves the object id out, the roster of the conversation has it."""
    card = await posted(house)
    value = activities.pressed(reading.action(card.card, text.APPROVE), {})
    scene = house.scene(scenery.BEN, scenery.APPROVALS)
    sent = activities.invoke(scene, "adaptiveCard/action", value, reply_to=card.id)

    for sender in (scenery.BEN.member, "29:nobody"):
        await house.teams.deliver({**sent, "from": {"id": sender, "name": "Ben"}})

    assert [click.by.user for _, click in service.clicks] == [scenery.BEN.id, ""]
