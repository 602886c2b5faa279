"""The truth that the Azure emulators share: registries, scope maps, tokens and their passwords.

The ARM emulator writes it; the registries' data planes answer from it; whoever stands in for
Tower's login test or for Wave asks `AzureState.login` and `AzureState.may_pull`.
"""

from __future__ import annotations

import datetime as dt
import secrets
import time
import uuid
from dataclasses import dataclass, field
from typing import TypeVar

SLOTS = ("password1", "password2")
# Tokens, and likewise scope maps, of one registry
# (MicrosoftDocs/azure-docs, includes/container-registry-limits.md).
LIMITS = {"Basic": 100, "Standard": 500, "Premium": 50_000}
ACR_PULL = "AcrPull"
CATALOG_LISTER = "Container Registry Repository Catalog Lister"
REPOSITORY_READER = "Container Registry Repository Reader"
SYSTEM_SCOPE_MAPS = {
    "_repositories_pull": ("repositories/*/content/read",),
    "_repositories_push": ("repositories/*/content/read", "repositories/*/content/write"),
    "_repositories_admin": (
        "repositories/*/content/read",
        "repositories/*/content/write",
        "repositories/*/content/delete",
        "repositories/*/metadata/read",
        "repositories/*/metadata/write",
    ),
}


@dataclass(slots=True, repr=False)
class Value:
    """One value that a password slot holds or held; `until` None means it is the newest."""

    secret: str
    since: dt.datetime
    expires: dt.datetime | None
    until: dt.datetime | None = None

    def opens(self, secret: str, now: dt.datetime) -> bool:
        """Tell whether this value logs in now."""
        begun, ended = self.since <= now, self.until is not None and self.until <= now
        lapsed = self.expires is not None and self.expires <= now
        return begun and not ended and not lapsed and secrets.compare_digest(self.secret, secret)


@dataclass(slots=True)
class Slot:
    """A password slot; what it holds is never shown again after it was generated."""

    name: str
    created: dt.datetime
    values: list[Value]

    @property
    def expires(self) -> dt.datetime | None:
        """Return when the newest value lapses."""
        return self.values[-1].expires


@dataclass(slots=True)
class Resource:
    """What scope maps and tokens have in common. `ready` and `gone` are on the monotonic clock."""

    name: str
    created: dt.datetime
    ready: float
    gone: float | None = None  # deleting: when it will have gone
    doing: str = "Creating"  # what it is until it is ready
    forced: tuple[str, float] = ("", 0.0)

    def force(self, state: str, *, seconds: float) -> None:
        """Show a state for a while, whatever is so."""
        self.forced = (state, time.monotonic() + seconds)

    @property
    def state(self) -> str:
        """Return the provisioningState, as ARM spells it."""
        if time.monotonic() < self.forced[1]:
            return self.forced[0]
        if self.gone is not None:
            return "Deleting" if time.monotonic() < self.gone else "Gone"
        return "Succeeded" if time.monotonic() >= self.ready else self.doing


One = TypeVar("One", bound=Resource)


@dataclass(slots=True)
class ScopeMap(Resource):
    """A scope map; `system` ones came with the registry. `before` is what a change replaced."""

    actions: tuple[str, ...] = ()
    description: str | None = None
    system: bool = False
    before: tuple[str, ...] | None = None

    @property
    def granted(self) -> tuple[str, ...]:
        """Return what the registry grants: a change counts once it is provisioned."""
        return self.before if self.before is not None and self.state == "Updating" else self.actions


@dataclass(slots=True)
class Token(Resource):
    """An ACR token; `scope_map` is a bare name."""

    scope_map: str = ""
    status: str = "enabled"
    slots: dict[str, Slot] = field(default_factory=dict)


@dataclass(slots=True)
class Registry:
    """A registry of the emulated subscription. `login_server` is set when its data plane starts.

    `repositories` maps a name to its tags, oldest first. `roles` are what the bot's identity holds
    for the data plane: AcrPull counts in the legacy mode only, the other two in ABAC mode only.
    """

    name: str
    sku: str = "Standard"
    resource_group: str = "rg-registries"
    anonymous_pull: bool = False
    abac: bool = False
    public: bool = True
    arm_audience: bool = True  # azureADAuthenticationAsArmPolicy: tokens made for ARM are taken too
    roles: set[str] = field(default_factory=lambda: {ACR_PULL, CATALOG_LISTER, REPOSITORY_READER})
    login_server: str = ""
    repositories: dict[str, list[str]] = field(default_factory=dict)
    scope_maps: dict[str, ScopeMap] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)


class AzureState:
    """Everything that is true in the emulated subscription."""

    def __init__(
        self,
        registries: list[Registry],
        *,
        subscription: str = "00000000-0000-0000-0000-00000000acce",
        replication_s: float = 60.0,
    ) -> None:
        self.subscription = subscription
        self.tenant = str(uuid.UUID(int=0x7E4A47))
        self.replication_s = replication_s  # until a regenerated password works, and its predecessor stops
        self.registries = {registry.name.lower(): registry for registry in registries}
        self.shift = dt.timedelta()  # how far the sandbox's clock runs ahead
        self.minted: list[str] = []  # every password ever generated, for the canary
        self.bearers: dict[str, str] = {}  # every Entra token that was given out, and for which audience
        self.server_seconds = 0.0  # what the accepted writes took on the server's side
        # What the bot's identity may not, as in "Microsoft.ContainerRegistry/registries/tokens/write".
        self.denied: set[str] = set()
        for registry in registries:
            for name, actions in SYSTEM_SCOPE_MAPS.items():
                registry.scope_maps.setdefault(
                    name, ScopeMap(name, self.now(), 0.0, actions=actions, system=True)
                )

    def now(self) -> dt.datetime:
        """Return the sandbox's time."""
        return dt.datetime.now(dt.UTC) + self.shift

    @property
    def repositories(self) -> dict[str, dict[str, list[str]]]:
        """Return login server → repository → tags, oldest first; change the inner ones at will."""
        return {registry.login_server: registry.repositories for registry in self.registries.values()}

    def at(self, login_server: str) -> Registry | None:
        """Return the registry behind a login server."""
        host = login_server.lower()
        return next((found for found in self.registries.values() if found.login_server == host), None)

    def login(self, login_server: str, user: str, password: str) -> bool:
        """Tell whether the registry accepts this user and password now."""
        registry = self.at(login_server)
        token = registry.tokens.get(user) if registry else None
        if token is None or token.status != "enabled" or token.gone is not None:
            return False
        now = self.now()
        return any(value.opens(password, now) for slot in token.slots.values() for value in slot.values)

    def may_list(self, registry: Registry) -> bool:
        """Tell whether the bot's identity may list the registry's repositories."""
        return (CATALOG_LISTER if registry.abac else ACR_PULL) in registry.roles

    def may_read(self, registry: Registry) -> bool:
        """Tell whether the bot's identity may read a repository's tags and attributes."""
        return (REPOSITORY_READER if registry.abac else ACR_PULL) in registry.roles

    def may_pull(self, login_server: str, user: str | None, repository: str) -> bool:
        """Tell whether a logged-in user (None: nobody) may read the repository's content."""
        registry = self.at(login_server)
        if registry is None or registry.anonymous_pull:
            return registry is not None
        token = registry.tokens.get(user) if user else None
        scope_map = registry.scope_maps.get(token.scope_map) if token else None
        return scope_map is not None and any(covers(action, repository) for action in scope_map.granted)

    def generate(self, token: Token, slot: str, expires: dt.datetime | None) -> str:
        """Put a new value into a slot and return it, for the one answer that shows it.

        A first value works at once; one that replaces another only after the replication time,
        until which the old one goes on (docs: container-registry-token-based-repository-permissions).
        """
        now, secret = self.now(), f"ACR{secrets.token_urlsafe(36)}"
        self.minted.append(secret)
        held = token.slots.get(slot)
        if held is None:
            token.slots[slot] = Slot(slot, now, [Value(secret, now, expires)])
            return secret
        since = now + dt.timedelta(seconds=self.replication_s)
        held.values = [value for value in held.values if value.until is None]
        held.values[-1].until = since
        held.values.append(Value(secret, since, expires))
        held.created = now
        return secret


def covers(action: str, repository: str) -> bool:
    """Tell whether a scope map's action lets one read the content of a repository."""
    parts = action.split("/")
    target, verb = "/".join(parts[1:-2]), "/".join(parts[-2:])
    if verb != "content/read":
        return False
    if target.endswith("*"):
        return repository.lower().startswith(target[:-1])
    return repository.lower() == target


def sweep(held: dict[str, One]) -> None:
    """Drop what has been deleted for long enough."""
    for name in [name for name, one in held.items() if one.state == "Gone"]:
        del held[name]
