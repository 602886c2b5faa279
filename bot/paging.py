"""Several indexes of the store read as one list, page by page, newest first."""

from __future__ import annotations

import asyncio
import hashlib
import heapq
import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot import errors, forms, model, ports

MOST_READS = 5  # of each index for one page: where nearly all is hidden, pages are short instead of slow
T = TypeVar("T", model.Request, model.Credential)
Load = Callable[[Sequence[str]], Awaitable[tuple[T | None, ...]]]
Keep = Callable[[T], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Source:
    """One index to be read: which, and whose."""

    index: ports.Index
    key: str

    @property
    def mark(self) -> str:
        """Return what a cursor calls it: a key may be long, and a button holds little."""
        return hashlib.sha256(f"{self.index}:{self.key}".encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of a source, from `cursor` on ("": from its start)."""

    source: Source
    cursor: str
    page: ports.Page


@dataclass(frozen=True, slots=True)
class Feed:
    """One list out of several sources. Its cursor says of each of them how far it was read."""

    store: ports.Store
    sources: Sequence[Source]

    async def page(
        self, load: Load[T], keep: Keep[T], *, after: str | None, limit: int
    ) -> tuple[list[T], str | None]:
        """Return what is to be kept of a page, and where the next one begins (None: nowhere).

        Reads each index at most `MOST_READS` times, so that a page may be short. Raises BadInput
        for a cursor that is none.
        """
        kept: list[T] = []
        for _ in range(MOST_READS):
            found, after = await self._next(load, after, limit - len(kept))
            kept += [one for one in found if await keep(one)]
            if after is None or len(kept) == limit:
                break
        return kept, after

    async def _next(self, load: Load[T], after: str | None, limit: int) -> tuple[list[T], str | None]:
        cursors = self._cursors(after)
        reads = await asyncio.gather(
            *(self._read(one, cursors[one.mark], limit) for one in self.sources if one.mark in cursors)
        )
        ids = [one for read in reads for one in read.page.ids]
        known = {id_: one for id_, one in zip(ids, await load(ids), strict=True) if one is not None}
        # Each source keeps its own order, so that what is taken of it is always its beginning.
        rows = [[known[one] for one in read.page.ids if one in known] for read in reads]
        newest = list(heapq.merge(*rows, key=lambda one: one.created, reverse=True))[:limit]
        taken = {one.id for one in newest}
        rest = {}
        for read in reads:
            cursor = await self._resume(read, taken, known.keys())
            if cursor is not None:
                rest[read.source.mark] = cursor
        return newest, json.dumps(rest, separators=(",", ":")) if rest else None

    async def _read(self, source: Source, cursor: str, limit: int) -> _Read:
        page = await self.store.page(source.index, source.key, after=cursor or None, limit=limit)
        return _Read(source, cursor, page)

    async def _resume(self, read: _Read, taken: set[str], known: Collection[str]) -> str | None:
        """Return where to go on in a source of whose page only the first ones were taken."""
        left = [number for number, one in enumerate(read.page.ids) if one in known and one not in taken]
        if not left:
            return read.page.after
        if left[0] == 0:
            return read.cursor
        return (await self._read(read.source, read.cursor, left[0])).page.after

    def _cursors(self, after: str | None) -> dict[str, str]:
        """Return how far each source was read; one that is missing was read to its end."""
        if after is None:
            return {one.mark: "" for one in self.sources}
        try:
            found = json.loads(after)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise errors.BadInput({forms.Field.WORKSPACE: "This list has changed. Please open it again."})
        known = {one.mark for one in self.sources}
        return {mark: cursor for mark, cursor in found.items() if mark in known and isinstance(cursor, str)}
