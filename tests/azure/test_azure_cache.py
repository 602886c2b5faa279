"""One value from afar: asked for once at a time, kept, and kept longer while the service is away."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator

import pytest

from bot import errors
from bot.clients import azure_cache
from tests import fakes
from tests.waiting import wait_until


class Source:
    """Counts how often it is asked; answers the count, or the failure that is set."""

    def __init__(self) -> None:
        self.asked = 0
        self.failure: errors.ServiceError | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self) -> int:
        """Answer once the door is open."""
        self.asked += 1
        await self.open.wait()
        if self.failure:
            raise self.failure
        return self.asked


@contextlib.asynccontextmanager
async def cached(source: Source, time: fakes.FakeClock) -> AsyncIterator[azure_cache.Cached[int]]:
    """Hold a source's value for five minutes."""
    held = azure_cache.Cached(source, time, ttl_s=300)
    yield held
    await held.aclose()


AWAY = errors.Temporary("away", service="somebody")
NEVER = errors.Forbidden("never", service="somebody")


async def test_many_who_ask_at_once_share_one_request(time: fakes.FakeClock) -> None:
    """Twenty keystrokes on a cold cache are one request."""
    source = Source()

    async with cached(source, time) as held:
        values = await asyncio.gather(*(held.get() for _ in range(20)))

    assert (set(values), source.asked) == ({1}, 1)


async def test_whoever_stops_waiting_stops_nobody_else(time: fakes.FakeClock) -> None:
    """A request goes on for the others when one of those who wait gives up."""
    source = Source()
    source.open.clear()

    async with cached(source, time) as held:
        patient = asyncio.ensure_future(held.get())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await held.get()
        source.open.set()

        assert await patient == 1


async def test_a_value_is_renewed_after_its_time(time: fakes.FakeClock) -> None:
    """Five minutes later it is asked for again, not before."""
    source = Source()

    async with cached(source, time) as held:
        first, second = await held.get(), await held.get()
        time.shift += dt.timedelta(seconds=301)
        third = await held.get()

    assert (first, second, third) == (1, 1, 2)


@pytest.mark.parametrize(("failure", "serves"), [(AWAY, True), (NEVER, False)])
async def test_an_old_value_outlives_short_failures_only(
    time: fakes.FakeClock, failure: errors.ServiceError, *, serves: bool
) -> None:
    """While the service is away the old value serves; once it says never, it does not."""
    source = Source()

    async with cached(source, time) as held:
        await held.get()
        source.failure = failure
        time.shift += dt.timedelta(seconds=301)
        outcome = (await asyncio.gather(held.get(), return_exceptions=True))[0]

    assert outcome == (1 if serves else failure)


async def test_after_a_failure_there_is_a_rest(time: fakes.FakeClock) -> None:
    """A service that just failed is not asked at every keystroke, and asked again after the rest."""
    source = Source()
    source.failure = errors.Throttled("slow down", service="somebody", retry_after_s=30)

    async with cached(source, time) as held:
        for _ in range(3):
            with pytest.raises(errors.Throttled):
                await held.get()
        asked, source.failure = source.asked, None
        time.shift += dt.timedelta(seconds=31)

        assert (asked, await held.get()) == (1, 2)


async def test_a_fresh_value_is_asked_for(time: fakes.FakeClock) -> None:
    """Whoever needs the present gets no value older than asked for, and no old one for a failure."""
    source = Source()

    async with cached(source, time) as held:
        values = [await held.get(), await held.fetch(max_age_s=10), await held.fetch()]
        source.failure = AWAY
        with pytest.raises(errors.Temporary):
            await held.fetch()

    assert values == [1, 1, 2]


async def test_closing_ends_what_is_under_way(time: fakes.FakeClock) -> None:
    """No request outlives its client, and whoever still waits is told."""
    source = Source()
    source.open.clear()

    async with cached(source, time) as held:
        waiting = asyncio.ensure_future(held.get())
        await wait_until(lambda: source.asked == 1, "the request is under way")

    with pytest.raises(asyncio.CancelledError):
        await waiting
