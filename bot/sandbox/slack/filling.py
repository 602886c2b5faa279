"""Filling in forms as Slack's client does: choosing options, and its checks before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.sandbox.slack import entities, inputs
from bot.sandbox.slack.entities import Json

REQUIRED = "Please complete this required field."
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
WEB = re.compile(r"https?://\S+")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


class NotOnScreen(Exception):
    """A person cannot do this with what Slack shows them; the message says what is there instead."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a menu as a person sees it. `raw` is what Slack sends back when it is chosen."""

    text: str
    value: str
    description: str
    raw: Json


def option(raw: Json) -> Option:
    """Read an option object."""
    return Option(raw["text"]["text"], raw["value"], raw.get("description", {}).get("text", ""), raw)


def options(holder: Json) -> list[Option]:
    """Return the options of an element or of an answer to a search, groups flattened."""
    groups = holder.get("option_groups") or []
    flat = list(holder.get("options") or []) + [raw for group in groups for raw in group["options"]]
    return [option(raw) for raw in flat]


def find(blocks: Iterable[Json], wanted: str, *, only_inputs: bool = False) -> inputs.Spot:
    """Find an element by label, button text, action id, block id, or `block id/action id`."""
    spots = [spot for spot in inputs.spots(blocks) if spot.is_input or not only_inputs]
    # The first match wins, as the first one is what a person finds; `path` tells twins apart.
    for spot in spots:
        if wanted in {spot.label, spot.action_id, spot.block_id, spot.path}:
            return spot
    there = ", ".join(repr(spot.label) for spot in spots) or "nothing to act on"
    raise NotOnScreen(f"There is no {wanted!r}: there is {there}.")


def held(entry: Json | None) -> list[Option]:
    """Return the options that an entry of `state.values` holds: a client offers these again by itself."""
    raw = (entry or {}).get("selected_options") or []
    return [option(each) for each in raw]


def chosen(spot: inputs.Spot, wanted: Sequence[str], offered: Sequence[Option]) -> Json:
    """Return the entry of `state.values` for options chosen by text or value (or ids, dates, times)."""
    key = inputs.VALUE_KEYS[spot.kind]
    most = spot.element.get("max_selected_items")
    if most is not None and len(wanted) > most:
        raise NotOnScreen(f"{spot.label!r} takes at most {most}: {len(wanted)} are too many.")
    if key in {"selected_option", "selected_options"}:
        picked: list[object] = [_pick(name, offered, spot) for name in wanted]
    elif key == "selected_date_time":
        picked = [int(name) for name in wanted]
    else:
        picked = list(wanted)
    value: object = picked if key in inputs.SEVERAL else (picked[0] if picked else None)
    return {"type": spot.kind, key: value}


def _pick(wanted: str, offered: Sequence[Option], spot: inputs.Spot) -> Json:
    for found in offered:
        if wanted in {found.text, found.value}:
            return found.raw
    there = ", ".join(repr(found.text) for found in offered) or "nothing"
    raise NotOnScreen(f"{spot.label!r} does not offer {wanted!r}: it offers {there}.")


def mistakes(view: entities.View) -> dict[str, str]:
    """Return what the client itself complains about, by block id, before it sends a form."""
    found = {}
    for spot in inputs.spots(view.blocks):
        entry = view.values.get(spot.block_id, {}).get(spot.action_id)
        if spot.is_input and entry is not None:
            problem = _mistake(spot, entry)
            if problem:
                found[spot.block_id] = problem
    return found


def _mistake(spot: inputs.Spot, entry: Json) -> str | None:
    # The server checks none of this again: it is the client's own courtesy.
    if inputs.empty(entry):
        return None if spot.block.get("optional") else REQUIRED
    if spot.kind not in inputs.WRITTEN:
        return None
    return _written(spot, str(entry["value"]))


def _written(spot: inputs.Spot, text: str) -> str | None:
    if len(text) < spot.element.get("min_length", 0):
        return f"Enter at least {spot.element['min_length']} characters."
    if len(text) > spot.element.get("max_length", 3000):
        return f"Enter at most {spot.element.get('max_length', 3000)} characters."
    forms = {
        "email_text_input": (EMAIL, "Please enter a valid email address."),
        "url_text_input": (WEB, "Please enter a valid URL."),
        "number_input": (NUMBER, "Please enter a valid number."),
    }
    form, complaint = forms.get(spot.kind, (None, ""))
    return complaint if form and not form.fullmatch(text) else None
