"""Connects Teams: the composition root loads this module where Teams is configured, and no other of it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from bot import clouds, model, ports, settings
from handlers.platform import Entrance, Opened, Platform
from handlers.service import Service
from handlers.teams import app, feed, guard, ids, keys
from handlers.teams.directory import TeamsDirectory
from handlers.teams.names import Names, Person
from handlers.teams.notifier import TeamsNotifier
from handlers.teams.people import People
from handlers.teams.seen import Seen


@contextlib.asynccontextmanager
async def connect(
    config: settings.Settings, connector: ports.Connector, person: Person
) -> AsyncIterator[Platform]:
    """Return Teams as a platform; nothing is asked of it yet."""
    seen = Seen()
    names = Names(seen, person)
    async with contextlib.AsyncExitStack() as stack:

        async def entrance(service: Service, _: Opened) -> Entrance:
            door = guard.Guard(service, keys.Keys(connector.keys), rules(config))
            who = People(connector, seen)
            await stack.enter_async_context(
                app.opened(config, service, door, connector=connector, who=who, names=names)
            )
            return Entrance(doors={ids.ENDPOINT: door})

        channel = config.operators_channel
        told = channel if channel and model.platform_of(channel) is model.Platform.TEAMS else None
        yield Platform(
            name=model.Platform.TEAMS,
            tenants=config.teams_homes,
            notifier=TeamsNotifier(connector, seen, names, operators_channel=told),
            directory=TeamsDirectory(connector, seen, tenants=config.teams_homes),
            feed=lambda where: feed.TeamsFeed(connector, channel=where),
            entrance=entrance,
        )


def rules(config: settings.Settings) -> guard.Rules:
    """Return whom the guard lets in by the settings."""
    return guard.Rules(
        audience=None if config.teams_unauthenticated else config.teams_client_id,
        issuer=clouds.of(config).issuer,
        tenants=config.teams_homes,
        service_url=config.teams_service_url,
    )
