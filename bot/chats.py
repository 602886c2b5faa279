"""The chat platforms of a process: connected as the settings say, and put together for the core."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp

from bot import clock, errors, model, platforms, ports, settings
from bot.clients import connector
from handlers import http, platform
from handlers.service import Service
from handlers.slack import opening
from handlers.teams import manifest

Person = Callable[[model.Principal], str | None]  # what the policy calls somebody

_SETTING = {model.Platform.SLACK: "SLACK_BOT_TOKEN", model.Platform.TEAMS: "TEAMS_CLIENT_ID"}


@dataclass(frozen=True, slots=True)
class Chats:
    """Every platform that is configured, by its name."""

    each: Mapping[model.Platform, platform.Platform]

    @property
    def notifier(self) -> ports.Notifier:
        """Return what shows each copy where it belongs."""
        return platforms.Everywhere({name: one.notifier for name, one in self.each.items()})

    @property
    def directories(self) -> dict[model.Platform, ports.Directory]:
        """Return who tells who people are."""
        return {name: one.directory for name, one in self.each.items()}

    @property
    def homes(self) -> dict[model.Platform, frozenset[str]]:
        """Return the tenants whose people count."""
        return {name: one.tenants for name, one in self.each.items()}

    def feed(self, channel: str) -> ports.Feed:
        """Return what writes into a channel."""
        return self.each[model.platform_of(channel)].feed(channel)

    def drawing(self, core: Service) -> platform.Opened:
        """Return what draws somebody's home, on a platform where people have one."""
        known = {name: one.drawing(core) for name, one in self.each.items() if one.drawing}

        async def draw(who: model.Principal) -> None:
            if who.platform in known:
                await known[who.platform](who)

        return draw

    async def entrances(
        self, core: Service, opened: platform.Opened
    ) -> tuple[dict[str, ASGIApp], dict[str, http.Check]]:
        """Return where deliveries come in, and what readiness needs beside the service."""
        doors: dict[str, ASGIApp] = {}
        checks: dict[str, http.Check] = {}
        for one in self.each.values():
            entrance = await one.entrance(core, opened)
            doors |= entrance.doors
            checks |= entrance.checks
        return doors, checks


async def connect(
    config: settings.Settings, time: ports.Clock, stack: contextlib.AsyncExitStack, person: Person
) -> Chats:
    """Connect what is configured; whoever owns the stack closes it.

    Raises ConfigurationError for a channel of a platform that is not, and what connecting raises.
    """
    found: dict[model.Platform, platform.Platform] = {}
    if config.teams_client_id:
        connect_teams = _teams()
        sender = await stack.enter_async_context(connector.connect(config, time))
        found[model.Platform.TEAMS] = await stack.enter_async_context(connect_teams(config, sender, person))
    if config.slack_bot_token:
        slack = opening.connect(config, time, real=clock.SystemClock(), person=person)
        found[model.Platform.SLACK] = await stack.enter_async_context(slack)
    _placed(config, found)
    return Chats(found)


def teams_package(bot_id: str, **said: str) -> bytes:
    """Return the Teams app as the zip that is uploaded; `said` are other fields of `manifest.Package`."""
    return manifest.package(manifest.Package(bot_id, **said))


def _teams() -> Callable[..., contextlib.AbstractAsyncContextManager[platform.Platform]]:
    """Load Teams' side. Its SDK is an extra, reads `.env` and takes a second, all when it is imported."""
    try:
        module: Any = importlib.import_module("handlers.teams.opening")
    except ModuleNotFoundError as error:
        raise errors.ConfigurationError(
            f"TEAMS_CLIENT_ID is set, and the library {error.name} for Teams is not installed: "
            'install the extra "teams" (pip install "registry-bot[teams]"), or unset it.'
        ) from None
    opened: Callable[..., contextlib.AbstractAsyncContextManager[platform.Platform]] = module.connect
    return opened


def _placed(config: settings.Settings, found: Mapping[model.Platform, platform.Platform]) -> None:
    channels = {
        "REGISTRY_BOT_APPROVAL_CHANNEL": config.approval_channel,
        "REGISTRY_BOT_OPERATORS_CHANNEL": config.operators_channel,
        "REGISTRY_BOT_AUDIT_CHANNEL": config.audit_channel,
    }
    for setting, channel in channels.items():
        name = model.platform_of(channel) if channel else None
        if name is not None and name not in found:
            raise errors.ConfigurationError(
                f"{setting} is a channel of {name.value.title()}, which is not configured: "
                f"set {_SETTING[name]}, or name another channel."
            )
