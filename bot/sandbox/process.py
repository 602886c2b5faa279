"""The bot as a process of its own, as a deployment runs it: started, watched, killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import aiohttp

from bot import errors
from bot.sandbox import child

READY_WITHIN_S = 20.0
STOP_WITHIN_S = 30.0  # a drain may take as long as the step that it waits for
_LOOK_S = 0.01
_LOUD = frozenset({"warning", "error", "critical"})
# What a shell may hold for real deployments, and proxies: nothing of it is for the sandbox.
_FOREIGN = re.compile(
    r"(SLACK|TEAMS|AZURE|IDENTITY|MSI|TOWER|WAVE|REDIS|REGISTRY_BOT)_|(.*_)?PROXY$", re.IGNORECASE
)


class BotProcess:
    """`python -m bot ARGUMENTS` with exactly the settings given: `async with` starts it and stops it.

    It cannot outlive this process on Linux. What it prints is kept in `folder`, over restarts too.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        folder: Path,
        *,
        arguments: tuple[str, ...] = ("serve",),
        name: str = "bot",
    ) -> None:
        self.environment = dict(environment)
        self.arguments = arguments
        self.folder = folder / name
        self.log = folder / f"{name}.log"
        self.port = 0
        self.ready_in_s = 0.0  # how long the last start took until /readyz said so
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the base address of the bot's own server."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        """Tell whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Return the process id, while there is a process."""
        return self._process.pid if self._process and self.running else None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start, and return when the bot is ready; raise ConfigurationError if it will not be."""
        self.launch()
        with contextlib.ExitStack() as unless_ready:
            unless_ready.callback(self.kill)
            await self.ready()
            unless_ready.pop_all()

    def launch(self) -> None:
        """Start without waiting. A first start picks a port, which restarts keep."""
        self.port = self.port or free_port()
        self.folder.mkdir(exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # ourselves
                [sys.executable, "-m", "bot", *self.arguments],
                env=self._complete_environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C in a terminal is for the sandbox, which then stops the bot in order.
                start_new_session=True,
                preexec_fn=child.ending_with_parent(signal.SIGKILL),  # noqa: PLW1509  # one system call, nothing that locks
            )

    async def ready(self, *, within_s: float = READY_WITHIN_S) -> None:
        """Wait until /readyz says so."""
        started = time.perf_counter()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as client:
            while time.perf_counter() - started < within_s:
                if not self.running:
                    break
                if await _says_ready(client, f"{self.url}/readyz"):
                    self.ready_in_s = time.perf_counter() - started
                    return
                await asyncio.sleep(_LOOK_S)
        raise errors.ConfigurationError(f"The bot did not become ready. {self.last_words()}")

    async def stop(self) -> int | None:
        """Ask it to end (SIGTERM), wait for its drain, and return its exit code."""
        if self._process is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        await self.gone(within_s=STOP_WITHIN_S)
        self.kill()
        return self._process.returncode

    async def gone(self, *, within_s: float) -> bool:
        """Wait until the process has ended; tell whether it did."""
        deadline = time.perf_counter() + within_s
        while self.running:
            if time.perf_counter() > deadline:
                return False
            await asyncio.sleep(_LOOK_S)
        return True

    def kill(self) -> None:
        """End it at once (SIGKILL), as a crash of the machine would."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does; it does not notice."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen process go on."""
        self._signal(signal.SIGCONT)

    def output(self) -> bytes:
        """Return everything that it has printed since the first start."""
        return self.log.read_bytes() if self.log.exists() else b""

    def last_words(self, lines: int = 5) -> str:
        """Return the end of what it printed, for a message about its death."""
        said = self.output().decode(errors="replace").strip().splitlines()[-lines:]
        return "It said: " + " | ".join(said) if said else "It said nothing."

    def warnings(self) -> list[str]:
        """Return what it logged as a warning or worse: the event, and its error if there is one."""
        found = []
        for line in self.output().splitlines():
            try:
                told = json.loads(line)
            except ValueError:
                continue  # not of our logging: a traceback of the interpreter's own
            if isinstance(told, dict) and told.get("level") in _LOUD:
                found.append(": ".join(str(told[key]) for key in ("event", "error") if key in told))
        return found

    async def get(self, path: str) -> bytes:
        """Return what the bot's own server answers to a GET."""
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as client,
            client.get(self.url + path) as answer,
        ):
            return await answer.read()

    def _signal(self, number: int) -> None:
        if self._process and self.running:
            self._process.send_signal(number)

    def _complete_environment(self) -> dict[str, str]:
        machine = {name: value for name, value in os.environ.items() if not _FOREIGN.match(name)}  # noqa: TID251  # a child needs PATH, locale and the like
        code = str(Path(__file__).parents[2])  # run from elsewhere, the same code is to be found
        own = {
            "REGISTRY_BOT_HOST": "127.0.0.1",
            "REGISTRY_BOT_PORT": str(self.port),
            "PYTHONPATH": os.pathsep.join(filter(None, (code, machine.get("PYTHONPATH")))),
            "TMPDIR": str(self.folder),
        }
        return machine | own | self.environment


async def _says_ready(client: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with client.get(url) as answer:
            return answer.status == 200  # noqa: PLR2004  # HTTP's own number
    except (aiohttp.ClientError, TimeoutError):
        return False


def free_port() -> int:
    """Return a port that no outgoing connection gets before the bot does.

    Systems take those from 32768 (Linux) or 49152 on, and a bot that is starting needs a second.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
