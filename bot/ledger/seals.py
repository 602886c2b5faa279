"""Seals over many entries: a checkpoint, the end of an export, what a trim left.

A seal is one line of JSON that can be kept anywhere. Its MAC needs the deployment's key, so it
proves the past to whoever has the key, however the log was changed since.
"""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
from collections.abc import Sequence

from pydantic import Field, ValidationError

from bot import audit, model, ports


class Kind(enum.StrEnum):
    """What a seal is for; the value is the event's name in a log."""

    CHECKPOINT = "audit_checkpoint"  # over the entries since the one before
    EXPORT = "audit_export"  # over the entries of a file
    REST = "audit_rest"  # over what is left of the part that was trimmed


class Seal(model.Record):
    """A seal. `hash` is SHA-256 over the entries' lines; of a REST it is a sum, see `rest`."""

    event: Kind
    number: int = Field(ge=1)  # in its chain, without gaps
    at: dt.datetime
    first: int = Field(ge=0)  # numbers of the first and the last entry
    last: int = Field(ge=0)
    entries: int = Field(ge=0)
    problems: int = Field(default=0, ge=0)  # what was wrong with these entries already
    position: str
    hash: str
    previous: str  # MAC of the checkpoint before, "" for the first
    key: str  # which key, without telling anything of it
    mac: str = ""


class Run:
    """Entries that follow each other, taken in one by one."""

    def __init__(self) -> None:
        self.first = self.last = self.entries = 0
        self.position = ""
        self._hash = hashlib.sha256()

    def add(self, logged: ports.Logged, line: bytes) -> None:
        """Take in the next entry."""
        self._hash.update(line)
        self.entries += 1
        self.position = logged.position
        if logged.sequence is not None:
            self.first = self.first or logged.sequence
            self.last = logged.sequence

    @property
    def hash(self) -> str:
        """Return the hash of all entries so far."""
        return self._hash.hexdigest()


def key_id(trail: audit.Trail) -> str:
    """Return a name of the key that tells nothing of it."""
    return trail.sealed(b"", "key")[:16]


def sealed(trail: audit.Trail, seal: Seal) -> Seal:
    """Return the seal with its MAC."""
    return seal.model_copy(update={"mac": _mac(trail, seal)})


def genuine(trail: audit.Trail, seal: Seal) -> bool:
    """Tell whether a seal was made with this key and not changed since."""
    return seal.mac == _mac(trail, seal)


def over(trail: audit.Trail, run: Run, *, kind: Kind, before: Seal | None, at: dt.datetime) -> Seal:
    """Seal a run of entries that continues `before`."""
    return sealed(
        trail,
        Seal(
            event=kind,
            number=before.number + 1 if before else 1,
            at=at,
            first=run.first,
            last=run.last,
            entries=run.entries,
            position=run.position,
            hash=run.hash,
            previous=before.mac if before else "",
            key=key_id(trail),
        ),
    )


def read(text: str | None) -> Seal | None:
    """Read a seal; return None for anything else."""
    try:
        return Seal.model_validate_json(text) if text else None
    except ValidationError:
        return None


def share(trail: audit.Trail, line: bytes) -> int:
    """Return one entry's share of a rest.

    A rest is the sum of its entries' shares modulo 2^256, so that one can be taken out without
    reading the others. Nobody without the key knows a share of an entry that is still there
    (Clarke et al., https://people.csail.mit.edu/devadas/pubs/mhashes.pdf).
    """
    return int(trail.sealed(line, "rest"), 16)


def total(shares: Sequence[int], start: str = "0") -> str:
    """Add shares to a rest's hash; negative ones are taken out."""
    return f"{(int(start, 16) + sum(shares)) % 2**256:064x}"


def _mac(trail: audit.Trail, seal: Seal) -> str:
    return trail.sealed(model.canonical(seal.model_dump(mode="json", exclude={"mac"})), seal.event.value)
