"""What people read: markup, blocks and forms as plain text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack import entities, mrkdwn, reading
from tests.slack_emulator import corpus
from tests.slack_emulator.corpus import Json

NAMES = {"U0ANA": "Ana", "C0GENOMICS": "genomics", "S0APPROVERS": "approvers", "U0BOT": "Registry Bot"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("*bold* _italic_ ~gone~", "bold italic gone"),
        ("snake_case_name and 2*3*4", "snake_case_name and 2*3*4"),
        ("`code *stays*` and ```\nblock\n```", "code *stays* and block"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("<@U0ANA> and <@U0NEW|new> and <@U0NOBODY>", "@Ana and @new and @U0NOBODY"),
        ("<#C0GENOMICS> <#C0OTHER|other>", "#genomics #other"),
        ("<!subteam^S0APPROVERS> <!subteam^S0X|@x>", "@approvers @x"),
        ("<!here> <!channel>", "@here @channel"),
        ("<https://example.com|the page> <https://example.com>", "the page https://example.com"),
        ("<!date^1795435200^{date_num} at {time}|then>", "2026-11-23 at 12:00"),
        ("<!date^1795435200^{date_short}^https://example.com|then>", "Nov 23, 2026"),
        ("<!date^soon^{date}|then>", "then"),
        ("<!date^1795435200^{ago}|then>", "{ago}"),
    ],
)
def test_markup(text: str, expected: str) -> None:
    """Slack's markup reads as people see it."""
    assert mrkdwn.plain(text, NAMES) == expected


def message(*blocks: Json, text: str = "", **extra: Any) -> entities.Message:
    """Return a message of the bot."""
    return entities.Message("C0GENOMICS", "1.1", "U0BOT", text, blocks, bot=True, **extra)


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"type": "header", "text": corpus.plain("New request")}, "New request"),
        ({"type": "divider"}, "---"),
        (corpus.section(text=corpus.mrkdwn("*x*")), "x"),
        (corpus.section(text=corpus.plain("*x*")), "*x*"),
        ({"type": "section", "fields": [corpus.mrkdwn("*Name*\nx"), corpus.plain("y")]}, "Name: x\ny"),
        (corpus.section(accessory=corpus.button()), "Text\n[Press]"),
        (corpus.section(accessory=corpus.select()), "Text\n[static_select]"),
        (
            corpus.section(accessory={"type": "image", "image_url": "u", "alt_text": "a cat"}),
            "Text\n(image: a cat)",
        ),
        (
            {
                "type": "context",
                "elements": [
                    corpus.mrkdwn("by <@U0ANA>"),
                    {"type": "image", "image_url": "u", "alt_text": "i"},
                ],
            },
            "by @Ana · (image: i)",
        ),
        (corpus.actions(corpus.button(), corpus.button(text=corpus.plain("Deny"))), "[Press] [Deny]"),
        ({"type": "markdown", "text": "**bold**"}, "**bold**"),
        ({"type": "table", "rows": [[corpus.CELL, corpus.RICH]]}, "cell | Hello @U1there\n• one"),
        (
            {"type": "container", "title": corpus.plain("Details"), "child_blocks": [corpus.section()]},
            "Details\nText",
        ),
        ({"type": "input", "label": corpus.plain("L"), "element": corpus.written()}, "L"),
    ],
)
def test_block(block: Json, expected: str) -> None:
    """Each kind of block has a reading."""
    assert reading.seen(message(block), NAMES).text == expected


RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "see "},
                {"type": "channel", "channel_id": "C0GENOMICS"},
                {"type": "emoji", "name": "wave"},
                {"type": "usergroup", "usergroup_id": "S0APPROVERS"},
                {"type": "broadcast", "range": "here"},
                {"type": "link", "url": "https://example.com"},
                {"type": "date", "timestamp": 1, "format": "{date}", "fallback": "then"},
                {"type": "color", "value": "#fff"},
            ],
        },
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "said"}]},
        {
            "type": "rich_text_list",
            "style": "ordered",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}],
        },
    ],
}


def test_rich_text() -> None:
    """Rich text reads as lines, with names for ids."""
    assert reading.seen(message(RICH), NAMES).text.splitlines() == [
        "see #genomics:wave:@approvers@herehttps://example.comthen",
        "> said",
        "1. one",
    ]


def test_attachments() -> None:
    """Attachments are read after the text."""
    attachments = ({"text": "*more*"}, {"fallback": "less"}, {"blocks": [corpus.section()]})

    assert reading.seen(message(text="x", attachments=attachments), NAMES).text == "x\nmore\nless\nText"


def test_seen() -> None:
    """A message tells its author, its buttons and where it stands."""
    seen = reading.seen(message(corpus.actions(corpus.button()), text="x"), NAMES)

    assert (str(seen), seen.buttons) == ("Registry Bot: [Press]", ("Press",))
    assert (seen.channel, seen.ts) == ("C0GENOMICS", "1.1")


def test_screen() -> None:
    """A form reads with labels, marks, hints, values and errors."""
    blocks = [
        corpus.field(block_id="a", label=corpus.plain("Name"), hint=corpus.plain("letters")),
        corpus.field(corpus.select(), block_id="b", label=corpus.plain("Where"), optional=True),
    ]
    view = entities.View(
        "V1",
        "U0ANA",
        corpus.modal(*blocks, close=corpus.plain("Cancel")),
        "1.a",
        "V1",
        values={
            "a": {"t": {"type": "plain_text_input", "value": "x"}},
            "b": {"s": {"type": "static_select", "selected_option": corpus.option()}},
        },
        errors={"a": "Too short."},
    )

    screen = reading.screen(view, NAMES)

    assert str(screen).splitlines() == [
        "== Title ==",
        "Name *: x",
        "  (letters)",
        "  ! Too short.",
        "Where: One",
        "[Cancel] [Send]",
    ]
    assert screen.errors == {"Name": "Too short."}
    assert screen.fields == {"Name": "x", "Where": "One"}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"type": "multi_users_select", "selected_users": ["U1", "U2"]}, "U1, U2"),
        ({"type": "checkboxes", "selected_options": [corpus.option(), corpus.option("Two")]}, "One, Two"),
        ({"type": "datepicker", "selected_date": None}, ""),
    ],
)
def test_values(entry: Json, expected: str) -> None:
    """Several choices read as a list, nothing as nothing."""
    assert reading.value_text(entry) == expected
