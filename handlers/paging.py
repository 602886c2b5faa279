"""Where somebody is in a list: what the buttons carry that turn its pages, on every platform. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bot import forms
from bot.forms import View
from handlers import rows
from handlers.payload import Malformed

BACK = "Back to the list"  # where an entry takes the place of its list (Teams)
LONGEST_VALUE = 2000  # of a button in Slack, which is the shorter one


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a list: where its page begins, and where those before it did, nearest last."""

    view: View
    workspace: str | None = None
    after: str | None = None
    before: tuple[str | None, ...] = ()

    def value(self, *, most: int = LONGEST_VALUE) -> str | None:
        """Return this for a button; None if no button could hold it. What is far back is dropped first."""
        for start in range(len(self.before) + 1):
            held = json.dumps([self.view, self.workspace, self.after, self.before[start:]])
            if len(held) <= most:
                return held
        return None


def spot(value: str) -> Spot:
    """Return what `Spot.value` wrote."""
    try:
        view, workspace, after, before = json.loads(value)
        known = Spot(View(view), workspace, after, tuple(before))
    except (ValueError, TypeError, RecursionError):
        raise Malformed("This is no place in a list.") from None
    if not all(one is None or isinstance(one, str) for one in (workspace, after, *known.before)):
        raise Malformed("This is no place in a list.")
    return known


def turns(listing: forms.Listing, where: Spot, *, most: int = LONGEST_VALUE) -> list[tuple[str, str]]:
    """Return the labels of the buttons that lead to the pages beside this one, with what each carries."""
    workspace = listing.workspace.full_name if listing.workspace else where.workspace
    ways = []
    if where.before:
        back = Spot(where.view, workspace, where.before[-1], where.before[:-1])
        ways.append((rows.PREVIOUS, back))
    if listing.after is not None:
        ways.append((rows.NEXT, Spot(where.view, workspace, listing.after, (*where.before, where.after))))
    return [(label, value) for label, to in ways if (value := to.value(most=most))]
