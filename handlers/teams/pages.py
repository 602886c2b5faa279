"""Cards of lists, page by page, and of one of their entries. Pure; the wording is `handlers.rows`'s."""

from __future__ import annotations

from collections.abc import Sequence

from bot import forms, model
from handlers import paging, rows
from handlers.parts import Sentence
from handlers.teams import cards, ids, markup
from handlers.teams.cards import Message
from handlers.teams.markup import Call, Json

_LONGEST_TURN = 1500  # of what a button carries that turns a page
_LONGEST_BACK = 200  # of what the button of a row carries: there are as many as rows
_ROOMY, _TIGHT = 400, 120  # characters of a row where the card has no room for its look


def page(listing: forms.Listing, where: paging.Spot, call: Call) -> Message:
    """Return a page of a list."""
    title, above = rows.title(listing), rows.above(listing)
    lines = tuple(rows.line(row, listing.view) for row in listing.rows)
    head = [_head(title, call), *markup.blocks(above, call)]
    room = ids.LARGEST_CARD - cards.BUTTONS - cards.size(head)
    ways = [(line, _details(row, _back(where))) for line, row in zip(lines, listing.rows, strict=True)]
    body = [*head, *entries(ways, room, call)]
    turns = [
        cards.execute(label, ids.LIST, {"value": value})
        for label, value in paging.turns(listing, where, most=_LONGEST_TURN)
    ]
    spoken = markup.spoken(((f"{title}:",), *above, *lines), call)
    return Message(spoken, cards.card(cards.fitted(body, []), turns))


def details(row: forms.Row, by: model.Principal, call: Call, *, back: str = "") -> Message:
    """Return all of one entry, with what whoever looks may do about it; `back` is its list."""
    note, request, credential = rows.status(row), row.request, row.credential
    own = request is not None and request.requester.key == by.key
    deciding = cards.pending(request, own=own) if request else []
    changing = cards.offers(credential.id, row.may) if credential else []
    return_ = [cards.execute(paging.BACK, ids.LIST, {"value": back})] if back else []
    body = cards.fitted(markup.blocks(note, call), changing)
    return Message(markup.spoken(note, call), cards.card(body, [*deciding, *return_]))


def _head(title: str, call: Call) -> Json:
    # The name of a workspace may be in it, and a TextBlock would read that as Markdown.
    return markup.block((f"{title}:",), call, weight="Bolder", size="Medium")


def entries(ways: Sequence[tuple[Sentence, Json]], room: int, call: Call) -> list[Json]:
    """Return rows with a button each, as well as they fit: with their look, else as plain words, else cut."""
    rich = [_entry(markup.block(line, call), button) for line, button in ways]
    if cards.size(rich) <= room:
        return rich
    words = [(markup.plain(line, call), button) for line, button in ways]
    roomy, tight = (
        [_entry(markup.block((markup.cut(line, most),), call), button) for line, button in words]
        for most in (_ROOMY, _TIGHT)
    )
    return roomy if cards.size(roomy) <= room else tight


def _entry(block: Json, button: Json) -> Json:
    return {
        "type": "ColumnSet",
        "columns": [
            {"type": "Column", "width": "stretch", "items": [block]},
            {"type": "Column", "width": "auto", "items": [{"type": "ActionSet", "actions": [button]}]},
        ],
    }


def _details(row: forms.Row, back: str) -> Json:
    known = row.request.id if row.request else row.credential.id if row.credential else ""
    return cards.execute(rows.DETAILS, ids.DETAILS, {"value": known, "list": back})


def _back(where: paging.Spot) -> str:
    """Return what leads back to this page, or to the first one of the list."""
    return where.value(most=_LONGEST_BACK) or paging.Spot(where.view).value() or ""
