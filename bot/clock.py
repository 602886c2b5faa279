"""The real clock: the one module that reads the time and waits."""

from __future__ import annotations

import asyncio
import datetime as dt


class SystemClock:
    """`ports.Clock` on the machine's own time, plus a shift that only the sandbox sets."""

    def __init__(self, shift: dt.timedelta = dt.timedelta()) -> None:
        self.shift = shift

    def now(self) -> dt.datetime:
        """Return the present moment in UTC, shifted."""
        return dt.datetime.now(dt.UTC) + self.shift

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
