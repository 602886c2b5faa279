"""Rich text: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block."""

from __future__ import annotations

from bot.sandbox.slack.blockkit import objects
from bot.sandbox.slack.blockkit.rules import (
    Rule,
    among,
    boolean,
    listed,
    number,
    record,
    string,
    tagged,
    whole,
)

_STYLE = record(
    {},
    dict.fromkeys(
        ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"), boolean
    ),
)


def _inline(required: dict[str, Rule], optional: dict[str, Rule] | None = None) -> Rule:
    return record(required, {"style": _STYLE, **(optional or {})})


INLINE: dict[str, Rule] = {
    "text": _inline({"text": string()}),
    "link": _inline({"url": objects.URL}, {"text": string(), "unsafe": boolean}),
    "user": _inline({"user_id": string()}),
    "channel": _inline({"channel_id": string()}),
    "usergroup": _inline({"usergroup_id": string()}),
    "team": _inline({"team_id": string()}),
    "emoji": _inline({"name": string()}, {"unicode": string(), "skin_tone": number, "url": objects.URL}),
    "broadcast": _inline({"range": among("here", "channel", "everyone")}),
    "color": _inline({"value": string()}),
    "date": _inline({"timestamp": number, "format": string()}, {"url": objects.URL, "fallback": string()}),
}
_ELEMENTS = listed(tagged(lambda: INLINE), least=0)
_SECTION = record({"elements": _ELEMENTS})
_BORDER = {"border": whole(0, 1)}
PARTS: dict[str, Rule] = {
    "rich_text_section": _SECTION,
    "rich_text_list": record(
        {
            "style": among("bullet", "ordered"),
            "elements": listed(tagged(lambda: {"rich_text_section": _SECTION})),
        },
        {"indent": whole(0), "offset": whole(0), **_BORDER},
    ),
    "rich_text_preformatted": record({"elements": _ELEMENTS}, {"language": string(), **_BORDER}),
    "rich_text_quote": record({"elements": _ELEMENTS}, _BORDER),
}
RICH_TEXT = tagged(
    lambda: {"rich_text": record({"elements": listed(tagged(lambda: PARTS))}, {"block_id": objects.ID})}
)
