"""A proxy in front of a server that loses answers: the script has run, its reply never arrives."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit


class LossyProxy:
    """Listens on a unix socket of its own, and breaks the connection in place of a lost answer."""

    def __init__(self, url: str) -> None:
        self._target = unquote(urlsplit(url).path)
        self._folder = tempfile.TemporaryDirectory(prefix="rb-proxy-")
        self.path = str(Path(self._folder.name) / "p.sock")
        self._links: dict[asyncio.Task[Any], asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None
        self._to_lose = 0
        self.lost = 0

    @property
    def url(self) -> str:
        """Return the proxy's address for REDIS_URL."""
        return f"unix://{self.path}"

    def lose(self, count: int) -> None:
        """Lose the answers to the next scripts."""
        self._to_lose, self.lost = count, 0

    def loses(self, answer: bytes) -> bool:
        """Tell whether this answer to a script gets lost, and count it."""
        if not self._to_lose or answer.startswith(b"-NOSCRIPT"):
            return False
        self._to_lose -= 1
        self.lost += 1
        return True

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._link, self.path)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        for writer in self._links.values():
            writer.transport.abort()  # each link then sees an end, and winds itself up
        await asyncio.gather(*self._links)
        self._folder.cleanup()

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._links[task] = writer
        back, forth = await asyncio.open_unix_connection(self._target)
        link = Link(self)
        pumps = [
            asyncio.ensure_future(link.up(reader, forth)),
            asyncio.ensure_future(link.down(back, writer)),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, forth):
            end.transport.abort()
        await asyncio.gather(*pumps, writer.wait_closed(), forth.wait_closed(), return_exceptions=True)
        del self._links[task]


class Link:
    """One connection. redis-py sends one command at a time and waits for its answer."""

    def __init__(self, proxy: LossyProxy) -> None:
        self._proxy = proxy
        self._scripted = False

    async def up(self, reader: asyncio.StreamReader, forth: asyncio.StreamWriter) -> None:
        """Carry commands to the server; note whether the newest one runs a script."""
        while piece := await reader.read(2**16):
            if piece.startswith(b"*"):  # a command begins; a long one comes in several pieces
                self._scripted = b"EVAL" in piece[:40]
            forth.write(piece)

    async def down(self, back: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry answers back, up to one that gets lost."""
        while answer := await back.read(2**16):
            if self._scripted and self._proxy.loses(answer):
                return
            writer.write(answer)
