"""Block Kit of messages, from a request and the role of the copy. Pure; the wording is `handlers.text`'s."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from bot import model
from bot.model import Kind, Role
from handlers import buttons, kinds, said, text
from handlers.parts import Note, Part, Sentence
from handlers.said import Buttons, Copies
from handlers.slack import ids, markup
from handlers.slack.markup import Json

Person = Callable[[model.Principal], str | None]  # what the policy calls somebody


def _nobody(_: model.Principal) -> None:
    """Name nobody."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as Slack takes it: a full sentence for notifications and screen readers, and blocks."""

    text: str
    blocks: list[Json]


def message(request: model.Request, role: Role, copies: Copies, *, person: Person = _nobody) -> Message:
    """Return what the copy of this role shows now; `person` names people of other platforms."""

    def named(part: Part) -> Part:
        # Slack cannot mention them, and whoever decides has to know who asks.
        if not isinstance(part, model.Principal) or part.platform is model.Platform.SLACK:
            return part
        name = person(part)
        return f"{name} on {part.platform.value.title()}" if name else part

    what = said.changed(said.message(request, role, copies), named)
    blocks: list[Json] = [
        *([_header(what.title)] if what.title else []),
        *markup.blocks(what.intro),
        *([_facts(what.facts)] if what.facts else []),
        *markup.blocks(what.rest),
        *_BUTTONS[what.buttons](request, role),
        *offers(request.about, what.offers, ids.buttons(role)),
        *([_context(what.footer)] if what.footer else []),
    ]
    return Message(markup.spoken(what.spoken), blocks)


def private(note: Note) -> Message:
    """Return an answer for one person's eyes."""
    return Message(markup.spoken(note), markup.blocks(note))


def offers(credential_id: str, may: Collection[Kind], block_id: str, *others: Json) -> list[Json]:
    """Return the buttons that open the windows for these kinds of change; each carries the id alone."""
    elements = [*others, *(_offer(kind, credential_id) for kind in kinds.LABELS if kind in may)]
    return [{"type": "actions", "block_id": block_id, "elements": elements}] if elements else []


def _offer(kind: Kind, credential_id: str) -> Json:
    button = plain_button(kinds.LABELS[kind], ids.CHANGES[kind], credential_id)
    return {**button, "style": "danger"} if kind is Kind.REVOKE else button


def _header(words: str) -> Json:
    return {"type": "header", "text": markup.plain_text(words, 150)}


def _facts(facts: Sequence[tuple[str, Sentence]]) -> Json:
    # verbatim: else Slack makes links of what looks like an address or a channel's name.
    fields = [
        {"type": "mrkdwn", "text": f"*{label}*\n{markup.mrkdwn(value)}", "verbatim": True}
        for label, value in facts
    ]
    return {"type": "section", "fields": fields}


def pending(request: model.Request, *, own: bool) -> list[Json]:
    """Return the buttons of an open request where no copy of it is: to take it back, or to decide on it."""
    if request.state is not model.State.PENDING:
        return []
    made = _cancel(request, Role.DIRECT) if own else _decide(request, Role.APPROVAL)
    return [{**block, "block_id": f"{ids.HERE}_{request.id}"} for block in made]


def _decide(request: model.Request, role: Role) -> list[Json]:
    approve = _button(text.APPROVE, ids.APPROVE, request, style="primary")
    deny = _button(text.DENY, ids.DENY, request, style="danger")
    return [{"type": "actions", "block_id": ids.buttons(role), "elements": [approve, deny]}]


def _cancel(request: model.Request, role: Role) -> list[Json]:
    confirm = {
        "title": markup.plain_text(text.CANCEL_TITLE, 100),
        "text": markup.plain_text(text.CANCEL_QUESTION, 300),
        "confirm": markup.plain_text(text.CANCEL_YES, 30),
        "deny": markup.plain_text(text.CANCEL_NO, 30),
    }
    button = {**_button(text.CANCEL, ids.CANCEL, request), "confirm": confirm}
    return [{"type": "actions", "block_id": ids.buttons(role), "elements": [button]}]


def _button(label: str, action_id: str, request: model.Request, *, style: str | None = None) -> Json:
    button = plain_button(label, action_id, buttons.value(request))
    return {**button, "style": style} if style else button


def plain_button(label: str, action_id: str, carried: str) -> Json:
    """Return a button."""
    text = markup.plain_text(label)
    return {"type": "button", "action_id": action_id, "text": text, "value": carried}


def _context(sentence: Sentence) -> Json:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": markup.mrkdwn(sentence)}]}


def sentence(note: Note, *, reader: str = "") -> str:
    """Return the first sentence of a note without any markup, for the error of a form's field."""
    first = next((paragraph for paragraph in note if isinstance(paragraph, tuple)), ())
    return markup.plain(first, reader=reader)


_BUTTONS = {Buttons.DECIDE: _decide, Buttons.CANCEL: _cancel, None: lambda *_: []}
