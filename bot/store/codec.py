"""What is kept, as text and back. What is read back is checked: Redis is not trusted to be ours alone."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import ValidationError

from bot import audit, errors, model, ports

COPY = "copy:"  # before a copy's key: its field
UNREADABLE = "The store holds a record that this version of the bot cannot read. Please tell an operator."

R = TypeVar("R", bound=model.Record)


def decode(kind: type[R], text: str) -> R:
    """Read a record; raise NotAccepted for one that another version wrote or somebody changed."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise errors.NotAccepted(UNREADABLE) from error


def snapshot(fields: Mapping[str, str]) -> ports.Snapshot:
    """Read a request's hash."""
    if "record" not in fields or "head" not in fields:
        raise errors.NotAccepted(UNREADABLE)
    found = [decode(model.Copy, text) for name, text in fields.items() if name.startswith(COPY)]
    return ports.Snapshot(
        request=decode(model.Request, fields["record"]),
        copies={copy.role: copy for copy in found if not copy.duplicate},
        head=fields["head"],
        duplicates=tuple(copy for copy in found if copy.duplicate),
    )


def entries(texts: Sequence[str]) -> tuple[audit.Entry, ...]:
    """Read a trail."""
    return tuple(decode(audit.Entry, text) for text in texts)


def milliseconds(when: dt.datetime) -> int:
    """Return epoch milliseconds, rounded up: nothing is due before its time."""
    return math.ceil(when.timestamp() * 1000)
