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
        ("<b>help</b>&nbsp;", "opens a form"),
        ("dance", "I do not know /registry dance"),
        ("<at>somebody</at> &lt;at&gt;", "I do not know /registry <at>"),
    ],
)
async def test_words_are_understood_as_on_slack(house: House, typed: str, said: str) -> None:
    """Case, spaces, markup and mentions do not matter; what is not a word is echoed as it was typed."""
    await house.says(house.scene(), typed)

    (answer,) = house.written(scenery.GENOMICS)
    assert reading.problems(answer.card) == []
    assert said in reading.text(answer.card)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("whoami", "To the policy"),
        ("list", "Your requests"),
        ("list credentials", "Your credentials"),
        ("list tea", "There is no list tea"),
        ("status", "Say which request"),
        ("status 1a2b3c", "request of"),
        ("rotate", "Say which credential"),
    ],
)
async def test_what_only_one_person_should_read_is_answered_personally(
    house: House, typed: str, said: str
) -> None:
    """A channel reads that there is an answer; in the personal chat it stands at once."""
    await house.says(house.scene(), typed)
    await house.says(house.personal(), typed)

    (told,) = house.written(scenery.GENOMICS)
    first, second = house.written(house.personal().where)
    assert reading.text(told.card) == replies.ELSEWHERE
    assert said in reading.text(first.card) or "does not link" in reading.text(first.card)
    assert (reading.text(first.card), reading.problems(first.card)) == (reading.text(second.card), [])


async def test_who_has_not_added_the_app_is_told_to(house: House) -> None:
    """Nothing personal is said in a channel instead."""
    house.personal().where.installed = False

    await house.says(house.scene(), "whoami")

    (told,) = house.written(scenery.GENOMICS)
    assert reading.text(told.card) == replies.NOT_ELSEWHERE


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


@pytest.mark.parametrize("typed", ["list", "status 1a2b3c"])
async def test_a_list_is_not_said_to_be_lost(house: House, service: ServiceDouble, typed: str) -> None:
    """With the store away, who wanted to see something reads that, and not that nothing was kept."""
    for one in ("listing", "status"):
        service.failing[one] = errors.NotAccepted("away")

    await house.says(house.personal(), typed)

    (answer,) = house.written(house.personal().where)
    assert "This cannot be shown now: the bot cannot reach its store." in reading.text(answer.card)
