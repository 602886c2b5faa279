"""Three judges of Block Kit: the sandbox's strict validator, Slack's own Python models, and size."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.sandbox.slack import blockkit
from handlers.slack.markup import Json

LARGEST_VIEW = 250_000


def check_message(blocks: Sequence[Mapping[str, object]]) -> list[str]:
    """Return what is wrong with a message's blocks."""
    for block in Block.parse_all(list(blocks)):  # type: ignore[arg-type]  # the models take dicts as well
        block.validate_json()
    return [str(problem) for problem in blockkit.check_message({"blocks": list(blocks)})]


def check_view(view: Json) -> list[str]:
    """Return what is wrong with a window."""
    shown = View(**view)  # type: ignore[arg-type]  # a view's keys are the model's arguments
    shown.validate_json()
    for block in shown.blocks or ():
        block.validate_json()
    too_large = ["too large"] if len(json.dumps(view)) > LARGEST_VIEW else []
    return [*too_large, *(str(problem) for problem in blockkit.check_view(view))]


def find(value: object, key: str) -> list[object]:
    """Return every value of a key, wherever it stands."""
    if isinstance(value, Mapping):
        here = [value[key]] if key in value else []
        return here + [found for one in value.values() for found in find(one, key)]
    if isinstance(value, list | tuple):
        return [found for one in value for found in find(one, key)]
    return []
