"""A stage for journeys: the world, the bot in it as a process of its own, and the canary beside them."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from bot.sandbox import canary, process, redis_trace, sweep, world
from bot.sandbox.page import shift

EVENTS_PATH = "/slack/events"
ACTIVITIES_PATH = "/api/messages"
COMMAND_S = 60.0
CLOCK = "clock"  # the file in the world's folder that the bots' clocks follow, where they follow one


def on_the_clock(
    environment: Mapping[str, str], folder: Path, *, arguments: tuple[str, ...], name: str
) -> process.BotProcess:
    """Make a bot whose time `Stage.move_clock` moves."""
    clock = str(folder / CLOCK)
    return process.BotProcess(environment, folder, arguments=("sandboxed", clock, *arguments[1:]), name=name)


class Stage:
    """Starts `outside` and the bot in it, connects Slack to it, and watches Redis from the start on.

    `extra` settings are set beside the world's own; `kind` makes bots, processes by default.
    """

    def __init__(
        self,
        outside: world.World,
        *,
        extra: Mapping[str, str] | None = None,
        kind: Callable[..., process.BotProcess] = process.BotProcess,
    ) -> None:
        self.world = outside
        self.bots: list[process.BotProcess] = []
        self._extra = dict(extra or {})
        self._kind = kind
        self._trace: redis_trace.RedisTrace | None = None
        self._open = contextlib.AsyncExitStack()

    @property
    def bot(self) -> process.BotProcess:
        """Return the bot that Slack is connected to."""
        return self.bots[0]

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as unless_started:
            unless_started.push_async_callback(self._open.aclose)
            await self._open.enter_async_context(self.world)
            await self._watch()
            self.connect(await self.start())
            unless_started.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def _watch(self) -> None:
        trace = redis_trace.RedisTrace(self.world.redis_url, pattern=f"{{{self.world.prefix}}}:*")
        self._trace = await self._open.enter_async_context(trace)
        if self.world.server is None:
            self._open.push_async_callback(trace.forget)

    async def start(self, *arguments: str) -> process.BotProcess:
        """Start one more bot, which shares the store with the others."""
        number = len(self.bots) + 1
        bot = self._kind(
            self.world.environment() | self._extra,
            self.world.folder,
            arguments=arguments or ("serve",),
            name=f"bot-{number}",
        )
        self.bots.append(bot)
        return await self._open.enter_async_context(bot)

    def connect(self, bot: process.BotProcess) -> None:
        """Let Slack deliver to this bot; over Socket Mode the bot has connected itself."""
        self.bots.remove(bot)
        self.bots.insert(0, bot)
        if not self.world.socket_mode:
            self.world.slack.connect(bot.url + EVENTS_PATH)
        if self.world.teams:
            self.world.teams.endpoint = bot.url + ACTIVITIES_PATH

    async def command(self, *arguments: str) -> tuple[int | None, str]:
        """Run another of the bot's commands to its end beside it; return its exit code and what it said.

        What it printed is searched in the canary's round like all else.
        """
        environment, number = self.world.environment() | self._extra, len(self.bots) + 1
        ran = process.BotProcess(
            environment, self.world.folder, arguments=arguments, name=f"command-{number}"
        )
        self.bots.append(ran)
        ran.launch()
        await ran.gone(within_s=COMMAND_S)
        lines = ran.output().decode(errors="replace").splitlines()
        # Its log lines are JSON objects, in the same stream.
        return await ran.stop(), "\n".join(line for line in lines if not line.startswith('{"'))

    def clock(self) -> shift.FollowedClock:
        """Return the time that the world and its bots have."""
        return shift.FollowedClock(self.world.folder / CLOCK)

    def move_clock(self, by: dt.timedelta) -> None:
        """Let time pass for the world and for every bot that was made by `on_the_clock`."""
        # The services first: a bot must never be ahead of them.
        self.world.move_clock(by)
        shift.tell(self.world.folder / CLOCK, self.world.slack.shift)

    async def report(self, *extra: canary.Place) -> sweep.Report:
        """Send the canary round."""
        return await sweep.Sweep(self.world, bots=self.bots, redis=self._trace).report(*extra)
