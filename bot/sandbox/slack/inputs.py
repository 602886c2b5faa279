"""Interactive elements: where they stand in blocks, and how their values look in `state.values`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.sandbox.slack.entities import Json

# The key under which `state.values` and `actions` hold an element's value, and what it is when
# nothing was chosen (https://docs.slack.dev/reference/views#state-values-in-modal-submissions).
VALUE_KEYS: dict[str, str] = {
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "checkboxes": "selected_options",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "rich_text_input": "rich_text_value",
    "file_input": "files",
}
INITIAL_KEYS: dict[str, str] = {
    "value": "initial_value",
    "rich_text_value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_users": "initial_users",
    "selected_conversation": "initial_conversation",
    "selected_conversations": "initial_conversations",
    "selected_channel": "initial_channel",
    "selected_channels": "initial_channels",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
}
SEVERAL = frozenset(
    {"selected_options", "selected_users", "selected_conversations", "selected_channels", "files"}
)
WRITTEN = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input"})
STATELESS = frozenset({"overflow"})  # a menu of commands: it acts, but keeps nothing


@dataclass(frozen=True, slots=True)
class Spot:
    """One interactive element and the block it stands in."""

    block: Json
    element: Json

    @property
    def block_id(self) -> str:
        """Return the block's id."""
        return str(self.block["block_id"])

    @property
    def action_id(self) -> str:
        """Return the element's id."""
        return str(self.element["action_id"])

    @property
    def path(self) -> str:
        """Return both ids: what names this element and no other."""
        return f"{self.block_id}/{self.action_id}"

    @property
    def kind(self) -> str:
        """Return the element's type."""
        return str(self.element["type"])

    @property
    def is_input(self) -> bool:
        """Tell whether the element stands in an input block."""
        return bool(self.block["type"] == "input")

    @property
    def dispatches(self) -> bool:
        """Tell whether a change is sent to the app at once, rather than with the form."""
        return not self.is_input or bool(self.block.get("dispatch_action"))

    @property
    def label(self) -> str:
        """Return what a person calls the field: its label, or the text of a button."""
        named = self.block.get("label") or self.element.get("text") or self.element.get("placeholder")
        return str(named["text"]) if named else self.action_id


def spots(blocks: Iterable[Json]) -> Iterator[Spot]:
    """Go through all elements with an action id, in the order in which people see them."""
    for block in blocks:
        for element in _elements(block):
            if "action_id" in element:
                yield Spot(block, element)
        yield from spots(block.get("child_blocks", ()))


def _elements(block: Json) -> list[Json]:
    single = [block[key] for key in ("element", "accessory") if isinstance(block.get(key), dict)]
    several = block.get("elements", ()) if block["type"] in {"actions", "context_actions"} else ()
    # A carousel holds cards, and each card holds buttons of its own.
    cards = block.get("actions", ()) if block["type"] == "card" else ()
    nested = [inner for card in block.get("elements", ()) for inner in card.get("actions", ())]
    return [*single, *several, *cards, *(nested if block["type"] == "carousel" else ())]


def initial(element: Json) -> Json | None:
    """Return an element's entry in `state.values` before anybody touched it; None if it has none."""
    kind = element["type"]
    if kind not in VALUE_KEYS or kind in STATELESS:
        return None
    key = VALUE_KEYS[kind]
    empty: object = [] if key in SEVERAL else None
    return {"type": kind, key: element.get(INITIAL_KEYS.get(key, ""), empty)}


def values(blocks: Iterable[Json], typed: dict[str, dict[str, Json]]) -> dict[str, dict[str, Json]]:
    """Return `state.values`: what was typed where block and element are still the same, else the initial."""
    found: dict[str, dict[str, Json]] = {}
    for spot in spots(blocks):
        start = initial(spot.element)
        if start is None:
            continue
        # Keeping both ids through an update is how an app keeps what was typed, and changing the
        # block's is how it empties a field.
        kept = typed.get(spot.block_id, {}).get(spot.action_id)
        same = kept is not None and kept["type"] == spot.kind
        found.setdefault(spot.block_id, {})[spot.action_id] = kept if kept and same else start
    return found


def empty(entry: Json) -> bool:
    """Tell whether an entry of `state.values` holds nothing."""
    return not entry.get(VALUE_KEYS[entry["type"]])
