"""Looks every hour, in one replica, and tells operators what is new."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import structlog

from bot import errors, ports
from bot.reconcile.reconciler import Reconciler
from bot.reconcile.report import Report

HOUR_S = 3600.0
LOOK_S = 60.0  # how often it is looked at whether an hour has begun
MOST = 5000  # findings that are remembered: more are told again

log = structlog.get_logger(__name__)


class Hourly:
    """Reconciles once in each hour; of several replicas, the first one does.

    `alert` tells operators of what needs a hand, `news` of what was mended alone.
    """

    def __init__(
        self,
        reconciler: Reconciler,
        store: ports.Store,
        memory: ports.AuditLog,
        clock: ports.Clock,
        *,
        alert: Callable[[str], Awaitable[None]],
        news: Callable[[str], Awaitable[None]],
    ) -> None:
        self._reconciler = reconciler
        self._store = store
        self._memory = memory
        self._clock = clock
        self._alert = alert
        self._news = news
        self._seen = -1

    async def run(self) -> None:
        """Look until cancelled; what the store or a service refuses is tried again in the next hour."""
        while True:
            await self._clock.sleep(LOOK_S)
            try:
                await self.turn()
            except errors.NotAccepted as error:
                log.warning("not reconciled", why=str(error))
            except errors.ServiceError as error:
                log.warning("not reconciled", service=error.service, why=str(error))

    async def turn(self) -> Report | None:
        """Look if nobody has in this hour; return what was found."""
        hour = int(self._clock.now().timestamp() // HOUR_S)
        if hour == self._seen or not await self._store.first_time(f"reconcile:{hour}", ttl_s=2 * HOUR_S):
            self._seen = hour
            return None
        self._seen = hour
        report = await self._reconciler.run(fix=True)
        await self.tell(report)
        return report

    async def tell(self, report: Report) -> None:
        """Tell what operators were not told the last time, and remember what they know."""
        stored = await self._memory.mark(ports.Mark.RECONCILED)
        known = _keys(stored)
        text = report.message(known)
        if text:
            await (self._alert if report.open else self._news)(text)
        keys = report.keys[:MOST]
        if set(keys) != known:
            # After the telling: a process that dies in between makes it be told twice, not never.
            await self._memory.move(ports.Mark.RECONCILED, seen=stored, value=json.dumps(keys))


def _keys(stored: str | None) -> frozenset[str]:
    """Read what is remembered; what somebody else wrote there counts as nothing."""
    try:
        found = json.loads(stored or "[]")
    except ValueError:
        return frozenset()
    return frozenset(one for one in found if isinstance(one, str)) if isinstance(found, list) else frozenset()
