"""Every limit of Block Kit, at its edge and one beyond: the edge passes, one more does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.sandbox.slack import blockkit
from tests.slack_emulator import corpus
from tests.slack_emulator.corpus import Json

View = Callable[[int], Json]
Blocks = Callable[[int], list[Json]]


def x(count: int) -> str:
    """Return a text of so many characters, none of which fits into one UTF-16 unit."""
    return "🔑" * count


def confirmed(**part: Json) -> list[Json]:
    """Return a button with a dialog."""
    return [corpus.actions(corpus.button(confirm={**corpus.CONFIRM, **part}))]


def menu(**part: object) -> list[Json]:
    """Return a section with a menu."""
    return [corpus.section(accessory=corpus.select(**part))]


def card(**part: object) -> list[Json]:
    """Return a card."""
    return [{"type": "card", "title": corpus.mrkdwn(), **part}]


def chart(**part: object) -> list[Json]:
    """Return a chart."""
    return [{"type": "data_visualization", "title": "t", "chart": {"type": "pie", **part}}]


def table(kind: str, rows: int, cells: int) -> list[Json]:
    """Return a table of either kind."""
    caption = {"caption": "c"} if kind == "data_table" else {}
    return [{"type": kind, "rows": [[corpus.CELL] * cells] * rows, **caption}]


def video(**part: object) -> list[Json]:
    """Return a video."""
    return [
        {
            "type": "video",
            "title": corpus.plain(),
            "alt_text": "a",
            "video_url": "u",
            "thumbnail_url": "t",
            **part,
        }
    ]


VIEWS: list[tuple[str, int, View]] = [
    ("title", 24, lambda n: corpus.modal(corpus.section(), title=corpus.plain(x(n)))),
    ("submit", 24, lambda n: corpus.modal(corpus.section(), submit=corpus.plain(x(n)))),
    ("close", 24, lambda n: corpus.modal(corpus.section(), close=corpus.plain(x(n)))),
    ("private_metadata", 3000, lambda n: corpus.modal(corpus.section(), private_metadata=x(n))),
    ("callback_id", 255, lambda n: corpus.modal(corpus.section(), callback_id=x(n))),
    ("external_id", 255, lambda n: corpus.modal(corpus.section(), external_id=x(n))),
    ("blocks of a modal", 100, lambda n: corpus.modal(*[corpus.section()] * n)),
    ("blocks of a home", 100, lambda n: {"type": "home", "blocks": [corpus.section()] * n}),
    ("label", 2000, lambda n: corpus.modal(corpus.field(label=corpus.plain(x(n))))),
    ("hint", 2000, lambda n: corpus.modal(corpus.field(hint=corpus.plain(x(n))))),
    (
        "placeholder",
        150,
        lambda n: corpus.modal(corpus.field(corpus.written(placeholder=corpus.plain(x(n))))),
    ),
    ("max_length", 3000, lambda n: corpus.modal(corpus.field(corpus.written(max_length=n)))),
    ("initial_value", 3000, lambda n: corpus.modal(corpus.field(corpus.written(initial_value=x(n))))),
    (
        "radio buttons",
        10,
        lambda n: corpus.modal(
            corpus.field({"type": "radio_buttons", "action_id": "r", "options": corpus.options(n)})
        ),
    ),
    (
        "check boxes",
        10,
        lambda n: corpus.modal(
            corpus.field({"type": "checkboxes", "action_id": "c", "options": corpus.options(n)})
        ),
    ),
    (
        "files",
        10,
        lambda n: corpus.modal(corpus.field({"type": "file_input", "action_id": "f", "max_files": n})),
    ),
    ("an alert", 200, lambda n: corpus.modal({"type": "alert", "text": corpus.plain(x(n))})),
]
MESSAGES: list[tuple[str, int, Blocks]] = [
    ("blocks", 50, lambda n: [corpus.section()] * n),
    ("block_id", 255, lambda n: [corpus.section(block_id=x(n))]),
    ("action_id", 255, lambda n: [corpus.actions(corpus.button(action_id=x(n)))]),
    ("section", 3000, lambda n: [corpus.section(text=corpus.mrkdwn(x(n)))]),
    ("fields", 10, lambda n: [corpus.section(fields=[corpus.mrkdwn()] * n)]),
    ("a field", 2000, lambda n: [corpus.section(fields=[corpus.mrkdwn(x(n))])]),
    ("header", 150, lambda n: [{"type": "header", "text": corpus.plain(x(n))}]),
    ("header level", 4, lambda n: [{"type": "header", "text": corpus.plain(), "level": n}]),
    ("context", 10, lambda n: [{"type": "context", "elements": [corpus.mrkdwn()] * n}]),
    ("actions", 25, lambda n: [corpus.actions(*[corpus.button(action_id=str(i)) for i in range(n)])]),
    ("button", 75, lambda n: [corpus.actions(corpus.button(text=corpus.plain(x(n))))]),
    ("button value", 2000, lambda n: [corpus.actions(corpus.button(value=x(n)))]),
    ("button url", 3000, lambda n: [corpus.actions(corpus.button(url=x(n)))]),
    ("accessibility_label", 75, lambda n: [corpus.actions(corpus.button(accessibility_label=x(n)))]),
    ("dialog title", 100, lambda n: confirmed(title=corpus.plain(x(n)))),
    ("dialog text", 300, lambda n: confirmed(text=corpus.plain(x(n)))),
    ("dialog confirm", 30, lambda n: confirmed(confirm=corpus.plain(x(n)))),
    ("dialog deny", 30, lambda n: confirmed(deny=corpus.plain(x(n)))),
    ("options", 100, lambda n: menu(options=corpus.options(n))),
    ("option text", 75, lambda n: menu(options=[corpus.option(x(n))])),
    ("option value", 150, lambda n: menu(options=[corpus.option(value=x(n))])),
    ("option description", 75, lambda n: menu(options=[corpus.option(description=corpus.plain(x(n)))])),
    (
        "option groups",
        100,
        lambda n: menu(
            options=None, option_groups=[{"label": corpus.plain(), "options": corpus.options(1)}] * n
        ),
    ),
    (
        "option group label",
        75,
        lambda n: menu(
            options=None, option_groups=[{"label": corpus.plain(x(n)), "options": corpus.options(1)}]
        ),
    ),
    (
        "overflow",
        5,
        lambda n: [
            corpus.section(accessory={"type": "overflow", "action_id": "o", "options": corpus.options(n)})
        ],
    ),
    ("image url", 3000, lambda n: [{"type": "image", "image_url": x(n), "alt_text": "a"}]),
    ("image alt_text", 2000, lambda n: [{"type": "image", "image_url": "u", "alt_text": x(n)}]),
    ("markdown", 12_000, lambda n: [{"type": "markdown", "text": x(n)}]),
    ("table rows", 100, lambda n: table("table", n, 1)),
    ("table cells", 20, lambda n: table("table", 1, n)),
    ("data table rows", 201, lambda n: table("data_table", n, 1)),
    ("data table cells", 20, lambda n: table("data_table", 2, n)),
    ("card title", 150, lambda n: card(title=corpus.mrkdwn(x(n)))),
    ("card body", 200, lambda n: card(body=corpus.mrkdwn(x(n)))),
    ("card actions", 3, lambda n: card(actions=[corpus.button(action_id=str(i)) for i in range(n)])),
    ("carousel", 10, lambda n: [{"type": "carousel", "elements": card() * n}]),
    (
        "container",
        10,
        lambda n: [{"type": "container", "title": corpus.plain(), "child_blocks": [corpus.section()] * n}],
    ),
    ("chart segments", 12, lambda n: chart(segments=[{"label": "a", "value": 1}] * n)),
    ("chart label", 20, lambda n: chart(segments=[{"label": x(n), "value": 1}])),
    ("video title", 200, lambda n: video(title=corpus.plain(x(n)))),
    ("video author", 50, lambda n: video(author_name=x(n))),
    (
        "feedback",
        75,
        lambda n: [
            {
                "type": "context_actions",
                "elements": [
                    {
                        "type": "feedback_buttons",
                        "action_id": "f",
                        "positive_button": {"text": corpus.plain(x(n)), "value": "1"},
                        "negative_button": {"text": corpus.plain(), "value": "0"},
                    }
                ],
            }
        ],
    ),
]


@pytest.mark.parametrize(("name", "limit", "build"), VIEWS, ids=[name for name, _, _ in VIEWS])
def test_limit_of_a_view(name: str, limit: int, build: View) -> None:
    """At its limit a view passes; one beyond, it is refused once."""
    assert (name, blockkit.check_view(build(limit))) == (name, [])
    assert len(blockkit.check_view(build(limit + 1))) == 1


@pytest.mark.parametrize(("name", "limit", "build"), MESSAGES, ids=[name for name, _, _ in MESSAGES])
def test_limit_of_a_message(name: str, limit: int, build: Blocks) -> None:
    """At its limit a message passes; one beyond, it is refused."""
    assert (name, blockkit.check_message({"blocks": build(limit)})) == (name, [])
    assert blockkit.check_message({"blocks": build(limit + 1)}) != []


@pytest.mark.parametrize(
    ("surface", "kinds"),
    [
        ("message", {"markdown", "table", "plan", "task_card", "file", "context_actions"}),
        ("modal", {"alert"}),
    ],
)
def test_blocks_of_one_surface(surface: str, kinds: set[str]) -> None:
    """Some blocks may stand on one surface only."""
    elsewhere = {"message": "home", "modal": "message"}[surface]

    refused = {kind for kind in kinds if not allowed(kind, elsewhere)}

    assert refused == kinds
    assert all(allowed(kind, surface) for kind in kinds)


def allowed(kind: str, surface: str) -> bool:
    """Tell whether a kind of block may stand on a surface."""
    blocks = [{"type": kind}]
    problems = (
        blockkit.check_message({"blocks": blocks})
        if surface == "message"
        else blockkit.check_view({"type": surface, "title": corpus.plain(), "blocks": blocks})
    )
    return not any(problem.constraint == "surface" for problem in problems)


ODD: list[tuple[str, Json]] = [
    ("a boolean for a number", {"type": "header", "text": corpus.plain(), "level": True}),
    ("text for a number", {"type": "header", "text": corpus.plain(), "level": "2"}),
    (
        "text for a raw number",
        {"type": "data_table", "caption": "c", "rows": [[{"type": "raw_number", "value": "1"}]] * 2},
    ),
    ("a list for an object", {"type": "section", "text": []}),
    ("an object for a list", {"type": "section", "fields": {}}),
    ("a number for text", {"type": "markdown", "text": 7}),
    ("text for a boolean", {**corpus.section(), "expand": "yes"}),
    ("text for an option", corpus.section(accessory=corpus.select(options=["a"]))),
    (
        "an option without text",
        corpus.section(accessory=corpus.select(options=[{"value": "1"}], initial_option="x")),
    ),
    (
        "a workflow button without a trigger",
        corpus.actions({"type": "workflow_button", "text": corpus.plain()}),
    ),
]


@pytest.mark.parametrize(("name", "block"), ODD, ids=[name for name, _ in ODD])
def test_wrong_types(name: str, block: Json) -> None:
    """A value of the wrong type is refused and breaks nothing."""
    assert (name, blockkit.check_message({"blocks": [block]})) != (name, [])


def test_workflow_button_in_a_home() -> None:
    """A workflow button is for messages."""
    button = {
        "type": "workflow_button",
        "text": corpus.plain(),
        "workflow": {"trigger": {"url": "https://slack.com/shortcuts/x"}},
    }

    assert blockkit.check_message({"blocks": [corpus.actions(button)]}) == []
    assert len(blockkit.check_view({"type": "home", "blocks": [corpus.actions(button)]})) == 1
