"""Connects Slack: the composition root takes from here what a process needs of it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from slack_bolt.app.async_app import AsyncApp

from bot import model, ports
from bot import settings as configuration
from handlers.platform import Entrance, Opened, Platform
from handlers.service import Service
from handlers.slack import app, background, blocks, directory, door, feed, ids, notifier, socket_mode, tab


@contextlib.asynccontextmanager
async def connect(
    settings: configuration.Settings, clock: ports.Clock, *, real: ports.Clock, person: blocks.Person
) -> AsyncIterator[Platform]:
    """Return Slack as a platform, once it knows the bot's token; raises what `app.installed` raises.

    Slack signs with `real` time, whatever a sandbox's clock says; `person` names people of other platforms.
    """
    async with app.client(settings) as web, contextlib.AsyncExitStack() as stack:
        installed = await app.installed(web, clock)

        async def entrance(service: Service, opened: Opened) -> Entrance:
            kept = await stack.enter_async_context(background.Background())
            bolt = app.build(settings, service, web, background=kept, opened=opened)
            return await _entrance(settings, bolt, stack, real)

        channel = settings.operators_channel
        told = channel if channel and model.platform_of(channel) is model.Platform.SLACK else None
        yield Platform(
            name=model.Platform.SLACK,
            tenants=frozenset({installed.team}),
            notifier=notifier.SlackNotifier(
                web, bot_user=installed.bot_user, operators_channel=told, person=person
            ),
            directory=directory.SlackDirectory(web, team=installed.team, enterprise=installed.enterprise),
            feed=lambda where: feed.SlackFeed(web, channel=where),
            entrance=entrance,
            drawing=lambda service: tab.Tab(service, web).publish,
        )


async def _entrance(
    settings: configuration.Settings, bolt: AsyncApp, stack: contextlib.AsyncExitStack, real: ports.Clock
) -> Entrance:
    if settings.slack_app_token:
        connection = socket_mode.SocketMode(bolt, app_token=settings.slack_app_token)
        await stack.enter_async_context(connection)
        return Entrance(checks={"slack": connection.problem})
    if settings.slack_signing_secret is None:
        return Entrance()
    taken = door.Door(bolt, secret=settings.slack_signing_secret, clock=real)
    return Entrance(doors={ids.EVENTS_PATH: taken})
