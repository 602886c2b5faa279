"""Leases that are lost, stores that go away: when a worker has to stop, and how it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import structlog

from bot import clock, errors, lease, ports
from bot import store as stores
from bot.sandbox import valkey
from tests.engine.shop import LEASE_S, Shop, running
from tests.waiting import wait_until


@pytest.fixture
def store_clock() -> clock.SystemClock:
    """Return real time: leases run on it."""
    return clock.SystemClock()


@pytest.fixture
def shop(store: ports.Store) -> Shop:
    """Return a shop on the real store."""
    return Shop(store)


async def test_long_work_keeps_its_lease(shop: Shop) -> None:
    """Work that takes several leases is renewed, so nobody else gets the request."""
    await shop.keep()
    loop = asyncio.get_running_loop()

    async with running(shop.worker(lease_s=LEASE_S), shop.worker(poll_s=0.05)):
        await wait_until(lambda: shop.begun, "the request is attended")
        began = loop.time()
        await wait_until(lambda: loop.time() > began + 3 * LEASE_S, "three leases have passed")
        shop.gate.set()
        await wait_until(lambda: shop.ended, "the work is done")

    assert (len(shop.begun), len(shop.ended)) == (1, 1)


async def test_a_lost_lease_cancels_the_work(shop: Shop) -> None:
    """Work whose request somebody else took is cancelled, and what it would settle does not count."""
    holders: list[lease.Lease] = []

    async def hold(held: lease.Lease) -> None:
        holders.append(held)
        await shop.gate.wait()

    shop.act = hold
    request = await shop.keep()
    hands = shop.worker()

    with structlog.testing.capture_logs() as logs:
        async with running(hands):
            await wait_until(lambda: holders, "the request is attended")
            fence = await shop.taken_over(holders[0])
            await wait_until(lambda: hands.held == 0, "the work was cancelled")

    assert shop.ended == []
    assert "lease lost" in [line["event"] for line in logs]
    assert await shop.store.renew(request.id, fence=fence, lease_s=1)


async def test_a_stale_settlement_does_not_count(shop: Shop) -> None:
    """Work that ends after its request was taken over settles nothing."""
    fences: list[int] = []

    async def lose(held: lease.Lease) -> None:
        fences.append(await shop.taken_over(held))

    shop.act = lose
    request = await shop.keep()

    async with running(shop.worker()):
        await wait_until(lambda: shop.ended, "the work is done")

    assert await shop.store.renew(request.id, fence=fences[0], lease_s=1)


@pytest.fixture
async def frail() -> AsyncIterator[valkey.Valkey]:
    """Return a server of this test's own, to be stopped at will."""
    async with valkey.Valkey() as server:
        yield server


@pytest.fixture
async def frail_shop(frail: valkey.Valkey) -> AsyncIterator[Shop]:
    """Return a shop on that server."""
    async with stores.open_store(frail.url, prefix="t", clock=clock.SystemClock(), keep_days=1) as opened:
        yield Shop(opened)


async def test_a_store_that_is_away_is_waited_for(frail: valkey.Valkey, frail_shop: Shop) -> None:
    """A worker outlives an outage, says once that it began and once that it is over, and goes on."""
    frail_shop.gate.set()
    await frail_shop.keep()
    hands = frail_shop.worker(poll_s=0.05)

    with structlog.testing.capture_logs() as logs:
        async with running(hands):
            await wait_until(lambda: frail_shop.ended, "the first request was attended")
            frail.kill()
            await wait_until(lambda: hands._outages > 0, "the worker noticed", within_s=45)
            await frail.restart()
            await wait_until(lambda: not hands._outages, "the worker is back", within_s=45)
            request = await frail_shop.keep(2)
            hands.wake(request.id)
            await wait_until(lambda: len(frail_shop.ended) == 2, "the second request was attended")

    said = [line["event"] for line in logs if line["event"].startswith("store ")]
    assert said == ["store away", "store back"]


async def test_work_is_stopped_when_its_lease_cannot_be_kept(frail: valkey.Valkey, frail_shop: Shop) -> None:
    """A process that cannot reach the store for a whole lease does not go on as if it still held it."""
    await frail_shop.keep()
    loop = asyncio.get_running_loop()
    hands = frail_shop.worker(drain_s=0.1, lease_s=LEASE_S)

    async with running(hands):
        await wait_until(lambda: frail_shop.begun, "the request is attended")
        frail.freeze()
        began = loop.time()
        await wait_until(lambda: not frail_shop.active.total(), "the work was cancelled")
        took = loop.time() - began
        frail.thaw()

    assert frail_shop.ended == []
    assert took < LEASE_S + 2


async def test_an_outage_during_work_ends_the_attendance(shop: Shop) -> None:
    """Work that finds the store away is left to its lease, and is claimed again when that is over."""
    tries: list[int] = []

    async def find_it_away(held: lease.Lease) -> None:
        tries.append(held.attempts)
        if len(tries) == 1:
            raise errors.NotAccepted("The store is away.")

    shop.act = find_it_away
    await shop.keep()

    async with running(shop.worker(poll_s=0.05, lease_s=LEASE_S)):
        await wait_until(lambda: shop.ended, "the request was attended again")

    assert tries == [1, 2]


async def test_a_settlement_that_is_not_taken_is_left_to_the_lease(shop: Shop) -> None:
    """A store that goes away before the settlement costs one lease, not the request."""
    shop.gate.set()
    await shop.keep()
    shop.fail("settle")

    async with running(shop.worker(poll_s=0.05, lease_s=LEASE_S)):
        await wait_until(lambda: len(shop.ended) == 2, "the request was attended again")

    assert len(set(shop.fences)) == 2


async def test_a_hand_over_that_fails_is_logged(shop: Shop) -> None:
    """A store that is away at the very end does not keep the process from ending."""
    await shop.keep()
    hands = shop.worker(drain_s=0.05)

    with structlog.testing.capture_logs() as logs:
        async with running(hands):
            await wait_until(lambda: shop.begun, "the request is attended")
            shop.fail("settle")

    assert "request not handed over" in [line["event"] for line in logs]
