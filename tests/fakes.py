"""Stand-ins for every port but the store: they behave, keep a journal of calls, and break on demand."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from pydantic import SecretStr

from bot import clock, errors, model, ports
from bot.model import Role


class Crash(BaseException):
    """The process dies here: nothing of ours may catch this."""


@dataclass(slots=True)
class Fault:
    """What goes wrong with calls of a name, or with the n-th call of all.

    `after` lets the call act first. `times` None means always. A `hook` runs instead of raising.
    """

    at: str | int
    error: BaseException | None = None
    after: bool = False
    times: int | None = 1
    hook: Callable[[], object] | None = None

    def strikes(self, name: str, number: int) -> bool:
        """Tell whether this fault is for a call, and count it."""
        if self.times == 0 or self.at not in {name, number}:
            return False
        self.times = None if self.times is None else self.times - 1
        return True

    def strike(self) -> None:
        """Do the damage."""
        if self.hook:
            self.hook()
        if self.error:
            raise self.error


@dataclass(slots=True)
class Journal:
    """Every call of the fakes that share it, in order, and the faults that wait for some of them."""

    calls: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def count(self, name: str) -> int:
        """Return how often something was called."""
        return self.calls.count(name)

    @contextlib.asynccontextmanager
    async def call(self, name: str) -> AsyncIterator[None]:
        """Note a call, and let what is inside act unless a fault strikes first."""
        number = len(self.calls)
        self.calls.append(name)
        await clock.SystemClock().sleep(0)  # a real call gives others a turn
        fault = next((one for one in self.faults if one.strikes(name, number)), None)
        if fault and not fault.after:
            fault.strike()
        yield
        if fault and fault.after:
            fault.strike()


class FakeClock(clock.SystemClock):
    """The real time, plus what was slept: waiting takes none. `slept` lists the waits."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.slept.append(seconds)
        self.shift += dt.timedelta(seconds=seconds)
        await super().sleep(0)


@dataclass(slots=True)
class HeldToken:
    """A token with its passwords' values, as only the registry knows them."""

    scope_map: str
    passwords: dict[str, tuple[SecretStr, ports.Password]] = field(default_factory=dict)
    enabled: bool = True


class FakeRegistries:
    """Azure Resource Manager: tokens with two slots, scope maps, a limit."""

    def __init__(self, journal: Journal, *registries: model.Registry) -> None:
        self.journal = journal
        self.known = {one.login_server: one for one in registries}
        self.scope_maps: dict[str, tuple[str, ...]] = {}
        self.tokens: dict[str, HeldToken] = {}
        self.minted: list[str] = []  # every value ever made, for proofs
        self.limit = 500

    def opens(self, user: str | None, password: str, repository: str | None = None) -> bool:
        """Tell whether the registry lets a login in, and to a repository if one is named."""
        token = self.tokens.get(user or "")
        if token is None or not token.enabled:
            return False
        if all(value.get_secret_value() != password for value, _ in token.passwords.values()):
            return False
        actions = self.scope_maps.get(token.scope_map, ())
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
            return ports.Room(len(self.tokens), self.limit)

    async def scope_map(self, registry: model.Registry, name: str) -> ports.ScopeMap | None:
        """Read a scope map."""
        async with self._call("scope_map", registry):
            return ports.ScopeMap(name, self.scope_maps[name]) if name in self.scope_maps else None

    async def put_scope_map(
        self, registry: model.Registry, name: str, repositories: Sequence[str]
    ) -> ports.ScopeMap:
        """Make a scope map."""
        async with self._call("put_scope_map", registry):
            self.scope_maps[name] = tuple(sorted(f"repositories/{one}/content/read" for one in repositories))
            return ports.ScopeMap(name, self.scope_maps[name])

    async def token(self, registry: model.Registry, name: str) -> ports.Token | None:
        """Read a token, without the values of its passwords."""
        async with self._call("token", registry):
            held = self.tokens.get(name)
            return self._shown(name, held) if held else None

    def _shown(self, name: str, held: HeldToken) -> ports.Token:
        passwords = tuple(shown for _, (_, shown) in sorted(held.passwords.items()))
        return ports.Token(name, held.scope_map, held.enabled, passwords)

    async def put_token(self, registry: model.Registry, name: str, scope_map: str) -> ports.Token:
        """Make a token."""
        async with self._call("put_token", registry):
            held = self.tokens.setdefault(name, HeldToken(scope_map))
            return self._shown(name, held)

    async def mint(
        self, registry: model.Registry, token: str, *, slot: str, expires: dt.datetime | None
    ) -> ports.Minted:
        """Fill a slot with a new password."""
        async with self._call("mint", registry):
            if token not in self.tokens:
                raise errors.NotFound(f"There is no token {token}.", service="Azure")
            value = SecretStr(f"acr-password-{secrets.token_hex(16)}")
            self.minted.append(value.get_secret_value())
            shown = ports.Password(slot, dt.datetime.now(dt.UTC), expires)
            self.tokens[token].passwords[slot] = (value, shown)
            return ports.Minted(token, value, slot, expires)

    async def keep_only(self, registry: model.Registry, token: str, *, slot: str) -> None:
        """Empty the other slot."""
        async with self._call("keep_only", registry):
            held = self.tokens[token]
            held.passwords = {name: value for name, value in held.passwords.items() if name == slot}

    async def delete_token(self, registry: model.Registry, name: str) -> None:
        """Delete a token."""
        async with self._call("delete_token", registry):
            self.tokens.pop(name, None)

    async def delete_scope_map(self, registry: model.Registry, name: str) -> None:
        """Delete a scope map."""
        async with self._call("delete_scope_map", registry):
            self.scope_maps.pop(name, None)

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


@dataclass(slots=True)
class HeldCredential:
    """A credential with its password, as only Tower knows it."""

    shown: ports.TowerCredential
    password: SecretStr


class FakeTower:
    """Tower with one list of credentials a workspace; it tests each login at the registry."""

    def __init__(self, journal: Journal, registries: FakeRegistries, *workspaces: model.Workspace) -> None:
        self.journal = journal
        self.registries = registries
        self.known = workspaces
        self.held: dict[int, list[HeldCredential]] = {one.id: [] for one in workspaces}
        self.bad_names: set[str] = set()
        self.participants: set[tuple[int, str]] = set()
        self.not_yet = 0  # how many logins fail although the password is right
        self._number = 0

    def add(self, workspace_id: int, **fields: str | None) -> None:
        """Add a credential as if by hand."""
        self._number += 1
        values = {"id": f"hand{self._number}", "name": "by-hand", "provider": "container-reg", "user": "ana"}
        shown = ports.TowerCredential(**(values | {"registry": None} | fields))  # type: ignore[arg-type]  # defaults of several types
        self.held[workspace_id].append(HeldCredential(shown, SecretStr("by-hand")))

    async def workspaces(self, *, fresh: bool = False) -> tuple[model.Workspace, ...]:
        """List workspaces."""
        async with self.journal.call("workspaces_fresh" if fresh else "workspaces"):
            return self.known

    async def participates(self, workspace: model.Workspace, user: str) -> bool:
        """Tell whether somebody is listed as a participant."""
        async with self.journal.call("participates"):
            return (workspace.id, user) in self.participants

    async def credentials(self, workspace_id: int) -> tuple[ports.TowerCredential, ...]:
        """List credentials."""
        async with self.journal.call("credentials"):
            return tuple(one.shown for one in self.held[workspace_id])

    async def check_name(self, workspace_id: int, name: str) -> ports.NameCheck:
        """Judge a name."""
        async with self.journal.call("check_name"):
            if name in self.bad_names:
                return ports.NameCheck.BAD
            taken = any(one.shown.name == name for one in self.held[workspace_id])
            return ports.NameCheck.TAKEN if taken else ports.NameCheck.FREE

    async def create(
        self, workspace_id: int, *, name: str, registry: str, user: str, password: SecretStr
    ) -> str:
        """Keep a credential whose login works."""
        async with self.journal.call("create"):
            if any(one.shown.name == name for one in self.held[workspace_id]):
                raise errors.AlreadyThere("The name is taken.", service="Tower")
            self._test_login(user, password)
            self._number += 1
            shown = ports.TowerCredential(f"tower{self._number}", name, "container-reg", registry, user)
            self.held[workspace_id].append(HeldCredential(shown, password))
            return shown.id

    async def update(
        self,
        workspace_id: int,
        credential_id: str,
        *,
        name: str,
        registry: str,
        user: str,
        password: SecretStr,
    ) -> None:
        """Replace a credential's keys by some whose login works."""
        async with self.journal.call("update"):
            found = [one for one in self.held[workspace_id] if one.shown.id == credential_id]
            if not found:
                raise errors.NotFound("The credential is gone.", service="Tower")
            self._test_login(user, password)
            found[0].shown = ports.TowerCredential(credential_id, name, "container-reg", registry, user)
            found[0].password = password

    def _test_login(self, user: str, password: SecretStr) -> None:
        if self.not_yet > 0 or not self.registries.opens(user, password.get_secret_value()):
            self.not_yet -= 1
            raise errors.NotYet("Tower could not log in to the registry yet.", service="Tower")

    async def delete(self, workspace_id: int, credential_id: str) -> None:
        """Delete a credential."""
        async with self.journal.call("delete"):
            kept = [one for one in self.held[workspace_id] if one.shown.id != credential_id]
            self.held[workspace_id] = kept

    async def ping(self) -> None:
        """Answer."""
        async with self.journal.call("ping_tower"):
            return


class FakeWave:
    """Wave: reads an image with the first credential whose host fits."""

    def __init__(self, journal: Journal, tower: FakeTower) -> None:
        self.journal = journal
        self.tower = tower
        self.answers: list[ports.Inspection] = []  # said first, before it looks for itself

    async def inspect(self, image: str, workspace_id: int) -> ports.Inspection:
        """Read an image."""
        async with self.journal.call("inspect"):
            if self.answers:
                return self.answers.pop(0)
            host, _, path = image.partition("/")
            mine = next((one for one in self.tower.held[workspace_id] if one.shown.registry == host), None)
            repository, value = path.rpartition(":")[0], mine.password.get_secret_value() if mine else ""
            good = mine and self.tower.registries.opens(mine.shown.user, value, repository)
            return ports.Inspection(ports.Sight.READ if good else ports.Sight.UNAUTHORIZED)


class FakeNotifier:
    """A chat platform. `shown` lists what each message said, in order, as (role, state, version)."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.shown: list[tuple[Role, model.State, int]] = []
        self.messages: dict[str, tuple[Role, model.State, int]] = {}
        self.alerts: list[str] = []
        self.closed: set[Role] = set()  # places the bot cannot write to
        self.open = asyncio.Event()  # cleared: every message takes until it is set again
        self.open.set()

    async def show(
        self, request: model.Request, copy: model.Copy, *, copies: dict[Role, model.Copy]
    ) -> model.Copy:
        """Post or update a message."""
        async with self.journal.call(f"show:{copy.role}"):
            await self.open.wait()
            if copy.role in self.closed:
                return copy.model_copy(update={"error": "The bot is not in this channel."})
            message = copy.message or f"{copy.role}-{len(self.messages)}-{len(copies)}"
            said = (copy.role, request.state, request.version)
            self.shown.append(said)
            self.messages[message] = said
            return copy.model_copy(update={"message": message, "shown": request.version, "error": None})

    async def alert(self, text: str) -> None:
        """Tell the operators."""
        async with self.journal.call("alert"):
            self.alerts.append(text)


class FakeDirectory:
    """A platform's directory: everybody is a member unless said otherwise."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.standings: dict[str, model.Standing] = {}
        self.usergroups: dict[str, frozenset[str]] = {}

    async def standing(self, who: model.Principal) -> model.Standing:
        """Return what is known of an account."""
        async with self.journal.call("standing"):
            return self.standings.get(who.user, model.Standing.MEMBER)

    async def usergroup(self, usergroup: str) -> frozenset[str]:
        """Return a group's members."""
        async with self.journal.call("usergroup"):
            if usergroup not in self.usergroups:
                raise errors.NotFound(f"There is no user group {usergroup}.", service="Slack")
            return self.usergroups[usergroup]
