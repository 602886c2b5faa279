"""`ports.StoreProbe`: looks at the server, and writes nothing."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
from collections.abc import AsyncIterator
from typing import cast

from bot import ports
from bot.store import calls, checks, connection, keys

WITHIN_S = 4.0
ROUND_TRIPS = 8  # the first one opens the connection, and this process is busy with other questions
PAGES, PAGE, MOST_MARKS = 20, 500, 100  # of a Redis that may hold much that is not ours


@contextlib.asynccontextmanager
async def open_probe(url: str, *, prefix: str, clock: ports.Clock) -> AsyncIterator[RedisProbe]:
    """Open what looks at the server of an address; raise ConfigurationError for what cannot be one."""
    client = connection.connect(url)
    try:
        yield RedisProbe(client, keys.Keys(prefix), clock)
    finally:
        await client.aclose()


class RedisProbe:
    """Reads INFO, TIME, and the expiry of some keys. Made by `open_probe`."""

    def __init__(self, client: connection.Client, names: keys.Keys, clock: ports.Clock) -> None:
        self._client = client
        self._keys = names
        self._clock = clock
        self._calls = calls.Calls(clock, at_once=connection.CONNECTIONS)

    async def findings(self) -> tuple[ports.Finding, ...]:
        """Judge the server, or each of a Cluster's primaries; a line said by several is said once."""
        servers = await self._calls.run(lambda: connection.info(self._client), within_s=WITHIN_S)
        return tuple(dict.fromkeys(line for info in servers for line in checks.findings(info)))

    async def time(self) -> ports.StoreTime:
        """Read the server's clock, by the shortest of a few round trips."""
        tries = [await self._calls.run(self._time, within_s=WITHIN_S) for _ in range(ROUND_TRIPS)]
        return min(tries, key=lambda one: one.took_s)

    async def marks(self) -> ports.Marks:
        """Look at some of the keys that remember operations and deliveries: each has an end."""
        return await self._calls.run(self._marks, within_s=WITHIN_S)

    async def _time(self) -> ports.StoreTime:
        before = self._clock.now()
        seconds, micros = cast("tuple[int | str, int | str]", await self._ask("TIME"))
        took = self._clock.now() - before
        now = dt.datetime.fromtimestamp(int(seconds), dt.UTC) + dt.timedelta(microseconds=int(micros))
        return ports.StoreTime(now, before + took / 2, took.total_seconds())

    async def _marks(self) -> ports.Marks:
        found: list[str] = []
        for pattern in (self._keys.op("*"), self._keys.once("*")):
            found += await self._some(pattern)
        # -1: there for ever; -2: gone meanwhile
        lives = [await self._ask("TTL", key) for key in found]
        return ports.Marks(seen=len(found), endless=sum(life == -1 for life in lives))

    async def _some(self, pattern: str) -> list[str]:
        found: list[str] = []
        cursor: object = 0
        for _ in range(PAGES):
            answer = await self._ask("SCAN", str(cursor), "MATCH", pattern, "COUNT", PAGE)
            cursor, names = cast("tuple[object, list[str]]", answer)
            if isinstance(cursor, dict):  # redis-py's Cluster names the node that it asked
                cursor = next(iter(cursor.values()))
            found += names
            if str(cursor) == "0" or len(found) >= MOST_MARKS:
                break
        return list(itertools.islice(found, MOST_MARKS))

    async def _ask(self, *command: str | int) -> object:
        options = await connection.at_key(self._client, self._keys.ping)
        return await self._client.execute_command(*command, **options)
