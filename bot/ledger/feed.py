"""Tells an audit channel every entry: at least once, in order, a few lines in one message.

The cursor is kept in Redis and moves on after the message is out, so what a crash interrupts is
told again. One replica at a time: who is first to claim a cursor tells what follows it.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from bot import audit, errors, ports
from bot.ledger import entries
from bot.ledger.findings import moment

MOST = 25  # lines of a message
PAUSE_S = 3.0  # chat takes a message a second in one channel, and people read slower
CLAIM_S = 30.0  # after which another replica may tell the same lines
START = "0-0"


class Feeder:
    """Follows the log. A deployment that begins to use it is told what happens from then on."""

    def __init__(
        self,
        log: ports.AuditLog,
        store: ports.Store,
        trail: audit.Trail,
        feed: ports.Feed,
        clock: ports.Clock,
    ) -> None:
        self._log = log
        self._store = store
        self._trail = trail
        self._feed = feed
        self._clock = clock
        self._says = structlog.get_logger(__name__)

    async def run(self) -> None:
        """Tell until cancelled; what the store or chat refuses is tried again."""
        while True:
            try:
                await self.turn()
            except errors.NotAccepted:
                self._says.warning("audit_channel_waits")
            except errors.ServiceError as error:
                self._says.warning("audit_channel_waits", service=error.service, why=str(error))
            await self._clock.sleep(PAUSE_S)

    async def turn(self) -> int:
        """Tell the next entries; return how many."""
        cursor = await self._log.mark(ports.Mark.TOLD)
        if cursor is None:
            cursor = await self._log.newest() or START
            await self._log.move(ports.Mark.TOLD, seen=None, value=cursor)
            return 0
        page = await self._log.page(after=cursor, limit=MOST)
        if not page or not await self._store.first_time(f"audit-feed:{cursor}", ttl_s=CLAIM_S):
            return 0
        await self._feed.tell([self._line(one) for one in page])
        await self._log.move(ports.Mark.TOLD, seen=cursor, value=page[-1].position)
        return len(page)

    def _line(self, logged: ports.Logged) -> ports.Line:
        opened = entries.opened(self._trail, logged)
        time = moment(logged.time_ms)
        if opened is None or not opened.genuine:
            return ports.Line(logged.sequence, time, None, "tampered", None, None, None, {})
        body, data = opened.body, opened.body.get("data")
        return ports.Line(
            sequence=logged.sequence,
            time=time,
            request=opened.request,
            event=str(body.get("event")),
            actor=_word(body.get("actor")),
            before=_word(body.get("before")),
            after=_word(body.get("after")),
            data=data if isinstance(data, Mapping) else {},
        )


def _word(value: object) -> str | None:
    return value if isinstance(value, str) else None
