"""A bot inside the test's own process: the same wiring, so that a test can look into it and hurry it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import uvicorn

from bot import log, settings, wiring
from bot.provision import work
from bot.sandbox import process, stage
from bot.sandbox.page import shift

# A saga that waits for nobody longer than a double does.
HURRIED = work.Timing(
    give_up_s=6.0,
    deliver_step_s=0.05,
    deliver_window_s=1.5,
    verify_step_s=0.1,
    verify_window_s=2.0,
    caches_s=1.5,  # those of a fast world's Wave live for a second
    replicated_s=0.1,
    in_use_first_s=0.3,
    backoff_s=0.05,
    longest_backoff_s=0.5,
)
# Everybody whose debug lines might hold what they send or get.
LIBRARIES = ("asyncio", "azure", "msal", "httpx", "httpcore", "aiohttp", "slack_bolt", "slack_sdk", "uvicorn")


class InsideBot(process.BotProcess):
    """What `registry-bot serve` runs, in this process; `timing` hurries its saga."""

    def __init__(
        self,
        environment: Mapping[str, str],
        folder: Path,
        *,
        arguments: tuple[str, ...] = ("serve",),
        name: str = "bot",
        timing: work.Timing = HURRIED,
    ) -> None:
        super().__init__(environment, folder, arguments=arguments, name=name)
        self.timing = timing
        self._open = contextlib.AsyncExitStack()
        self._runtime: wiring.Runtime | None = None

    @property
    def runtime(self) -> wiring.Runtime:
        """Return the inside of the bot."""
        assert self._runtime
        return self._runtime

    @property
    def running(self) -> bool:
        """Tell whether the bot is there."""
        return self._runtime is not None

    async def start(self) -> None:
        """Open everything and answer on a port of its own."""
        self.folder.mkdir(exist_ok=True)
        config = self._settings()
        self._open.enter_context(_logging(self.log, config))
        clock = shift.FollowedClock(self.folder.parent / stage.CLOCK)
        build = wiring.build(config, timing=self.timing, time=clock)
        self._runtime = await self._open.enter_async_context(build)
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        server = _Server(uvicorn.Config(self._runtime.web, lifespan="off", log_config=None, access_log=False))
        working = asyncio.create_task(self._runtime.worker.run())
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        self._open.push_async_callback(self._end, server, serving, working)
        await self.ready()

    async def stop(self) -> int | None:
        """Drain and close, as after SIGTERM."""
        await self._open.aclose()
        self._runtime = None
        return 0

    def kill(self) -> None:
        """Refuse: what is to be killed must be a process."""
        raise NotImplementedError

    async def _end(
        self, server: uvicorn.Server, serving: asyncio.Task[None], working: asyncio.Task[None]
    ) -> None:
        server.should_exit = True
        await serving
        self.runtime.worker.stop()
        await working  # a worker that died says why here

    def _settings(self) -> settings.Settings:
        # azure-identity reads its part of the environment itself
        patch = self._open.enter_context(pytest.MonkeyPatch.context())
        for name, value in self.environment.items():
            patch.setenv(name, value)
        return settings.Settings()


class _Server(uvicorn.Server):
    """Uvicorn without signal handlers: the tests' own must stay."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


@contextlib.contextmanager
def _logging(path: Path, config: settings.Settings) -> Iterator[None]:
    """Log as a process does, and beside it every library's debug lines as they come, not redacted."""
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    levels = {name: logging.getLogger(name).level for name in LIBRARIES} | {"": root.level}
    with path.open("a") as stream:
        log.configure(config.log, secrets=wiring.secrets_of(config), stream=stream)
        for name in LIBRARIES:
            logging.getLogger(name).setLevel(logging.DEBUG)
        root.addHandler(raw := logging.StreamHandler(stream))
        try:
            yield
        finally:
            root.removeHandler(raw)
            root.handlers[:] = before
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
