"""Blocks: https://docs.slack.dev/reference/block-kit/blocks."""

from __future__ import annotations

from collections.abc import Mapping

from bot.sandbox.slack.blockkit import elements, newer, objects, rich
from bot.sandbox.slack.blockkit.rules import (
    Cross,
    Rule,
    boolean,
    listed,
    one_of,
    record,
    some_of,
    string,
    tagged,
    whole,
)


def _block(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None, *also: Cross) -> Rule:
    return record(required, {"block_id": objects.ID, **(optional or {})}, *also)


_CONTEXT = {
    "image": objects.IMAGE,
    "plain_text": objects.text(),
    "mrkdwn": objects.text(),
}

BLOCKS: dict[str, Rule] = {
    "actions": _block({"elements": listed(tagged(lambda: elements.IN_ACTIONS), most=25)}),
    "context": _block({"elements": listed(tagged(lambda: _CONTEXT), most=10)}),
    "divider": _block({}),
    "file": _block({"external_id": string(), "source": string()}),
    "header": _block({"text": objects.plain(150)}, {"level": whole(1, 4)}),
    "image": _block(
        {"alt_text": string(2000)},
        {"image_url": objects.URL, "slack_file": objects.SLACK_FILE, "title": objects.plain(2000)},
        one_of("image_url", "slack_file"),
    ),
    "input": _block(
        {"label": objects.plain(2000), "element": tagged(lambda: elements.IN_INPUT)},
        {"hint": objects.plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": rich.RICH_TEXT,
    "section": _block(
        {},
        {
            "text": objects.text(),
            "fields": listed(objects.text(2000), most=10),
            "accessory": tagged(lambda: elements.IN_SECTION),
            "expand": boolean,
        },
        some_of("text", "fields"),
    ),
    **newer.BLOCKS,
    "container": newer.container(lambda: BLOCKS),
}
BLOCK = tagged(lambda: BLOCKS)
