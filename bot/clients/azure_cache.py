"""One value from afar: fetched once at a time, kept for a while, outliving short failures."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from bot import errors, ports

T = TypeVar("T")
REST_S = 5.0  # after a failure nobody asks again for this long, or for as long as the service said


class Cached(Generic[T]):
    """Holds what `fetch` returned. Many may ask at once; one request is under way at a time.

    `fetch` raises ServiceError only. Close it, so that no request outlives its client.
    """

    def __init__(self, fetch: Callable[[], Awaitable[T]], clock: ports.Clock, *, ttl_s: float) -> None:
        self.value: T | None = None
        self.failure: errors.ServiceError | None = None
        self._fetch = fetch
        self._clock = clock
        self._ttl = dt.timedelta(seconds=ttl_s)
        self._at: dt.datetime | None = None
        self._rests_until: dt.datetime | None = None
        self._flight: asyncio.Task[None] | None = None

    def older_than(self, age: dt.timedelta) -> bool:
        """Tell whether there is no value, or one of more than this age."""
        return self._at is None or self._clock.now() - self._at > age

    @property
    def stale(self) -> bool:
        """Tell whether the value is due for another look."""
        return self.older_than(self._ttl)

    async def get(self) -> T:
        """Return a value within its time, or a new one, or the old one while the service is away."""
        if self.stale:
            await self._land()
        if self.value is not None and (self.failure is None or self.failure.retryable):
            return self.value
        return self._result()

    async def fetch(self, *, max_age_s: float = 0.0) -> T:
        """Return a value of at most this age, or raise what went wrong."""
        if self.failure is not None or self.older_than(dt.timedelta(seconds=max_age_s)):
            await self._land()
        return self._result()

    def refresh(self) -> asyncio.Task[None] | None:
        """Start or join a request; None while resting after a failure. It raises nothing when awaited."""
        if self._flight is None or self._flight.done():
            if self._rests_until and self._clock.now() < self._rests_until:
                return None
            self._flight = asyncio.create_task(self._fly())
        return self._flight

    async def aclose(self) -> None:
        """Cancel what is under way and see it end."""
        if self._flight:
            self._flight.cancel()
            await asyncio.wait([self._flight])

    async def _land(self) -> None:
        flight = self.refresh()
        if flight:
            await asyncio.shield(flight)  # whoever stops waiting does not stop it for the others

    async def _fly(self) -> None:
        try:
            self.value, self.failure = await self._fetch(), None
            self._at, self._rests_until = self._clock.now(), None
        except errors.ServiceError as error:
            wished_s = getattr(error, "retry_after_s", None) or REST_S
            self.failure = error
            self._rests_until = self._clock.now() + dt.timedelta(seconds=wished_s)

    def _result(self) -> T:
        if self.failure is not None:
            raise self.failure.with_traceback(None)
        if self.value is None:
            raise errors.Temporary("The bot is shutting down.", service="registry-bot")
        return self.value
