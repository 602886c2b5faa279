"""`ports.AuditLog` on Redis. All is read as it stands: what cannot be text is replaced, never raised."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import cast

from bot import ports
from bot.store import calls, connection, keys, lists, scripts

WITHIN_S = 20.0  # longer than a failover
AT_ONCE = 16  # of all connections, so that an auditor holds nobody up
LAST = 2**64 - 1  # of the second half of a stream's id
Page = list[tuple[bytes, dict[bytes, bytes]]]  # as redis-py shapes them


class RedisAuditLog:
    """The audit log of one deployment."""

    def __init__(
        self,
        client: connection.Client,
        names: keys.Keys,
        tries: calls.Calls,
        lua: scripts.Scripts,
    ) -> None:
        self._client = client
        self._keys = names
        self._calls = tries
        self._lua = lua

    async def page(self, *, after: str = "", limit: int = ports.PAGE) -> tuple[ports.Logged, ...]:
        """Return the entries that follow a position, at most `limit`."""
        start = _next(after) if after else "-"
        found = cast("Page", await self._read("XRANGE", self._keys.audit, start, "+", "COUNT", limit))
        return tuple(_logged(position, fields) for position, fields in found)

    def before(self, moment: dt.datetime) -> str:
        """Return a position that everything written at `moment` or later follows."""
        return f"{max(0, int(moment.timestamp() * 1000) - 1)}-{LAST}"

    async def newest(self) -> str:
        """Return the position of the newest entry ("" for none)."""
        found = cast("Page", await self._read("XREVRANGE", self._keys.audit, "+", "-", "COUNT", 1))
        return found[0][0].decode() if found else ""

    async def tail(self) -> ports.Tail:
        """Return where the log says that it ends."""
        found = await self._read("MGET", self._keys.sequence, self._keys.chain)
        sequence, chain = (_text(one) for one in cast("list[bytes | None]", found))
        return ports.Tail(_number(sequence) or 0, chain)

    async def mark(self, mark: ports.Mark) -> str | None:
        """Return what is remembered."""
        found = cast("bytes | None", await self._read("GET", self._keys.mark(mark)))
        return None if found is None else _text(found)

    async def move(
        self, mark: ports.Mark, *, seen: str | None, value: str, remove: Sequence[str] = ()
    ) -> bool:
        """Replace what is remembered, and remove entries in the same step."""
        names = (self._keys.mark(mark), self._keys.audit)
        return await self._calls.run(
            lambda: self._lua.move(names, seen=seen or "", value=value, remove=json.dumps(list(remove))),
            within_s=WITHIN_S,
        )

    async def known(self) -> AsyncIterator[tuple[str, ...]]:
        """Go through the ids of all requests that are kept, in pages; an id may come twice."""
        # Whoever plants a record need not list it, but nobody works on one that is in none of these.
        for index in (self._keys.lists, self._keys.due, self._keys.lease):
            cursor = 0
            while True:
                answer = await self._read("ZSCAN", index, cursor, "COUNT", ports.PAGE)
                cursor, found = cast("tuple[int, list[tuple[bytes, float]]]", answer)
                members = {_text(member) for member, _ in found}
                yield tuple(map(lists.id_in, members) if index == self._keys.lists else members)
                if not cursor:
                    break

    async def evidence(self, request_ids: Collection[str]) -> Mapping[str, ports.Evidence]:
        """Return what is kept of several requests, of each as it was at one moment."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(request_id: str) -> ports.Evidence:
            k = self._keys
            names = (k.request(request_id), k.trail(request_id), k.credential(request_id))
            async with slots:
                found = await self._calls.run(lambda: self._lua.evidence(names), within_s=WITHIN_S)
            record, head, state, version, credential, *trail = (_text(part) for part in found)
            return ports.Evidence(
                request_id, record or None, head, state, version, tuple(trail), credential or None
            )

        found = await asyncio.gather(*(one(request_id) for request_id in request_ids))
        return {kept.request_id: kept for kept in found}

    async def needed(self, request_ids: Collection[str]) -> frozenset[str]:
        """Return those that have not ended, and those that made or last changed a credential that lives."""
        ids = list(request_ids)
        answer = await self._calls.run(lambda: self._lua.needed(ids), within_s=WITHIN_S) if ids else ()
        return frozenset(one for one, needed in zip(ids, answer, strict=True) if needed)

    async def _read(self, *command: str | int) -> object:
        return await self._calls.run(
            lambda: self._client.execute_command(*command, NEVER_DECODE=True), within_s=WITHIN_S
        )


def _logged(position: bytes, fields: dict[bytes, bytes]) -> ports.Logged:
    return ports.Logged(
        position=position.decode(),
        sequence=_number(_text(fields.get(b"seq"))),
        time_ms=_number(_text(fields.get(b"at"))),
        head=_text(fields.get(b"head")),
        text=_text(fields.get(b"entry")),
    )


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")


def _number(text: str) -> int | None:
    """Read a number in the one form that our own scripts write."""
    plain = text.isascii() and text.isdecimal() and len(text) < 20  # noqa: PLR2004  # digits of 64 bits
    return int(text) if plain and str(int(text)) == text else None


def _next(position: str) -> str:
    """Return the smallest id after one: exclusive ranges came with Redis 6.2 only."""
    first, _, second = position.partition("-")
    return f"{int(first) + 1}-0" if int(second) == LAST else f"{first}-{int(second) + 1}"
