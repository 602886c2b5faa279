"""Block Kit of the App Home. Pure; at most 100 blocks (https://docs.slack.dev/surfaces/app-home)."""

from __future__ import annotations

from bot import forms
from handlers import kinds, paging, rows
from handlers.parts import Note
from handlers.slack import blocks, ids, markup, pages
from handlers.slack.markup import Json

MOST = 12  # of each list; three with two blocks each stay well below the limit


def home(shown: forms.Home) -> Json:
    """Return somebody's home: what waits for them, what they asked for, and what they have."""
    return _home(
        [
            *_section(shown.waiting, deciding=True),
            *_section(shown.requests),
            *_section(shown.credentials, changing=True),
        ]
    )


def notice(note: Note) -> Json:
    """Return a home that says why there is nothing else in it."""
    return _home(markup.blocks(note))


def _home(below: list[Json]) -> Json:
    new = {**blocks.plain_button(rows.NEW, ids.NEW, "new"), "style": "primary"}
    top: list[Json] = [
        {"type": "header", "text": markup.plain_text(rows.HOME_ABOUT, 150)},
        {"type": "actions", "block_id": ids.NEW, "elements": [new]},
    ]
    return {"type": "home", "blocks": [*top, *below]}


def _section(listing: forms.Listing, *, deciding: bool = False, changing: bool = False) -> list[Json]:
    made: list[Json] = [
        {"type": "divider"},
        {"type": "header", "text": markup.plain_text(rows.title(listing), 150)},
        *markup.blocks(rows.above(listing)),
    ]
    for row in listing.rows[:MOST]:
        made.append(pages.entry(row, listing.view))
        # Nobody decides on what stands only behind Details: there they find it, with the buttons.
        if deciding and row.request and not kinds.everything(row.request):
            made += blocks.pending(row.request, own=False)
        if changing and row.credential:
            made += blocks.offers(row.credential.id, row.may, f"change_{row.credential.id}")
    value = paging.Spot(listing.view).value()
    if value and (listing.after is not None or len(listing.rows) > MOST):
        more = blocks.plain_button(rows.MORE, ids.MORE, value)
        made.append({"type": "actions", "block_id": f"more_{listing.view}", "elements": [more]})
    return made
