"""Adaptive Cards of messages, from what a copy says. Pure; the wording is `handlers.text`'s.

Declared 1.5, which is what Teams takes from bots. Only our own titles stand in a TextBlock.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from bot import forms, model
from bot.model import Kind, Role
from handlers import buttons, kinds, replies, said, text
from handlers.parts import Note, Sentence
from handlers.said import Buttons, Said
from handlers.teams import ids, markup
from handlers.teams.markup import Call, Json

VERSION = "1.5"
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"
BUTTONS = 4_000  # bytes of a card that are kept free for its buttons

Mention = tuple[model.Principal, str]


@dataclass(frozen=True, slots=True)
class Message:
    """A message as Teams takes it: one plain line for notifications, a card, and whom it calls."""

    summary: str
    card: Json
    calling: Json = field(default_factory=dict)

    def activity(self) -> Json:
        """Return it as an activity to send."""
        return {"type": "message", "summary": self.summary, "attachments": [attachment(self.card)]}

    def call(self) -> Json | None:
        """Return the message that calls people, if there are any.

        It is one of its own: what has both text and a card is two messages to Teams' Connector,
        which then answers without an id (202), and the card could not be updated any more.
        """
        return {"type": "message", **self.calling} if self.calling else None


def attachment(card: Json) -> Json:
    """Return a card as it is attached to a message or a dialog."""
    return {"contentType": CONTENT_TYPE, "content": card}


def message(
    request: model.Request, role: Role, what: Said, *, call: Call, notify: Sequence[Mention] = ()
) -> Message:
    """Return what a copy shows now; `notify` are people whom the message calls by a mention."""
    body = [
        *([_title(what.title)] if what.title else []),
        *markup.blocks(what.intro, call),
        *([_facts(what.facts, call)] if what.facts else []),
        *markup.blocks(what.rest, call),
    ]
    footer = [markup.block(what.footer, call, isSubtle=True, size="Small")] if what.footer else []
    end = [*offers(request.about, what.offers), *footer]
    card = _card(fitted(body, end), _BUTTONS[what.buttons](request, role))
    return Message(markup.spoken(what.spoken, call), card, markup.mentions(notify))


def private(note: Note, call: Call) -> Message:
    """Return an answer to one person."""
    what = said.note(note)
    body = fitted(markup.blocks(what.rest, call), [])
    return Message(markup.spoken(what.spoken, call), _card(body, []))


def launcher() -> Message:
    """Return the card that opens the form: as a dialog, or in the chat where there are no dialogs."""
    opened = _opening(replies.OPEN_FORM, ids.OPEN, {})
    here = execute(replies.FORM_HERE, ids.HERE, {})
    intro = markup.blocks(((replies.LAUNCHER,),), _nobody)
    return Message(replies.LAUNCHER, _card([_title(replies.FORM_TITLE), *intro], [opened, here]))


def offers(credential_id: str, may: Collection[Kind]) -> list[Json]:
    """Return the buttons that open the dialogs for these changes; the last one does without dialogs."""
    wishes = {kind: wish(kind, credential_id) for kind in kinds.LABELS if kind in may}
    if not wishes:
        return []
    dialogs = [_opening(kinds.LABELS[kind], ids.PLAN, one, **_look(kind)) for kind, one in wishes.items()]
    here = [execute(kinds.LABELS[kind], ids.PLAN, one, **_look(kind)) for kind, one in wishes.items()]
    instead: Json = {
        "type": "Action.ShowCard",
        "title": replies.FORM_HERE,
        "card": {"type": "AdaptiveCard", "actions": here},
    }
    return [{"type": "ActionSet", "actions": [*dialogs, instead]}]


def wish(kind: Kind, credential_id: str) -> Json:
    """Return what a button carries that changes a credential."""
    return {"kind": kind.value, "credential": credential_id}


def _look(kind: Kind) -> Json:
    return {"style": "destructive"} if kind is Kind.REVOKE else {}


def _opening(title: str, action: str, carried: Json, **look: object) -> Json:
    # The client opens a dialog for this, and asks the bot what to show in it.
    data = {**carried, "action": action, "msteams": {"type": "task/fetch"}}
    return {"type": "Action.Submit", "title": title, "data": data, **look}


def pending(request: model.Request, *, own: bool) -> list[Json]:
    """Return the buttons of an open request where no copy of it is: to take it back, or to decide on it."""
    if request.state is not model.State.PENDING:
        return []
    return _cancel(request, None) if own else _decide(request, None)


def execute(title: str, verb: str, carried: Json, **look: object) -> Json:
    """Return a button whose click the bot answers with a card or a message."""
    return {
        "type": "Action.Execute",
        "title": title,
        "verb": verb,
        "data": {**carried, "action": verb},
        **look,
    }


def plain(note: Note, call: Call) -> str:
    """Return a note as one text, for a place that shows no card."""
    return markup.spoken(note, call, most=markup.LONGEST_TEXT)


def fitted(body: list[Json], end: list[Json]) -> list[Json]:
    """Return blocks that leave room for the buttons: what is too much is left off before the end."""
    room = ids.LARGEST_CARD - BUTTONS - size(end)
    kept: list[Json] = []
    for block in body:
        room -= size(block)
        if room < 0:
            return [*kept, markup.block(("…",), _nobody), *end]
        kept.append(block)
    return [*kept, *end]


def size(value: object) -> int:
    """Return at most how many bytes something takes in a card."""
    return len(json.dumps(value)) + 2


def _card(body: list[Json], actions: list[Json]) -> Json:
    card: Json = {"$schema": SCHEMA, "type": "AdaptiveCard", "version": VERSION, "body": body}
    return {**card, "actions": actions} if actions else card


def card(body: list[Json], actions: list[Json]) -> Json:
    """Return a card of these blocks and buttons."""
    return _card(body, actions)


def _title(words: str) -> Json:
    return {"type": "TextBlock", "text": words, "size": "Medium", "weight": "Bolder", "wrap": True}


def _facts(facts: Sequence[tuple[str, Sentence]], call: Call) -> Json:
    items = []
    for label, value in facts:
        inlines = [*markup.runs((f"{label}: ",), call, weight="Bolder"), *markup.runs(value, call)]
        items.append({"type": "RichTextBlock", "inlines": inlines, "spacing": "Small"})
    return {"type": "Container", "items": items}


def _decide(request: model.Request, role: Role | None) -> list[Json]:
    carried = _carried(request, role)
    reason: Json = {
        "type": "Input.Text",
        "id": forms.Field.REASON.value,
        "label": replies.DENIAL_LABEL,
        "isMultiline": True,
        "isRequired": True,
        "errorMessage": replies.DENIAL_MISSING,
        "maxLength": forms.LONGEST_REASON,
    }
    intro = markup.block((replies.DENIAL_INTRO,), _nobody)
    denial = _inner([intro, reason], execute(replies.DENIAL_SUBMIT, ids.DENY, carried, style="destructive"))
    return [
        execute(text.APPROVE, ids.APPROVE, carried, style="positive", associatedInputs="none"),
        {"type": "Action.ShowCard", "title": text.DENY, "card": denial},
    ]


def _cancel(request: model.Request, role: Role | None) -> list[Json]:
    question = markup.block((text.CANCEL_QUESTION,), _nobody)
    yes = execute(text.CANCEL_YES, ids.CANCEL, _carried(request, role), style="destructive")
    return [{"type": "Action.ShowCard", "title": text.CANCEL, "card": _inner([question], yes)}]


def _inner(body: list[Json], action: Json) -> Json:
    return {"type": "AdaptiveCard", "body": body, "actions": [action]}


def _carried(request: model.Request, role: Role | None) -> Json:
    carried: Json = {"value": buttons.value(request)}
    return {**carried, "role": role.value} if role else carried


def _nobody(who: model.Principal) -> str:
    return who.user  # never asked: our own sentences name nobody


_BUTTONS = {Buttons.DECIDE: _decide, Buttons.CANCEL: _cancel, None: lambda *_: []}
