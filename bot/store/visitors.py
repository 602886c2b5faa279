"""`ports.Visitors` on Redis: one sorted set, by when somebody last opened their home."""

from __future__ import annotations

from typing import cast

from bot import ports
from bot.store import calls, connection, keys

WITHIN_S = 2.5
REMEMBERED_S = 12 * 3600  # a home that nobody has looked at for so long is drawn when it is opened
MOST = 1000  # who came last is kept


class RedisVisitors:
    """Who has opened their home, for all processes of one deployment."""

    def __init__(
        self, client: connection.Client, names: keys.Keys, tries: calls.Calls, clock: ports.Clock
    ) -> None:
        self._client = client
        self._key = names.homes
        self._calls = tries
        self._clock = clock

    async def came(self, who: str) -> None:
        """Remember that somebody opened their home just now."""
        now = self._clock.now().timestamp()
        await self._run("ZADD", self._key, now, who)
        await self._run("EXPIRE", self._key, REMEMBERED_S)
        await self._run("ZREMRANGEBYSCORE", self._key, "-inf", now - REMEMBERED_S)
        await self._run("ZREMRANGEBYRANK", self._key, 0, -MOST - 1)

    async def recent(self) -> tuple[str, ...]:
        """Return who opened theirs in the last hours."""
        since = self._clock.now().timestamp() - REMEMBERED_S
        return tuple(cast("list[str]", await self._run("ZRANGEBYSCORE", self._key, since, "+inf")))

    async def _run(self, *command: str | float) -> object:
        return await self._calls.run(lambda: self._client.execute_command(*command), within_s=WITHIN_S)
