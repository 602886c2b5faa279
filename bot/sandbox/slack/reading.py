"""What a person reads: messages, modals and App Homes as plain text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bot.sandbox.slack import entities, filling, inputs, mrkdwn, rich_text
from bot.sandbox.slack.entities import Json

Names = Mapping[str, str]  # ids of users, channels and groups -> the names that people see


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as one person sees it. `message` is what was clicked on, should it change later."""

    author: str
    text: str
    buttons: tuple[str, ...]
    message: entities.Message = field(repr=False)

    @property
    def ts(self) -> str:
        """Return the message's timestamp, which is its id."""
        return self.message.ts

    @property
    def channel(self) -> str:
        """Return the channel's id."""
        return self.message.channel

    def __str__(self) -> str:
        private = " (only visible to you)" if self.message.only_for else ""
        return f"{self.author}{private}: {self.text}"


@dataclass(frozen=True, slots=True)
class Screen:
    """A modal or App Home as its person sees it. Fields and errors are keyed by label."""

    title: str
    text: str
    fields: Mapping[str, str]
    errors: Mapping[str, str]
    buttons: tuple[str, ...]
    trouble: str | None
    view: entities.View = field(repr=False)

    def __str__(self) -> str:
        return self.text


def seen(message: entities.Message, names: Names) -> Seen:
    """Return a message as people see it: its blocks where it has some, else its text."""
    lines = [*_blocks(message.blocks, names)] if message.blocks else [mrkdwn.plain(message.text, names)]
    for attachment in message.attachments:
        lines += _attachment(attachment, names)
    edited = " (edited)" if message.edited else ""
    author = names.get(message.user, message.user)
    return Seen(author, "\n".join(lines) + edited, buttons(message.blocks), message)


def screen(view: entities.View, names: Names) -> Screen:
    """Return a view as its person sees it, with what is typed into it."""
    title = view.body.get("title", {}).get("text", "Home")
    shown = {spot.label: _value(view, spot) for spot in inputs.spots(view.blocks) if spot.is_input}
    labels = {spot.block_id: spot.label for spot in inputs.spots(view.blocks)}
    errors = {labels.get(block, block): text for block, text in view.errors.items()}
    lines = [f"== {title} ==", *_blocks(view.blocks, names, view)]
    if view.trouble:
        lines.insert(1, f"! {view.trouble}")
    closing = [view.body[key]["text"] for key in ("close", "submit") if view.body.get(key)]
    if closing:
        lines.append(" ".join(f"[{text}]" for text in closing))
    return Screen(title, "\n".join(lines), shown, errors, buttons(view.blocks), view.trouble, view)


def buttons(blocks: Iterable[Json]) -> tuple[str, ...]:
    """Return the texts of all buttons."""
    return tuple(spot.label for spot in inputs.spots(blocks) if spot.kind == "button")


def value_text(entry: Json) -> str:
    """Return an entry of `state.values` as a person reads it."""
    value = entry.get(inputs.VALUE_KEYS[entry["type"]])
    items = value if isinstance(value, list) else [value]
    return ", ".join(_item(item) for item in items if item is not None)


def _item(item: object) -> str:
    if isinstance(item, dict) and "text" in item:
        return str(item["text"]["text"])
    return str(item)


def _value(view: entities.View, spot: inputs.Spot) -> str:
    entry = view.values.get(spot.block_id, {}).get(spot.action_id)
    return value_text(entry) if entry else ""


def _boxes(view: entities.View, spot: inputs.Spot) -> str:
    """Return all boxes, ticked or not: what a person could still tick is part of what they read."""
    ticked = {one.value for one in filling.held(view.values.get(spot.block_id, {}).get(spot.action_id))}
    offered = filling.options(spot.element)
    return " ".join(f"[{'x' if one.value in ticked else ' '}] {one.text}" for one in offered)


def _blocks(blocks: Iterable[Json], names: Names, view: entities.View | None = None) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        lines += _input(block, view) if block["type"] == "input" and view else _block(block, names)
    return [line for line in lines if line]


def _input(block: Json, view: entities.View) -> list[str]:
    spot = inputs.Spot(block, block["element"])
    mark = "" if block.get("optional") else " *"
    value = _boxes(view, spot) if spot.kind == "checkboxes" else _value(view, spot)
    hint = block.get("hint", {}).get("text", "")
    error = view.errors.get(spot.block_id)
    return [
        f"{spot.label}{mark}: {value}",
        f"  ({hint})" if hint else "",
        f"  ! {error}" if error else "",
    ]


def _block(block: Json, names: Names) -> list[str]:
    # Blocks that came later are read by the texts in them, so that a new one is never invisible.
    render = RENDERERS.get(block["type"])
    return render(block, names) if render else [_text(part, names) for part in _texts(block)]


def _context(block: Json, names: Names) -> list[str]:
    return [" · ".join(_text(element, names) for element in block["elements"])]


def _table(block: Json, names: Names) -> list[str]:
    return [" | ".join(_cell(cell, names) for cell in row) for row in block["rows"]]


def _section(block: Json, names: Names) -> list[str]:
    lines = [_text(block["text"], names)] if "text" in block else []
    # Fields are written as a bold name, a line break and a value; one line reads better.
    lines += [_text(field, names).replace("\n", ": ", 1) for field in block.get("fields", ())]
    if accessory := block.get("accessory"):
        lines.append(_element(accessory))
    return lines


def _element(element: Json) -> str:
    if element["type"] == "image":
        return f"(image: {element['alt_text']})"
    if element["type"] in {"checkboxes", "radio_buttons"}:
        return " ".join(f"[ ] {one.text}" for one in filling.options(element))
    named = element.get("text") or element.get("placeholder") or {"text": element["type"]}
    return f"[{named['text']}]"


def _text(part: Json, names: Names) -> str:
    if part.get("type") == "image":
        return f"(image: {part['alt_text']})"
    text = str(part.get("text", ""))
    return mrkdwn.plain(text, names) if part.get("type") == "mrkdwn" else text


def _cell(cell: Json, names: Names) -> str:
    return rich_text.plain(cell, names) if cell["type"] == "rich_text" else str(cell.get("text", ""))


def _texts(value: object) -> list[Json]:
    """Find all text objects, in order: a reading of blocks that have no reading of their own."""
    if isinstance(value, list):
        return [found for item in value for found in _texts(item)]
    if not isinstance(value, dict):
        return []
    if value.get("type") in {"plain_text", "mrkdwn"}:
        return [value]
    return [found for item in value.values() for found in _texts(item)]


def _attachment(attachment: Json, names: Names) -> list[str]:
    if "blocks" in attachment:
        return _blocks(attachment["blocks"], names)
    return [mrkdwn.plain(str(attachment.get("text") or attachment.get("fallback", "")), names)]


RENDERERS: Mapping[str, Callable[[Json, Names], list[str]]] = {
    "divider": lambda _block, _names: ["---"],
    "section": _section,
    "context": _context,
    "actions": lambda block, _names: [" ".join(_element(element) for element in block["elements"])],
    "rich_text": lambda block, names: [rich_text.plain(block, names)],
    "markdown": lambda block, _names: [str(block["text"])],
    "table": _table,
}
