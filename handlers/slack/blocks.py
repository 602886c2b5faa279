"""Block Kit of messages, from a request and the role of the copy. Pure; the wording is `handlers.text`'s."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot import model
from bot.model import Kind, Role
from handlers import fate, kinds, text, work
from handlers.parts import Note, Quote, Sentence
from handlers.slack import ids, markup
from handlers.slack.markup import Json

DIGEST_HEAD = 16  # how much of the digest a button carries: enough to tell two specs apart
Copies = Mapping[Role, model.Copy]


@dataclass(frozen=True, slots=True)
class Message:
    """A message as Slack takes it: a full sentence for notifications and screen readers, and blocks."""

    text: str
    blocks: list[Json]


def message(request: model.Request, role: Role, copies: Copies) -> Message:
    """Return what the copy of this role shows now."""
    return _RENDERERS[role](request, copies)


def private(note: Note) -> Message:
    """Return an answer for one person's eyes."""
    return Message(markup.spoken(note), markup.blocks(note))


def _approval(request: model.Request, copies: Copies) -> Message:
    # Only the approvers can notice that the others they rely on hear nothing.
    troubles = _troubles(copies, Role.TOLD, Role.REMINDER, Role.ESCALATION)
    return _card(request, Role.APPROVAL, (kinds.ask(request),), troubles)


def _escalation(request: model.Request, _: Copies) -> Message:
    return _card(request, Role.ESCALATION, (text.escalation(request), kinds.ask(request)))


def _told(request: model.Request, _: Copies) -> Message:
    return private((text.status(request), *text.decisions(request)))


def _reminder(request: model.Request, _: Copies) -> Message:
    return private((text.reminder(request),))


def _card(request: model.Request, role: Role, intro: Note, troubles: Note = ()) -> Message:
    pending = request.state is model.State.PENDING
    outcome: Note = (text.waiting(request),) if pending else (text.status(request), *text.decisions(request))
    # The facts stay after the decision: the channel is where people look up what was granted.
    blocks: list[Json] = [
        {"type": "header", "text": markup.plain_text(kinds.title(request), 150)},
        *markup.blocks(intro),
        _facts(request),
        *markup.blocks(kinds.everything(request)),
        *_reason(request),
        *markup.blocks((*outcome, *troubles)),
        *([_decide(request, role)] if pending else []),
        _context((_reference(request),)),
    ]
    return Message(markup.spoken((*intro, outcome[0])), blocks)


def _reference(request: model.Request) -> str:
    # The version is what an approver decides on, and afterwards no news.
    version = f", version {request.version}" if request.state is model.State.PENDING else ""
    return f"Request {model.short_id(request.id)}{version}"


def _origin(request: model.Request, copies: Copies) -> Message:
    return _line(request, Role.ORIGIN, (text.status(request), *_troubles(copies, Role.APPROVAL)))


def _direct(request: model.Request, copies: Copies) -> Message:
    note = (text.status(request, to_requester=True), *_troubles(copies, Role.APPROVAL, Role.ORIGIN))
    return _line(request, Role.DIRECT, note)


def _progress(request: model.Request, _: Copies) -> Message:
    note = work.progress(request)
    return Message(markup.spoken((text.status(request),)), markup.blocks(note))


def _result(request: model.Request, _: Copies) -> Message:
    return _offering(text.result(request), Role.RESULT, request, kinds.offers(request))


def _warning(request: model.Request, _: Copies) -> Message:
    useful = (Kind.ROTATE,) if fate.near_end(request) and Kind.ROTATE in kinds.offers(request) else ()
    return _offering((fate.warning(request),), Role.WARNING, request, useful)


def _offering(note: Note, role: Role, request: model.Request, may: Collection[Kind]) -> Message:
    """Return a message with a button for each thing that can be done to the credential."""
    return Message(
        markup.spoken(note), [*markup.blocks(note), *offers(request.about, may, ids.buttons(role))]
    )


def offers(credential_id: str, may: Collection[Kind], block_id: str, *others: Json) -> list[Json]:
    """Return the buttons that open the windows for these kinds of change; each carries the id alone."""
    elements = [*others, *(_offer(kind, credential_id) for kind in kinds.LABELS if kind in may)]
    return [{"type": "actions", "block_id": block_id, "elements": elements}] if elements else []


def _offer(kind: Kind, credential_id: str) -> Json:
    button = plain_button(kinds.LABELS[kind], ids.CHANGES[kind], credential_id)
    return {**button, "style": "danger"} if kind is Kind.REVOKE else button


_RENDERERS = {
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


def _line(request: model.Request, role: Role, note: Note) -> Message:
    # Everybody in the channel sees the button; the service knows whose request it is.
    cancel = [_cancel(request, role)] if request.state is model.State.PENDING else []
    return Message(markup.spoken(note), [*markup.blocks(note), *cancel])


def _troubles(copies: Copies, *roles: Role) -> Note:
    """Return why other copies could not be shown: whoever reads this one can mend it."""
    failed = [copies[role] for role in roles if role in copies and copies[role].error]
    return tuple((f"⚠️ {copy.error}",) for copy in failed)


def _facts(request: model.Request) -> Json:
    # verbatim: else Slack makes links of what looks like an address or a channel's name.
    fields = [
        {"type": "mrkdwn", "text": f"*{label}*\n{markup.mrkdwn(value)}", "verbatim": True}
        for label, value in kinds.facts(request)
    ]
    return {"type": "section", "fields": fields}


def _reason(request: model.Request) -> list[Json]:
    said = request.spec.reason
    return markup.blocks((("Reason given:",), Quote(said))) if said else []


def pending(request: model.Request, *, own: bool) -> list[Json]:
    """Return the buttons of an open request where no copy of it is: to take it back, or to decide on it."""
    if request.state is not model.State.PENDING:
        return []
    block = _cancel(request, Role.DIRECT) if own else _decide(request, Role.APPROVAL)
    return [{**block, "block_id": f"{ids.HERE}_{request.id}"}]


def _decide(request: model.Request, role: Role) -> Json:
    approve = _button(text.APPROVE, ids.APPROVE, request, style="primary")
    deny = _button(text.DENY, ids.DENY, request, style="danger")
    return {"type": "actions", "block_id": ids.buttons(role), "elements": [approve, deny]}


def _cancel(request: model.Request, role: Role) -> Json:
    confirm = {
        "title": markup.plain_text(text.CANCEL_TITLE, 100),
        "text": markup.plain_text(text.CANCEL_QUESTION, 300),
        "confirm": markup.plain_text(text.CANCEL_YES, 30),
        "deny": markup.plain_text(text.CANCEL_NO, 30),
    }
    button = {**_button(text.CANCEL, ids.CANCEL, request), "confirm": confirm}
    return {"type": "actions", "block_id": ids.buttons(role), "elements": [button]}


def _button(label: str, action_id: str, request: model.Request, *, style: str | None = None) -> Json:
    button = plain_button(label, action_id, value(request))
    return {**button, "style": style} if style else button


def plain_button(label: str, action_id: str, carried: str) -> Json:
    """Return a button."""
    text = markup.plain_text(label)
    return {"type": "button", "action_id": action_id, "text": text, "value": carried}


def value(request: model.Request) -> str:
    """Return what a button carries: which request, and the head of what was shown. Never a fact."""
    return f"{request.id}.{request.digest[:DIGEST_HEAD]}"


def _context(sentence: Sentence) -> Json:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": markup.mrkdwn(sentence)}]}


def sentence(note: Note, *, reader: str = "") -> str:
    """Return the first sentence of a note without any markup, for the error of a form's field."""
    first = next((paragraph for paragraph in note if isinstance(paragraph, tuple)), ())
    return markup.plain(first, reader=reader)
