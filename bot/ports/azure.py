"""Azure: registries, their tokens and scope maps, and what is in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from bot import model


@dataclass(frozen=True, slots=True)
class Room:
    """How many tokens a registry has and may have (by its tier)."""

    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class Password:
    """A slot of a token, as ARM shows it: never with its value."""

    slot: str
    created: dt.datetime | None
    expires: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Token:
    """An ACR token. `scope_map` is the bare name; `passwords` lists the filled slots."""

    name: str
    scope_map: str
    enabled: bool
    passwords: tuple[Password, ...]
    created: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class ScopeMap:
    """An ACR scope map and its sorted actions."""

    name: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Minted:
    """A fresh password. It lives in one function and dies with it."""

    user: str
    password: SecretStr
    slot: str
    expires: dt.datetime | None


class Registries(Protocol):
    """Azure Resource Manager for container registries."""

    async def registries(self) -> tuple[model.Registry, ...]:
        """List the registries that the bot serves; cached for minutes."""
        ...

    async def registry(self, login_server: str, *, fresh: bool = False) -> model.Registry:
        """Return one registry, or raise NotFound."""
        ...

    async def room(self, registry: model.Registry) -> Room:
        """Count tokens against the tier's limit."""
        ...

    async def scope_map(self, registry: model.Registry, name: str) -> ScopeMap | None:
        """Read a scope map."""
        ...

    async def put_scope_map(
        self, registry: model.Registry, name: str, repositories: Sequence[str]
    ) -> ScopeMap:
        """Make a scope map with content/read on the repositories; wait until it is provisioned."""
        ...

    async def patch_scope_map(
        self, registry: model.Registry, name: str, repositories: Sequence[str]
    ) -> ScopeMap:
        """Replace a scope map's actions by content/read on exactly these repositories, and wait.

        Never makes one: raises NotFound. One that has these actions already is left alone.
        """
        ...

    def scope_maps(self, registry: model.Registry) -> AsyncIterator[ScopeMap]:
        """Go through all scope maps, Azure's own (`_repositories_…`) too, one page in memory at a time."""
        ...

    async def token(self, registry: model.Registry, name: str) -> Token | None:
        """Read a token."""
        ...

    async def put_token(self, registry: model.Registry, name: str, scope_map: str) -> Token:
        """Make an enabled token bound to a scope map; wait until it is provisioned."""
        ...

    async def set_token_status(self, registry: model.Registry, name: str, *, enabled: bool) -> Token:
        """Let a token log in or not, and wait; raises NotFound. Nothing else of it changes."""
        ...

    def tokens(self, registry: model.Registry) -> AsyncIterator[Token]:
        """Go through all tokens, whoever made them, one page in memory at a time."""
        ...

    async def mint(
        self, registry: model.Registry, token: str, *, slot: str, expires: dt.datetime | None
    ) -> Minted:
        """Generate the password of one slot. Never retried by the client: each call mints anew."""
        ...

    async def keep_only(self, registry: model.Registry, token: str, *, slot: str) -> None:
        """Remove every password of a token but one; with nothing to remove, nothing is sent.

        Raises NotFound without a token. Raises NotYet where only other slots are filled: a token
        must not lose its last password to a slot that Azure does not show.
        """
        ...

    async def delete_token(self, registry: model.Registry, name: str) -> None:
        """Delete a token; one that is not there is fine. Returns when it is gone."""
        ...

    async def delete_scope_map(self, registry: model.Registry, name: str) -> None:
        """Delete a scope map; one that is not there is fine. Returns when it is gone."""
        ...

    async def ping(self) -> None:
        """Raise unless ARM answers the bot's identity."""
        ...


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository where people see it: `login_server/name`."""

    login_server: str
    name: str

    @property
    def path(self) -> str:
        """Return `login_server/name`."""
        return f"{self.login_server}/{self.name}"


@dataclass(frozen=True, slots=True)
class Found:
    """Matches, best first; `more` counts those left off, `silent` names hosts that did not answer."""

    matches: tuple[Repository, ...]
    more: int = 0
    silent: tuple[str, ...] = ()


class Catalog(Protocol):
    """What is in the registries, through their data plane with the bot's own identity."""

    async def search(self, text: str, *, limit: int) -> Found:
        """Find repositories by any part of `host/name`; answers from a cache that refreshes itself."""
        ...

    async def exists(self, repository: Repository) -> bool:
        """Ask the registry itself whether it has the repository."""
        ...

    async def newest_tag(self, repository: Repository) -> str | None:
        """Return the newest tag, or None for an empty repository."""
        ...

    async def warm(self) -> None:
        """Fill the cache in the background, so that the first search is fast."""
        ...
