"""Rotating, narrowing and revoking in Teams: what would happen is read before anything is sent."""

from __future__ import annotations

import pytest

from bot import errors
from bot.model import Kind
from bot.sandbox.teams.entities import Message
from handlers import plans, replies
from handlers.teams import ids
from tests.handlers import samples
from tests.handlers.service_double import ServiceDouble
from tests.teams import reading, scenery
from tests.teams.house import House

WORDS = {"rotate": Kind.ROTATE, "revoke": Kind.REVOKE, "remove": Kind.NARROW}


async def card(house: House, word: str) -> Message:
    """Ask for a change in the personal chat, and return what is answered."""
    scene = house.personal()
    await house.says(scene, f"{word} acr-1a2b3c")
    return house.written(scene.where)[-1]


@pytest.mark.parametrize("word", WORDS)
async def test_a_change_is_planned_and_then_sent(house: House, service: ServiceDouble, word: str) -> None:
    """The card says what will happen and who is asked; its button sends exactly that."""
    shown = await card(house, word)
    plan = samples.plan(WORDS[word])
    typed = {"reason": " It leaked. ", ids.AT_ONCE: "true", ids.REMOVE: "genomics/aligner"}

    answer = await house.presses(house.personal(), shown, plans.submit(plan), typed)

    (made,) = service.changes
    assert reading.problems(shown.card) == []
    assert "Will ask:" in reading.text(shown.card)
    assert (made.kind, made.credential_id, made.by) == (
        WORDS[word],
        plan.credential.id,
        scenery.principal(scenery.ANA),
    )
    assert (made.reason, made.at_once, made.place) == ("It leaked.", word == "revoke", None)
    assert "Your request" in reading.text(reading.shown(answer.body))


async def test_a_change_that_is_sent_twice_is_one(house: House, service: ServiceDouble) -> None:
    """Teams sends a click again; another card of the same kind is another wish."""
    first, later = await card(house, "rotate"), await card(house, "rotate")
    title = plans.submit(samples.plan(Kind.ROTATE))

    for one in (first, first, later):
        await house.presses(house.personal(), one, title)

    once, again, other = (made.op for made in service.changes)
    assert once == again
    assert once != other


async def test_several_credentials_of_a_name_are_listed(house: House, service: ServiceDouble) -> None:
    """Which one is meant is asked, with what tells them apart."""
    service.rows = (samples.row(), samples.row(credential=samples.credential(login_server="b.azurecr.io")))

    shown = await card(house, "revoke")

    assert "Which one do you mean?" in reading.text(shown.card)
    assert "b.azurecr.io" in reading.text(shown.card)
    assert reading.problems(shown.card) == []
    assert reading.buttons(shown.card) == [plans.CHOOSE, plans.CHOOSE]


async def test_the_credential_that_is_chosen_is_the_one_that_is_planned(
    house: House, service: ServiceDouble
) -> None:
    """The button of a row goes on with that row's credential, on the same card."""
    service.rows = (samples.row(credential=samples.credential(id="b" * 22)), samples.row())
    shown = await card(house, "revoke")

    answer = await house.presses(house.personal(), shown, plans.CHOOSE)

    assert service.planned == [(Kind.REVOKE, "b" * 22)]
    assert plans.submit(samples.plan(Kind.REVOKE)) in reading.buttons(reading.shown(answer.body))


async def test_a_refused_change_says_why(house: House, service: ServiceDouble) -> None:
    """Who may not is told, and the card stays."""
    shown = await card(house, "revoke")
    service.failing["change"] = errors.Refused(errors.Reason.NO_RULE, "No rule of the policy allows this.")

    answer = await house.presses(house.personal(), shown, plans.submit(samples.plan(Kind.REVOKE)))

    assert answer.body["value"] == "No rule of the policy allows this."


@pytest.mark.parametrize("carried", [{"kind": "dance"}, {"kind": "rotate"}, {}])
async def test_a_made_up_change_is_refused(
    house: House, service: ServiceDouble, carried: dict[str, str]
) -> None:
    """What a card carries was sent by a client: only a kind and a credential are looked up."""
    action = {"type": "Action.Execute", "verb": ids.CHANGE, "data": {**carried, "action": ids.CHANGE}}

    answer = await house.invokes(house.scene(), "adaptiveCard/action", {"action": action})

    assert (answer.status, service.changes) == (400, [])


def test_every_word_of_the_help_has_an_answer_in_teams() -> None:
    """What the help tells works here as well."""
    assert {words.partition(" ")[0] for words, _ in replies.USAGE} >= set(WORDS)
