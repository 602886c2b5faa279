"""Blocks that came in 2024 to 2026: tables, cards, containers, charts, tasks; checked less deeply."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from bot.sandbox.slack.blockkit import elements, objects, rich
from bot.sandbox.slack.blockkit.rules import (
    Problem,
    Rule,
    among,
    boolean,
    listed,
    number,
    record,
    some_of,
    string,
    tagged,
    whole,
)
from bot.sandbox.slack.entities import Json

_BLOCK = {"block_id": objects.ID}
_STATUS = among("pending", "in_progress", "complete", "error")
_IMAGE = tagged(lambda: {"image": objects.IMAGE})
_RAW = record({"text": string()})
_CELLS: dict[str, Rule] = {
    "raw_text": _RAW,
    "raw_number": record({"value": number}, {"text": string()}),
    "rich_text": rich.RICH_TEXT,
}
_ROW = listed(tagged(lambda: _CELLS), most=20)
_SOURCE = record({"url": objects.URL}, {"text": string()})
_TASK: dict[str, Rule] = {
    "task_id": string(),
    "title": string(),
    "status": _STATUS,
    "details": rich.RICH_TEXT,
    "output": rich.RICH_TEXT,
    "sources": listed(_SOURCE),
}
_CHILDREN = frozenset(
    {
        "actions",
        "context",
        "divider",
        "file",
        "header",
        "image",
        "input",
        "rich_text",
        "section",
        "table",
        "video",
    }
)


def _even(value: Json, at: str) -> Iterator[Problem]:
    """Refuse rows of different lengths."""
    rows = value.get("rows")
    lengths = {len(row) for row in rows if isinstance(row, list)} if isinstance(rows, list) else set()
    if len(lengths) > 1:
        yield Problem(f"{at}/rows", "all rows must have the same number of cells", "shape")


CARD = record(
    {},
    {
        **_BLOCK,
        "hero_image": _IMAGE,
        "icon": _IMAGE,
        "slack_icon": record({"name": string()}),
        "title": objects.mrkdwn(150),
        "subtitle": objects.mrkdwn(150),
        "body": objects.mrkdwn(200),
        "subtext": objects.mrkdwn(200),
        "actions": listed(tagged(lambda: {"button": elements.BUTTON}), most=3),
    },
    some_of("hero_image", "title", "actions", "body"),
)

BLOCKS: dict[str, Rule] = {
    "alert": record(
        {"text": objects.text(200)},
        {**_BLOCK, "level": among("default", "info", "warning", "error", "success")},
    ),
    "card": CARD,
    "carousel": record({"elements": listed(tagged(lambda: {"card": CARD}), most=10)}, _BLOCK),
    "context_actions": record({"elements": listed(tagged(lambda: elements.CONTEXT_ACTIONS), most=5)}, _BLOCK),
    "data_table": record(
        {"rows": listed(_ROW, most=201, least=2), "caption": string()},
        {**_BLOCK, "page_size": whole(1, 100), "row_header_column_index": whole(0)},
        _even,
    ),
    "data_visualization": record(
        {
            "title": string(50),
            "chart": record(
                {},
                {
                    "segments": listed(record({"label": string(20), "value": number}), most=12),
                    "series": listed(
                        record(
                            {
                                "name": string(20),
                                "data": listed(record({"label": string(20), "value": number}), most=20),
                            }
                        ),
                        most=12,
                    ),
                    "axis_config": record(
                        {"categories": listed(string(20), most=20)},
                        {"x_label": string(50), "y_label": string(50)},
                    ),
                },
            ),
        },
        _BLOCK,
    ),
    "markdown": record({"text": string(12_000)}, _BLOCK),
    "plan": record({"title": string()}, {**_BLOCK, "tasks": listed(record({}, _TASK))}),
    "table": record(
        {"rows": listed(_ROW, most=100)},
        {
            **_BLOCK,
            "column_settings": listed(
                record({}, {"align": among("left", "center", "right"), "is_wrapped": boolean}), most=20
            ),
        },
        _even,
    ),
    "task_card": record({"task_id": string(), "title": string()}, {**_BLOCK, **_TASK}),
    "video": record(
        {
            "alt_text": string(200),
            "title": objects.plain(200),
            "video_url": objects.URL,
            "thumbnail_url": objects.URL,
        },
        {
            **_BLOCK,
            "author_name": string(50),
            "description": objects.plain(200),
            "provider_icon_url": objects.URL,
            "provider_name": string(50),
            "title_url": objects.URL,
        },
    ),
}


def container(blocks: Callable[[], Mapping[str, Rule]]) -> Rule:
    """Return the rule for a container, which holds ten blocks of some kinds but no container."""
    return record(
        {"child_blocks": listed(tagged(blocks, only=_CHILDREN), most=10)},
        {
            **_BLOCK,
            "title": objects.plain(150),
            "rich_text_title": rich.RICH_TEXT,
            "subtitle": objects.text(150),
            "icon": _IMAGE,
            "width": among("narrow", "standard", "wide", "full"),
            "is_collapsible": boolean,
            "default_collapsed": boolean,
            "has_header_divider": boolean,
        },
        some_of("title", "rich_text_title"),
    )
