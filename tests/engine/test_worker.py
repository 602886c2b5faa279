"""Claiming, settling and handing over: what the worker promises whoever does the work."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
import structlog

from bot import clock, lease, ports
from tests import builders
from tests.engine.shop import Shop, running
from tests.waiting import wait_until


@pytest.fixture
def store_clock() -> clock.SystemClock:
    """Return real time: leases run on it."""
    return clock.SystemClock()


@pytest.fixture
def shop(store: ports.Store) -> Shop:
    """Return a shop on the real store."""
    return Shop(store)


async def test_what_is_due_is_attended_and_settled(shop: Shop) -> None:
    """A due request is worked on once, and is due again only when the work said so."""
    request = await shop.keep()
    shop.gate.set()

    async with running(shop.worker()):
        await wait_until(lambda: shop.ended, "the request was attended")

    claims = await shop.store.claim("tests", lease_s=1, limit=1)
    assert shop.ended == [request.id]
    assert claims.taken == ()
    assert claims.next_in_s is not None
    assert 3500 < claims.next_in_s <= 3600


async def test_a_wake_starts_work_at_once(shop: Shop) -> None:
    """A worker that would look again in half a minute begins as soon as a handler says so."""
    shop.gate.set()
    hands = shop.worker()

    async with running(hands):
        await wait_until(lambda: hands._look.is_set() is False, "the worker is waiting")
        request = await shop.keep()
        hands.wake(request.id)
        await wait_until(lambda: shop.ended, "the request was attended", within_s=5)

    assert shop.ended == [request.id]


async def test_a_wake_while_claiming_is_not_lost(shop: Shop) -> None:
    """What becomes due after a claim has looked, but before its answer is here, is found by the next one."""
    shop.gate.set()
    shop.frail.slow["claim"] = asyncio.Event()
    hands = shop.worker()

    async with running(hands):
        await wait_until(lambda: "claim" in shop.journal.calls, "a claim is on its way")
        request = await shop.keep()
        hands.wake(request.id)
        shop.frail.slow["claim"].set()
        await wait_until(lambda: shop.ended, "the request was attended", within_s=5)

    assert shop.ended == [request.id]


async def test_another_replicas_work_is_found_by_looking(shop: Shop) -> None:
    """Without a wake, a request is found within the time between two looks."""
    shop.gate.set()

    async with running(shop.worker(poll_s=0.05)):
        await wait_until(lambda: True, "the worker has begun")
        await shop.keep()
        await wait_until(lambda: shop.ended, "the request was attended", within_s=5)

    assert len(shop.ended) == 1


async def test_what_comes_due_is_claimed_in_time(shop: Shop) -> None:
    """The worker sleeps exactly until the next request is due, not until its next look."""
    due = builders.now() + dt.timedelta(seconds=0.5)
    request = await shop.keep()
    claims = await shop.store.claim("tests", lease_s=1, limit=1)
    await shop.store.settle(request.id, fence=claims.taken[0].fence, seen=1, due=due)
    shop.gate.set()

    async with running(shop.worker()):
        await wait_until(lambda: shop.begun, "the request was attended", within_s=10)
        late = builders.now() - due

    assert dt.timedelta() <= late < dt.timedelta(seconds=5)


async def test_a_decision_reaches_the_attendance_that_is_at_it(shop: Shop) -> None:
    """A wake for a request that is being attended is told to that attendance."""
    heard: list[str] = []

    async def wait_for_news(held: lease.Lease) -> None:
        await held.woken.wait()
        heard.append(held.request_id)

    shop.act = wait_for_news
    request = await shop.keep()
    hands = shop.worker()

    async with running(hands):
        await wait_until(lambda: shop.begun, "the request is attended")
        hands.wake("somebody else's")
        hands.wake(request.id)
        await wait_until(lambda: shop.ended, "the attendance heard of it", within_s=5)

    assert heard == [request.id]


async def test_an_unexpected_error_is_put_off_and_counted(shop: Shop) -> None:
    """A request that fails in a new way is logged, due again later, and the others go on."""

    async def fail(held: lease.Lease) -> None:
        if held.request_id == bad.id:
            raise RuntimeError("a mistake")

    shop.act = fail
    bad, good = await shop.keep(1), await shop.keep(2)
    began = builders.now()

    with structlog.testing.capture_logs() as logs:
        async with running(shop.worker(concurrency=1)):
            await wait_until(lambda: shop.ended == [good.id], "the other request was attended")
            await wait_until(lambda: shop.begun.count(bad.id) == 2, "it was tried again")

    failures = [line for line in logs if line["event"] == "attendance failed"]
    assert [(line["request_id"], line["attempts"]) for line in failures[:2]] == [(bad.id, 1), (bad.id, 2)]
    assert builders.now() - began >= dt.timedelta(seconds=0.5)


async def test_an_unexpected_error_of_a_request_that_is_gone_is_settled(shop: Shop) -> None:
    """A failure about nothing is not tried again."""

    async def fail(held: lease.Lease) -> None:
        shop.frail.forgotten.add(held.request_id)
        raise RuntimeError("a mistake")

    shop.act = fail
    await shop.keep()

    async with running(shop.worker()):
        await wait_until(lambda: "settle" in shop.journal.calls, "the failure was settled")

    assert shop.ended == []


async def test_tries_are_counted_until_they_are_too_many(shop: Shop) -> None:
    """Work that was claimed too often is told so."""
    last: list[bool] = []

    async def note(held: lease.Lease) -> None:
        last.append(held.last_try)

    shop.act = note
    request = await shop.keep()
    for _ in range(2):
        (claimed,) = (await shop.store.claim("tests", lease_s=9, limit=1)).taken
        due = builders.now()
        await shop.store.settle(request.id, fence=claimed.fence, seen=0, due=due, reset=False)

    async with running(shop.worker(max_attempts=3)):
        await wait_until(lambda: last, "the request was attended")

    assert last == [True]


async def test_no_more_is_claimed_than_there_is_room_for(shop: Shop) -> None:
    """A worker holds at most so many requests, and takes the next as soon as one ends."""
    kept = [await shop.keep(number) for number in range(5)]
    hands = shop.worker(concurrency=2)

    async with running(hands):
        await wait_until(lambda: len(shop.begun) == 2, "two requests are attended")
        held = hands.held
        shop.gate.set()
        await wait_until(lambda: len(shop.ended) == 5, "all requests were attended")

    assert held == 2
    assert sorted(shop.ended) == sorted(request.id for request in kept)


async def test_workers_never_attend_to_one_request_at_once(shop: Shop) -> None:
    """Four workers, eager and few leases: each request is worked on by one at a time, and by one in all."""

    async def yield_once(held: lease.Lease) -> None:
        await held.confirm()

    shop.act = yield_once
    kept = [await shop.keep(number) for number in range(60)]

    async with running(*(shop.worker(poll_s=0.01, concurrency=8) for _ in range(4))):
        await wait_until(lambda: len(shop.ended) >= 60, "all requests were attended", within_s=30)

    assert shop.overlaps == 0
    assert sorted(shop.ended) == sorted(request.id for request in kept)


async def test_a_drain_lets_work_end(shop: Shop) -> None:
    """A worker that is stopped finishes what it holds, and claims nothing more."""
    await shop.keep(1)
    hands = shop.worker(concurrency=1)
    draining = asyncio.create_task(hands.run())
    await wait_until(lambda: shop.begun, "the request is attended")

    await shop.keep(2)
    hands.stop()
    shop.gate.set()
    await draining

    assert (len(shop.begun), len(shop.ended)) == (1, 1)


async def test_a_drain_hands_over_what_takes_too_long(shop: Shop) -> None:
    """Work that does not end in time is cancelled, and another worker starts it at once."""
    request = await shop.keep()
    hands = shop.worker(drain_s=0.05)
    draining = asyncio.create_task(hands.run())
    await wait_until(lambda: shop.begun, "the request is attended")
    hands.stop()
    await draining

    (claimed,) = (await shop.store.claim("somebody else", lease_s=1, limit=1)).taken

    assert shop.ended == []
    assert (claimed.request_id, claimed.attempts) == (request.id, 2)


async def test_a_cancelled_worker_hands_over_too(shop: Shop) -> None:
    """A process that ends without a drain gives its leases back all the same."""
    request = await shop.keep()
    task = asyncio.create_task(shop.worker().run())
    await wait_until(lambda: shop.begun, "the request is attended")

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    (claimed,) = (await shop.store.claim("somebody else", lease_s=1, limit=1)).taken
    assert claimed.request_id == request.id
