"""The sandbox's clock, as the bot's own process sees it: a file says how far time was moved."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from pathlib import Path


class FollowedClock:
    """`ports.Clock` that runs ahead by the seconds in a file, which may change at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seconds = 0.0

    @property
    def shift(self) -> dt.timedelta:
        """Return how far the sandbox's clock was moved; what cannot be read leaves it as it was."""
        with contextlib.suppress(OSError, ValueError):
            self._seconds = float(self._path.read_text())
        return dt.timedelta(seconds=self._seconds)

    def now(self) -> dt.datetime:
        """Return the sandbox's time."""
        return dt.datetime.now(dt.UTC) + self.shift

    async def sleep(self, seconds: float) -> None:
        """Wait, in real seconds: a moved clock skips deadlines, not other services' work."""
        await asyncio.sleep(seconds)


def tell(path: Path, shift: dt.timedelta) -> None:
    """Let every `FollowedClock` on this file run ahead by `shift`."""
    # A half-written number must never be read: a file is replaced as a whole.
    fresh = path.with_suffix(".new")
    fresh.write_text(str(shift.total_seconds()))
    fresh.replace(path)
