"""Modals (a stack of at most three for each person) and App Homes."""

from __future__ import annotations

import copy
import datetime as dt
import itertools
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.sandbox.slack import changes, entities, inputs
from bot.sandbox.slack.entities import Json

DEEPEST = 3  # one open and two pushed: https://docs.slack.dev/surfaces/modals


class Screens:
    """What each person has open; every change is told to the feed."""

    def __init__(self, *, feed: changes.Feed, now: Callable[[], dt.datetime]) -> None:
        self.views: dict[str, entities.View] = {}  # every view that is open, App Homes included
        self.stacks: dict[str, list[str]] = {}  # person -> modal ids, the top one last
        self.homes: dict[str, str] = {}  # person -> view id
        self._external: dict[str, str] = {}
        self._feed = feed
        self._now = now
        self._numbers = itertools.count(1)

    def top(self, user: str) -> entities.View | None:
        """Return the modal that a person sees."""
        stack = self.stacks.get(user)
        return self.views[stack[-1]] if stack else None

    def home(self, user: str) -> entities.View | None:
        """Return a person's App Home."""
        view_id = self.homes.get(user)
        return self.views[view_id] if view_id else None

    def by_external_id(self, external_id: str) -> entities.View | None:
        """Find an open view by the app's own id."""
        view_id = self._external.get(external_id)
        return self.views.get(view_id) if view_id else None

    def external_taken(self, external_id: str, *, by: str | None = None) -> bool:
        """Tell whether another open view has the app's id; ids must be unique in a team."""
        held = self._external.get(external_id) if external_id else None
        return held is not None and held in self.views and held != by

    def open(self, user: str, body: Json) -> entities.View:
        """Show a first modal; what the person had open before is gone."""
        # Slack documents one stack for a person and an app, and nothing about a second one.
        self.clear(user)
        view = self._add(user, body, previous=None)
        self.stacks[user] = [view.id]
        self._feed.tell(changes.What.VIEW_OPENED, user=user, view=view.id)
        return view

    def push(self, user: str, body: Json) -> entities.View | None:
        """Show a modal on top of the present one; None when the stack is full."""
        stack = self.stacks[user]
        if len(stack) >= DEEPEST:
            return None
        view = self._add(user, body, previous=stack[-1])
        stack.append(view.id)
        self._feed.tell(changes.What.VIEW_OPENED, user=user, view=view.id)
        return view

    def publish(self, user: str, body: Json) -> entities.View:
        """Show an App Home."""
        known = self.home(user)
        if known is None:
            known = self._add(user, body, previous=None)
            self.homes[user] = known.id
            self._feed.tell(changes.What.HOME_PUBLISHED, user=user, view=known.id)
            return known
        return self.update(known, body)

    def update(self, view: entities.View, body: Json) -> entities.View:
        """Replace what a view shows; what was typed stays where block and action ids are the same."""
        # An update takes errors and the banner away: the app has answered.
        typed = {block: dict(entries) for block, entries in view.values.items()}
        filled = _filled(body)
        changed = replace(
            view,
            body=filled,
            hash=self._hash(),
            values=inputs.values(filled["blocks"], typed),
            errors={},
            trouble=None,
        )
        self._keep(changed)
        what = changes.What.VIEW_CHANGED if view.modal else changes.What.HOME_PUBLISHED
        self._feed.tell(what, user=view.user, view=view.id)
        return changed

    def touch(self, view: entities.View, **update: Any) -> entities.View:
        """Change values, errors or the banner: what the person or the client does, not the app."""
        changed = replace(view, **update)
        self.views[view.id] = changed
        self._feed.tell(changes.What.VIEW_CHANGED, user=view.user, view=view.id)
        return changed

    def close(self, user: str) -> None:
        """Take the top modal away; the one below shows again."""
        stack = self.stacks.get(user)
        if stack:
            self._drop(user, stack.pop())

    def clear(self, user: str) -> None:
        """Take all of a person's modals away."""
        while self.stacks.get(user):
            self.close(user)

    def _drop(self, user: str, view_id: str) -> None:
        del self.views[view_id]
        self._feed.tell(changes.What.VIEW_CLOSED, user=user, view=view_id)

    def _add(self, user: str, body: Json, *, previous: str | None) -> entities.View:
        view_id = f"V0{next(self._numbers):08d}"
        filled = _filled(body)
        root = self.views[previous].root_id if previous else view_id
        view = entities.View(
            view_id,
            user,
            filled,
            self._hash(),
            root,
            previous,
            inputs.values(filled["blocks"], {}),
        )
        self._keep(view)
        return view

    def _keep(self, view: entities.View) -> None:
        self.views[view.id] = view
        if external := view.body.get("external_id"):
            self._external[external] = view.id

    def _hash(self) -> str:
        return f"{int(self._now().timestamp())}.{secrets.token_hex(4)}"


def _filled(body: Json) -> Json:
    """Return a view with the block and action ids that Slack makes up where the app gave none."""
    return {**copy.deepcopy(body), "blocks": with_ids(body.get("blocks", []))}


def with_ids(blocks: list[Json]) -> list[Json]:
    """Return blocks with made-up ids where there are none."""
    # Apps may compare what they sent with what comes back, so the caller's own object stays as it is.
    filled = copy.deepcopy(blocks)
    for block in filled:
        block.setdefault("block_id", secrets.token_urlsafe(4)[:5])
        for element in _needing_ids(block):
            element.setdefault("action_id", secrets.token_urlsafe(4)[:5])
    return filled


def _needing_ids(block: Json) -> list[Json]:
    found = [block[key] for key in ("element", "accessory") if isinstance(block.get(key), dict)]
    if block.get("type") == "actions":
        found += block.get("elements", [])
    return [element for element in found if element.get("type") != "image"]
