"""`/registry` and its words: what works, what comes later, and what nobody understands."""

from __future__ import annotations

import pytest

from bot.sandbox import acme
from bot.sandbox.slack import people
from handlers import replies
from handlers.slack import commands, ids
from tests.handlers.house import House
from tests.handlers.service_double import ServiceDouble


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("help", "/registry opens a form."),
        ("  HELP  me", "/registry opens a form."),
        ("make tea", "I do not know /registry make tea."),
        ("payload", "I do not know /registry payload."),
        ("<!channel> `x`", "I do not know /registry <!channel> 'x'."),
        ("x" * 500, f"I do not know /registry {'x' * commands.LONGEST_ECHO}."),
        ("rotate", "Say which credential: /registry rotate NAME, or WORKSPACE/NAME."),
        ("revoke", "Say which credential: /registry revoke NAME"),
        ("remove", "Say which credential: /registry remove NAME"),
        ("status", "Say which request: /registry status ID"),
        (
            "list tea",
            "There is no list tea: there are list mine, list credentials, list workspace and list waiting.",
        ),
    ],
)
async def test_words_are_answered_privately(
    ana: people.Person, service: ServiceDouble, words: str, wanted: str
) -> None:
    """Help, a word of later, and anything unknown get an answer that only its sender reads."""
    reaction = await ana.command(ids.COMMAND, words, channel=acme.GENOMICS)

    (answer,) = ana.ephemerals()
    assert reaction.ok
    assert answer.text.startswith(wanted)
    assert set(service.calls) == {"first_time"}


async def test_whoami_is_answered_privately(
    ana: people.Person, ben: people.Person, service: ServiceDouble
) -> None:
    """How the bot sees somebody is nobody else's business."""
    reaction = await ana.command(ids.COMMAND, "whoami", channel=acme.GENOMICS)

    (answer,) = ana.ephemerals()
    assert (reaction.ok, service.calls) == (True, ["first_time", "whoami"])
    assert answer.text.startswith("You are @Ana: U0ANA of T0SANDBOX on Slack.")
    assert ben.sees(acme.GENOMICS) == []


async def test_typed_mentions_do_not_mention(ana: people.Person) -> None:
    """What is echoed to the sender is escaped in the text and code in the blocks."""
    await ana.command(ids.COMMAND, "<!channel>", channel=acme.GENOMICS)

    (answer,) = ana.ephemerals()
    assert "<!channel>" not in answer.message.text
    assert "&lt;!channel&gt;" in answer.message.text


async def test_nobody_else_reads_an_answer(house: House, ana: people.Person, ben: people.Person) -> None:
    """An answer to one person is not shown to the channel."""
    await ana.command(ids.COMMAND, "help", channel=acme.GENOMICS)

    assert ben.sees(acme.GENOMICS) == []
    assert [call.partition("?")[0] for call in house.web_calls] == ["auth.test"]


def test_every_word_of_the_help_works() -> None:
    """The registry of words is what the help and the manifest are made from."""
    assert set(commands.WORDS) == {words.partition(" ")[0] for words, _ in replies.USAGE}
