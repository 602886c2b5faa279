"""Cards as people read them: their text, their buttons, their fields. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from bot.sandbox.teams import cards

Card = Mapping[str, object]
SENDING = frozenset({"Action.Execute", "Action.Submit"})


def text(card: Card) -> str:
    """Return what a card shows, a line for each block; cards behind buttons are left out."""
    return "\n".join(_lines(card.get("body")))


def _lines(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _lines(one)
    elif isinstance(value, Mapping):
        yield from _LINES.get(str(value.get("type")), _within)(value)


def _within(element: Card) -> Iterator[str]:
    for key in ("items", "columns"):
        yield from _lines(element.get(key))


def _block(element: Card) -> Iterator[str]:
    yield str(element["text"])


def _rich(element: Card) -> Iterator[str]:
    runs = element["inlines"]
    parts = runs if isinstance(runs, list) else []
    yield "".join(str(run["text"]) if isinstance(run, Mapping) else str(run) for run in parts)


def _facts(element: Card) -> Iterator[str]:
    facts = element["facts"]
    yield from (f"{one['title']} {one['value']}" for one in (facts if isinstance(facts, list) else ()))


_LINES: Mapping[str, Callable[[Card], Iterator[str]]] = {
    "TextBlock": _block,
    "RichTextBlock": _rich,
    "FactSet": _facts,
}


def buttons(card: Card) -> tuple[str, ...]:
    """Return the titles of all buttons, those behind others included."""
    every = (each for each in cards.elements(card) if str(each["type"]).startswith("Action."))
    return tuple(str(each.get("title", "")) for each in every)


def actions(card: Card) -> list[Mapping[str, object]]:
    """Return the buttons that send something, in the order in which they stand."""
    return [each for each in cards.elements(card) if each["type"] in SENDING]


def inputs(card: Card) -> list[Mapping[str, object]]:
    """Return the fields of a card, in the order in which they stand."""
    return [each for each in cards.elements(card) if str(each["type"]).startswith("Input.")]


def filled(card: Card) -> dict[str, str]:
    """Return what a card's fields hold when it is shown."""
    return {str(each["id"]): _written(each["value"]) for each in inputs(card) if "value" in each}


def _written(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def lacking(card: Card, action: Mapping[str, object], typed: Mapping[str, str]) -> dict[str, str]:
    """Return what a client says of fields that have to be filled before a button sends, by field."""
    if action.get("associatedInputs") == "none":
        return {}
    around = _around(card, action)
    wanted = [each for each in inputs(around) if each.get("isRequired")]
    empty = [each for each in wanted if not typed.get(str(each["id"]), "").strip()]
    return {str(each["id"]): str(each.get("errorMessage") or "This is required.") for each in empty}


def belonging(card: Card, action: Mapping[str, object]) -> frozenset[str]:
    """Return the fields whose content a button sends: those of its own card, and of cards around that."""
    if action.get("associatedInputs") == "none":
        return frozenset()
    outer = {str(each["id"]) for each in inputs({"body": card.get("body")})}
    inner = {str(each["id"]) for each in inputs(_around(card, action))}
    return frozenset(outer | inner)


def _around(card: Card, action: Mapping[str, object]) -> Card:
    """Return the card behind a button in which another one stands, or the card itself."""
    for each in cards.elements(card):
        inner = each.get("card")
        if each["type"] == "Action.ShowCard" and isinstance(inner, Mapping) and action in actions(inner):
            return inner
    return {"body": card.get("body")}
