"""The form as an Adaptive Card, for a dialog and for the chat. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot import forms, model, ports
from bot.forms import Field
from handlers import replies
from handlers.entry import Entry
from handlers.parts import Note
from handlers.teams import cards, ids, markup
from handlers.teams.markup import Call, Json

_FEW = 8  # choices that a plain list shows at once


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one showing of the form is made of.

    `entry` is what was typed so far, `problems` are sentences by field, `note` is about the whole.
    """

    fresh: forms.Form
    entry: Entry
    choices: Sequence[ports.Repository] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    note: Note = ()


def card(sheet: Sheet, call: Call, *, dialog: bool) -> Json:
    """Return the form; a dialog's button has to be a Submit, and the chat's an Execute."""
    preview = sheet.fresh.preview
    told = (replies.will_ask(preview), *replies.warnings(preview))
    body = [
        *_attention(sheet.note, call),
        *_input(sheet, Field.NAME, _text(sheet, Field.NAME, most=99)),
        *_input(sheet, Field.WORKSPACE, _workspace(sheet)),
        *_input(sheet, Field.REPOSITORY, _repositories(sheet)),
        *[markup.block(line, call, isSubtle=True) for line in told],
        *_input(sheet, Field.VALIDITY, _validity(sheet)),
        *_input(sheet, Field.REASON, _reason(sheet)),
    ]
    carried: Json = {"form": sheet.entry.window}
    send = cards.execute(replies.FORM_SUBMIT, ids.FORM, carried)
    if dialog:
        send = {
            "type": "Action.Submit",
            "title": replies.FORM_SUBMIT,
            "data": {**carried, "action": ids.FORM},
        }
    return cards.card(body, [send])


def results(found: ports.Found, most: int) -> list[Json]:
    """Return a search's matches, and as the last ones hints on what is missing."""
    hints = [replies.silent(found.silent)] if found.silent else []
    room = most - len(hints)
    more = found.more + max(0, len(found.matches) - room)
    if more:
        room -= 1
        more = found.more + max(0, len(found.matches) - room)
        hints.insert(0, replies.narrow(min(room, len(found.matches)), more))
    return [*map(_choice, found.matches[:room]), *map(hint, hints)]


def hint(words: str) -> Json:
    """Return a choice that only says something; choosing it is choosing nothing."""
    return {"title": words, "value": ids.NOTHING}


def _choice(repository: ports.Repository) -> Json:
    return {"title": repository.path, "value": forms.option_key(repository)}


def _input(sheet: Sheet, one: Field, element: Json) -> list[Json]:
    made: Json = {"id": one.value, "label": replies.LABELS[one], **element}
    problem = sheet.problems.get(one.value)
    hinted = _hint(sheet, one)
    return [
        made,
        *([_small(hinted)] if hinted and not problem else []),
        *_attention(((problem,),) if problem else (), _unnamed),
    ]


def _hint(sheet: Sheet, one: Field) -> str:
    if one is Field.VALIDITY:
        return replies.validity_hint(sheet.fresh.preview.longest_validity_days)
    return replies.HINTS.get(one, "")


def _small(words: str) -> Json:
    block = markup.block((words,), _unnamed, isSubtle=True, size="Small")
    return {**block, "spacing": "None"}


def _attention(note: Note, call: Call) -> list[Json]:
    sentences = [paragraph for paragraph in note if isinstance(paragraph, tuple)]
    return [markup.block(sentence, call, color="Attention") for sentence in sentences]


def _text(sheet: Sheet, one: Field, *, most: int) -> Json:
    typed = sheet.entry.typed.get(one, "")
    element: Json = {"type": "Input.Text", "maxLength": most}
    return {**element, "value": typed} if typed else element


def _reason(sheet: Sheet) -> Json:
    return {**_text(sheet, Field.REASON, most=forms.LONGEST_REASON), "isMultiline": True}


def _workspace(sheet: Sheet) -> Json:
    choices = [{"title": one.full_name, "value": str(one.id)} for one in sheet.fresh.workspaces]
    element: Json = {
        "type": "Input.ChoiceSet",
        "style": "compact" if len(choices) <= _FEW else "filtered",
        "placeholder": replies.CHOOSE_WORKSPACE,
        "choices": choices,
    }
    chosen = sheet.entry.text(Field.WORKSPACE)
    return {**element, "value": chosen} if any(chosen == one["value"] for one in choices) else element


def _repositories(sheet: Sheet) -> Json:
    chosen = sheet.entry.repositories
    listed = [_choice(one) for one in sheet.choices[: ids.MOST_CHOICES]]
    known = {one["value"] for one in listed}
    own: list[Json] = [{"title": one, "value": one} for one in chosen if one not in known]
    element: Json = {
        "type": "Input.ChoiceSet",
        "style": "filtered",
        "isMultiSelect": True,
        "placeholder": replies.SEARCH,
        # The list stands in where a client does not ask for matches as somebody types.
        "choices": [*own, *listed],
        "choices.data": {"type": "Data.Query", "dataset": ids.REPOSITORIES},
    }
    return {**element, "value": ",".join(chosen)} if chosen else element


def _validity(sheet: Sheet) -> Json:
    longest = sheet.fresh.preview.longest_validity_days
    element: Json = {"type": "Input.Number", "min": 1}
    if longest is not None:
        element["max"] = longest
    typed = sheet.entry.text(Field.VALIDITY)
    if typed.isascii() and typed.isdecimal():
        element["value"] = int(typed[:6])
    return element


def _unnamed(who: model.Principal) -> str:
    return who.user  # never asked: labels and problems of fields name nobody
