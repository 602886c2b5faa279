"""`ports.Registries` on Azure Resource Manager, through the SDK's one client.

Every write is sent once and then followed by reading (`azure_wait`); every read may be sent
again (`azure_pipeline`). What ARM refuses becomes an error of ours (`azure_errors`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Self

from azure.mgmt.containerregistry import models

from bot import errors, model, ports, settings
from bot.clients import (
    azure_cache,
    azure_calls,
    azure_errors,
    azure_mint,
    azure_parse,
    azure_pipeline,
    azure_wait,
    identity,
)

LIST_TTL_S = 300.0
_SEEN_S = 10.0  # a list of this age is proof enough that ARM answers, or that a host is not ours
_DESCRIPTION = "Made by registry-bot"


class AzureRegistries:
    """The registries of one subscription. An async context manager: it holds the client."""

    def __init__(self, config: settings.Settings, credential: identity.Identity, clock: ports.Clock) -> None:
        self._config = config
        self._clock = clock
        self._client = azure_pipeline.open_client(config, credential, clock)
        self._mint = azure_mint.Mint(self._client, clock, base=azure_pipeline.base_url(config))
        self._listed = azure_cache.Cached(self._list, clock, ttl_s=LIST_TTL_S)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._listed.aclose()
        await self._client.close()

    async def ping(self) -> None:
        """Raise unless ARM answers the bot's identity."""
        await self._listed.fetch(max_age_s=_SEEN_S)

    async def registries(self) -> tuple[model.Registry, ...]:
        """List the registries that the bot serves; cached for five minutes, longer while ARM is away."""
        return await self._listed.get()

    async def registry(self, login_server: str, *, fresh: bool = False) -> model.Registry:
        """Return one registry, or raise NotFound. `fresh` asks ARM now."""
        host = login_server.lower()
        found = _at(host, await self._listed.fetch() if fresh else await self._listed.get())
        if found is None and not fresh:  # it may be new
            found = _at(host, await self._listed.fetch(max_age_s=_SEEN_S))
        if found is None:
            raise errors.NotFound(
                "The bot serves no registry with this login server.",
                service=azure_errors.SERVICE,
                remedy="Check AZURE_RESOURCE_GROUP, REGISTRY_BOT_REGISTRIES and the role's scope.",
            )
        return found

    async def _list(self) -> tuple[model.Registry, ...]:
        group, only = self._config.azure_resource_group, self._config.registries
        where = f"resource group {group}" if group else "the subscription"
        listed = self._client.registries
        pages = (
            listed.list_by_resource_group(group, **azure_calls.READ)
            if group
            else listed.list(**azure_calls.READ)
        )
        found = await azure_calls.asked(
            azure_errors.Call("list the registries", "read", where),
            azure_calls.every(pages, azure_parse.registry),
        )
        served = (one for one in found if one and (not only or one.login_server in only))
        return tuple(sorted(served, key=lambda one: one.login_server))

    async def room(self, registry: model.Registry) -> ports.Room:
        """Count tokens and scope maps; each token of ours takes one of both, so the fuller one counts."""
        where, limit = (registry.resource_group, registry.name), azure_parse.LIMITS.get(registry.sku, 100)
        tokens = await azure_calls.asked(
            azure_calls.call(registry, "list the tokens", "tokens/read"),
            azure_calls.count(self._client.tokens.list(*where, **azure_calls.READ)),
        )
        scope_maps = await azure_calls.asked(
            azure_calls.call(registry, "list the scope maps", "scopeMaps/read"),
            azure_calls.count(self._client.scope_maps.list(*where, **azure_calls.READ)),
        )
        return ports.Room(used=max(tokens, scope_maps), limit=limit)

    async def scope_map(self, registry: model.Registry, name: str) -> ports.ScopeMap | None:
        """Read a scope map."""
        seen = await self._see_scope_map(registry, name)
        return seen.value if seen else None

    async def put_scope_map(
        self, registry: model.Registry, name: str, repositories: Sequence[str]
    ) -> ports.ScopeMap:
        """Make a scope map, or take the one of this name if it holds exactly these actions."""
        actions = azure_parse.actions(repositories)
        body = models.ScopeMap(
            properties=models.ScopeMapProperties(actions=list(actions), description=_DESCRIPTION)
        )
        return await azure_wait.provide(
            azure_calls.call(registry, "make the scope map", "scopeMaps/write", write=True),
            self._clock,
            look=lambda: self._see_scope_map(registry, name),
            make=lambda: self._client.scope_maps.begin_create(
                registry.resource_group, registry.name, name, body, **azure_calls.WRITE
            ),
            fits=lambda found: found.actions == actions,
        )

    async def patch_scope_map(
        self, registry: model.Registry, name: str, repositories: Sequence[str]
    ) -> ports.ScopeMap:
        """Replace a scope map's actions, and wait until that is so; raise NotFound without one."""
        actions = azure_parse.actions(repositories)
        body = models.ScopeMapUpdateParameters(
            properties=models.ScopeMapPropertiesUpdateParameters(actions=list(actions))
        )
        return await azure_wait.change(
            azure_calls.call(registry, "change the scope map", "scopeMaps/write", write=True),
            self._clock,
            look=lambda: self._see_scope_map(registry, name),
            send=lambda: self._client.scope_maps.begin_update(
                registry.resource_group, registry.name, name, body, **azure_calls.WRITE
            ),
            fits=lambda found: found.actions == actions,
        )

    def scope_maps(self, registry: model.Registry) -> AsyncIterator[ports.ScopeMap]:
        """Go through all scope maps of a registry, one page in memory at a time."""
        return azure_calls.each(
            azure_calls.call(registry, "list the scope maps", "scopeMaps/read"),
            self._client.scope_maps.list(registry.resource_group, registry.name, **azure_calls.READ),
            azure_parse.scope_map,
        )

    async def token(self, registry: model.Registry, name: str) -> ports.Token | None:
        """Read a token."""
        seen = await self._see_token(registry, name)
        return seen.value if seen else None

    async def put_token(self, registry: model.Registry, name: str, scope_map: str) -> ports.Token:
        """Make an enabled token, or take the one of this name if it is just that."""
        body = models.Token(
            properties=models.TokenProperties(
                scope_map_id=f"{self._path(registry)}/scopeMaps/{scope_map}", status="enabled"
            )
        )
        return await azure_wait.provide(
            azure_calls.call(registry, "make the token", "tokens/write", write=True),
            self._clock,
            look=lambda: self._see_token(registry, name),
            make=lambda: self._client.tokens.begin_create(
                registry.resource_group, registry.name, name, body, **azure_calls.WRITE
            ),
            fits=lambda found: found.enabled and found.scope_map.lower() == scope_map.lower(),
        )

    async def set_token_status(self, registry: model.Registry, name: str, *, enabled: bool) -> ports.Token:
        """Let a token log in or not, and wait until that is so; raise NotFound without one."""
        return await self._change_token(
            azure_calls.call(
                registry, f"{'enable' if enabled else 'disable'} the token", "tokens/write", write=True
            ),
            registry,
            name,
            models.TokenUpdateProperties(status="enabled" if enabled else "disabled"),
            fits=lambda found: found.enabled == enabled,
        )

    def tokens(self, registry: model.Registry) -> AsyncIterator[ports.Token]:
        """Go through all tokens of a registry, one page in memory at a time."""
        return azure_calls.each(
            azure_calls.call(registry, "list the tokens", "tokens/read"),
            self._client.tokens.list(registry.resource_group, registry.name, **azure_calls.READ),
            azure_parse.token,
        )

    async def mint(
        self, registry: model.Registry, token: str, *, slot: str, expires: dt.datetime | None
    ) -> ports.Minted:
        """Generate the password of one slot: one request, sent once, whatever becomes of it."""
        return await self._mint.password(
            azure_calls.call(registry, "make the password", "generateCredentials/action", write=True),
            self._path(registry),
            token=token,
            slot=slot,
            expires=expires,
        )

    async def keep_only(self, registry: model.Registry, token: str, *, slot: str) -> None:
        """Remove every password of a token but one: ARM keeps those that the PATCH names.

        By their names alone, as azure-cli does it (token.py, acr_token_credential_delete).
        """
        call = azure_calls.call(registry, "remove the old password", "tokens/write", write=True)
        seen = await self._see_token(registry, token)
        slots = {one.slot for one in seen.value.passwords} if seen else set()
        if slots and slot not in slots:
            raise errors.NotYet(f"Azure does not show {slot} of the token.", service=azure_errors.SERVICE)
        kept = models.TokenCredentialsProperties(passwords=[models.TokenPassword(name=slot)])
        await self._change_token(
            call,
            registry,
            token,
            models.TokenUpdateProperties(credentials=kept),
            fits=lambda found: all(one.slot == slot for one in found.passwords),
        )

    async def _change_token(
        self,
        call: azure_errors.Call,
        registry: model.Registry,
        name: str,
        properties: models.TokenUpdateProperties,
        *,
        fits: Callable[[ports.Token], bool],
    ) -> ports.Token:
        body = models.TokenUpdateParameters(properties=properties)
        return await azure_wait.change(
            call,
            self._clock,
            look=lambda: self._see_token(registry, name),
            send=lambda: self._client.tokens.begin_update(
                registry.resource_group, registry.name, name, body, **azure_calls.WRITE
            ),
            fits=fits,
        )

    async def delete_token(self, registry: model.Registry, name: str) -> None:
        """Delete a token; one that is not there is fine. Returns when it is gone."""
        await azure_wait.remove(
            azure_calls.call(registry, "delete the token", "tokens/delete", write=True),
            self._clock,
            look=lambda: self._see_token(registry, name),
            drop=lambda: self._client.tokens.begin_delete(
                registry.resource_group, registry.name, name, **azure_calls.WRITE
            ),
        )

    async def delete_scope_map(self, registry: model.Registry, name: str) -> None:
        """Delete a scope map; one that is not there is fine. Returns when it is gone."""
        await azure_wait.remove(
            azure_calls.call(registry, "delete the scope map", "scopeMaps/delete", write=True),
            self._clock,
            look=lambda: self._see_scope_map(registry, name),
            drop=lambda: self._client.scope_maps.begin_delete(
                registry.resource_group, registry.name, name, **azure_calls.WRITE
            ),
        )

    def _path(self, registry: model.Registry) -> str:
        return azure_parse.registry_path(self._config.azure_subscription_id, registry)

    async def _see_scope_map(
        self, registry: model.Registry, name: str
    ) -> azure_parse.Provisioned[ports.ScopeMap] | None:
        return await azure_calls.found(
            azure_calls.call(registry, "read the scope map", "scopeMaps/read"),
            self._client.scope_maps.get(registry.resource_group, registry.name, name, **azure_calls.READ),
            azure_parse.scope_map,
        )

    async def _see_token(
        self, registry: model.Registry, name: str
    ) -> azure_parse.Provisioned[ports.Token] | None:
        return await azure_calls.found(
            azure_calls.call(registry, "read the token", "tokens/read"),
            self._client.tokens.get(registry.resource_group, registry.name, name, **azure_calls.READ),
            azure_parse.token,
        )


def _at(host: str, registries: Sequence[model.Registry]) -> model.Registry | None:
    return next((one for one in registries if one.login_server == host), None)
