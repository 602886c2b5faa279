"""What each copy of a request says, before a platform gives it its form. Pure; words are `text`'s."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot import model
from bot.model import Kind, Role
from handlers import fate, kinds, parts, text, work
from handlers.parts import Note, Part, Quote, Sentence

Copies = Mapping[Role, model.Copy]


class Buttons(enum.Enum):
    """Which buttons a message has."""

    DECIDE = "decide"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Said:
    """A message: `spoken` is what notifications and screen readers get, the rest is shown in this order."""

    spoken: Note
    title: str = ""
    intro: Note = ()
    facts: tuple[tuple[str, Sentence], ...] = ()
    rest: Note = ()
    buttons: Buttons | None = None
    offers: tuple[Kind, ...] = ()  # what can be done to the credential from here
    footer: Sentence = ()


def message(request: model.Request, role: Role, copies: Copies) -> Said:
    """Return what the copy of this role says now."""
    return _SAID[role](request, copies)


def changed(what: Said, change: Callable[[Part], Part]) -> Said:
    """Return a message with each part of its sentences put through `change`."""
    return replace(
        what,
        spoken=parts.changed(what.spoken, change),
        intro=parts.changed(what.intro, change),
        facts=tuple((label, tuple(map(change, value))) for label, value in what.facts),
        rest=parts.changed(what.rest, change),
    )


def note(what: Note) -> Said:
    """Return paragraphs alone."""
    return Said(spoken=what, rest=what)


def _approval(request: model.Request, copies: Copies) -> Said:
    # Only the approvers can notice that the others they rely on hear nothing.
    troubles = _troubles(copies, Role.TOLD, Role.REMINDER, Role.ESCALATION)
    return _card(request, (kinds.ask(request),), troubles)


def _escalation(request: model.Request, _: Copies) -> Said:
    return _card(request, (text.escalation(request), kinds.ask(request)))


def _told(request: model.Request, _: Copies) -> Said:
    return note((text.status(request), *text.decisions(request)))


def _reminder(request: model.Request, _: Copies) -> Said:
    return note((text.reminder(request),))


def _card(request: model.Request, intro: Note, troubles: Note = ()) -> Said:
    pending = request.state is model.State.PENDING
    outcome: Note = (text.waiting(request),) if pending else (text.status(request), *text.decisions(request))
    # The facts stay after the decision: the channel is where people look up what was granted.
    return Said(
        spoken=(*intro, outcome[0]),
        title=kinds.title(request),
        intro=intro,
        facts=kinds.facts(request),
        rest=(*kinds.everything(request), *_reason(request), *outcome, *troubles),
        buttons=Buttons.DECIDE if pending else None,
        footer=(_reference(request),),
    )


def _reference(request: model.Request) -> str:
    # The version is what an approver decides on, and afterwards no news.
    version = f", version {request.version}" if request.state is model.State.PENDING else ""
    return f"Request {model.short_id(request.id)}{version}"


def _reason(request: model.Request) -> Note:
    reason = request.spec.reason
    return (("Reason given:",), Quote(reason)) if reason else ()


def _origin(request: model.Request, copies: Copies) -> Said:
    return _line(request, (text.status(request), *_troubles(copies, Role.APPROVAL)))


def _direct(request: model.Request, copies: Copies) -> Said:
    troubles = _troubles(copies, Role.APPROVAL, Role.ORIGIN)
    return _line(request, (text.status(request, to_requester=True), *troubles))


def _line(request: model.Request, what: Note) -> Said:
    # Everybody in the channel sees the button; the service knows whose request it is.
    pending = request.state is model.State.PENDING
    return Said(spoken=what, rest=what, buttons=Buttons.CANCEL if pending else None)


def _progress(request: model.Request, _: Copies) -> Said:
    return Said(spoken=(text.status(request),), rest=work.progress(request))


def _result(request: model.Request, _: Copies) -> Said:
    return replace(note(text.result(request)), offers=kinds.offers(request))


def _warning(request: model.Request, _: Copies) -> Said:
    useful = fate.near_end(request) and Kind.ROTATE in kinds.offers(request)
    return replace(note((fate.warning(request),)), offers=(Kind.ROTATE,) if useful else ())


_SAID = {
    Role.APPROVAL: _approval,
    Role.ORIGIN: _origin,
    Role.DIRECT: _direct,
    Role.TOLD: _told,
    Role.REMINDER: _reminder,
    Role.ESCALATION: _escalation,
    Role.PROGRESS: _progress,
    Role.RESULT: _result,
    Role.WARNING: _warning,
}

ROLES = frozenset(_SAID)


def _troubles(copies: Copies, *roles: Role) -> Note:
    """Return why other copies could not be shown: whoever reads this one can mend it."""
    failed = [copies[role] for role in roles if role in copies and copies[role].error]
    return tuple((f"⚠️ {copy.error}",) for copy in failed)
