"""The store: all state, and what each write proves and returns."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Sequence
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
    CROWDED = "crowded"  # `open_limit` open requests count under the `open_key`
    OVERTAKEN = "overtaken"  # the credential is not at the version that was seen
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
    claims for the credential if it made one (`model.FRESH`); one that ends otherwise gives them up,
    and a credential that is revoked gives up its own. Every change makes the request due at once
    (its copies are behind), unless it is written under a `fence`: then the holder of the lease
    goes on. A `credential` makes the request that it came from due too, and the one that it is taken
    from while that is `busy` with it. Repeating a change with the
    same `op` does nothing and is OK.
    """

    request: model.Request
    entry: audit.Entry
    head: str
    op: str
    fence: int | None = None
    not_after: dt.datetime | None = None
    credential: model.Credential | None = None
    credential_seen: int = 0  # the credential's version before; 0 for a new one
    open_key: str | None = None  # under which a new request counts until it ends; None: its requester
    open_limit: int | None = None  # of requests that count so


class Index(enum.StrEnum):
    """What can be listed; the key beside it says whose."""

    ALL = "all"  # all requests (key "")
    STATE = "state"  # requests in a state
    REQUESTER = "requester"  # requests of a principal (its `key`)
    WORKSPACE = "workspace"  # requests about a Tower workspace (its id)
    WAITING = "waiting"  # pending requests that a rule decides on (its name)
    OWNED = "owned"  # credentials of a principal that are not revoked
    HELD = "held"  # credentials in a Tower workspace (its id) that are not revoked
    LIVE = "live"  # all credentials that are not revoked (key "")


@dataclass(frozen=True, slots=True)
class Page:
    """Some ids of an index, newest first, and the cursor behind which the next ones stand."""

    ids: tuple[str, ...]
    after: str | None = None  # None: there are no more


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

    async def retry(self, request_id: str) -> Outcome:
        """Make a request that is worked on due at once, with its tries counted anew.

        CONFLICT for one that nobody works on: it waits for people, or has ended. MISSING for none.
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

    async def page(self, index: Index, key: str, *, after: str | None = None, limit: int = 20) -> Page:
        """Return a page of an index in O(log n + limit), wherever the cursor stands."""
        ...

    async def requests(self, request_ids: Sequence[str]) -> tuple[model.Request | None, ...]:
        """Read several requests at once, in their order; None for one that is forgotten."""
        ...

    async def credentials(self, credential_ids: Sequence[str]) -> tuple[model.Credential | None, ...]:
        """Read several credentials at once, in their order."""
        ...

    async def by_short(self, short: str) -> tuple[str, ...]:
        """Return the ids of the requests whose short form (`model.short_id`) this is, newest first."""
        ...

    async def first_time(self, token: str, *, ttl_s: float) -> bool:
        """Remember a token for a while; True for exactly one caller."""
        ...

    async def ping(self) -> None:
        """Raise NotAccepted unless the server answers and takes writes."""
        ...
