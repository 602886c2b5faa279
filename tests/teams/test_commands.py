"""Words to the bot through the front door: the same as on every platform, answered where they were said."""

from __future__ import annotations

import pytest

from bot import errors
from bot.sandbox.emulator import Fault
from handlers import replies
from tests.handlers.service_double import ServiceDouble
from tests.teams import reading, scenery
from tests.teams.house import House


@pytest.mark.parametrize("words", ["", "registry", "/registry", "/REGISTRY "])
async def test_a_message_is_answered_with_the_forms_launcher(house: House, words: str) -> None:
    """Nothing but a mention, or the command's name, brings a card whose buttons open the form."""
    reaction = await house.says(house.scene(), words)

    (card,) = house.written(scenery.GENOMICS)
    assert (reaction.status, reading.problems(card.card)) == (200, [])
    assert reading.buttons(card.card) == [replies.OPEN_FORM, replies.FORM_HERE]


async def test_an_answer_stands_in_the_thread_that_was_begun(house: House) -> None:
    """A new post in a channel is the first message of its own thread."""
    await house.says(house.scene(), "help")

    (first, answer) = house.teams.conversations[scenery.GENOMICS].messages.values()
    assert (answer.root, first.by) == (first.id, scenery.ANA.id)


async def test_an_answer_stays_in_the_thread_that_it_was_asked_in(house: House) -> None:
    """A message below another one is answered there."""
    await house.says(house.scene(), "help")
    root = house.written(scenery.GENOMICS)[0].root

    await house.says(house.scene(root=root), "help")

    assert [one.root for one in house.written(scenery.GENOMICS)] == [root, root]


@pytest.mark.parametrize("where", [scenery.CHAT, None])
async def test_a_chat_has_no_threads(house: House, where: str | None) -> None:
    """In a group chat and in a personal one the answer is a message like any other."""
    scene = house.scene(where=where) if where else house.personal()

    await house.says(scene, "help")

    (answer,) = house.written(scene.where)
    assert answer.root == answer.id
    assert "opens a form" in reading.text(answer.card)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("help", "opens a form"),
        ("  HELP  please", "opens a form"),
        ("/registry help", "opens a form"),
        ("whoami", "To the policy"),
        ("<b>whoami</b>&nbsp;", "To the policy"),
        ("dance", "I do not know /registry dance"),
        ("<at>somebody</at> &lt;at&gt;", "I do not know /registry <at>"),
    ],
)
async def test_words_are_understood_as_on_slack(house: House, typed: str, said: str) -> None:
    """Case, spaces, markup and mentions do not matter; what is not a word is echoed as it was typed."""
    await house.says(house.scene(), typed)

    (answer,) = house.written(scenery.GENOMICS)
    assert reading.problems(answer.card) == []
    assert said in reading.text(answer.card) or "does not link" in reading.text(answer.card)


@pytest.mark.parametrize("word", replies.LATER)
async def test_words_of_later_versions_say_so(house: House, word: str) -> None:
    """Whoever read of them somewhere gets an honest answer."""
    await house.says(house.personal(), f"{word} something")

    (answer,) = house.written(house.personal().where)
    assert "is not available yet" in reading.text(answer.card)


async def test_a_failure_is_told_in_the_thread(house: House, service: ServiceDouble) -> None:
    """What the service raises becomes a sentence, and what nobody foresaw an id for an operator."""
    service.failing["whoami"] = errors.Temporary("Tower does not answer.", service="Tower")
    await house.says(house.scene(), "whoami")
    service.failing["whoami"] = KeyError("secret words of a library")
    await house.says(house.scene(), "whoami")

    known, unforeseen = (reading.text(one.card) for one in house.written(scenery.GENOMICS))
    assert known == "Tower does not answer."
    assert "Tell an operator this id" in unforeseen
    assert "secret words" not in unforeseen


async def test_an_answer_that_teams_does_not_take_is_given_up(house: House) -> None:
    """The message counts as taken: sending it again would change nothing."""
    house.teams.faults.append(Fault(r"^POST /v3/.*/activities", times=None, status=500))

    reaction = await house.says(house.scene(), "help")

    assert (reaction.status, house.written(scenery.GENOMICS)) == (200, [])
