"""The audit log as it is kept: the stream, and what is remembered about it."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Logged:
    """One entry of the stream, as found: who can write to Redis may have put anything there.

    `sequence` (from 1, without gaps) and `time_ms` (the server's) are None where they are no numbers.
    `head` is the MAC of the chain's entry before; `text` is the entry as JSON.
    """

    position: str  # in the stream: what pages and trimming go by; "" for one read from a file
    sequence: int | None
    time_ms: int | None
    head: str
    text: str


@dataclass(frozen=True, slots=True)
class Tail:
    """Where the log says that it ends: the newest number given, and the head of the deployment's chain."""

    sequence: int
    chain: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A request's record and trail, and its credential's record, of one moment; unread and unchecked.

    `record` is None if it is gone, `credential` for a request that has none.
    """

    request_id: str
    record: str | None
    head: str
    state: str
    version: str
    trail: tuple[str, ...]
    credential: str | None = None


class Mark(enum.StrEnum):
    """What is remembered about the log, and about what was told beside it."""

    CHECKPOINT = "checkpoint"  # the last one, which the next one continues
    TRIMMED = "trimmed"  # what is left of the part that was exported and removed
    TOLD = "told"  # the position up to which the audit channel has it
    RECONCILED = "reconciled"  # which differences operators were told of last


class AuditLog(Protocol):
    """Reads the audit stream in pages, and takes away from it what was exported.

    Raises NotAccepted when the server cannot be reached within the deadline.
    """

    async def page(self, *, after: str = "", limit: int = PAGE) -> tuple[Logged, ...]:
        """Return the entries that follow a position ("": from the start), at most `limit`."""
        ...

    def before(self, moment: dt.datetime) -> str:
        """Return a position that everything written at `moment` or later follows."""
        ...

    async def newest(self) -> str:
        """Return the position of the newest entry ("" for none)."""
        ...

    async def tail(self) -> Tail:
        """Return where the log says that it ends."""
        ...

    async def mark(self, mark: Mark) -> str | None:
        """Return what is remembered."""
        ...

    async def move(self, mark: Mark, *, seen: str | None, value: str, remove: Sequence[str] = ()) -> bool:
        """Replace what is remembered, and remove entries (at most 1,000) in the same step.

        False, and nothing done, if the mark is not what was `seen`. A repeat of what was done is True.
        """
        ...

    def known(self) -> AsyncIterator[tuple[str, ...]]:
        """Go through the ids of all requests that are kept, in pages; an id may come twice."""
        ...

    async def evidence(self, request_ids: Collection[str]) -> Mapping[str, Evidence]:
        """Return what is kept of several requests, of each as it was at one moment."""
        ...

    async def needed(self, request_ids: Collection[str]) -> frozenset[str]:
        """Return those that have not ended, and those that made or last changed a credential that lives."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the audit channel tells it: codes and identifiers, and whatever people typed."""

    sequence: int | None
    time: dt.datetime | None
    request: str | None
    event: str
    actor: str | None
    before: str | None
    after: str | None
    data: Mapping[str, str | int | None]


class Feed(Protocol):
    """Tells the audit channel."""

    async def tell(self, lines: Sequence[Line]) -> None:
        """Post one message with a line for each entry; raise ServiceError if it did not get there."""
        ...
