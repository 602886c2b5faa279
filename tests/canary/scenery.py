"""A world where one password was minted and properly delivered, and a bot that leaks what it is told to."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from redis.asyncio import Redis

from bot.sandbox import arm_state, emulator, process, redis_trace, sweep, world

MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Registry Bot"},
    "features": {},
    "oauth_config": {"scopes": {"bot": ["chat:write"]}},
}


class Pages(emulator.Emulator):
    """What stands in for the bot's own server; `shown` is its /metrics."""

    name = "bot"
    shown = "registry_bot_events_total 1.0"

    def routes(self) -> list[web.RouteDef]:
        """Return the pages."""
        return [web.get(page, self._page) for page in sweep.PAGES]

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text=self.shown)


class StandIn(process.BotProcess):
    """A bot that leaks what a test tells it to."""

    @property
    def running(self) -> bool:
        """Say that it runs: its pages are served by the test."""
        return True

    def print(self, text: str) -> None:
        """Write to the output."""
        with self.log.open("a") as log:
            log.write(text + "\n")


@dataclass(frozen=True)
class Scene:
    """A world where one password was minted and properly delivered, and a bot to leak it."""

    world: world.World
    bot: StandIn
    pages: Pages
    redis: Redis
    trace: redis_trace.RedisTrace
    password: str

    async def report(self) -> sweep.Report:
        """Send the canary round."""
        return await sweep.Sweep(self.world, bots=[self.bot], redis=self.trace).report()

    def exchange(
        self,
        to: str,
        line: str,
        *,
        body: str = "",
        answer: str = "",
        headers: dict[str, str] | None = None,
        status: int = 200,
    ) -> None:
        """Put an exchange into the journal, as an emulator would."""
        method, path = line.split(" ", 1)
        self.world.journal.add(
            emulator.Exchange(
                to, method, path, headers or {}, body.encode(), status, 0.0, 0.0, answer.encode()
            )
        )


def delivery(password: str) -> str:
    """Return a credential as Tower gets it."""
    return json.dumps({"credentials": {"keys": {"userName": "registry-bot", "password": password}}})


@contextlib.asynccontextmanager
async def opened() -> AsyncIterator[Scene]:
    """Return a world in which everything went as it should."""
    async with contextlib.AsyncExitStack() as stack:
        outside = await stack.enter_async_context(world.World(MANIFEST))
        pages = await stack.enter_async_context(Pages(emulator.Journal()))
        trace = await stack.enter_async_context(redis_trace.RedisTrace(outside.redis_url))
        redis = Redis.from_url(outside.redis_url)
        stack.push_async_callback(redis.aclose)
        bot = StandIn(outside.environment(), outside.folder)
        bot.folder.mkdir()
        bot.port = pages.port
        token = arm_state.Token("registry-bot-aligner", outside.azure.now(), 0.0)
        password = outside.azure.generate(token, "password1", None)
        made = Scene(outside, bot, pages, redis, trace, password)
        made.exchange("arm", "POST /registries/acme/generateCredentials?api-version=1", answer=password)
        made.exchange("tower", "POST /credentials?workspaceId=101", body=delivery(password))
        yield made
