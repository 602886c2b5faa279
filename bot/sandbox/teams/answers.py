"""What the bot answers to an invoke, held against what clients take, and what they show of it. Pure.

https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/universal-action-model
https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/task-modules/invoking-task-modules
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.sandbox.teams import cards

OK = 200
CARD = "application/vnd.microsoft.card.adaptive"
TOLD = "application/vnd.microsoft.activity.message"
SEARCHED = "application/vnd.microsoft.search.searchResponse"
MOST_RESULTS = 15
UNREACHABLE = "Unable to reach app. Please try again."

Json = dict[str, object]


class IllFormed(Exception):
    """The answer is nothing that a client can show; it would send the invoke again."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a client shows after an invoke: another card, a line, a dialog, matches; or nothing new."""

    card: Json | None = None
    told: str | None = None
    dialog: Json | None = None  # its card
    title: str = ""
    closes: bool = False
    matches: tuple[tuple[str, str], ...] = ()  # title, value
    problems: tuple[str, ...] = field(default=())


def shown(name: str, status: int, body: Mapping[str, object]) -> Shown:
    """Return what a client shows; raise IllFormed for what it does not take."""
    if status != OK:
        raise IllFormed(f"{name} was answered with HTTP {status}")
    match name:
        case "adaptiveCard/action":
            return _action(body)
        case "application/search":
            return _search(body)
        case _:
            return _task(name, body)


def _action(body: Mapping[str, object]) -> Shown:
    value = body.get("value")
    if body.get("statusCode") != OK:
        raise IllFormed("an Action.Execute was answered without the status code 200")
    if body.get("type") == TOLD and isinstance(value, str):
        return Shown(told=value)
    if body.get("type") == CARD and isinstance(value, dict):
        return Shown(card=value, problems=tuple(cards.problems(value, dialog=False)))
    raise IllFormed("an Action.Execute was answered with neither a card nor a message")


def _task(name: str, body: Mapping[str, object]) -> Shown:
    task = body.get("task")
    if not isinstance(task, Mapping):
        # An answer without a task closes the dialog, once something was sent in it.
        if name.endswith(("/submit", "/submitAction")):
            return Shown(closes=True)
        raise IllFormed(f"{name} was answered without a task")
    value = task.get("value")
    if task.get("type") == "message" and isinstance(value, str):
        return Shown(told=value, closes=True)
    attached = value.get("card") if isinstance(value, Mapping) else None
    card = attached.get("content") if isinstance(attached, Mapping) else None
    if task.get("type") != "continue" or not isinstance(value, Mapping) or not isinstance(card, dict):
        raise IllFormed(f"{name} was answered with no dialog")
    found = cards.problems(card, dialog=True)
    return Shown(dialog=card, title=str(value.get("title") or ""), problems=tuple(found))


def _search(body: Mapping[str, object]) -> Shown:
    value = body.get("value")
    results = value.get("results") if isinstance(value, Mapping) else None
    if body.get("type") != SEARCHED or body.get("statusCode") != OK or not isinstance(results, list):
        raise IllFormed("a search was answered without results")
    if not all(isinstance(one, Mapping) and {"title", "value"} <= set(one) for one in results):
        raise IllFormed("a match has no title or no value")
    many = ["a search has more than 15 results"] if len(results) > MOST_RESULTS else []
    matches = tuple((str(one["title"]), str(one["value"])) for one in results[:MOST_RESULTS])
    return Shown(matches=matches, problems=tuple(many))
