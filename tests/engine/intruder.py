"""Somebody who can write to Redis, but does not hold the audit key."""

from __future__ import annotations

import datetime as dt
from typing import cast

from bot import audit, model
from bot.store import connection, keys


class Intruder:
    """Somebody who can write to Redis, but does not hold the audit key."""

    def __init__(self, client: connection.Client, prefix: str) -> None:
        self._client = client
        self._keys = keys.Keys(prefix)

    async def write(self, request: model.Request) -> None:
        """Put a record in place of what is there, and make it due."""
        fields = ["record", request.model_dump_json(), "state", request.state.value, "ended", "0"]
        await self._do("HSET", self._keys.request(request.id), *fields)
        now_ms = dt.datetime.now(dt.UTC).timestamp() * 1000
        await self._do("ZADD", self._keys.due, now_ms, request.id)

    async def write_credential(self, credential: model.Credential, *, at: str | None = None) -> None:
        """Put a credential's record in place of what is there, or in place of another one's."""
        await self._do("SET", self._keys.credential(at or credential.id), credential.model_dump_json())

    async def entries(self, request: model.Request) -> list[str]:
        """Read a trail as it is kept."""
        return cast("list[str]", await self._do("LRANGE", self._keys.trail(request.id), 0, -1))

    async def replace_trail(self, request: model.Request, entries: list[str]) -> None:
        """Put other entries in place of a trail, with a head that fits."""
        await self._do("DEL", self._keys.trail(request.id))
        await self._do("RPUSH", self._keys.trail(request.id), *entries)
        head = audit.Entry.model_validate_json(entries[-1]).mac
        await self._do("HSET", self._keys.request(request.id), "head", head)

    async def everything(self) -> str:
        """Read whatever is kept."""
        read = {"string": "GET", "hash": "HGETALL", "list": "LRANGE", "zset": "ZRANGE", "stream": "XRANGE"}
        ends = {"list": (0, -1), "zset": (0, -1), "stream": ("-", "+")}
        found = []
        for key in cast("list[str]", await self._do("KEYS", f"*{self._keys.audit.partition('}')[0]}*")):
            kind = str(await self._do("TYPE", key))
            found.append(f"{key} {await self._do(read[kind], key, *ends.get(kind, ()))!r}")
        return "\n".join(found)

    async def _do(self, *command: str | float) -> object:
        return await self._client.execute_command(*command)
