"""Messages, modals and App Homes as a whole: which blocks, how many, and what must be unique."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bot.sandbox.slack.blockkit import blocks, objects
from bot.sandbox.slack.blockkit.rules import Problem, Rule, among, boolean, listed, record, string
from bot.sandbox.slack.entities import Json

EVERYWHERE = frozenset(
    {"actions", "context", "divider", "header", "image", "input", "rich_text", "section", "video"}
)
# Where a block may stand; "alert" is for modals only though one sample of Slack's shows otherwise.
SURFACES: Mapping[str, frozenset[str]] = {
    "modal": EVERYWHERE | {"alert"},
    "home": EVERYWHERE | {"card", "carousel", "container", "data_table", "data_visualization"},
    "message": frozenset(blocks.BLOCKS) - {"alert"},
}
MOST_BLOCKS = {"modal": 100, "home": 100, "message": 50}
LONGEST_MARKDOWN = 12_000  # all markdown blocks of a message together
ANYTHING = frozenset(blocks.BLOCKS)

_COMMON: dict[str, Rule] = {
    "private_metadata": string(3000, shortest=0),
    "callback_id": string(255, shortest=0),
    "external_id": string(255, shortest=0),
}
_MODAL = record(
    {"title": objects.plain(24), "blocks": listed(blocks.BLOCK, most=100)},
    {
        **_COMMON,
        "close": objects.plain(24),
        "submit": objects.plain(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)
_HOME = record({"blocks": listed(blocks.BLOCK, most=100)}, _COMMON)


def check_view(view: object) -> list[Problem]:
    """Return what is wrong with a modal or App Home."""
    if not isinstance(view, dict):
        return [Problem("/view", "must provide an object", "type")]
    kind = view.get("type")
    wrong = list(among("modal", "home")(kind, "/view/type"))
    if wrong:
        return wrong
    problems = list((_MODAL if kind == "modal" else _HOME)(view, "/view"))
    held = _dicts(view.get("blocks"))
    problems += _together(held, "/view/blocks", str(kind))
    if kind == "modal":
        problems += _submittable(view, held)
    return problems


def _submittable(view: Json, held: list[Json]) -> Iterator[Problem]:
    # A modal without inputs needs no button: it may be there to be read.
    if any(block.get("type") == "input" for block in held) and not view.get("submit"):
        yield Problem("/view", "missing required field: submit (the view has input blocks)", "required")


def check_message(message: object) -> list[Problem]:
    """Return what is wrong with the blocks of a message (its text has limits of its own)."""
    if not isinstance(message, dict):
        return [Problem("", "must provide an object", "type")]
    given = message.get("blocks")
    problems = list(listed(blocks.BLOCK, most=50, least=0)(given, "/blocks")) if given is not None else []
    held = _dicts(given)
    problems += _together(held, "/blocks", "message")
    written = sum(len(str(block.get("text", ""))) for block in held if block.get("type") == "markdown")
    if written > LONGEST_MARKDOWN:
        problems.append(
            Problem("/blocks", f"markdown must be less than {LONGEST_MARKDOWN + 1} characters in all")
        )
    if sum(block.get("type") == "table" for block in held) > 1:
        problems.append(Problem("/blocks", "only one table is allowed", "max_items"))
    return problems


def check_blocks(given: object) -> list[Problem]:
    """Return what is wrong with blocks, wherever they may stand."""
    return list(listed(blocks.BLOCK, most=100)(given, "")) + list(_together(_dicts(given), "", None))


def check_options(answer: object) -> list[Problem]:
    """Return what is wrong with the answer to a search; `options` may be empty."""
    # Slack shows "no result" for any of these and tells nobody
    # (https://github.com/slackapi/bolt-js/issues/1630).
    if not isinstance(answer, dict) or not ({"options", "option_groups"} & set(answer)):
        return [Problem("", "must define either options or option_groups", "required")]
    rule = record(
        {},
        {
            "options": listed(objects.OPTION, most=100, least=0),
            "option_groups": listed(objects.GROUP, most=100, least=0),
        },
    )
    return list(rule(answer, ""))


def lints(text: str | None, given: Iterable[Json] | None) -> list[str]:
    """Return what Slack accepts but people suffer from.

    Notifications on a phone and screen readers use the top-level text and nothing else.
    """
    return ["blocks without a top-level text"] if given and not text else []


def _dicts(given: object) -> list[Json]:
    return [entry for entry in given if isinstance(entry, dict)] if isinstance(given, list) else []


def _together(held: list[Json], at: str, surface: str | None) -> Iterator[Problem]:
    allowed = SURFACES[surface] if surface else ANYTHING
    for index, block in enumerate(held):
        pointer = f"{at}/{index}"
        kind = block.get("type")
        if isinstance(kind, str) and kind in ANYTHING - allowed:
            yield Problem(f"{pointer}/type", f"unsupported type: {kind} (in a {surface})", "surface")
        found = _elements(block)
        # Unique "among all other action_ids in the containing block", says each element's reference.
        for _, name in _repeated(found, "action_id"):
            yield Problem(pointer, f"action_id {name} already exists for another element", "unique")
        yield from _misplaced(found, pointer, surface)
    for index, name in _repeated(held, "block_id"):
        message = f"block_id {name} already exists for another block"
        yield Problem(f"{at}/{index}/block_id", message, "unique")
    everything = [element for block in held for element in _elements(block)]
    if sum(element.get("focus_on_load") is True for element in everything) > 1:
        yield Problem(at, "only one element may have focus_on_load", "unique")


def _elements(block: Json) -> list[Json]:
    single = [block[key] for key in ("element", "accessory") if isinstance(block.get(key), dict)]
    return single + _dicts(block.get("elements"))


def _repeated(held: list[Json], key: str) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for index, entry in enumerate(held):
        name = entry.get(key)
        if isinstance(name, str) and name in seen:
            yield index, name
        elif isinstance(name, str):
            seen.add(name)


def _misplaced(found: list[Json], pointer: str, surface: str | None) -> Iterator[Problem]:
    for element in found:
        if element.get("response_url_enabled") and surface not in {"modal", None}:
            yield Problem(pointer, "response_url_enabled is for modals only", "surface")
        if element.get("type") == "file_input" and surface not in {"modal", None}:
            yield Problem(pointer, "unsupported type: file_input", "surface")
        if element.get("type") == "workflow_button" and surface not in {"message", None}:
            yield Problem(pointer, "unsupported type: workflow_button", "surface")
