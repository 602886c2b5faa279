"""Azure: a registry's tokens and scope maps, and what is in it."""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from pydantic import SecretStr

from bot import errors, model, ports
from tests.fakes.journal import Journal


@dataclass(slots=True)
class HeldToken:
    """A token with its passwords' values, as only the registry knows them."""

    scope_map: str
    passwords: dict[str, tuple[SecretStr, ports.Password]] = field(default_factory=dict)
    enabled: bool = True
    created: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))


class FakeRegistries:
    """Azure Resource Manager: tokens with two slots, scope maps, a limit."""

    def __init__(self, journal: Journal, *registries: model.Registry) -> None:
        self.journal = journal
        self.known = {one.login_server: one for one in registries}
        self.held_maps: dict[str, tuple[str, ...]] = {}
        self.held_tokens: dict[str, HeldToken] = {}
        self.minted: list[str] = []  # every value ever made, for proofs
        self.limit = 500

    def opens(self, user: str | None, password: str, repository: str | None = None) -> bool:
        """Tell whether the registry lets a login in, and to a repository if one is named."""
        token = self.held_tokens.get(user or "")
        if token is None or not token.enabled:
            return False
        if all(value.get_secret_value() != password for value, _ in token.passwords.values()):
            return False
        actions = self.held_maps.get(token.scope_map, ())
        return repository is None or f"repositories/{repository}/content/read" in actions

    @contextlib.asynccontextmanager
    async def _call(self, name: str, registry: model.Registry) -> AsyncIterator[None]:
        async with self.journal.call(name):
            if registry.login_server not in self.known:
                raise errors.NotFound(f"There is no {registry.login_server}.", service="Azure")
            yield

    async def registries(self) -> tuple[model.Registry, ...]:
        """List what is known."""
        return tuple(self.known.values())

    async def registry(self, login_server: str, *, fresh: bool = False) -> model.Registry:
        """Return a registry; one that was read before is no call unless it has to be fresh."""
        if not fresh and login_server in self.known:
            return self.known[login_server]
        async with self.journal.call("registry"):
            if login_server not in self.known:
                raise errors.NotFound(f"There is no registry {login_server}.", service="Azure")
            return self.known[login_server]

    async def room(self, registry: model.Registry) -> ports.Room:
        """Count tokens."""
        async with self._call("room", registry):
            return ports.Room(len(self.held_tokens), self.limit)

    async def scope_map(self, registry: model.Registry, name: str) -> ports.ScopeMap | None:
        """Read a scope map."""
        async with self._call("scope_map", registry):
            return ports.ScopeMap(name, self.held_maps[name]) if name in self.held_maps else None

    async def put_scope_map(
        self, registry: model.Registry, name: str, repositories: Sequence[str]
    ) -> ports.ScopeMap:
        """Make a scope map."""
        async with self._call("put_scope_map", registry):
            self.held_maps[name] = tuple(sorted(f"repositories/{one}/content/read" for one in repositories))
            return ports.ScopeMap(name, self.held_maps[name])

    async def patch_scope_map(
        self, registry: model.Registry, name: str, repositories: Sequence[str]
    ) -> ports.ScopeMap:
        """Replace a scope map's actions."""
        async with self._call("patch_scope_map", registry):
            if name not in self.held_maps:
                raise errors.NotFound(f"There is no scope map {name}.", service="Azure")
            self.held_maps[name] = tuple(sorted(f"repositories/{one}/content/read" for one in repositories))
            return ports.ScopeMap(name, self.held_maps[name])

    async def scope_maps(self, registry: model.Registry) -> AsyncIterator[ports.ScopeMap]:
        """Go through the scope maps."""
        async with self._call("scope_maps", registry):
            found = [ports.ScopeMap(name, actions) for name, actions in self.held_maps.items()]
        for one in found:
            yield one

    async def token(self, registry: model.Registry, name: str) -> ports.Token | None:
        """Read a token, without the values of its passwords."""
        async with self._call("token", registry):
            held = self.held_tokens.get(name)
            return self._shown(name, held) if held else None

    def _held(self, name: str) -> HeldToken:
        if name not in self.held_tokens:
            raise errors.NotFound(f"There is no token {name}.", service="Azure")
        return self.held_tokens[name]

    def _shown(self, name: str, held: HeldToken) -> ports.Token:
        passwords = tuple(shown for _, (_, shown) in sorted(held.passwords.items()))
        return ports.Token(name, held.scope_map, held.enabled, passwords, held.created)

    async def put_token(self, registry: model.Registry, name: str, scope_map: str) -> ports.Token:
        """Make a token."""
        async with self._call("put_token", registry):
            held = self.held_tokens.setdefault(name, HeldToken(scope_map))
            return self._shown(name, held)

    async def set_token_status(self, registry: model.Registry, name: str, *, enabled: bool) -> ports.Token:
        """Enable or disable a token."""
        async with self._call("set_token_status", registry):
            held = self._held(name)
            held.enabled = enabled
            return self._shown(name, held)

    async def tokens(self, registry: model.Registry) -> AsyncIterator[ports.Token]:
        """Go through the tokens."""
        async with self._call("tokens", registry):
            found = [self._shown(name, held) for name, held in self.held_tokens.items()]
        for one in found:
            yield one

    async def mint(
        self, registry: model.Registry, token: str, *, slot: str, expires: dt.datetime | None
    ) -> ports.Minted:
        """Fill a slot with a new password."""
        async with self._call("mint", registry):
            held = self._held(token)
            value = SecretStr(f"acr-password-{secrets.token_hex(16)}")
            self.minted.append(value.get_secret_value())
            shown = ports.Password(slot, dt.datetime.now(dt.UTC), expires)
            held.passwords[slot] = (value, shown)
            return ports.Minted(token, value, slot, expires)

    async def keep_only(self, registry: model.Registry, token: str, *, slot: str) -> None:
        """Empty the other slot."""
        async with self._call("keep_only", registry):
            held = self._held(token)
            if held.passwords and slot not in held.passwords:
                raise errors.NotYet(f"Azure does not show {slot} yet.", service="Azure")
            held.passwords = {name: value for name, value in held.passwords.items() if name == slot}

    async def delete_token(self, registry: model.Registry, name: str) -> None:
        """Delete a token."""
        async with self._call("delete_token", registry):
            self.held_tokens.pop(name, None)

    async def delete_scope_map(self, registry: model.Registry, name: str) -> None:
        """Delete a scope map."""
        async with self._call("delete_scope_map", registry):
            self.held_maps.pop(name, None)

    async def ping(self) -> None:
        """Answer."""
        async with self.journal.call("ping_azure"):
            return


class FakeCatalog:
    """What is in the registries: the newest tag of each repository, by `host/name`."""

    def __init__(self, journal: Journal, tags: dict[str, str | None]) -> None:
        self.journal = journal
        self.tags = tags

    async def search(self, text: str, *, limit: int) -> ports.Found:
        """Find repositories."""
        found = [ports.Repository(*path.split("/", 1)) for path in self.tags if text in path]
        return ports.Found(tuple(found[:limit]), more=len(found[limit:]))

    async def exists(self, repository: ports.Repository) -> bool:
        """Tell whether a repository is there."""
        async with self.journal.call("exists"):
            return repository.path in self.tags

    async def newest_tag(self, repository: ports.Repository) -> str | None:
        """Return the newest tag."""
        async with self.journal.call("newest_tag"):
            if repository.path not in self.tags:
                raise errors.NotFound(f"There is no {repository.path}.", service="registry")
            return self.tags[repository.path]

    async def warm(self) -> None:
        """Do nothing: everything is known."""
