"""What Teams would not draw or not send: Adaptive Cards held against the schema of 1.5. Pure.

https://adaptivecards.io/schemas/1.5.0/adaptive-card.json, and what Teams adds to it or takes away:
https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/cards-reference
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

VERSION = "1.5"
LARGEST = 25_000  # bytes of JSON; Teams refuses cards in threads from some 28 kB on
MOST_ACTIONS = 6  # more are hidden behind a menu

SENT = frozenset({"data", "msteams"})  # what a button carries, and is no part of the card

_ITEM = frozenset({"type", "id", "spacing", "separator", "height", "isVisible", "fallback", "requires"})
_INPUT = _ITEM | {"label", "isRequired", "errorMessage"}
_ACTION = frozenset(
    {"type", "id", "title", "iconUrl", "style", "mode", "tooltip", "isEnabled", "fallback", "requires"}
)
_RUN = frozenset({"color", "fontType", "isSubtle", "size", "weight"})


@dataclass(frozen=True, slots=True)
class Shape:
    """One type: the properties that it may have, and those that it must."""

    allowed: frozenset[str]
    needed: frozenset[str] = frozenset()


def _shape(allowed: frozenset[str], extra: str = "", needed: str = "") -> Shape:
    return Shape(allowed | set(extra.split()) | set(needed.split()), frozenset(needed.split()))


SHAPES: Mapping[str, Shape] = {
    "AdaptiveCard": _shape(
        frozenset({"type", "$schema", "version"}),
        "body actions fallbackText lang speak minHeight rtl selectAction verticalContentAlignment msteams",
    ),
    "TextBlock": _shape(_ITEM | _RUN, "wrap maxLines horizontalAlignment style", "text"),
    "RichTextBlock": _shape(_ITEM, "horizontalAlignment", "inlines"),
    "TextRun": _shape(_RUN, "type highlight italic strikethrough underline selectAction", "text"),
    "Container": _shape(_ITEM, "style bleed minHeight selectAction verticalContentAlignment", "items"),
    "ColumnSet": _shape(_ITEM, "columns style bleed minHeight horizontalAlignment selectAction"),
    "Column": _shape(_ITEM, "items width style bleed minHeight verticalContentAlignment selectAction"),
    "FactSet": _shape(_ITEM, "", "facts"),
    "ActionSet": _shape(_ITEM, "", "actions"),
    "Input.Text": _shape(_INPUT, "value placeholder isMultiline maxLength regex style inlineAction", "id"),
    "Input.Number": _shape(_INPUT, "value placeholder min max", "id"),
    "Input.Date": _shape(_INPUT, "value placeholder min max", "id"),
    "Input.Toggle": _shape(_INPUT, "value valueOn valueOff wrap", "id title"),
    # `choices.data` and the style `filtered` are Teams' own.
    "Input.ChoiceSet": _shape(
        _INPUT, "value placeholder choices isMultiSelect style wrap choices.data", "id"
    ),
    "Data.Query": _shape(frozenset({"type", "associatedInputs", "count", "skip"}), "", "dataset"),
    "Action.Execute": _shape(_ACTION, "data associatedInputs", "verb"),
    "Action.Submit": _shape(_ACTION, "data associatedInputs"),
    "Action.OpenUrl": _shape(_ACTION, "", "url"),
    "Action.ShowCard": _shape(_ACTION, "", "card"),
    "Action.ToggleVisibility": _shape(_ACTION, "", "targetElements"),
}
_CHOICE = {"title", "value"}
_TEXT_STYLES = {"default", "heading", "columnheader"}
_CHOICE_STYLES = {"compact", "expanded", "filtered"}
_CONTAINER_STYLES = {"default", "emphasis", "good", "attention", "warning", "accent"}
_ACTION_STYLES = {"default", "positive", "destructive"}
WORDS: Mapping[str, frozenset[str]] = {
    "color": frozenset({"default", "dark", "light", "accent", "good", "warning", "attention"}),
    "size": frozenset({"default", "small", "medium", "large", "extralarge"}),
    "weight": frozenset({"default", "lighter", "bolder"}),
    "fontType": frozenset({"default", "monospace"}),
    "spacing": frozenset({"default", "none", "small", "medium", "large", "extralarge", "padding"}),
    "associatedInputs": frozenset({"auto", "none"}),
}
_STYLES = {
    "TextBlock": _TEXT_STYLES,
    "Input.ChoiceSet": _CHOICE_STYLES,
    "Input.Text": {"text", "tel", "url", "email", "password"},
    **dict.fromkeys(("Container", "Column", "ColumnSet"), _CONTAINER_STYLES),
}


def problems(card: Mapping[str, object], *, dialog: bool) -> list[str]:
    """Return what is wrong with a card in a message, or in a dialog."""
    found = [problem for each in elements(card) for problem in _of(each)]
    if card.get("type") != "AdaptiveCard" or card.get("version") != VERSION:
        found.append(f"a card is an AdaptiveCard of version {VERSION}")
    if size(card) > LARGEST:
        found.append(f"{size(card)} bytes are too many for a card")
    found += _twice(card)
    buttons = [each for each in elements(card) if str(each.get("type")).startswith("Action.")]
    return found + [problem for one in buttons for problem in _button(one, dialog=dialog)]


def size(card: Mapping[str, object]) -> int:
    """Return how many bytes a card is sent as."""
    return len(json.dumps(card, ensure_ascii=False).encode())


def elements(value: object) -> Iterator[Mapping[str, object]]:
    """Go through every element, from the outside in; what a button sends is its own affair."""
    if isinstance(value, Mapping):
        if "type" in value:
            yield value
        for key, one in value.items():
            if key not in SENT:
                yield from elements(one)
    elif isinstance(value, list):
        for one in value:
            yield from elements(one)


def _of(element: Mapping[str, object]) -> list[str]:
    name = str(element["type"])
    shape = SHAPES.get(name)
    if shape is None:
        return [f"{name} is no element that Teams draws"]
    missing = [f"{name} has no {one}" for one in sorted(shape.needed - set(element))]
    unknown = [f"{name} has no property {one}" for one in sorted(set(element) - shape.allowed)]
    return [*missing, *unknown, *_values(name, element)]


def _values(name: str, element: Mapping[str, object]) -> Iterator[str]:
    styles = _ACTION_STYLES if name.startswith("Action.") else _STYLES.get(name)
    known = {**WORDS, "style": frozenset(styles | {"default"})} if styles else WORDS
    for key, words in known.items():
        if key in element and str(element[key]).lower() not in words:
            yield f"{name}: {key} cannot be {element[key]!r}"
    if len(_list(element.get("actions"))) > MOST_ACTIONS:
        yield f"{name} has more than {MOST_ACTIONS} actions"
    if not all(isinstance(one, Mapping) and set(one) == _CHOICE for one in _list(element.get("choices"))):
        yield f"{name}: a choice has a title and a value"


def _button(action: Mapping[str, object], *, dialog: bool) -> Iterator[str]:
    """Check what no schema says."""
    data = action.get("data")
    match action["type"]:
        case "Action.Execute":
            # Teams sends nothing without a verb, and the SDK finds nobody without the data's action.
            if not isinstance(data, Mapping) or not data.get("action") or not action.get("verb"):
                yield "Action.Execute needs a verb, and an action in its data"
            if dialog:
                yield "a dialog's button is an Action.Submit"
        case "Action.Submit" if not dialog and not opens_dialog(action):
            yield "in a message Action.Submit does nothing but open a dialog"


def opens_dialog(action: Mapping[str, object]) -> bool:
    """Tell whether a button opens a dialog."""
    data = action.get("data")
    own = data.get("msteams") if isinstance(data, Mapping) else None
    return isinstance(own, Mapping) and own.get("type") == "task/fetch"


def _twice(card: Mapping[str, object]) -> list[str]:
    """Return what is wrong with ids: they are the names under which inputs are sent."""
    ids = [str(each["id"]) for each in elements(card) if "id" in each]
    return [f"the id {one} stands twice" for one in sorted(set(ids)) if ids.count(one) > 1]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
