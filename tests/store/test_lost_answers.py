"""A retry runs a script twice, so each must be safe to run twice.

redis-py tries again by itself when a connection breaks, and cannot know that the server had already
done what it was told. Without operation tokens a winner would be told that it lost.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import pytest
from redis import asyncio as redis

from bot import audit, clock, errors, machine, ports, recorder
from bot import store as stores
from bot.ports import Outcome
from bot.sandbox import valkey
from bot.store import connection, keys, scripts
from tests.store import parts, proxy

Event = machine.Event


@pytest.fixture
async def lossy(server: valkey.Valkey) -> AsyncIterator[proxy.LossyProxy]:
    """Return a proxy that can lose answers."""
    async with proxy.LossyProxy(server.url) as standing:
        yield standing


@pytest.fixture
async def far(lossy: proxy.LossyProxy, prefix: str) -> AsyncIterator[parts.Desk]:
    """Return a desk at the same store, behind the proxy. Any use of `store` looks at its keys afterwards."""
    async with stores.open_store(lossy.url, prefix=prefix, clock=clock.SystemClock(), keep_days=30) as opened:
        yield parts.Desk(opened)


async def test_the_proxy_does_what_it_is_for(lossy: proxy.LossyProxy, prefix: str) -> None:
    """A control: a plain client tries again by itself, and a counter without a token counts twice."""
    async with redis.Redis(unix_socket_path=lossy.path) as client:
        lossy.lose(1)

        answer = await client.eval("return redis.call('INCR', KEYS[1])", 1, f"{prefix}:count")

        await client.delete(f"{prefix}:count")
    assert (answer, lossy.lost) == (2, 1)


@pytest.mark.parametrize("lost", [1, 3])
async def test_a_winner_is_told_so(
    desk: parts.Desk, far: parts.Desk, lossy: proxy.LossyProxy, lost: int
) -> None:
    """One state change, one audit entry, and OK to who made it."""
    request = await desk.submit()
    change = await desk.next(request.id, Event.APPROVE)
    lossy.lose(lost)

    written = await far.store.commit(change)

    assert (written.outcome, lossy.lost) == (Outcome.OK, lost)
    assert (await desk.read(request.id)).request.version == 2
    assert len(await desk.store.trail(request.id)) == 2


async def test_a_new_request_does_not_find_its_own_claims_taken(
    desk: parts.Desk, far: parts.Desk, lossy: proxy.LossyProxy
) -> None:
    """Nor its own id."""
    request = parts.a_request()
    lossy.lose(1)

    written = await far.store.commit(parts.new(request))

    assert (written, lossy.lost) == (ports.Written(Outcome.OK), 1)
    assert (await desk.read(request.id)).request == request


async def test_a_note_is_not_written_twice(
    desk: parts.Desk, far: parts.Desk, lossy: proxy.LossyProxy
) -> None:
    """Nor is it told that its chain moved on."""
    request = await desk.submit()
    head = (await desk.read(request.id)).head
    lossy.lose(1)

    outcome = await far.store.note(parts.note(request.id, head), head=head, op="click")

    assert (outcome, lossy.lost) == (Outcome.OK, 1)
    assert len(await desk.store.trail(request.id)) == 2


async def test_a_claim_burns_no_try_and_locks_nothing(
    desk: parts.Desk, far: parts.Desk, lossy: proxy.LossyProxy
) -> None:
    """The worker gets the very requests that the lost answer named, with fence and tries as they were."""
    requests = parts.requests(2)
    for request in requests:
        await desk.submit(request)
    lossy.lose(2)

    claims = await far.store.claim("worker", lease_s=15, limit=9)

    assert lossy.lost == 2
    assert {(one.request_id, one.fence, one.attempts) for one in claims.taken} == {
        (request.id, 1, 1) for request in requests
    }


async def test_a_late_retry_of_a_claim_gets_only_what_is_still_its_own(
    desk: parts.Desk, raw: connection.Client, prefix: str
) -> None:
    """What another worker took over meanwhile is gone, and stays the other's."""
    requests = parts.requests(2)
    for request in requests:
        await desk.submit(request)
    names = keys.Keys(prefix)
    calls = scripts.Scripts(raw, names, clock.SystemClock(), keep=dt.timedelta(days=30))
    await calls.claim("slow", lease_s=15, limit=9, token="call")
    await raw.execute_command("ZADD", names.lease, 1, requests[0].id)
    await desk.take()

    again = await calls.claim("slow", lease_s=15, limit=9, token="call")

    assert [claimed.request_id for claimed in again.taken] == [requests[1].id]
    assert not await desk.store.renew(requests[0].id, fence=1, lease_s=15)


async def test_a_settlement_is_not_told_that_it_is_stale(
    desk: parts.Desk, far: parts.Desk, lossy: proxy.LossyProxy
) -> None:
    """Though its own first run gave the lease away."""
    await desk.submit()
    claimed = await desk.take()
    lossy.lose(1)

    outcome = await far.give_back(claimed)

    assert (outcome, lossy.lost) == (Outcome.OK, 1)


async def test_a_renewal_and_a_copy_are_the_same_twice(
    desk: parts.Desk, far: parts.Desk, lossy: proxy.LossyProxy
) -> None:
    """They say how things are, not how they change."""
    request = await desk.submit()
    claimed = await desk.take()
    lossy.lose(2)

    kept = await far.store.renew(request.id, fence=claimed.fence, lease_s=15)
    saved = await far.store.save_copy(request.id, parts.a_copy(), fence=claimed.fence)

    assert (kept, saved, lossy.lost) == (True, Outcome.OK, 2)


async def test_the_first_to_show_a_token_stays_the_first(
    store: stores.RedisStore, far: parts.Desk, lossy: proxy.LossyProxy
) -> None:
    """An acknowledged click is never lost to its own mark; the next one with the token is a repeat."""
    lossy.lose(1)

    first = await far.store.first_time("click", ttl_s=60)

    assert (first, await store.first_time("click", ttl_s=60)) == (True, False)


@pytest.mark.parametrize("make", ["embedded"], indirect=True)  # it takes seconds
async def test_who_gives_up_can_safely_try_again(
    store: stores.RedisStore, far: parts.Desk, lossy: proxy.LossyProxy
) -> None:
    """All answers were lost, the person was told to try again, and does: the same click acts once."""
    record = recorder.Recorder(far.store, parts.TRAIL, clock.SystemClock())
    request = parts.a_request()
    lossy.lose(1000)
    with pytest.raises(errors.NotAccepted, match="try again"):
        await record.create(request, op="click")
    lossy.lose(0)

    written = await record.create(request, op="click")

    assert written.outcome is Outcome.OK
    assert [entry.event for entry in await store.trail(request.id)] == [audit.Event.SUBMITTED]
    assert await store.holder(request.claims[0]) == request.id
