"""The audit trail: a closed vocabulary of events and an HMAC chain per request.

An entry's MAC covers the entry and the MAC before it, under a key that Redis does not hold: who
can write to Redis can destroy the past, but cannot invent an approval.
"""

from __future__ import annotations

import base64
import datetime as dt
import enum
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from bot import model


class Event(enum.StrEnum):
    """What can happen, as `subject:thing:verb`."""

    SUBMITTED = "request:form:submitted"
    APPROVED = "request:decision:approved"
    AUTOMATIC = "request:decision:automatic"
    EMERGENCY = "request:decision:emergency"  # an approver's own, to revoke at once
    VOTED = "request:decision:voted"
    DENIED = "request:decision:denied"
    CANCELLED = "request:form:cancelled"
    REMINDED = "request:approvers:reminded"
    ESCALATED = "request:approvers:widened"
    EXPIRED = "request:deadline:passed"
    REFUSED = "request:action:refused"
    VIEWED = "person:rights:viewed"
    LISTED = "person:list:viewed"
    STARTED = "request:work:started"
    STEP_DONE = "request:step:done"
    STEP_WAITS = "request:step:waiting"  # for running jobs, or to verify later
    STEP_FAILED = "request:step:failed"
    UNDO_STARTED = "request:undo:started"
    UNDONE = "request:step:undone"
    DONE = "request:work:done"
    FAILED = "request:work:failed"
    FORGED = "request:decision:forged"
    WARNED = "credential:expiry:warned"
    FOLLOWED = "credential:change:followed"
    DRIFTED = "credential:drift:found"
    MENDED = "credential:drift:mended"
    SWEPT = "credential:leftover:removed"
    TRIMMED = "audit:stream:trimmed"


class Entry(model.Record):
    """One audit entry as it is sealed; the store adds a global sequence number and its own time."""

    request: str | None
    event: Event
    actor: str | None  # a principal's key; None for the bot itself
    before: model.State | None
    after: model.State | None
    data: dict[str, str | int | None]
    at: dt.datetime
    # SHA-256 of the record that was written with it. Absent, not null, in an entry that wrote none.
    record: str | None = Field(default=None, exclude_if=lambda value: value is None)
    # What was written of a credential (see `stamp`); absent where none was.
    credential: str | None = Field(default=None, exclude_if=lambda value: value is None)
    mac: str = ""


class Trail:
    """Seals entries with the deployment's key, and verifies what was sealed."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def _mac(self, entry: Entry, head: str) -> str:
        return self.sealed(model.canonical(entry.model_dump(mode="json", exclude={"mac"})), head)

    def sealed(self, body: bytes, head: str) -> str:
        """Return the MAC over a canonical form and a head: an entry's chain, or a word for something else."""
        return hmac.digest(self._key, head.encode() + b"\n" + body, "sha256").hex()

    def seal_of(self, credential: model.Credential) -> str:
        """Return the seal that makes a credential's record genuine."""
        return self.sealed(
            model.canonical(credential.model_dump(mode="json", exclude={"seal"})), "credential"
        )

    def derive(self, text: str) -> str:
        """Return 128 bits of the key and `text`, URL-safe: nobody without the key can guess them."""
        digest = hmac.new(self._key, b"id\n" + text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")

    def seal(self, entry: Entry, head: str) -> Entry:
        """Return the entry with its MAC over the one before it (`head`, "" for the first)."""
        return entry.model_copy(update={"mac": self._mac(entry, head)})

    def broken_at(self, entries: Iterable[Entry], *, head: str = "") -> int | None:
        """Return the index of the first entry that does not follow from the one before, or None."""
        for index, entry in enumerate(entries):
            if not hmac.compare_digest(entry.mac, self._mac(entry, head)):
                return index
            head = entry.mac
        return None


def digest(record: model.Record, *, as_read: bool = False) -> str:
    """Return SHA-256 of a record as the store writes it; `as_read`: without what it was read without."""
    return hashlib.sha256(record.model_dump_json(exclude_unset=as_read).encode()).hexdigest()


def stamp(credential: model.Credential) -> str:
    """Return what an entry says of the credential written with it: id, version, state, SHA-256."""
    return f"{credential.id}:{credential.version}:{credential.state}:{digest(credential)}"


def conditions(request: model.Request) -> dict[str, str | int | None]:
    """Return what the entry of a submission seals: what is asked for, and on which terms it is decided."""
    return {
        "digest": request.digest,
        "rule": request.rule,
        "rule_version": request.rule_version,
        "needed": request.needed,
        "deadline": request.deadline.isoformat(),
    }


def draft(  # noqa: PLR0913  # an entry is flat, and each part is named at the call
    event: Event,
    *,
    request: str | None,
    actor: model.Principal | None,
    at: dt.datetime,
    before: model.State | None = None,
    after: model.State | None = None,
    data: Mapping[str, Any] | None = None,
    record: model.Record | None = None,
    credential: model.Credential | None = None,
) -> Entry:
    """Return an unsealed entry. `data` holds identifiers and codes, never a secret."""
    return Entry(
        request=request,
        event=event,
        actor=actor.key if actor else None,
        before=before,
        after=after,
        data=dict(data or {}),
        at=at,
        record=digest(record) if record else None,
        credential=stamp(credential) if credential else None,
    )
