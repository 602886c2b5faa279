"""`ports.Catalog`: every registry's repositories, held ready for search as one types."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from bot import errors, model, ports, settings
from bot.clients import acr, azure_cache, catalog_index, identity

TTL_S = 300.0  # after this a shelf is refreshed, while it goes on answering
TOO_OLD = dt.timedelta(minutes=30)  # after this a search waits for the refresh
BUDGET_S = 1.5  # for one search, whatever hangs


@dataclass(frozen=True, slots=True)
class _Host:
    """One registry: its data plane and what is known to be in it."""

    plane: acr.DataPlane
    shelf: azure_cache.Cached[catalog_index.Shelf]


class AcrCatalog:
    """What is in the registries that ARM shows. An async context manager: it holds the clients.

    Only hosts that `registries` names are spoken to, whatever a user asks for.
    """

    def __init__(
        self,
        config: settings.Settings,
        credential: acr.Credential,
        registries: ports.Registries,
        clock: ports.Clock,
        *,
        budget_s: float = BUDGET_S,
    ) -> None:
        self._registries = registries
        self._credential = credential
        self._clock = clock
        self._arm_scope = identity.PLACES[config.azure_cloud].arm_scope
        self._budget_s = budget_s
        self._hosts: dict[str, _Host] = {}
        self._warming: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._warming:
            self._warming.cancel()
            await asyncio.wait([self._warming])
        for host in self._hosts.values():
            await host.shelf.aclose()
            await host.plane.aclose()

    @property
    def failures(self) -> dict[str, errors.ServiceError]:
        """Return what each host that could not be listed last time answered."""
        return {name: host.shelf.failure for name, host in self._hosts.items() if host.shelf.failure}

    async def search(self, text: str, *, limit: int) -> ports.Found:
        """Find repositories by any part of `host/name`, within two seconds."""
        deadline = time.monotonic() + self._budget_s
        hosts = await self._within(self._budget_s)
        flights = [flight for host in hosts if (flight := _due(host))]
        if flights:
            await asyncio.wait(flights, timeout=max(0.0, deadline - time.monotonic()))
        shelves = [host.shelf.value for host in hosts if host.shelf.value is not None]
        found = catalog_index.find(shelves, text, limit=limit)
        silent = tuple(host.plane.registry.login_server for host in hosts if host.shelf.value is None)
        return ports.Found(found.matches, found.more, silent)

    async def exists(self, repository: ports.Repository) -> bool:
        """Ask the registry itself whether it has the repository."""
        return await (await self._host_of(repository)).plane.has(repository.name)

    async def newest_tag(self, repository: ports.Repository) -> str | None:
        """Return the newest tag; None for an empty repository, or one that is not there."""
        return await (await self._host_of(repository)).plane.newest_tag(repository.name)

    async def warm(self) -> None:
        """Begin to list every registry, and return at once."""
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self._warm())

    async def _warm(self) -> None:
        try:
            hosts = self._opened(await self._registries.registries())
        except errors.ServiceError:
            return  # the first search tries again, and tells whoever searches
        for host in hosts:
            host.shelf.refresh()

    async def _within(self, seconds: float) -> list[_Host]:
        try:
            async with asyncio.timeout(seconds):
                return self._opened(await self._registries.registries())
        except TimeoutError as error:
            raise errors.Temporary(
                "Azure does not say in time which registries there are.", service="Azure"
            ) from error

    async def _host_of(self, repository: ports.Repository) -> _Host:
        return self._opened([await self._registries.registry(repository.login_server)])[0]

    def _opened(self, registries: Sequence[model.Registry]) -> list[_Host]:
        return [self._host(registry) for registry in registries]

    def _host(self, registry: model.Registry) -> _Host:
        host = self._hosts.get(registry.login_server)
        if host is None:
            plane = acr.DataPlane(registry, self._credential, self._clock, arm_scope=self._arm_scope)
            shelf = azure_cache.Cached(lambda: _listed(plane), self._clock, ttl_s=TTL_S)
            host = self._hosts[registry.login_server] = _Host(plane, shelf)
        host.plane.registry = registry  # its mode of permissions may have changed
        return host


async def _listed(plane: acr.DataPlane) -> catalog_index.Shelf:
    marked: list[str] = []
    async for names in plane.pages():
        marked += catalog_index.mark(names)
    return catalog_index.Shelf(plane.registry.login_server, tuple(sorted(marked)))


def _due(host: _Host) -> asyncio.Task[None] | None:
    """Refresh a stale shelf; return the task only if a search should wait for it."""
    flight = host.shelf.refresh() if host.shelf.stale else None
    return flight if host.shelf.older_than(TOO_OLD) else None
