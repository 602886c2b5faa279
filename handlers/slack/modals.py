"""Block Kit of windows: the form, its skeleton, the reason for a denial, a notice. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot import forms, model, ports
from bot.forms import Field
from bot.model import Kind
from handlers import replies
from handlers.parts import Note, Sentence
from handlers.slack import ids, markup
from handlers.slack.markup import Json

Typed = Mapping[Field, object]  # what a form holds: text, or the chosen option
TITLE = 24


def loading(meta: str) -> Json:
    """Return the skeleton that stands while the form is being looked up."""
    return window(ids.FORM, replies.FORM_TITLE, markup.blocks(((replies.LOADING,),)), meta)


def notice(note: Note) -> Json:
    """Return a window that says something and can only be closed."""
    return window(ids.NOTICE, replies.FORM_TITLE, markup.blocks(note), close=replies.NOTICE_CLOSE)


def form(
    fresh: forms.Form, *, meta: str, typed: Typed | None = None, preview: forms.Preview | None = None
) -> Json:
    """Return the form with what was typed so far; without `typed`, with what is suggested."""
    # Clients keep what was typed when ids stay; it is sent again for those that would not.
    held = {Field.NAME: fresh.name, **(typed or {})}
    # Nothing is chosen yet, so nothing is known to stand in the way.
    seen = preview or fresh.preview
    # A credential that is there has a name; and an extension makes no password.
    own = [_input(Field.NAME, {**_text_input(held.get(Field.NAME)), "max_length": 99})]
    lasts = [_validity(seen.longest_validity_days, held.get(Field.VALIDITY))]
    blocks = [
        *(own if seen.kind is Kind.ISSUE else []),
        _input(Field.WORKSPACE, _workspace(fresh.workspaces, held.get(Field.WORKSPACE)), dispatch=True),
        _input(Field.REPOSITORY, _repositories(held.get(Field.REPOSITORY)), dispatch=True),
        *_preview(seen),
        *(lasts if seen.kind is not Kind.EXTEND else []),
        _input(
            Field.REASON,
            {**_text_input(held.get(Field.REASON)), "multiline": True, "max_length": forms.LONGEST_REASON},
            optional=True,
        ),
    ]
    return {
        **window(ids.FORM, replies.FORM_TITLE, blocks, meta),
        "submit": markup.plain_text(replies.FORM_SUBMIT, TITLE),
    }


def denial(meta: str) -> Json:
    """Return the window that asks an approver for a reason."""
    reason: Json = {
        "type": "input",
        "block_id": Field.REASON.value,
        "label": markup.plain_text(replies.DENIAL_LABEL),
        "element": {
            "type": "plain_text_input",
            "action_id": ids.action(Field.REASON),
            "multiline": True,
            "min_length": 1,
            "max_length": forms.LONGEST_REASON,
        },
    }
    intro = markup.blocks(((replies.DENIAL_INTRO,),))
    return {
        **window(ids.DENIAL, replies.DENIAL_TITLE, [*intro, reason], meta, close=replies.DENIAL_CLOSE),
        "submit": markup.plain_text(replies.DENIAL_SUBMIT, TITLE),
    }


def repositories(found: ports.Found) -> list[Json]:
    """Return a search's matches as options, and as the last one a hint on what is missing.

    Slack shows nothing at all beyond 100 options (https://github.com/slackapi/bolt-js/issues/1630).
    """
    hints = [replies.silent(found.silent)] if found.silent else []
    room = ids.MOST_OPTIONS - len(hints)
    more = found.more + max(0, len(found.matches) - room)
    if more:
        room -= 1
        more = found.more + max(0, len(found.matches) - room)
        hints.insert(0, replies.narrow(min(room, len(found.matches)), more))
    matches = [_option(one.path, forms.option_key(one)) for one in found.matches[:room]]
    return [*matches, *(hint(words) for words in hints)]


def workspaces(known: Sequence[model.Workspace], words: str) -> list[Json]:
    """Return the workspaces whose name holds the words, as options."""
    matches = [one for one in known if words.strip().lower() in one.full_name.lower()]
    options = [_option(one.full_name, str(one.id)) for one in matches]
    if len(options) <= ids.MOST_OPTIONS:
        return options
    room = ids.MOST_OPTIONS - 1
    return [*options[:room], hint(replies.narrow(room, len(options) - room))]


def hint(words: str) -> Json:
    """Return an option that only says something; choosing it is choosing nothing."""
    return _option(words, ids.NOTHING)


def window(callback: str, title: str, blocks: list[Json], meta: str = "", *, close: str = "") -> Json:
    """Return a window without anything to send."""
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": meta,
        "title": markup.plain_text(title, TITLE),
        "close": markup.plain_text(close or replies.FORM_CLOSE, TITLE),
        "blocks": blocks,
    }


def _input(field: Field, element: Json, *, dispatch: bool = False, optional: bool = False) -> Json:
    block: Json = {
        "type": "input",
        "block_id": field.value,
        "label": markup.plain_text(replies.LABELS[field]),
        "element": {**element, "action_id": ids.action(field)},
    }
    if field in replies.HINTS:
        block["hint"] = markup.plain_text(replies.HINTS[field], 2000)
    return {
        **block,
        **({"dispatch_action": True} if dispatch else {}),
        **({"optional": True} if optional else {}),
    }


def _text_input(typed: object) -> Json:
    return {"type": "plain_text_input", **({"initial_value": typed} if typed else {})}


def _workspace(known: Sequence[model.Workspace], chosen: object) -> Json:
    value = _value(chosen)
    picked = [_option(one.full_name, str(one.id)) for one in known if str(one.id) == value]
    element: Json = {"placeholder": markup.plain_text(replies.CHOOSE_WORKSPACE, 150)}
    if picked:
        element["initial_option"] = picked[0]
    # Slack refuses a plain list without options, and one with more than a hundred.
    if not 1 <= len(known) <= ids.MOST_OPTIONS:
        return {**element, "type": "external_select", "min_query_length": 0}
    options = [_option(one.full_name, str(one.id)) for one in known]
    return {**element, "type": "static_select", "options": options}


def _repositories(chosen: object) -> Json:
    element: Json = {
        "type": "multi_external_select",
        "min_query_length": 0,  # the default of 3 would show nothing to somebody who only looks
        "max_selected_items": ids.MOST_CHOSEN,
        "placeholder": markup.plain_text(replies.SEARCH, 150),
    }
    options = chosen if isinstance(chosen, list) else []
    known = [option for option in options if _value(option)]
    return {**element, "initial_options": known} if known else element


def _validity(longest: int | None, typed: object) -> Json:
    element: Json = {"type": "number_input", "is_decimal_allowed": False, "min_value": "1"}
    if longest is not None:
        element["max_value"] = str(longest)
    start = typed or (str(longest) if longest is not None else None)
    # Slack refuses the whole view for an initial value outside of the bounds.
    if isinstance(start, str) and start.isdecimal() and 1 <= int(start) <= (longest or int(start)):
        element["initial_value"] = start
    block = _input(Field.VALIDITY, element, optional=longest is None)
    return {**block, "hint": markup.plain_text(replies.validity_hint(longest), 2000)}


def _preview(preview: forms.Preview) -> list[Json]:
    becomes = replies.becomes(preview)
    lines: list[Sentence] = [
        *([becomes] if becomes else []),
        replies.will_ask(preview),
        *replies.warnings(preview),
    ]
    elements = [{"type": "mrkdwn", "text": markup.mrkdwn(line), "verbatim": True} for line in lines[:10]]
    return [{"type": "context", "block_id": ids.PREVIEW, "elements": elements}]


def _option(words: str, value: str) -> Json:
    return {"text": markup.plain_text(markup.middle(words, ids.OPTION_TEXT)), "value": value}


def _value(option: object) -> str | None:
    value = option.get("value") if isinstance(option, dict) else None
    return value if isinstance(value, str) and value != ids.NOTHING else None
