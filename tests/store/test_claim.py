"""Work: who may do it, for how long, and when there is more."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from bot import machine
from bot import store as stores
from bot.clock import SystemClock
from bot.ports import Claims, Outcome
from bot.store import codec, connection, keys
from tests.store import parts

Event = machine.Event
HOUR = dt.timedelta(hours=1)


async def test_nothing_due_is_nothing_taken(store: stores.RedisStore) -> None:
    """An empty store knows of no next time either."""
    assert await store.claim("worker", lease_s=15, limit=9) == Claims((), None)


def test_no_time_comes_early() -> None:
    """The server counts milliseconds; a moment between two of them is the later one."""
    moment = dt.datetime(2026, 11, 23, 12, 0, 0, 1, tzinfo=dt.UTC)

    assert codec.milliseconds(moment) == codec.milliseconds(moment.replace(microsecond=0)) + 1


async def test_a_new_request_is_due_at_once(desk: parts.Desk) -> None:
    """Its copies are yet to be posted."""
    request = await desk.submit()

    claimed = await desk.take()

    assert (claimed.request_id, claimed.fence, claimed.attempts) == (request.id, 1, 1)


async def test_what_somebody_holds_is_not_given_to_another(desk: parts.Desk) -> None:
    """Until the lease ends; the answer says when that is."""
    await desk.submit()
    await desk.take()

    claims = await desk.store.claim("another", lease_s=15, limit=9)

    assert claims.taken == ()
    assert claims.next_in_s == pytest.approx(parts.LEASE_S, abs=1)


async def test_a_worker_gets_no_more_than_it_asked_for(desk: parts.Desk) -> None:
    """And is told that there is more at once."""
    for request in parts.requests(3):
        await desk.submit(request)

    claims = await desk.store.claim("worker", lease_s=15, limit=2)

    assert len(claims.taken) == 2
    assert claims.next_in_s == 0


async def test_the_longest_waiting_come_first(desk: parts.Desk, store_clock: SystemClock) -> None:
    """Due times are kept in order."""
    requests = parts.requests(3)
    for request in requests:
        await desk.submit(request)
        store_clock.shift += dt.timedelta(seconds=1)

    taken = (await desk.store.claim("worker", lease_s=15, limit=2)).taken

    assert [claimed.request_id for claimed in taken] == [request.id for request in requests[:2]]


async def test_a_lapsed_lease_is_taken_over_under_the_next_fence(desk: parts.Desk) -> None:
    """The worker died, and its try counts."""
    request = await desk.submit()
    await desk.take(parts.SHORT_S)
    await desk.lapsed()

    claimed = await desk.take()

    assert (claimed.request_id, claimed.fence, claimed.attempts) == (request.id, 2, 2)


async def test_a_lease_that_is_renewed_does_not_lapse(desk: parts.Desk) -> None:
    """Its end moves on with each renewal."""
    request = await desk.submit()
    claimed = await desk.take(parts.SHORT_S)

    kept = await desk.store.renew(request.id, fence=claimed.fence, lease_s=15)

    assert kept
    assert (await desk.store.claim("another", lease_s=15, limit=9)).next_in_s == pytest.approx(15, abs=1)


class TestOldFence:
    """Who was taken over, or gave back, may do nothing more."""

    @pytest.fixture
    async def old(self, desk: parts.Desk) -> tuple[str, int]:
        """Return a request and a fence that another worker has moved past."""
        request = await desk.submit()
        claimed = await desk.take(parts.SHORT_S)
        await desk.lapsed()
        await desk.take()
        return request.id, claimed.fence

    async def test_it_may_not_renew(self, desk: parts.Desk, old: tuple[str, int]) -> None:
        """A frozen process learns so before its next outside call."""
        assert not await desk.store.renew(old[0], fence=old[1], lease_s=15)

    async def test_it_may_not_write(self, desk: parts.Desk, old: tuple[str, int]) -> None:
        """Neither a change nor a copy."""
        before = await desk.read(old[0])

        outcomes = [
            await desk.move(old[0], Event.APPROVE, fence=old[1]),
            await desk.store.save_copy(old[0], parts.a_copy(), fence=old[1]),
        ]

        assert outcomes == [Outcome.STALE, Outcome.STALE]
        assert await desk.read(old[0]) == before

    async def test_it_may_not_settle(self, desk: parts.Desk, old: tuple[str, int]) -> None:
        """The new holder's lease stays."""
        outcome = await desk.store.settle(old[0], fence=old[1], seen=1, due=None)

        assert outcome is Outcome.STALE
        assert (await desk.store.claim("another", lease_s=15, limit=9)).taken == ()

    async def test_a_fence_given_back_is_old(self, desk: parts.Desk) -> None:
        """After settling there is no lease to write under."""
        request = await desk.submit()
        claimed = await desk.take()
        await desk.give_back(claimed, parts.now() + HOUR)

        assert await desk.move(request.id, Event.APPROVE, fence=claimed.fence) is Outcome.STALE
        assert not await desk.store.renew(request.id, fence=claimed.fence, lease_s=15)

    async def test_a_lapsed_lease_that_nobody_took_still_counts(self, desk: parts.Desk) -> None:
        """No other worker has begun, so the late result is welcome."""
        request = await desk.submit()
        claimed = await desk.take(parts.SHORT_S)
        await desk.lapsed()

        outcome = await desk.move(request.id, Event.APPROVE, fence=claimed.fence)

        assert outcome is Outcome.OK


class TestSettle:
    """Giving back, and when it is due again."""

    async def test_it_is_due_when_the_holder_says(self, desk: parts.Desk, store_clock: SystemClock) -> None:
        """To the second, on the deployment's clock."""
        request = await desk.submit()
        await desk.give_back(await desk.take(), parts.now() + HOUR)
        early = await desk.store.claim("worker", lease_s=15, limit=9)
        store_clock.shift = HOUR + dt.timedelta(seconds=1)

        late = await desk.take()

        assert early.next_in_s == pytest.approx(3600, abs=1)
        assert late.request_id == request.id

    async def test_without_a_time_it_is_never_due(self, desk: parts.Desk, store_clock: SystemClock) -> None:
        """A pending request may simply wait for people."""
        await desk.submit()
        await desk.give_back(await desk.take())
        store_clock.shift = dt.timedelta(days=900)

        assert await desk.store.claim("worker", lease_s=15, limit=9) == Claims((), None)

    async def test_the_tries_start_anew_unless_asked_otherwise(self, desk: parts.Desk) -> None:
        """A retry keeps counting, and so a poisonous request is found out."""
        request = await desk.submit()
        past = parts.now() - HOUR
        first = await desk.take()
        await desk.store.settle(request.id, fence=first.fence, seen=1, due=past, reset=False)
        second = await desk.take()
        await desk.store.settle(request.id, fence=second.fence, seen=1, due=past)

        third = await desk.take()

        assert [claimed.attempts for claimed in (first, second, third)] == [1, 2, 1]
        assert [claimed.fence for claimed in (first, second, third)] == [1, 2, 3]

    async def test_what_is_gone_is_missing_and_not_due_again(
        self, desk: parts.Desk, raw: connection.Client, prefix: str
    ) -> None:
        """A record that somebody deleted leaves no work behind."""
        request = await desk.submit()
        claimed = await desk.take()
        names = keys.Keys(prefix)
        await raw.execute_command("DEL", names.request(request.id), names.trail(request.id))

        outcome = await desk.store.settle(request.id, fence=claimed.fence, seen=1, due=parts.now())

        assert outcome is Outcome.MISSING
        assert await desk.store.claim("worker", lease_s=15, limit=9) == Claims((), None)
        assert await raw.execute_command("HLEN", names.work) == 0


async def test_a_shifted_clock_moves_due_times_and_no_leases(
    desk: parts.Desk, store_clock: SystemClock
) -> None:
    """A sandbox may jump by days without taking a request from its worker."""
    await desk.submit()
    claimed = await desk.take()
    store_clock.shift = dt.timedelta(days=3)

    others = await desk.store.claim("another", lease_s=15, limit=9)

    assert others.taken == ()
    assert await desk.store.renew(claimed.request_id, fence=claimed.fence, lease_s=15)


async def test_each_due_request_goes_to_one_of_many_workers(desk: parts.Desk) -> None:
    """However they race, no request is taken twice and none is left."""
    requests = parts.requests(40)
    for request in requests:
        await desk.submit(request)

    many = await asyncio.gather(*(desk.store.claim(f"w{n}", lease_s=15, limit=3) for n in range(40)))

    taken = [claimed.request_id for claims in many for claimed in claims.taken]
    assert sorted(taken) == sorted(request.id for request in requests)
