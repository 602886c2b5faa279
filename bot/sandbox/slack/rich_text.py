"""Rich text blocks as plain text."""

from __future__ import annotations

from collections.abc import Mapping

from bot.sandbox.slack.entities import Json

REFERENCES = {
    "user": ("@", "user_id"),
    "channel": ("#", "channel_id"),
    "usergroup": ("@", "usergroup_id"),
}


def plain(block: Json, names: Mapping[str, str]) -> str:
    """Return a rich text block as a person reads it, one line for each part."""
    return "\n".join(_part(part, names) for part in block["elements"])


def _part(part: Json, names: Mapping[str, str]) -> str:
    match part["type"]:
        case "rich_text_list":
            numbered = part.get("style") == "ordered"
            signs = [f"{number}." if numbered else "•" for number, _ in enumerate(part["elements"], start=1)]
            lines = [
                f"{sign} {_part(item, names)}" for sign, item in zip(signs, part["elements"], strict=True)
            ]
            return "\n".join(lines)
        case "rich_text_quote":
            return "> " + _inline(part, names)
        case _:
            return _inline(part, names)


def _inline(part: Json, names: Mapping[str, str]) -> str:
    return "".join(_element(element, names) for element in part["elements"])


def _element(element: Json, names: Mapping[str, str]) -> str:
    kind = element["type"]
    if kind in REFERENCES:
        sign, key = REFERENCES[kind]
        return f"{sign}{names.get(element[key], element[key])}"
    match kind:
        case "text":
            return str(element["text"])
        case "link":
            return str(element.get("text") or element["url"])
        case "emoji":
            return f":{element['name']}:"
        case "broadcast":
            return f"@{element['range']}"
    return str(element.get("fallback") or element.get("timestamp", ""))
