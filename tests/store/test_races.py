"""Many at once, in several processes' worth of recorders: one outcome."""

from __future__ import annotations

import asyncio
import collections
import contextlib
from collections.abc import AsyncIterator

import pytest

from bot import audit, errors, machine, model, ports, recorder
from bot import store as stores
from bot.clock import SystemClock
from bot.ports import Outcome
from bot.sandbox import valkey
from tests import builders
from tests.store import parts

Event = machine.Event
DECISIONS = (Event.APPROVE, Event.DENY)


@pytest.fixture
async def replicas(server: valkey.Valkey, prefix: str) -> AsyncIterator[list[stores.RedisStore]]:
    """Return stores with connections of their own, as four processes would have."""
    clock = SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        opening = (stores.open_store(server.url, prefix=prefix, clock=clock, keep_days=30) for _ in range(4))
        yield [await stack.enter_async_context(one) for one in opening]


async def test_200_decisions_have_one_outcome(desk: parts.Desk, replicas: list[stores.RedisStore]) -> None:
    """One wins, 199 are told that it is decided; one state change, one audit entry for the decision."""
    request = await desk.submit()
    records = [recorder.Recorder(replica, parts.TRAIL, SystemClock()) for replica in replicas]

    answers = await asyncio.gather(
        *(_decide(records[n % 4], request.id, DECISIONS[n % 2], f"click-{n}") for n in range(200)),
        return_exceptions=True,
    )

    winners = [answer for answer in answers if isinstance(answer, model.Request)]
    losers = [answer.reason for answer in answers if isinstance(answer, errors.Refused)]
    snapshot = await desk.read(request.id)
    entries = await records[0].verified(request.id)
    decisions = [entry for entry in entries if entry.event in {audit.Event.APPROVED, audit.Event.DENIED}]
    assert (winners, losers) == ([snapshot.request], [errors.Reason.ALREADY_DECIDED] * 199)
    assert snapshot.request.version == 2
    assert [entry.after for entry in decisions] == [snapshot.request.state]


async def test_200_refused_attempts_leave_200_entries_in_one_chain(
    desk: parts.Desk, replicas: list[stores.RedisStore]
) -> None:
    """None is lost to the race for the chain's head."""
    request = await desk.submit()
    records = [recorder.Recorder(replica, parts.TRAIL, SystemClock()) for replica in replicas]
    refusal = errors.Refused(errors.Reason.NOT_APPROVER, "You may not decide on this.")

    await asyncio.gather(
        *(
            records[n % 4].refuse(request.id, parts.BEN, refusal, action="approve", op=f"click-{n}")
            for n in range(200)
        )
    )

    events = collections.Counter(entry.event for entry in await records[0].verified(request.id))
    assert events == {audit.Event.SUBMITTED: 1, audit.Event.REFUSED: 200}


async def test_a_refused_click_does_not_make_the_trail_look_forged(
    desk: parts.Desk, replicas: list[stores.RedisStore]
) -> None:
    """The check before the first outside write reads twice; an entry added between the two is no forgery."""
    request = await desk.submit()
    records = [recorder.Recorder(replica, parts.TRAIL, SystemClock()) for replica in replicas]
    refusal = errors.Refused(errors.Reason.NOT_APPROVER, "You may not decide on this.")

    clicks = asyncio.gather(
        *(
            records[n % 3].refuse(request.id, parts.BEN, refusal, action="approve", op=f"click-{n}")
            for n in range(60)
        )
    )
    trails = await asyncio.gather(*(records[3].verified(request.id) for _ in range(60)))
    await clicks

    assert all(trail[0].event is audit.Event.SUBMITTED for trail in trails)


async def test_one_of_many_requests_for_the_same_host_is_kept(
    desk: parts.Desk, replicas: list[stores.RedisStore]
) -> None:
    """The others learn who holds it."""
    requests = [parts.a_request(name=f"acr-{n}") for n in range(40)]

    written = await asyncio.gather(
        *(replicas[n % 4].commit(parts.new(request)) for n, request in enumerate(requests))
    )

    (winner,) = (request for request, one in zip(requests, written, strict=True) if one.outcome is Outcome.OK)
    taken = ports.Written(Outcome.TAKEN, claim=winner.claims[0], holder=winner.id)
    assert written.count(taken) == 39
    assert await desk.store.holder(winner.claims[0]) == winner.id


async def test_one_of_many_deliveries_is_the_first(
    store: stores.RedisStore, replicas: list[stores.RedisStore]
) -> None:
    """A token is new to exactly one caller, and forgotten after its time."""
    firsts = await asyncio.gather(*(replicas[n % 4].first_time("delivery", ttl_s=60) for n in range(40)))

    assert sorted(firsts) == [False] * 39 + [True]
    assert not await store.first_time("delivery", ttl_s=60)


async def test_200_calls_wait_for_a_connection_instead_of_failing(desk: parts.Desk) -> None:
    """There are fewer connections than callers; nobody is turned away."""
    requests = parts.requests(200)

    await asyncio.gather(*(desk.submit(request) for request in requests))

    loaded = await asyncio.gather(*(desk.read(request.id) for request in requests))
    assert [snapshot.request for snapshot in loaded] == requests


async def _decide(record: recorder.Recorder, request_id: str, event: Event, op: str) -> model.Request:
    def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
        after = machine.advance(snapshot.request, event, at=parts.now())
        return recorder.Proposal(after, builders.EVENTS[event], parts.BEN)

    return await record.apply(request_id, propose, op=op)
