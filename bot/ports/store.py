"""The store: all state, and what each write proves and returns."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Protocol

from bot import audit, model


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A request as read, with what a write must prove that it knew."""

    request: model.Request
    copies: dict[model.Role, model.Copy]
    head: str  # MAC of the request's newest audit entry
    duplicates: tuple[model.Copy, ...] = ()  # of copies: see model.Copy


class Outcome(enum.StrEnum):
    """What became of a write. Losing a race is a result, not an exception."""

    OK = "ok"  # done now, or done before under the same operation token
    CONFLICT = "conflict"  # version or chain head moved on: load again
    STALE = "stale"  # the fence moved on: somebody else owns the request
    LATE = "late"  # past `not_after` by the server's clock
    CROWDED = "crowded"  # the requester has `open_limit` open requests
    TAKEN = "taken"  # a claim is held by another request; see `holder`
    MISSING = "missing"  # no such request


@dataclass(frozen=True, slots=True)
class Written:
    """The outcome of a write; `claim` and `holder` say what was TAKEN, and by which request."""

    outcome: Outcome
    claim: str | None = None
    holder: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One atomic write: state, version, audit, indexes, claims and the next due time together.

    `request.version` is the old version + 1, or 1 for a new request. `entry` continues the chain
    whose newest MAC is `head` ("" for a new request). A request that becomes DONE keeps its
    claims for the credential; one that ends otherwise gives them up. Every change makes the
    request due at once (its copies are behind), unless it is written under a `fence`: then the
    holder of the lease goes on. Repeating a change with the same `op` does nothing and is OK.
    """

    request: model.Request
    entry: audit.Entry
    head: str
    op: str
    fence: int | None = None
    not_after: dt.datetime | None = None
    credential: model.Credential | None = None
    open_limit: int | None = None  # of a new request's requester


@dataclass(frozen=True, slots=True)
class Claimed:
    """A request taken for work. `attempts` counts claims since the last settle that reset it."""

    request_id: str
    fence: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Claims:
    """What a claim brought, and in how many seconds the next request will be due (None: none known)."""

    taken: tuple[Claimed, ...]
    next_in_s: float | None


class Store(Protocol):
    """All state. Each write is one script; times inside scripts are the server's.

    Raises NotAccepted when the server cannot be reached within the deadline.
    """

    async def load(self, request_id: str) -> Snapshot | None:
        """Read a request with its copies and chain head."""
        ...

    async def commit(self, change: Change) -> Written:
        """Write a change as a whole or not at all."""
        ...

    async def note(self, entry: audit.Entry, *, head: str, op: str) -> Outcome:
        """Append an audit entry that changes no state: a refusal, an access, an alert.

        `entry.request` None continues the deployment's own chain (see `deployment_head`).
        """
        ...

    async def deployment_head(self) -> str:
        """Return the MAC of the newest audit entry that belongs to no request ("" for none)."""
        ...

    async def trail(self, request_id: str) -> tuple[audit.Entry, ...]:
        """Return a request's audit entries, oldest first."""
        ...

    async def claim(self, owner: str, *, lease_s: float, limit: int) -> Claims:
        """Take up to `limit` due requests; each gets a new fence, and `attempts` grows by one."""
        ...

    async def renew(self, request_id: str, *, fence: int, lease_s: float) -> bool:
        """Lengthen a lease; False when the fence is old."""
        ...

    async def settle(
        self, request_id: str, *, fence: int, seen: int, due: dt.datetime | None, reset: bool = True
    ) -> Outcome:
        """Give a lease back and say when the request is due next (None: never).

        `seen` is the version that the holder knew; if it has moved on, the request is due at once.
        `reset` sets `attempts` to 0.
        """
        ...

    async def save_copy(self, request_id: str, copy: model.Copy, *, fence: int | None = None) -> Outcome:
        """Remember where a copy is and what it shows; no new version, no audit entry."""
        ...

    async def holder(self, claim: str) -> str | None:
        """Return the id of the request (or its credential) that holds a claim."""
        ...

    async def credential(self, credential_id: str) -> model.Credential | None:
        """Read a credential."""
        ...

    async def first_time(self, token: str, *, ttl_s: float) -> bool:
        """Remember a token for a while; True for exactly one caller."""
        ...

    async def ping(self) -> None:
        """Raise NotAccepted unless the server answers and takes writes."""
        ...
