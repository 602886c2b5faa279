"""Block Kit payloads, good and bad, each bad one with the single rule that it breaks.

Written from the reference (https://docs.slack.dev/reference/block-kit); never posted to Slack itself.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def plain(text: str = "Text") -> Json:
    """Return a plain_text object."""
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "Text") -> Json:
    """Return a mrkdwn object."""
    return {"type": "mrkdwn", "text": text}


def section(**extra: Any) -> Json:
    """Return a section."""
    return {"type": "section", "text": mrkdwn(), **extra}


def button(**extra: Any) -> Json:
    """Return a button."""
    return {"type": "button", "action_id": "b", "text": plain("Press"), **extra}


def actions(*elements: Json, **extra: Any) -> Json:
    """Return an actions block."""
    return {"type": "actions", "elements": list(elements), **extra}


def option(text: str = "One", value: str = "1", **extra: Any) -> Json:
    """Return an option."""
    return {"text": plain(text), "value": value, **extra}


def options(count: int) -> list[Json]:
    """Return so many different options."""
    return [option(f"Option {number}", str(number)) for number in range(count)]


def select(**extra: Any) -> Json:
    """Return a static select."""
    return {"type": "static_select", "action_id": "s", "options": options(2), **extra}


def written(**extra: Any) -> Json:
    """Return a text input."""
    return {"type": "plain_text_input", "action_id": "t", **extra}


def field(element: Json | None = None, **extra: Any) -> Json:
    """Return an input block."""
    return {"type": "input", "label": plain("Label"), "element": element or written(), **extra}


def modal(*blocks: Json, **extra: Any) -> Json:
    """Return a modal that can be submitted."""
    body = {"type": "modal", "title": plain("Title"), "submit": plain("Send"), "blocks": list(blocks)}
    return {**body, **extra}


def without(body: Json, name: str) -> Json:
    """Return an object with a field left out."""
    return {key: value for key, value in body.items() if key != name}


CONFIRM = {"title": plain("Sure?"), "text": plain("Really?"), "confirm": plain("Yes"), "deny": plain("No")}
RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "Hello ", "style": {"bold": True}},
                {"type": "user", "user_id": "U1"},
                {"type": "link", "url": "https://example.com", "text": "there"},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}],
        },
    ],
}
CELL = {"type": "raw_text", "text": "cell"}

GOOD_VIEWS: dict[str, Json] = {
    "a form": modal(
        field(
            written(placeholder=plain("name"), min_length=2, max_length=99),
            block_id="name",
            hint=plain("hint"),
        ),
        field(select(initial_option=options(2)[1]), block_id="workspace", dispatch_action=True),
        field({"type": "external_select", "action_id": "r", "min_query_length": 1}, block_id="repository"),
        field(
            {"type": "radio_buttons", "action_id": "v", "options": [option(description=mrkdwn("d"))]},
            block_id="validity",
            optional=True,
        ),
        {"type": "context", "elements": [mrkdwn("_who_ is asked"), plain("plain")]},
        callback_id="new",
        private_metadata="x" * 3000,
        notify_on_close=True,
        close=plain("Cancel"),
    ),
    "a waiting modal without a button": without(modal(section()), "submit"),
    "an alert": modal({"type": "alert", "level": "error", "text": plain("Not now")}, field()),
    "pickers": modal(
        field({"type": "datepicker", "action_id": "d", "initial_date": "2026-11-23"}),
        field({"type": "timepicker", "action_id": "t", "initial_time": "09:30"}),
        field({"type": "datetimepicker", "action_id": "dt", "initial_date_time": 1_795_000_000}),
        field({"type": "number_input", "action_id": "n", "is_decimal_allowed": False, "min_value": "1"}),
        field({"type": "email_text_input", "action_id": "e"}),
        field({"type": "url_text_input", "action_id": "u"}),
        field({"type": "file_input", "action_id": "f", "max_files": 10}),
        field({"type": "multi_users_select", "action_id": "m", "max_selected_items": 2}),
        field(
            {
                "type": "multi_external_select",
                "action_id": "e",
                "max_selected_items": 20,
                "min_query_length": 0,
                "initial_options": options(2),
            },
            dispatch_action=True,
        ),
        field({"type": "checkboxes", "action_id": "c", "options": options(1)}, optional=True),
    ),
    "grouped options": modal(
        field(
            {
                "type": "static_select",
                "action_id": "g",
                "option_groups": [{"label": plain("Group"), "options": options(2)}],
                "initial_option": options(2)[0],
            }
        )
    ),
    "the same action id in two blocks": modal(section(accessory=button()), section(accessory=button())),
    "a hundred blocks": without(modal(*[section() for _ in range(100)]), "submit"),
    "a home": {
        "type": "home",
        "blocks": [
            {"type": "header", "text": plain("My requests"), "level": 2},
            section(fields=[mrkdwn("*a*"), plain("b")], accessory=button(style="danger", confirm=CONFIRM)),
            {"type": "divider"},
            actions(button(style="primary"), select()),
        ],
        "private_metadata": "",
    },
}
GOOD_MESSAGES: dict[str, list[Json]] = {
    "an approval": [
        {"type": "header", "text": plain("New request")},
        {"type": "section", "fields": [mrkdwn(f"*Field {number}*\nvalue") for number in range(10)]},
        actions(
            button(style="primary", value="id"), button(action_id="deny", style="danger", confirm=CONFIRM)
        ),
        {"type": "context", "elements": [mrkdwn("x")]},
    ],
    "fifty blocks": [section() for _ in range(50)],
    "rich text": [RICH],
    "an image": [{"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a picture"}],
    "a table": [
        {"type": "table", "rows": [[CELL, CELL], [CELL, RICH]], "column_settings": [{"align": "right"}]}
    ],
    "markdown": [{"type": "markdown", "text": "**bold**"}],
    "a container": [{"type": "container", "title": plain("Details"), "child_blocks": [section(), RICH]}],
    "a card": [{"type": "card", "title": mrkdwn("Card"), "actions": [button()]}],
    "a video": [
        {
            "type": "video",
            "title": plain("How"),
            "alt_text": "how",
            "video_url": "https://example.com/v",
            "thumbnail_url": "https://example.com/t",
        }
    ],
    "an overflow menu": [section(accessory={"type": "overflow", "action_id": "o", "options": options(1)})],
    "a link button with an empty value": [actions(button(url="https://example.com", value=""))],
    "limits reached": [
        section(text=mrkdwn("x" * 3000), block_id="x" * 255),
        {"type": "header", "text": plain("x" * 150)},
        actions(*[button(action_id=str(number), text=plain("x" * 75)) for number in range(25)]),
        section(accessory=select(options=options(100), placeholder=plain("x" * 150))),
        section(accessory=select(options=[option("x" * 75, "x" * 150, description=plain("x" * 75))])),
    ],
}

BAD_VIEWS: dict[str, Json] = {
    "title of 25 characters": modal(section(), title=plain("x" * 25)),
    "title missing": without(modal(section()), "title"),
    "title in mrkdwn": modal(section(), title=mrkdwn()),
    "submit of 25 characters": modal(section(), submit=plain("x" * 25)),
    "close of 25 characters": modal(section(), close=plain("x" * 25)),
    "submit missing beside an input": without(modal(field()), "submit"),
    "blocks missing": without(modal(), "blocks"),
    "no block": without(modal(), "submit"),
    "101 blocks": modal(*[section() for _ in range(101)]),
    "private_metadata of 3001 characters": modal(section(), private_metadata="x" * 3001),
    "callback_id of 256 characters": modal(section(), callback_id="x" * 256),
    "external_id of 256 characters": modal(section(), external_id="x" * 256),
    "an unknown key in a view": modal(section(), color="red"),
    "an unknown view type": {**modal(section()), "type": "dialog"},
    "submit in a home": {"type": "home", "blocks": [section()], "submit": plain("Send")},
    "an alert in a home": {"type": "home", "blocks": [{"type": "alert", "text": plain()}]},
    "a markdown block in a modal": modal({"type": "markdown", "text": "x"}),
    "a table in a modal": modal({"type": "table", "rows": [[CELL]]}),
    "label missing": modal(without(field(), "label")),
    "label in mrkdwn": modal(field(label=mrkdwn())),
    "label of 2001 characters": modal(field(label=plain("x" * 2001))),
    "hint of 2001 characters": modal(field(hint=plain("x" * 2001))),
    "an input without an element": modal(without(field(), "element")),
    "a button in an input": modal(field(button())),
    "a section's text input": modal(section(accessory=written())),
    "a text input among actions": modal(actions(written())),
    "placeholder of 151 characters": modal(field(written(placeholder=plain("x" * 151)))),
    "placeholder in mrkdwn": modal(field(written(placeholder=mrkdwn()))),
    "max_length of 3001": modal(field(written(max_length=3001))),
    "min_length over max_length": modal(field(written(min_length=5, max_length=4))),
    "more chosen at first than may be": modal(
        field(
            {
                "type": "multi_external_select",
                "action_id": "m",
                "max_selected_items": 1,
                "initial_options": options(2),
            }
        )
    ),
    "chosen at first but not offered": modal(
        field(
            {
                "type": "multi_static_select",
                "action_id": "m",
                "options": options(2),
                "initial_options": [option("Else", "9")],
            }
        )
    ),
    "eleven boxes": modal(field({"type": "checkboxes", "action_id": "c", "options": options(11)})),
    "multiline as text": modal(field(written(multiline="yes"))),
    "the same block_id twice": modal(field(block_id="a"), field(block_id="a")),
    "two elements that take the focus": modal(
        field(written(focus_on_load=True)), field(written(focus_on_load=True))
    ),
    "an initial option that is not offered": modal(field(select(initial_option=option("Three", "3")))),
    "options and option_groups": modal(
        field(select(option_groups=[{"label": plain(), "options": options(1)}]))
    ),
    "no options at all": modal(field(without(select(), "options"))),
    "101 options": modal(field(select(options=options(101)))),
    "option text of 76 characters": modal(field(select(options=[option("x" * 76)]))),
    "option value of 151 characters": modal(field(select(options=[option(value="x" * 151)]))),
    "option text in mrkdwn": modal(field(select(options=[{"text": mrkdwn(), "value": "1"}]))),
    "option description of 76 characters": modal(
        field(select(options=[option(description=plain("x" * 76))]))
    ),
    "an option without a value": modal(field(select(options=[without(option(), "value")]))),
    "eleven radio buttons": modal(field({"type": "radio_buttons", "action_id": "r", "options": options(11)})),
    "check boxes without options": modal(field({"type": "checkboxes", "action_id": "c", "options": []})),
    "a date in another order": modal(
        field({"type": "datepicker", "action_id": "d", "initial_date": "23.11.2026"})
    ),
    "a number input that does not say whether decimals": modal(
        field({"type": "number_input", "action_id": "n"})
    ),
    "min_query_length below zero": modal(
        field({"type": "external_select", "action_id": "e", "min_query_length": -1})
    ),
    "an unknown dispatch trigger": modal(
        field(written(dispatch_action_config={"trigger_actions_on": ["on_blur"]}))
    ),
    "response_url_enabled in a home": {
        "type": "home",
        "blocks": [
            field({"type": "channels_select", "action_id": "c", "response_url_enabled": True}),
        ],
    },
}
BAD_MESSAGES: dict[str, list[Json]] = {
    "51 blocks": [section() for _ in range(51)],
    "an unknown block": [{"type": "nope"}],
    "a block without a type": [{"text": mrkdwn()}],
    "a block that is no object": ["text"],  # type: ignore[list-item]  # that is the point
    "an alert in a message": [{"type": "alert", "text": plain()}],
    "a section with nothing": [{"type": "section"}],
    "section text of 3001 characters": [section(text=mrkdwn("x" * 3001))],
    "an empty text": [section(text=mrkdwn(""))],
    "text as a bare string": [section(text="text")],
    "an unknown text type": [section(text={"type": "markdown", "text": "x"})],
    "emoji in mrkdwn": [section(text={**mrkdwn(), "emoji": True})],
    "eleven fields": [section(fields=[mrkdwn()] * 11)],
    "a field of 2001 characters": [section(fields=[mrkdwn("x" * 2001)])],
    "a header in mrkdwn": [{"type": "header", "text": mrkdwn()}],
    "a header of 151 characters": [{"type": "header", "text": plain("x" * 151)}],
    "a header of level 5": [{"type": "header", "text": plain(), "level": 5}],
    "eleven context elements": [{"type": "context", "elements": [mrkdwn()] * 11}],
    "a button in a context": [{"type": "context", "elements": [button()]}],
    "no actions": [actions()],
    "26 actions": [actions(*[button(action_id=str(number)) for number in range(26)])],
    "the same action_id twice in a block": [actions(button(), button())],
    "a button text of 76 characters": [actions(button(text=plain("x" * 76)))],
    "a button in mrkdwn": [actions(button(text=mrkdwn()))],
    "a button value of 2001 characters": [actions(button(value="x" * 2001))],
    "a button value that is a number": [actions(button(value=7))],
    "a button style that is not there": [actions(button(style="success"))],
    "a button with an unknown key": [actions(button(disabled=True))],
    "an action_id of 256 characters": [actions(button(action_id="x" * 256))],
    "a block_id of 256 characters": [section(block_id="x" * 256)],
    "a confirm title of 101 characters": [actions(button(confirm={**CONFIRM, "title": plain("x" * 101)}))],
    "a confirm without a deny": [actions(button(confirm=without(CONFIRM, "deny")))],
    "a confirm button of 31 characters": [actions(button(confirm={**CONFIRM, "deny": plain("x" * 31)}))],
    "six overflow options": [
        section(accessory={"type": "overflow", "action_id": "o", "options": options(6)})
    ],
    "an image without alt_text": [{"type": "image", "image_url": "https://example.com/a.png"}],
    "an image from nowhere": [{"type": "image", "alt_text": "a"}],
    "markdown over 12,000 characters in all": [{"type": "markdown", "text": "x" * 6001}] * 2,
    "101 table rows": [{"type": "table", "rows": [[CELL]] * 101}],
    "21 table cells": [{"type": "table", "rows": [[CELL] * 21]}],
    "uneven table rows": [{"type": "table", "rows": [[CELL], [CELL, CELL]]}],
    "two tables": [{"type": "table", "rows": [[CELL]]}] * 2,
    "an unknown rich text element": [
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "bold", "text": "x"}]}],
        }
    ],
    "a container in a container": [
        {
            "type": "container",
            "title": plain(),
            "child_blocks": [{"type": "container", "title": plain(), "child_blocks": [section()]}],
        }
    ],
    "eleven cards": [
        {"type": "carousel", "elements": [{"type": "card", "title": mrkdwn()}] * 11},
    ],
    "an empty card": [{"type": "card"}],
    "a file input in a message": [field({"type": "file_input", "action_id": "f"})],
}
