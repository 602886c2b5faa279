"""The bot's process as the page shows it: up, starting, gone; killed and started again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Self

from bot import errors
from bot.sandbox import process

LOOK_S = 0.2
PATIENCE_S = 1.0  # for the drain, when the whole sandbox ends


class Life:
    """Watches one bot. `tell` hears of each change of `state`: up, starting, stopped."""

    def __init__(self, bot: process.BotProcess, tell: Callable[[], None]) -> None:
        self._bot = bot
        self._tell = tell
        self._watch: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[None] | None = None
        self.state = "up" if bot.running else "stopped"

    async def __aenter__(self) -> Self:
        self._watch = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (self._watch, self._starting):
            if task:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def end(self) -> None:
        """Stop the bot; who takes too long over its drain is killed."""
        # Whoever presses Ctrl-C waits a moment, not for the end of a provisioning.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self._bot.stop()
        if self._bot.running:
            self._bot.kill()

    def kill(self) -> None:
        """End the process at once, in the middle of whatever it does."""
        self._bot.kill()
        self._become("stopped")

    def start(self) -> None:
        """Start it again, unless it is there."""
        if self._bot.running:
            return
        self._bot.launch()
        self._become("starting")
        self._starting = asyncio.create_task(self._ready())

    async def _ready(self) -> None:
        # With a service switched off the bot is up and says that it is not ready: no reason to stop it.
        with contextlib.suppress(errors.ConfigurationError):
            await self._bot.ready()
        self._become("up" if self._bot.running else "stopped")

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            # A process that dies by itself tells nobody.
            if not self._bot.running:
                self._become("stopped")

    def _become(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self._tell()
