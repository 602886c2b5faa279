"""The buttons that change a credential: a dialog where there are any, and the chat where there are none."""

from __future__ import annotations

from typing import Any

import pytest

from bot import errors
from bot.errors import Reason
from bot.model import Kind, Role, State
from bot.sandbox.teams import activities
from bot.sandbox.teams.connector import Reaction
from handlers import kinds, plans, replies, said
from handlers.teams import cards, change_form, ids
from tests.handlers import samples
from tests.handlers.service_double import ServiceDouble
from tests.teams import reading, scenery
from tests.teams.house import House
from tests.teams.test_lists import call

Json = dict[str, Any]
KINDS = [Kind.ROTATE, Kind.NARROW, Kind.REVOKE]


def result(*names: str) -> Json:
    """Return the card of a request that is done, whose credential reads these repositories."""
    request = samples.request(State.DONE, life=samples.life(repositories=names or ("genomics/aligner",)))
    return cards.message(request, Role.RESULT, said.message(request, Role.RESULT, {}), call=call).card


def task(answer: Reaction) -> Json:
    """Return what an answer says to a dialog."""
    found = answer.body["task"]
    assert isinstance(found, dict)
    return found


async def opened(house: House, kind: Kind) -> Json:
    """Open the dialog of a change from a result in the channel; return the answer."""
    value = activities.submitted(reading.action(result("a", "b"), kinds.LABELS[kind]), {})
    answer = await house.invokes(house.scene(), "task/fetch", value)
    return task(answer)


async def sent(house: House, dialog: Json, **typed: str) -> Json:
    """Send a dialog; return the answer."""
    card = dialog["value"]["card"]["content"]
    button = next(one for one in reading.elements(card) if one["type"] == "Action.Submit")
    answer = await house.invokes(house.scene(), "task/submit", activities.submitted(button, typed))
    return task(answer)


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (("a",), [kinds.ROTATE, kinds.REVOKE]),
        (("a", "b"), [kinds.ROTATE, kinds.NARROW, kinds.REVOKE]),
    ],
)
def test_a_result_offers_what_can_be_done(names: tuple[str, ...], labels: list[str]) -> None:
    """The same as on Slack; the last button holds the same for clients without dialogs."""
    shown = result(*names)

    assert reading.buttons(shown) == [*labels, replies.FORM_HERE, *labels]
    assert reading.problems(shown) == []


@pytest.mark.parametrize("kind", KINDS)
async def test_a_dialog_says_what_a_change_would_do(house: House, service: ServiceDouble, kind: Kind) -> None:
    """It opens for who clicked, with the plan of the service."""
    dialog = await opened(house, kind)

    card = dialog["value"]["card"]["content"]
    assert service.planned == [(kind, samples.REQUEST_ID)]
    assert service.asked[-1][0] == scenery.principal(scenery.ANA)
    assert dialog["value"]["title"] == plans.TITLES[kind]
    assert reading.problems(card) == []
    assert "Will ask:" in reading.text(card)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_dialog_that_is_sent_is_a_change(house: House, service: ServiceDouble, kind: Kind) -> None:
    """With what was typed, and the credential that was planned."""
    dialog = await opened(house, kind)

    answer = await sent(house, dialog, reason=" It leaked. ", at_once="true", remove="genomics/aligner")

    (made,) = service.changes
    assert (made.kind, made.credential_id, made.reason) == (
        kind,
        samples.plan(kind).credential.id,
        "It leaked.",
    )
    assert (made.at_once, made.remove) == (kind is Kind.REVOKE, ("genomics/aligner",))
    assert answer["type"] == "message"


async def test_a_dialog_that_is_sent_twice_is_one_change(house: House, service: ServiceDouble) -> None:
    """Teams sends it again; another dialog is another wish."""
    first, later = await opened(house, Kind.ROTATE), await opened(house, Kind.ROTATE)

    for one in (first, first, later):
        await sent(house, one)

    once, again, other = (made.op for made in service.changes)
    assert once == again
    assert once != other


async def test_a_dialog_comes_back_with_what_was_typed(house: House, service: ServiceDouble) -> None:
    """What is wrong stands above it, and sending it again is the same wish."""
    dialog = await opened(house, Kind.NARROW)
    service.failing["change"] = errors.BadInput({"repository": "Choose what it shall not read any more."})

    again = await sent(house, dialog, reason="Too much.", remove="genomics/aligner")
    service.failing.clear()
    done = await sent(house, again)

    card = again["value"]["card"]["content"]
    assert reading.text(card).startswith("Choose what it shall not read any more.")
    assert reading.field(card, ids.REMOVE)["value"] == "genomics/aligner"
    assert reading.field(card, "reason")["value"] == "Too much."
    assert (reading.problems(card), done["type"]) == ([], "message")


async def test_a_refused_dialog_of_a_revocation_keeps_its_tick(house: House, service: ServiceDouble) -> None:
    """Whether to revoke at once is not asked again."""
    dialog = await opened(house, Kind.REVOKE)
    service.failing["change"] = errors.Refused(Reason.NO_RULE, "No rule of the policy allows this.")

    again = await sent(house, dialog, at_once="true")

    assert reading.field(again["value"]["card"]["content"], ids.AT_ONCE)["value"] == "true"


async def test_a_plan_that_is_refused_is_told_in_the_dialog(house: House, service: ServiceDouble) -> None:
    """Everybody in the channel sees the buttons; the service says who may."""
    service.failing["plan"] = errors.Refused(Reason.NO_RULE, "Only its owner may do that.")

    dialog = await opened(house, Kind.ROTATE)

    assert dialog == {"type": "message", "value": "Only its owner may do that."}


def inside(card: Json, title: str) -> Json:
    """Return the value of the button of a title that needs no dialog."""
    found = [one for one in reading.elements(card) if one["type"] == "Action.Execute"]
    button = next(one for one in found if one["title"] == title)
    return {"action": button, "trigger": "manual"}


async def test_without_dialogs_a_plan_is_read_in_the_personal_chat(house: House) -> None:
    """What a channel has no business to read goes to who clicked, and the result stays as it is."""
    answer = await house.invokes(house.scene(), "adaptiveCard/action", inside(result(), kinds.ROTATE))

    (card,) = house.written(house.personal().where)
    assert answer.body["value"] == replies.ELSEWHERE
    assert "Will ask:" in reading.text(card.card)
    assert reading.buttons(card.card) == [plans.submit(samples.plan(Kind.ROTATE))]


async def test_without_dialogs_a_plan_takes_the_place_of_a_card_that_nobody_else_sees(house: House) -> None:
    """In the personal chat nothing has to be hidden."""
    answer = await house.invokes(house.personal(), "adaptiveCard/action", inside(result(), kinds.REVOKE))

    assert "Will ask:" in reading.text(reading.shown(answer.body))
    assert house.written(house.personal().where) == []


@pytest.mark.parametrize("kind", ["dance", "issue", ""])
async def test_a_made_up_dialog_is_refused(house: House, service: ServiceDouble, kind: str) -> None:
    """Only what changes a credential has a dialog."""
    value = {"data": {"action": ids.PLAN, "kind": kind, "credential": "x"}}

    answer = await house.invokes(house.scene(), "task/fetch", value)

    assert (answer.status, service.planned) == (400, [])


@pytest.mark.parametrize("kind", KINDS)
def test_the_largest_credential_still_fits(kind: Kind) -> None:
    """Five hundred repositories: as many as there is room for can be chosen, and the rest is counted."""
    names = tuple(f"genomics/{'x' * 60}-{number}" for number in range(500))
    plan = samples.plan(kind, credential=samples.credential(repositories=names))

    shown = change_form.card(plan, change_form.Typed.fresh(), call, dialog=True)

    assert reading.problems(shown) == []
    assert reading.buttons(shown) == [plans.submit(plan)]
    assert kind is Kind.ROTATE or "more." in reading.text(shown)
