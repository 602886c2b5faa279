"""What `registry-bot doctor` reads of each service: looks only, nothing outside is changed by any.

Every method raises `bot.errors.ServiceError` (or NotAccepted, for the store) and nothing else.
`date` of an answer is its Date header as it came, and `at` when it came by this host's clock.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot import model
from bot.ports.azure import Room


class Level(enum.StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line for an operator: what is so, and what to change."""

    level: Level
    seen: str
    change: str = ""

    @property
    def text(self) -> str:
        """Return both as one text."""
        return f"{self.seen} {self.change}".strip()


@dataclass(frozen=True, slots=True)
class ChatApp:
    """The installed app. `scopes` None means that the platform did not say which it has."""

    team: str
    name: str
    scopes: frozenset[str] | None
    date: str | None
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, as the app sees it."""

    name: str
    member: bool
    archived: bool


class ChatProbe(Protocol):
    """Looks at the chat platform."""

    async def app(self) -> ChatApp:
        """Return whose token the bot has."""
        ...

    async def channel(self, channel: str) -> Channel:
        """Return a channel; raise NotFound for one that the app cannot see, Forbidden without the scope."""
        ...

    async def standing(self, user: str, *, team: str) -> model.Standing:
        """Return what an account is; raise NotFound for none."""
        ...

    async def usergroup(self, usergroup: str) -> frozenset[str]:
        """Return who is in a user group; raise NotFound for none, Forbidden without scope or plan."""
        ...

    async def socket(self) -> None:
        """Raise unless the app token opens Socket Mode: an address is asked for, and never connected to."""
        ...


class TeamsProbe(Protocol):
    """Looks at Microsoft Teams."""

    async def token(self) -> None:
        """Raise unless a token for the Bot Connector is given out."""
        ...

    async def roster(self, channel: str) -> Mapping[str, model.Standing]:
        """Return what each member of a channel is, by their user id.

        Raises NotFound for a channel that is not there, Forbidden for one without the app.
        """
        ...


@dataclass(frozen=True, slots=True)
class Grant:
    """What one role assignment gives, in Azure's patterns (`*` stands for anything)."""

    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()


class AzureProbe(Protocol):
    """Looks at Azure with the bot's identity."""

    async def token(self) -> None:
        """Raise unless the identity obtains a token."""
        ...

    async def registries(self) -> tuple[model.Registry, ...]:
        """List the registries that the bot serves."""
        ...

    async def grants(self, registry: model.Registry) -> tuple[Grant, ...]:
        """Return what the identity may do at a registry, by Azure's own account of it."""
        ...

    async def room(self, registry: model.Registry) -> Room:
        """Count tokens and scope maps against the tier's limit; the fuller one counts."""
        ...

    async def content(self, registry: model.Registry) -> int:
        """List the first repositories, and read the tags of one; return how many were listed."""
        ...


@dataclass(frozen=True, slots=True)
class TowerSite:
    """A Tower by its own account. `wave` None means that it does not say."""

    version: str
    wave: bool | None
    date: str | None
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Seat:
    """An account's place in a workspace. `roles` None means a Tower too old to list them."""

    workspace: model.Workspace
    roles: tuple[str, ...] | None
    writes: bool


class TowerProbe(Protocol):
    """Looks at Tower with one token."""

    async def site(self) -> TowerSite:
        """Return what Tower tells everybody, without a token."""
        ...

    async def account(self) -> str:
        """Return the user name of the token's account; raise Forbidden for a bad token."""
        ...

    async def seats(self) -> tuple[Seat, ...]:
        """Return every workspace of the account."""
        ...


class WaveProbe(Protocol):
    """Looks at Wave; no token is sent."""

    async def version(self) -> str:
        """Return Wave's version, or an empty text where it does not tell."""
        ...


@dataclass(frozen=True, slots=True)
class StoreTime:
    """The server's time, read at `at` by this host's clock, and the shortest of a few round trips."""

    now: dt.datetime
    at: dt.datetime
    took_s: float


@dataclass(frozen=True, slots=True)
class Marks:
    """Keys that have to expire by themselves: how many were looked at, and how many never will."""

    seen: int
    endless: int


class StoreProbe(Protocol):
    """Looks at the store's server."""

    async def findings(self) -> tuple[Finding, ...]:
        """Judge version, role, persistence and eviction."""
        ...

    async def time(self) -> StoreTime:
        """Read the server's clock."""
        ...

    async def marks(self) -> Marks:
        """Look at some of the deployment's short-lived keys."""
        ...
