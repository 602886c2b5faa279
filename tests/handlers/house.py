"""The real app on loopback, behind a real server, in front of the sandbox's Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.types import ASGIApp

from bot import clock, settings
from bot.sandbox import acme
from bot.sandbox.emulator import Journal
from bot.sandbox.slack import entities, people
from bot.sandbox.slack.emulator import SlackEmulator
from handlers import http
from handlers.slack import app as slack_app
from handlers.slack import background, door, ids, manifest, socket_mode
from tests.handlers.service_double import ServiceDouble

SECRET = "a-made-up-signing-secret"
BOT_TOKEN = "xoxb-made-up-for-tests"
APP_TOKEN = "xapp-made-up-for-tests"


def configuration(api_url: str, **changes: str) -> settings.Settings:
    """Return settings that lead to the sandbox's Slack."""
    return settings.Settings.model_validate(
        {
            "REDIS_URL": "redis://127.0.0.1:1",
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": api_url,
            "AZURE_SUBSCRIPTION_ID": acme.SUBSCRIPTION,
            "TOWER_ACCESS_TOKEN": "made-up",
            "REGISTRY_BOT_APPROVERS": "U0BEN,U0CLEO",
            "REGISTRY_BOT_APPROVAL_CHANNEL": acme.APPROVALS,
            "REGISTRY_BOT_AUDIT_KEY": "made-up-" * 8,
            **changes,
        }
    )


def emulator(team: entities.Team = acme.TEAM, *, socket: bool = False) -> SlackEmulator:
    """Return a Slack where the app of our own manifest is installed, with no scope beyond it."""
    made = manifest.manifest(None if socket else "https://bot.example.com")
    app = acme.app(made, bot_token=BOT_TOKEN, signing_secret=SECRET, app_token=APP_TOKEN if socket else "")
    return SlackEmulator(Journal(), team=team, people=acme.people(), channels=acme.channels(), app=app)


@dataclass
class House:
    """A running app, its service, and the Slack around it."""

    slack: SlackEmulator
    service: ServiceDouble
    app: AsyncApp
    web: AsyncWebClient
    url: str = ""
    connection: socket_mode.SocketMode | None = None

    @property
    def events(self) -> str:
        """Return the address that Slack delivers to."""
        return self.url + ids.EVENTS_PATH

    @property
    def web_calls(self) -> list[str]:
        """Return the methods of the Web API that were called, in order."""
        return [one.path.rpartition("/")[2] for one in self.slack.journal.exchanges if "/api/" in one.path]

    def person(self, user_id: str) -> people.Person:
        """Return somebody to act as."""
        return self.slack.person(user_id)


@asynccontextmanager
async def built(slack: SlackEmulator) -> AsyncIterator[House]:
    """Return the app without a server."""
    config = configuration(slack.api_url)
    service = ServiceDouble()
    async with slack_app.client(config) as web, background.Background() as later:
        yield House(slack, service, slack_app.build(config, service, web, background=later), web)


@asynccontextmanager
async def opened(team: entities.Team = acme.TEAM) -> AsyncIterator[House]:
    """Return the app behind a server, with Slack delivering to it."""
    async with emulator(team) as slack, built(slack) as house:
        secret = configuration(slack.api_url).slack_signing_secret
        assert secret is not None
        guard = door.Door(house.app, secret=secret, clock=clock.SystemClock())
        async with served(http.build(house.service, doors={ids.EVENTS_PATH: guard})) as url:
            house.url = url
            slack.connect(house.events)
            yield house


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an app on a port of its own, and return its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_config=None)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        await server.shutdown()
