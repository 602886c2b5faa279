"""Claiming, keeping, settling and handing over: what the worker promises whoever does the work."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
import structlog

from bot import clock, errors, lease, model, ports, recorder, worker
from bot import store as stores
from bot.sandbox import valkey
from tests import builders, fakes
from tests.engine import parts
from tests.waiting import wait_until

LEASE_S, RENEW_S = 1.0, 0.25
PATIENT_S = 30.0  # longer than any test: what happens sooner did not wait for it
Attended = Callable[[lease.Lease], Awaitable[None]]


@pytest.fixture
def store_clock() -> clock.SystemClock:
    """Return real time: leases run on it."""
    return clock.SystemClock()


@dataclass
class Shop:
    """A store with requests in it, and workers that all do the same with them."""

    real: ports.Store
    act: Attended | None = None
    begun: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    fences: list[int] = field(default_factory=list)
    active: Counter[str] = field(default_factory=Counter)
    overlaps: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)  # until it is set, work takes for ever
    journal: fakes.Journal = field(default_factory=fakes.Journal)

    def __post_init__(self) -> None:
        self.frail = parts.FrailStore(self.real, self.journal)
        self.store = cast("ports.Store", self.frail)

    def fail(self, call: str) -> None:
        """Let the store be away for one call."""
        self.journal.faults.append(fakes.Fault(call, errors.NotAccepted("The store is away.")))

    async def attend(self, held: lease.Lease) -> lease.Settlement:
        """Work on a request until the gate opens; nothing more is due then."""
        self.begun.append(held.request_id)
        self.fences.append(held.fence)
        self.active[held.request_id] += 1
        self.overlaps += self.active[held.request_id] > 1
        try:
            await (self.act(held) if self.act else self.gate.wait())
            self.ended.append(held.request_id)
        finally:
            self.active[held.request_id] -= 1
        return lease.Settlement(builders.now() + dt.timedelta(hours=1), seen=1)

    def worker(self, **settings: Any) -> worker.Worker:
        """Return a worker that would wait long wherever a test does not say otherwise."""
        patient = {"lease_s": LEASE_S, "renew_s": RENEW_S, "poll_s": PATIENT_S, "drain_s": PATIENT_S}
        return worker.Worker(self.store, self.attend, clock.SystemClock(), "tests", **(patient | settings))

    async def keep(self, number: int = 0) -> model.Request:
        """Put a pending request into the store, due at once."""
        spec = builders.a_spec(name=f"acr-{number}", login_server=f"acme{number}.azurecr.io")
        request = builders.a_request(spec=spec)
        record = recorder.Recorder(self.store, parts.TRAIL, clock.SystemClock())
        written = await record.create(request, op=request.id)
        assert written.outcome is ports.Outcome.OK
        return request

    async def taken_over(self, held: lease.Lease) -> int:
        """Give a lease away behind its holder's back; return the new fence."""
        await self.store.settle(held.request_id, fence=held.fence, seen=0, due=builders.now())
        claims = await self.store.claim("somebody else", lease_s=60, limit=1)
        return claims.taken[0].fence


@pytest.fixture
def shop(store: ports.Store) -> Shop:
    """Return a shop on the real store."""
    return Shop(store)


@contextlib.asynccontextmanager
async def running(*workers: worker.Worker) -> AsyncIterator[None]:
    """Run workers, and drain them in the end."""
    async with asyncio.TaskGroup() as group:
        for one in workers:
            group.create_task(one.run())
        yield
        for one in workers:
            one.stop()


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


async def test_long_work_keeps_its_lease(shop: Shop) -> None:
    """Work that takes several leases is renewed, so nobody else gets the request."""
    await shop.keep()
    loop = asyncio.get_running_loop()

    async with running(shop.worker(), shop.worker(poll_s=0.05)):
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
        await shop.store.settle(request.id, fence=claimed.fence, seen=1, due=due, reset=False)

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
    hands = frail_shop.worker(drain_s=0.1)

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

    async with running(shop.worker(poll_s=0.05)):
        await wait_until(lambda: shop.ended, "the request was attended again")

    assert tries == [1, 2]


async def test_a_settlement_that_is_not_taken_is_left_to_the_lease(shop: Shop) -> None:
    """A store that goes away before the settlement costs one lease, not the request."""
    shop.gate.set()
    await shop.keep()
    shop.fail("settle")

    async with running(shop.worker(poll_s=0.05)):
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
