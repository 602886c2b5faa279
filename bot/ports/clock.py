"""Time, passed in."""

from __future__ import annotations

import datetime as dt
from typing import Protocol


class Clock(Protocol):
    """Time, passed in."""

    def now(self) -> dt.datetime:
        """Return the present moment in UTC."""
        ...

    @property
    def shift(self) -> dt.timedelta:
        """Return how far this clock runs ahead of the server's; zero outside sandbox and tests."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...
