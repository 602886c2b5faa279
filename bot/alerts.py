"""What operators hear: a line in the log, a count to alert on, and a message in their channel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from bot import errors, ports

LONGEST = 3000  # a policy file may have many problems; the log has them all
SAME_AGAIN = 200  # sentences that are remembered, so that each is said once

log = structlog.get_logger(__name__)


class Alerts:
    """Tells operators. What cannot be told in chat is in the log all the same; nothing raises."""

    def __init__(self, notifier: ports.Notifier, *, count: Callable[[], None]) -> None:
        self._notifier = notifier
        self._count = count
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._said: dict[str, None] = {}

    async def alert(self, text: str) -> None:
        """Tell what needs somebody's hand, and count it."""
        self._count()
        log.error("alert", text=text)
        await self._post(text)

    async def news(self, text: str) -> None:
        """Tell what somebody should know; it is not counted."""
        log.info("news", text=text)
        await self._post(text)

    def soon(self, text: str) -> None:
        """Alert from `run`, for a caller whose own answer is waited for; the same words only once."""
        if text in self._said:
            return
        self._said[text] = None
        if len(self._said) > SAME_AGAIN:
            del self._said[next(iter(self._said))]
        self._waiting.put_nowait(text)

    async def run(self) -> None:
        """Alert about what was put off, until cancelled; what still waits then is logged."""
        try:
            while True:
                await self.alert(await self._waiting.get())
        finally:
            while not self._waiting.empty():
                log.error("operators not alerted", alert=self._waiting.get_nowait())

    async def _post(self, text: str) -> None:
        try:
            await self._notifier.alert(text if len(text) <= LONGEST else text[:LONGEST] + "…")
        except errors.ServiceError as error:
            log.error("operators not alerted", error=str(error), alert=text)  # noqa: TRY400  # a traceback tells no more
