"""Block Kit of lists, page by page, and of one of their entries. Pure; the wording is `handlers.rows`'s."""

from __future__ import annotations

from bot import forms, model
from bot.forms import View
from handlers import paging, rows
from handlers.parts import Note
from handlers.slack import blocks, ids, markup, modals
from handlers.slack.blocks import Message
from handlers.slack.markup import Json

_TURNS = {rows.PREVIOUS: ids.PREVIOUS, rows.NEXT: ids.NEXT}


def page(listing: forms.Listing, where: paging.Spot) -> Message:
    """Return a page of a list."""
    title, above = rows.title(listing), rows.above(listing)
    shown = [(row, rows.line(row, listing.view)) for row in listing.rows]
    made: list[Json] = [
        {"type": "header", "text": markup.plain_text(title, 150)},
        *markup.blocks(above),
        *(entry(row, listing.view) for row, _ in shown),
        *_turning(listing, where),
    ]
    return Message(markup.spoken(((f"{title}:",), *above, *(line for _, line in shown))), made)


def entry(row: forms.Row, view: View) -> Json:
    """Return one row, with the button that shows all of it."""
    known = row.request.id if row.request else row.credential.id if row.credential else ""
    text = {"type": "mrkdwn", "text": markup.mrkdwn(rows.line(row, view)), "verbatim": True}
    button = blocks.plain_button(rows.DETAILS, ids.DETAILS, known)
    return {"type": "section", "text": text, "accessory": button}


def _turning(listing: forms.Listing, where: paging.Spot) -> list[Json]:
    turns = paging.turns(listing, where)
    buttons = [blocks.plain_button(label, _TURNS[label], value) for label, value in turns]
    return [{"type": "actions", "block_id": "turning", "elements": buttons}] if buttons else []


def details(row: forms.Row, *, by: model.Principal) -> Message:
    """Return all of one entry, with what whoever looks may do about it."""
    return _with_buttons(rows.status(row), row, by=by)


def _with_buttons(note: Note, row: forms.Row, *, by: model.Principal) -> Message:
    request, credential = row.request, row.credential
    own = request is not None and request.requester.key == by.key
    deciding = blocks.pending(request, own=own) if request else []
    changing = blocks.offers(credential.id, row.may, f"change_{credential.id}") if credential else []
    return Message(markup.spoken(note), [*markup.blocks(note), *deciding, *changing])


def window(title: str, message: Message) -> Json:
    """Return a message as a window: where somebody acted there may be no channel to answer in."""
    return modals.window(ids.LIST, markup.cut(title, modals.TITLE), message.blocks, close=rows.CLOSE)
