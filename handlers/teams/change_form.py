"""Cards that rotate, narrow and revoke, in a dialog and in the chat. Pure; wording is `handlers.plans`'s."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from bot import forms
from bot.model import Kind
from handlers import plans
from handlers.parts import Note, Sentence
from handlers.teams import cards, ids, markup, pages
from handlers.teams.cards import Message
from handlers.teams.markup import Call, Json

YES = "true"
_MOST_NAMES = 20  # credentials of one name that a card lists
_WORDS = {Kind.ROTATE: "rotate", Kind.REVOKE: "revoke", Kind.NARROW: "remove"}
_ROOM = 12_000  # bytes of a card for the repositories that can be chosen


@dataclass(frozen=True, slots=True)
class Typed:
    """What was filled in so far; `form` names this one showing, so that sending it twice is one wish."""

    form: str
    reason: str = ""
    at_once: bool = False
    remove: tuple[str, ...] = ()

    @classmethod
    def fresh(cls) -> Typed:
        """Return an empty one, with a name of its own."""
        return cls(secrets.token_urlsafe(12))


def card(plan: forms.Plan, typed: Typed, call: Call, *, dialog: bool, problem: Note = ()) -> Json:
    """Return what would happen, with what it needs to know; a dialog's button has to be a Submit."""
    shown = [
        *(block for one in problem for block in _attention(one, call)),
        *markup.blocks((*plans.told(plan), *plans.asked(plan)), call),
    ]
    carried: Json = {**cards.wish(plan.kind, plan.credential.id), "form": typed.form}
    title = plans.submit(plan)
    send = cards.execute(title, ids.CHANGE, carried)
    if dialog:
        send = {"type": "Action.Submit", "title": title, "data": {**carried, "action": ids.CHANGE}}
    return cards.card(cards.fitted(shown, _inputs(plan, typed)), [send])


def choose(name: str, rows: tuple[forms.Row, ...], kind: Kind, call: Call) -> Message:
    """Return the card on which one of several credentials of a name is chosen."""
    known = [row.credential for row in rows if row.credential][:_MOST_NAMES]
    note: Note = (*plans.which(name, rows), *plans.missing(_WORDS[kind]))
    ways: list[tuple[Sentence, Json]] = [
        (plans.candidate(one), cards.execute(plans.CHOOSE, ids.PLAN, cards.wish(kind, one.id)))
        for one in known
    ]
    body = [*markup.blocks(note, call), *pages.entries(ways, ids.LARGEST_CARD // 2, call)]
    spoken = markup.spoken((*note, *(line for line, _ in ways)), call)
    return Message(spoken, cards.card(cards.fitted(body, []), []))


def _attention(paragraph: object, call: Call) -> list[Json]:
    return [markup.block(paragraph, call, color="Attention")] if isinstance(paragraph, tuple) else []


def _inputs(plan: forms.Plan, typed: Typed) -> list[Json]:
    reason: Json = {
        "type": "Input.Text",
        "id": forms.Field.REASON.value,
        "label": plans.REASON_LABEL,
        "isMultiline": True,
        "maxLength": forms.LONGEST_REASON,
        **({"value": typed.reason} if typed.reason else {}),
    }
    extra: list[Json] = []
    if plan.kind is Kind.REVOKE:
        box: Json = {"type": "Input.Toggle", "id": ids.AT_ONCE, "title": plans.AT_ONCE}
        extra = [{**box, "value": YES if typed.at_once else "false", "valueOn": YES}]
    if plan.kind is Kind.NARROW:
        extra = _removal(plan, typed)
    return [*extra, reason]


def _removal(plan: forms.Plan, typed: Typed) -> list[Json]:
    names, room = plan.credential.repositories, _ROOM
    choices: list[Json] = []
    for name in names:
        choices.append({"title": name, "value": name})
        room -= cards.size(choices[-1])
        if room < 0:
            break
    element: Json = {
        "type": "Input.ChoiceSet",
        "id": ids.REMOVE,
        "label": plans.REMOVE_LABEL,
        "isMultiSelect": True,
        "choices": choices,
        **({"value": ",".join(typed.remove)} if typed.remove else {}),
    }
    more = len(names) - len(choices)
    note = [markup.block((f"and {more} more.",), str)] if more else []
    return [element, *note]
