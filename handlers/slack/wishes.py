"""What a window that changes a credential carries, and what it sends. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bot import forms, model, ports
from bot.forms import Field
from bot.model import Kind
from handlers.slack import ids, parse
from handlers.slack.parse import Malformed, Payload, at, text_at

_LONG = "~"  # how a key begins that stands for a name too long for one (see `forms.option_key`)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done to which credential (none: it is still to be chosen), asked in which channel."""

    kind: Kind
    credential: str
    channel: str

    def meta(self) -> str:
        """Return this as a window's private_metadata."""
        return json.dumps([self.kind, self.credential, self.channel])


def of_window(payload: Payload) -> Wish:
    """Return what `Wish.meta` wrote."""
    try:
        kind, credential, channel = json.loads(text_at(payload, "view", "private_metadata"))
        known = Kind(kind)
    except (ValueError, TypeError, RecursionError):
        raise Malformed("The window's metadata is not ours.") from None
    if not isinstance(credential, str) or not isinstance(channel, str):
        raise Malformed("The window's metadata is not ours.")
    return Wish(known, credential, channel)


KINDS: Mapping[str, Kind] = {action: kind for kind, action in ids.CHANGES.items()}


def of_button(payload: Payload) -> Wish:
    """Return what a button on a message, in a list or at home wants."""
    kind = KINDS.get(text_at(payload, "actions", 0, "action_id"))
    if kind is None:
        raise Malformed("This button changes nothing.")
    channel = text_at(payload, "container", "channel_id") or text_at(payload, "channel", "id")
    return Wish(kind, parse.needed(payload, "actions", 0, "value"), channel)


def removed(payload: Payload) -> tuple[str, ...]:
    """Return the keys of the repositories that were chosen to go."""
    return parse.repository_keys(payload)


def needs_names(keys: tuple[str, ...]) -> bool:
    """Tell whether a key stands for a name that it does not hold."""
    return any(key.startswith(_LONG) for key in keys)


def key(name: str) -> str:
    """Return the value of a repository's option; all of them are of one registry."""
    return forms.option_key(ports.Repository("", name)).removeprefix("/")


def names(keys: tuple[str, ...], credential: model.Credential | None) -> tuple[str, ...]:
    """Return the repositories that the keys stand for; an unknown key stays what it is."""
    known = {key(name): name for name in credential.repositories} if credential else {}
    return tuple(known.get(one, one) for one in keys)


def change(
    payload: Payload, wish: Wish, by: model.Principal, *, where: model.Place | None, remove: tuple[str, ...]
) -> forms.Change:
    """Return the window as it was sent. Its `op` names this window with these values."""
    reason = parse.typed_text(payload, Field.REASON).strip()
    box = at(payload, "view", "state", "values", ids.AT_ONCE, ids.AT_ONCE, "selected_options")
    at_once = wish.kind is Kind.REVOKE and bool(box)
    view = parse.needed(payload, "view", "id")
    said = (wish.kind.value, wish.credential, ",".join(remove), str(at_once), reason)
    return forms.Change(
        by=by,
        place=where,
        kind=wish.kind,
        credential_id=wish.credential,
        op=parse.token(by.key, view, *said),
        reason=reason,
        remove=remove,
        at_once=at_once,
    )
