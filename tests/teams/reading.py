"""Cards as people read them, and as judges do: Microsoft's schema, our size, and what Markdown would do."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

LARGEST = 25_000
# What Teams draws in cards of 1.5 and the schema of 1.5 does not have: searching as somebody types
# (https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/dynamic-search).
_EXTRAS = {"choices.data": None, "style": "filtered"}

Card = Mapping[str, object]


def specification(path: str) -> Any:
    """Return one of the vendors' own descriptions; skip the test where they are not at hand."""
    beside = Path(__file__).parents[2].parent / "shared" / "vendor-specs"
    folder = Path(os.environ.get("VENDOR_SPECS", beside))  # noqa: TID251  # where to find test data is no setting of the bot
    if not (folder / path).is_file():
        pytest.skip("VENDOR_SPECS, the vendors' own descriptions, are not here")
    return json.loads((folder / path).read_text())


@cache
def _schema() -> jsonschema.Draft6Validator:
    return jsonschema.Draft6Validator(specification("adaptive-cards/adaptive-card-1.5.0.schema.json"))


def problems(card: Card) -> list[str]:
    """Return what is wrong with a card by Microsoft's schema and by its size."""
    plain = _without(copy.deepcopy(dict(card)))
    # The schema's own message is about the whole card: what is nested deepest says what is wrong.
    worst = jsonschema.exceptions.best_match(_schema().iter_errors(plain))
    found = [f"{worst.json_path}: {worst.message[:300]}"] if worst else []
    size = len(json.dumps(card))
    return [*found, *([f"{size} bytes"] if size > LARGEST else [])]


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        extra = {key for key, one in _EXTRAS.items() if key in value and value[key] == (one or value[key])}
        return {key: _without(one) for key, one in value.items() if key not in extra}
    return [_without(one) for one in value] if isinstance(value, list) else value


def elements(value: object) -> Iterator[Mapping[str, object]]:
    """Yield every element of a card, from the outside in."""
    if isinstance(value, Mapping):
        if "type" in value:
            yield value
        for one in value.values():
            yield from elements(one)
    elif isinstance(value, list):
        for one in value:
            yield from elements(one)


def text(card: object) -> str:
    """Return everything that a card shows, a line for each block."""
    lines = []
    for one in elements(card):
        if one["type"] == "RichTextBlock":
            inlines = one["inlines"]
            assert isinstance(inlines, list)
            lines.append("".join(str(run["text"]) for run in inlines))
        elif one["type"] == "TextBlock":
            lines.append(str(one["text"]))
    return "\n".join(lines)


def action(card: object, title: str) -> Mapping[str, object]:
    """Return the button of a title that sends something; KeyError if there is none."""
    for one in elements(card):
        if one["type"] in {"Action.Execute", "Action.Submit"} and one.get("title") == title:
            return one
    raise KeyError(title)


def buttons(card: object) -> list[str]:
    """Return the titles of a card's buttons."""
    return [str(one["title"]) for one in elements(card) if str(one["type"]).startswith("Action.")]


def field(card: object, name: str) -> Mapping[str, object]:
    """Return the input of an id."""
    return next(one for one in elements(card) if one.get("id") == name)


def shown(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the card in the answer to a click or a dialog, or an empty one."""
    task = answer.get("task")
    if isinstance(task, dict):
        value = task["value"]
        return dict(value["card"]["content"]) if isinstance(value, dict) else {}
    value = answer.get("value")
    return dict(value) if isinstance(value, dict) else {}
