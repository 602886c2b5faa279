"""Server-sent events: everything once, then each change; a browser that comes back misses nothing."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Callable
from typing import Any

from aiohttp import web

KEPT = 2000  # changes; who missed more gets everything anew
BEAT_S = 15.0  # a sign of life, so that a browser notices a dead connection


class Stream:
    """Hands events to every open page. `everything` returns the snapshot, `mask` hides secrets."""

    def __init__(self, everything: Callable[[], dict[str, Any]], mask: Callable[[str], str]) -> None:
        self._everything = everything
        self._mask = mask
        self._life = secrets.token_hex(4)  # numbers of an earlier run mean nothing in this one
        self._seq = 0
        self._recent: deque[tuple[int, str]] = deque(maxlen=KEPT)
        self._open: set[asyncio.Queue[str | None]] = set()

    def tell(self, kind: str, data: Any) -> None:
        """Tell every open page of a change."""
        self._seq += 1
        event = self._event(kind, data)
        self._recent.append((self._seq, event))
        for queue in self._open:
            queue.put_nowait(event)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer with the stream: what was missed, or everything, and then what comes."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        # Both in one breath: nothing can happen between the snapshot and the first change after it.
        for event in self._missed(request.headers.get("Last-Event-ID", "")):
            queue.put_nowait(event)
        self._open.add(queue)
        try:
            await response.prepare(request)
            while (told := await self._next(queue)) is not None:
                await response.write(told.encode())
        except ConnectionError:
            pass  # the page was closed
        finally:
            self._open.discard(queue)
        return response

    def close(self) -> None:
        """End every stream."""
        for queue in self._open:
            queue.put_nowait(None)

    async def _next(self, queue: asyncio.Queue[str | None]) -> str | None:
        try:
            async with asyncio.timeout(BEAT_S):
                return await queue.get()
        except TimeoutError:
            return ": still here\n\n"

    def _missed(self, last: str) -> list[str]:
        life, _, number = last.partition("-")
        seen = int(number) if number.isdigit() else -1
        oldest = self._recent[0][0] if self._recent else self._seq + 1
        if life == self._life and oldest - 1 <= seen <= self._seq:
            return [event for seq, event in self._recent if seq > seen]
        return [self._event("snapshot", self._everything())]

    def _event(self, kind: str, data: Any) -> str:
        text = self._mask(json.dumps(data, ensure_ascii=False, separators=(",", ":")))
        return f"id: {self._life}-{self._seq}\nevent: {kind}\ndata: {text}\n\n"
