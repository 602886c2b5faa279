"""The shapes in which Teams takes an answer. An ill-formed one is shown as a failure, and asked for again.

https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/universal-action-model
https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/task-modules/invoking-task-modules
"""

from __future__ import annotations

from handlers import replies
from handlers.teams import cards
from handlers.teams.markup import Json

OK = 200
SEARCHED = "application/vnd.microsoft.search.searchResponse"
TOLD = "application/vnd.microsoft.activity.message"


def card(shown: Json) -> Json:
    """Return the answer to a click that puts another card in its place, for who clicked."""
    return {"statusCode": OK, "type": cards.CONTENT_TYPE, "value": shown}


def told(words: str) -> Json:
    """Return the answer to a click that tells who clicked something, and leaves the card as it is."""
    return {"statusCode": OK, "type": TOLD, "value": words}


def dialog(shown: Json, title: str = replies.FORM_TITLE) -> Json:
    """Return the answer that shows a card in a dialog."""
    value: Json = {
        "title": title,
        "width": "medium",
        "height": "large",
        "card": cards.attachment(shown),
    }
    return {"task": {"type": "continue", "value": value}}


def dismissed(words: str) -> Json:
    """Return the answer that shows one text in a dialog, which can then only be closed."""
    return {"task": {"type": "message", "value": words}}


def found(results: list[Json]) -> Json:
    """Return the answer to a search."""
    return {"statusCode": OK, "type": SEARCHED, "value": {"results": results}}
