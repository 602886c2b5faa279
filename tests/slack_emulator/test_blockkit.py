"""The Block Kit validator on the corpus, and beside what slack_sdk checks by itself."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.sandbox.slack import blockkit
from tests.slack_emulator import corpus
from tests.slack_emulator.corpus import Json

# What slack_sdk refuses though Slack takes it: it knows no header level and no alert block.
SDK_BEHIND = {"an alert", "a home", "a container", "a card"}


def of_message(blocks: list[Json]) -> Json:
    """Return a message of blocks."""
    return {"blocks": blocks}


@pytest.mark.parametrize("name", corpus.GOOD_VIEWS)
def test_good_view_passes(name: str) -> None:
    """A view that Slack takes is not complained about."""
    assert blockkit.check_view(corpus.GOOD_VIEWS[name]) == []


@pytest.mark.parametrize("name", corpus.GOOD_MESSAGES)
def test_good_message_passes(name: str) -> None:
    """A message that Slack takes is not complained about."""
    assert blockkit.check_message(of_message(corpus.GOOD_MESSAGES[name])) == []


@pytest.mark.parametrize("name", corpus.BAD_VIEWS)
def test_bad_view_is_caught(name: str) -> None:
    """A view that breaks one rule is refused, with a pointer into the view."""
    problems = blockkit.check_view(corpus.BAD_VIEWS[name])

    assert [problem for problem in problems if problem.pointer.startswith("/view")] != []


@pytest.mark.parametrize("name", corpus.BAD_MESSAGES)
def test_bad_message_is_caught(name: str) -> None:
    """A message that breaks one rule is refused, with a pointer to the block."""
    problems = blockkit.check_message(of_message(corpus.BAD_MESSAGES[name]))

    assert [problem for problem in problems if problem.pointer.startswith("/blocks")] != []


@pytest.mark.parametrize("name", [name for name in corpus.GOOD_VIEWS if name not in SDK_BEHIND])
def test_sdk_agrees_on_good_views(name: str) -> None:
    """What the validator takes, Slack's own Python models take as well."""
    View(**corpus.GOOD_VIEWS[name]).to_dict()


@pytest.mark.parametrize("name", [name for name in corpus.GOOD_MESSAGES if name not in SDK_BEHIND])
def test_sdk_agrees_on_good_messages(name: str) -> None:
    """What the validator takes, Slack's own Python models take as well."""
    for block in Block.parse_all(corpus.GOOD_MESSAGES[name]):
        block.to_dict()


def test_stricter_than_the_sdk() -> None:
    """Whatever Slack's own Python models refuse, the validator refuses too, and much that they let pass."""
    refused = {name for name, view in corpus.BAD_VIEWS.items() if sdk_refuses(view)}
    ours = {name for name, view in corpus.BAD_VIEWS.items() if blockkit.check_view(view)}

    assert refused <= ours
    assert len(ours) > len(refused)


def sdk_refuses(view: Json) -> bool:
    """Tell whether slack_sdk's models find something wrong with a view."""
    try:
        View(**view).to_dict()
    except (SlackObjectFormationError, TypeError, AttributeError):
        return True
    return False


def test_problem_reads_like_slacks() -> None:
    """A problem is worded as Slack words it, with a JSON pointer."""
    (problem,) = blockkit.check_view(corpus.BAD_VIEWS["title of 25 characters"])

    assert str(problem) == "must be less than 25 characters [json-pointer:/view/title/text]"


def test_problem_as_blocks_validate_answers_it() -> None:
    """The structured form names pointer, code and constraint."""
    (problem,) = blockkit.check_blocks([{"type": "nope"}])

    assert problem.as_json() == {
        "pointer": "/0/type",
        "code": "failed_constraint",
        "message": "unsupported type: nope",
        "constraint": {"type": "enum"},
    }


@pytest.mark.parametrize("view", [None, [], "modal", 7])
def test_view_that_is_no_object(view: object) -> None:
    """Anything but an object is refused without a crash."""
    assert [str(problem) for problem in blockkit.check_view(view)] == [
        "must provide an object [json-pointer:/view]"
    ]


@pytest.mark.parametrize("message", [None, [], {"blocks": "x"}, {"blocks": 7}])
def test_message_of_a_wrong_shape(message: object) -> None:
    """Blocks that are no list are refused without a crash."""
    assert len(blockkit.check_message(message)) == 1


@pytest.mark.parametrize(
    "junk", [[[]], [{"type": []}], [{"type": "section", "text": 1, "fields": {}, "accessory": []}], [None]]
)
def test_junk_is_refused(junk: list[object]) -> None:
    """Nested nonsense is refused without a crash."""
    assert blockkit.check_message({"blocks": junk}) != []


@pytest.mark.parametrize(
    "answer",
    [
        {"options": []},
        {"options": corpus.options(100)},
        {"option_groups": [{"label": corpus.plain(), "options": corpus.options(3)}]},
    ],
)
def test_good_options_pass(answer: Json) -> None:
    """An answer to a search may hold nothing, a hundred options, or groups."""
    assert blockkit.check_options(answer) == []


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"text": "sorry"},
        {"options": corpus.options(101)},
        {"options": [corpus.option("x" * 76)]},
        {"options": [corpus.option(value="x" * 151)]},
        {"options": None, "extra": 1},
    ],
)
def test_bad_options_are_caught(answer: Json) -> None:
    """More than a hundred options, or ones that are too long, are refused."""
    assert blockkit.check_options(answer) != []


@pytest.mark.parametrize(
    ("text", "blocks", "expected"),
    [
        ("Hello", [corpus.section()], []),
        ("Hello", None, []),
        (None, [corpus.section()], ["blocks without a top-level text"]),
    ],
)
def test_lint_asks_for_a_text(text: str | None, blocks: list[Json] | None, expected: list[str]) -> None:
    """Blocks without a text are taken by Slack but leave phones and screen readers with nothing."""
    assert blockkit.lints(text, blocks) == expected
