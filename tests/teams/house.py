"""The real SDK behind the real guard and a real server, in front of the double of Teams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot import clock, settings
from bot.clients import connector
from bot.sandbox.teams import activities
from bot.sandbox.teams.connector import Reaction, TeamsEmulator
from bot.sandbox.teams.entities import Conversation, Message, User
from handlers import http
from handlers.platform import Platform
from handlers.slack import visits
from handlers.teams import opening
from tests.handlers.house import served
from tests.handlers.service_double import ServiceDouble
from tests.teams import reading, scenery


@dataclass
class House:
    """A running bot, its service, and the Teams around it."""

    teams: TeamsEmulator
    service: ServiceDouble
    platform: Platform
    client: connector.ConnectorClient
    config: settings.Settings

    def scene(
        self, by: User = scenery.ANA, where: str = scenery.GENOMICS, root: str | None = None
    ) -> activities.Scene:
        """Return who acts, and where."""
        return activities.Scene(by, self.teams.conversations[where], scenery.APP.id, root)

    def personal(self, by: User = scenery.ANA) -> activities.Scene:
        """Return somebody in their personal chat with the bot."""
        return activities.Scene(by, self.teams.personal(by), scenery.APP.id)

    async def says(self, scene: activities.Scene, text: str) -> Reaction:
        """Have somebody write to the bot."""
        activity = activities.message(scene, text)
        self.teams.receive(scene.by, scene.where, activity, scene.root)
        return await self.teams.deliver(activity)

    async def presses(
        self,
        scene: activities.Scene,
        message: Message,
        title: str,
        typed: Mapping[str, object] | None = None,
    ) -> Reaction:
        """Have somebody press an Action.Execute of a message's card."""
        value = activities.pressed(reading.action(message.card, title), typed or {})
        activity = activities.invoke(scene, "adaptiveCard/action", value, reply_to=message.id)
        return await self.teams.deliver(activity)

    async def invokes(self, scene: activities.Scene, name: str, value: Mapping[str, object]) -> Reaction:
        """Send an invoke of somebody's."""
        return await self.teams.deliver(activities.invoke(scene, name, value))

    def written(self, where: Conversation | str) -> list[Message]:
        """Return the cards that the bot has written somewhere."""
        found = self.teams.conversations[where] if isinstance(where, str) else where
        return [one for one in found.messages.values() if one.by == "bot" and one.card]

    def calls(self, where: str) -> list[Message]:
        """Return the messages that only call people."""
        every = self.teams.conversations[where].messages.values()
        return [one for one in every if one.by == "bot" and not one.card]


@asynccontextmanager
async def opened(**changes: str) -> AsyncIterator[House]:
    """Return the bot behind a server, with Teams delivering to it."""
    async with scenery.emulator() as teams:
        config = scenery.configuration(teams, **changes)
        service = ServiceDouble()
        async with (
            connector.connect(config, clock.SystemClock()) as client,
            opening.connect(config, client, lambda _: None) as platform,
        ):
            entrance = await platform.entrance(service, visits.nobody)
            async with served(http.build(service, doors=entrance.doors)) as url:
                teams.endpoint = url + "/api/messages"
                yield House(teams, service, platform, client, config)
