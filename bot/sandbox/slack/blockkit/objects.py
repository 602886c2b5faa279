"""Composition objects: text, options, confirmation dialogs and the like.

Limits: https://docs.slack.dev/reference/block-kit/composition-objects
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.sandbox.slack.blockkit.rules import (
    Cross,
    Problem,
    Rule,
    among,
    boolean,
    listed,
    one_of,
    record,
    string,
    tagged,
)
from bot.sandbox.slack.entities import Json

ID = string(255)
URL = string(3000)
LONGEST_TEXT = 3000


def plain(longest: int = LONGEST_TEXT) -> Rule:
    """Return the rule for a plain_text object."""
    rule = record({"text": string(longest)}, {"emoji": boolean})
    return tagged(lambda: {"plain_text": rule})


def mrkdwn(longest: int = LONGEST_TEXT) -> Rule:
    """Return the rule for a mrkdwn object."""
    rule = record({"text": string(longest)}, {"verbatim": boolean})
    return tagged(lambda: {"mrkdwn": rule})


def text(longest: int = LONGEST_TEXT) -> Rule:
    """Return the rule for a text object of either kind."""
    plain_rule = record({"text": string(longest)}, {"emoji": boolean})
    mrkdwn_rule = record({"text": string(longest)}, {"verbatim": boolean})
    return tagged(lambda: {"plain_text": plain_rule, "mrkdwn": mrkdwn_rule})


def _option(label: Rule, *, url: bool = False) -> Rule:
    extra = {"url": URL} if url else {}
    return record({"text": label, "value": string(150)}, {"description": text(75), **extra})


OPTION = _option(plain(75))
OPTION_MARKED = _option(text(75))  # radio buttons and check boxes show mrkdwn
OPTION_LINKED = _option(plain(75), url=True)  # overflow menus
GROUP = record({"label": plain(75), "options": listed(OPTION, most=100)})
CONFIRM = record(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": among("primary", "danger")},
)
DISPATCH = record({"trigger_actions_on": listed(among("on_enter_pressed", "on_character_entered"), most=2)})
FILTER = record(
    {},
    {
        "include": listed(among("im", "mpim", "private", "public")),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)
SLACK_FILE = record({}, {"id": string(), "url": URL}, one_of("id", "url"))
IMAGE = record(
    {"alt_text": string(2000)},
    {"image_url": URL, "slack_file": SLACK_FILE},
    one_of("image_url", "slack_file"),
)


def initial_among(name: str) -> Cross:
    """Return the rule that what is chosen at first is one of the options offered."""

    def check(value: Json, at: str) -> Iterator[Problem]:
        # Slack wants the whole option again, not its value alone.
        given = value.get(name)
        chosen = given if isinstance(given, list) else [given]
        offered = list(_offered(value))
        for entry in chosen:
            if entry is not None and _key(entry) not in offered:
                yield Problem(f"{at}/{name}", "must be one of the options provided", "enum")

    return check


def few_enough(name: str) -> Cross:
    """Return the rule that no more is chosen at first than may be chosen at all."""

    def check(value: Json, at: str) -> Iterator[Problem]:
        given, most = value.get(name), value.get("max_selected_items")
        if isinstance(given, list) and isinstance(most, int) and len(given) > most:
            yield Problem(f"{at}/{name}", f"no more than {most} items allowed", "max_items")

    return check


def _offered(value: Json) -> Iterator[object]:
    options = value.get("options")
    groups = value.get("option_groups")
    for option in options if isinstance(options, list) else ():
        yield _key(option)
    for group in groups if isinstance(groups, list) else ():
        yield from _offered(group if isinstance(group, dict) else {})


def _key(option: object) -> object:
    """Slack compares text and value; a missing one fails its own rule elsewhere."""
    if not isinstance(option, dict):
        return None
    label = option.get("text")
    return (label.get("text") if isinstance(label, dict) else None, option.get("value"))


DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
