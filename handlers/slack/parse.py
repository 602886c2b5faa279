"""Slack's payloads to our types. Pure; whatever is missing or of the wrong kind is `Malformed`.

Payloads are documented loosely and differ between plans: every value is looked up with `at`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from bot import forms, model, ports
from bot.forms import Field
from handlers import buttons
from handlers import payload as reading
from handlers.entry import Entry
from handlers.slack import ids

# Every module here reads payloads, and calls most of them `payload`.
Payload = reading.Payload
Malformed = reading.Malformed
at, text_at, needed, token = reading.at, reading.text_at, reading.needed, reading.token

# Public channels are C…, private ones C… or G…; D… is a direct message.
_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,}")
_MOST_PAIRS = 100  # a command has about fifteen


def body(raw: bytes, content_type: str) -> dict[str, object]:
    """Return what a request's body says: a command's fields, or the JSON of an event or interaction.

    Bolt's own parser takes any form body that has the word "payload" in it, even in what a user
    typed, for an interaction, and would lose such a command
    (slackapi/bolt-python, slack_bolt/request/internals.py).
    """
    try:
        text = raw.decode("utf-8")
        is_json = content_type.partition(";")[0].strip().lower() == "application/json" or text.startswith("{")
        found = json.loads(text) if is_json else _form(text)
    except (ValueError, RecursionError):
        raise Malformed("The body is neither a form nor JSON.") from None
    if not isinstance(found, dict) or not any(isinstance(found.get(key), str) for key in _MARKS):
        raise Malformed("The body is not a command, an event or an interaction.")
    return found


_MARKS = ("type", "command", "ssl_check")


def _form(text: str) -> object:
    fields = dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PAIRS))
    return json.loads(fields["payload"]) if "payload" in fields else fields


def principal(payload: Payload) -> model.Principal:
    """Return who acts: the person's own workspace counts, not where the message stands.

    A payload that names no workspace gives a tenant that no rule knows.
    """
    user = text_at(payload, "user", "id") or needed(payload, "user_id")
    tenant = (
        text_at(payload, "user", "team_id") or text_at(payload, "team", "id") or text_at(payload, "team_id")
    )
    return model.Principal(platform=model.Platform.SLACK, tenant=tenant, user=user)


def place(channel: str, tenant: str) -> model.Place | None:
    """Return the channel something was asked in; a direct message is no place to show others anything."""
    if not _CHANNEL.fullmatch(channel):
        return None
    return model.Place(platform=model.Platform.SLACK, tenant=tenant, channel=channel)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a button was pressed: enough to answer there, and to come back to it from a window."""

    value: str
    channel: str
    message: str
    thread: str | None
    block: str

    def meta(self) -> str:
        """Return this as a window's private_metadata."""
        return json.dumps([self.value, self.channel, self.message, self.thread, self.block])


def spot(payload: Payload) -> Spot:
    """Return where a button was pressed."""
    return Spot(
        value=needed(payload, "actions", 0, "value"),
        channel=text_at(payload, "container", "channel_id") or text_at(payload, "channel", "id"),
        message=text_at(payload, "container", "message_ts") or text_at(payload, "message", "ts"),
        thread=text_at(payload, "container", "thread_ts") or text_at(payload, "message", "thread_ts") or None,
        block=text_at(payload, "actions", 0, "block_id"),
    )


def spot_of(meta: str) -> Spot:
    """Return what `Spot.meta` wrote."""
    try:
        value, channel, message, thread, block = json.loads(meta)
    except (ValueError, TypeError, RecursionError):
        raise Malformed("The window's metadata is not ours.") from None
    if not all(isinstance(one, str) for one in (value, channel, message, block, thread or "")):
        raise Malformed("The window's metadata is not ours.")
    return Spot(value, channel, message, thread, block)


def click(payload: Payload, by: model.Principal) -> forms.Click:
    """Return a pressed button."""
    where = spot(payload)
    act = needed(payload, "actions", 0, "action_id")
    # Slack gives a click no id, but two clicks never have the same moment.
    when = text_at(payload, "actions", 0, "action_ts") or text_at(payload, "trigger_id")
    return buttons.click(
        where.value,
        by,
        op=token(by.key, where.channel, where.message, when, act),
        seen_at=_copy(where),
    )


def denial(payload: Payload, by: model.Principal) -> tuple[forms.Click, str]:
    """Return a denial with its reason, as the window sent it."""
    where = spot_of(text_at(payload, "view", "private_metadata"))
    reason = typed_text(payload, Field.REASON)
    op = token(by.key, where.channel, where.message, needed(payload, "view", "id"), ids.DENY)
    return buttons.click(where.value, by, op=op, seen_at=_copy(where)), reason


def _copy(where: Spot) -> model.Copy | None:
    role = ids.ROLES.get(where.block)
    if role is None or not where.channel or not where.message:
        return None
    return model.Copy(
        role=role,
        platform=model.Platform.SLACK,
        channel=where.channel,
        message=where.message,
        thread=where.thread if where.thread != where.message else None,
    )


def submission(
    payload: Payload, by: model.Principal, where: model.Place | None, repositories: Sequence[ports.Repository]
) -> forms.Submission:
    """Return a form as it was sent. Its `op` names this window with these values."""
    # Not the view's hash: it stays the same when an error is shown and the form is sent again.
    typed = {field: typed_text(payload, field) for field in (Field.NAME, Field.VALIDITY, Field.REASON)}
    typed[Field.WORKSPACE] = next(iter(_values(payload, Field.WORKSPACE)), "")
    return Entry(needed(payload, "view", "id"), typed).submission(by, where, repositories)


def workspace_id(payload: Payload) -> int | None:
    """Return the chosen workspace."""
    chosen = next(iter(_values(payload, Field.WORKSPACE)), "")
    return Entry("", {Field.WORKSPACE: chosen}).workspace_id


def repository_keys(payload: Payload) -> tuple[str, ...]:
    """Return the values of the chosen repositories (see `forms.option_key`)."""
    return _values(payload, Field.REPOSITORY)


def typed(payload: Payload) -> dict[Field, object]:
    """Return what a form holds so far, for drawing it again: nothing of a field that it does not have."""
    held = at(payload, "view", "state", "values")
    there = inputs(payload) | frozenset(held if isinstance(held, dict) else ())
    texts: dict[Field, object] = {
        field: typed_text(payload, field)
        for field in (Field.NAME, Field.VALIDITY, Field.REASON)
        if field.value in there
    }
    workspace = next(iter(_options(payload, Field.WORKSPACE)), None)
    return {**texts, Field.WORKSPACE: workspace, Field.REPOSITORY: _options(payload, Field.REPOSITORY)}


def first_input(payload: Payload) -> str | None:
    """Return the block id of a window's first input: where an error about the whole can be shown."""
    blocks = at(payload, "view", "blocks")
    for block in blocks if isinstance(blocks, list) else ():
        if at(block, "type") == "input":
            return text_at(block, "block_id") or None
    return None


def inputs(payload: Payload) -> frozenset[str]:
    """Return the block ids of a window's inputs: Slack takes errors for no others."""
    blocks = at(payload, "view", "blocks")
    found = blocks if isinstance(blocks, list) else ()
    return frozenset(text_at(block, "block_id") for block in found if at(block, "type") == "input")


def _chosen(payload: Payload, field: Field) -> list[object]:
    """Return the options chosen in a menu, of one or of several."""
    # The choice that was just made stands in the action; whether the state has it too is not documented.
    acted = at(payload, "actions", 0)
    held = at(payload, "view", "state", "values", field.value, ids.action(field))
    chosen = acted if at(acted, "block_id") == field.value else held
    several = at(chosen, "selected_options")
    return several if isinstance(several, list) else [at(chosen, "selected_option")]


def typed_text(payload: Payload, field: Field) -> str:
    """Return what was typed into a field."""
    return text_at(payload, "view", "state", "values", field.value, ids.action(field), "value")


def _values(payload: Payload, field: Field) -> tuple[str, ...]:
    """Return the values chosen in a menu; a mere hint is none."""
    found = (text_at(option, "value") for option in _chosen(payload, field))
    return tuple(dict.fromkeys(value for value in found if value not in {"", ids.NOTHING}))


def _options(payload: Payload, field: Field) -> list[dict[str, object]]:
    """Return the options chosen in a menu as they can be drawn again; a mere hint is none."""
    found: list[dict[str, object]] = []
    for chosen in _chosen(payload, field):
        words, value = text_at(chosen, "text", "text"), text_at(chosen, "value")
        if words and value not in {"", ids.NOTHING}:
            found.append({"text": {"type": "plain_text", "text": words, "emoji": False}, "value": value})
    return found
