"""Everything that Redis holds and is told: a MONITOR for a whole run, and all keys with their values."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Self

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

# How to read all that a key holds, by its type; a key that has just gone holds nothing.
_READ = {
    b"string": ("GET",),
    b"hash": ("HGETALL",),
    b"list": ("LRANGE", "0", "-1"),
    b"set": ("SMEMBERS",),
    b"zset": ("ZRANGE", "0", "-1"),
    b"stream": ("XRANGE", "-", "+"),
}
_AGAIN_S = 0.02  # between tries to watch a server that is away


class RedisTrace:
    """Watches one server from `async with` on; what it was told is in `commands`.

    A server that goes away and comes back is watched again. `pattern` says whose keys `keys` is about.
    """

    def __init__(self, url: str, *, pattern: str = "*") -> None:
        self._pattern = pattern
        # MONITOR answers without end: a time-out would only break it
        self._client: Redis = Redis.from_url(url, socket_timeout=None)
        self._watching: asyncio.Task[None] | None = None
        self._begun = asyncio.Event()
        self._lines: list[bytes] = []

    @property
    def commands(self) -> tuple[bytes, ...]:
        """Return every command so far, as MONITOR tells it."""
        return tuple(self._lines)

    async def __aenter__(self) -> Self:
        self._watching = asyncio.create_task(self._watch())
        await self._begun.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        # More than once: before Python 3.12 asyncio.wait_for, by which redis-py sends, may forget a
        # cancellation that comes as it ends (github.com/python/cpython/issues/86296).
        while self._watching and not self._watching.done():
            self._watching.cancel()
            await asyncio.wait({self._watching}, timeout=1)
        await self._client.aclose()

    async def keys(self) -> AsyncIterator[tuple[bytes, bytes]]:
        """Go through all keys with all that they hold."""
        async for key in self._client.scan_iter(self._pattern, count=500):
            yield key, await self._value(key)

    async def forget(self) -> None:
        """Delete the keys that this is about."""
        async for key in self._client.scan_iter(self._pattern, count=500):
            await self._client.delete(key)

    async def _value(self, key: bytes) -> bytes:
        client: Any = self._client  # annotated for both its synchronous and its asynchronous answers
        command, *rest = _READ.get(await client.type(key), ("EXISTS",))
        return _joined(await client.execute_command(command, key, *rest))

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(RedisError, OSError):
                await self._listen()
            await asyncio.sleep(_AGAIN_S)

    async def _listen(self) -> None:
        pool: Any = self._client.connection_pool  # annotated in part only
        connection: AbstractConnection = await pool.get_connection()
        try:
            await connection.send_command("MONITOR")
            await connection.read_response()
            self._begun.set()
            while True:
                line = await connection.read_response(disable_decoding=True)
                self._lines.append(line if isinstance(line, bytes) else repr(line).encode())
        finally:
            # a connection that still streams is of no use to anybody else
            await connection.disconnect(nowait=True)
            await pool.release(connection)


def _joined(held: Any) -> bytes:
    """Return everything inside nested answers as one text."""
    if isinstance(held, bytes):
        return held
    if isinstance(held, dict):
        return b"\n".join(_joined(part) for pair in held.items() for part in pair)
    if isinstance(held, list | tuple | set):
        return b"\n".join(_joined(part) for part in held)
    return str(held).encode()
