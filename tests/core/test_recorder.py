"""The one way to write: sealed, repeated after a lost race, honest about every outcome."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from bot import audit, errors, life, machine, metrics, model, ports, recorder
from bot import store as stores
from bot.store import connection, keys
from tests import builders, fakes

TRAIL = audit.Trail(b"k" * 32)


@pytest.fixture
def record(store: stores.RedisStore) -> recorder.Recorder:
    """Return a recorder over a real store."""
    return recorder.Recorder(store, TRAIL, fakes.FakeClock())


def to(event: machine.Event, *, not_after: dt.datetime | None = None) -> recorder.Propose:
    """Return a proposal that moves a request."""

    def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
        after = machine.advance(snapshot.request, event, at=builders.now())
        return recorder.Proposal(after, audit.Event.STARTED, not_after=not_after)

    return propose


async def pending(record: recorder.Recorder) -> model.Request:
    """Return a request that was kept."""
    request = builders.a_request()
    await record.create(request, op=request.id)
    return request


async def test_an_unknown_request_is_refused(record: recorder.Recorder) -> None:
    """Nothing to write on."""
    with pytest.raises(errors.Refused, match="not known"):
        await record.apply(model.new_id(), to(machine.Event.APPROVE), op="x")


async def test_past_the_deadline_is_refused_by_the_server(record: recorder.Recorder) -> None:
    """The deadline is checked in the script too, by the server's clock."""
    request = await pending(record)
    past = builders.now() - dt.timedelta(seconds=5)

    with pytest.raises(errors.Refused, match="deadline"):
        await record.apply(request.id, to(machine.Event.APPROVE, not_after=past), op="x")


async def test_an_old_fence_is_a_lost_lease(record: recorder.Recorder) -> None:
    """A worker that was overtaken writes nothing."""
    request = await pending(record)

    with pytest.raises(errors.LeaseLost):
        await record.apply(request.id, to(machine.Event.APPROVE), op="x", fence=99)


async def test_the_same_operation_is_written_once(
    record: recorder.Recorder, store: stores.RedisStore
) -> None:
    """A repeated write under one token has one effect."""
    request = await pending(record)

    await record.apply(request.id, to(machine.Event.APPROVE), op="x")
    with pytest.raises(errors.Refused):
        await record.apply(request.id, to(machine.Event.APPROVE), op="x")

    assert len(await store.trail(request.id)) == 2


async def test_a_chain_that_holds_is_returned(record: recorder.Recorder) -> None:
    """The saga reads the decisions from the verified chain."""
    request = await pending(record)

    entries = await record.verified(request.id)

    assert [entry.event for entry in entries] == [audit.Event.SUBMITTED]


async def test_a_chain_of_another_key_is_refused(record: recorder.Recorder, store: stores.RedisStore) -> None:
    """Who wrote it did not have our key."""
    request = await pending(record)
    other = recorder.Recorder(store, audit.Trail(b"x" * 32), fakes.FakeClock())

    with pytest.raises(errors.Refused, match="audit trail"):
        await other.verified(request.id)


async def test_writers_between_processes_repeat(store: stores.RedisStore, record: recorder.Recorder) -> None:
    """Two recorders (two replicas) collide on the chain's head, load again, and both get through."""
    request = await pending(record)
    other = recorder.Recorder(store, TRAIL, fakes.FakeClock())
    refusal = errors.Refused(errors.Reason.NOT_APPROVER, "no")

    await asyncio.gather(
        *(
            one.refuse(request.id, builders.CLEO, refusal, action="approve", op=f"{number}{id(one)}")
            for number in range(3)
            for one in (record, other)
        )
    )

    entries = await store.trail(request.id)
    assert TRAIL.broken_at(entries) is None
    assert len(entries) == 7


class Reading:
    """A store that counts what is read of requests."""

    def __init__(self, store: ports.Store) -> None:
        self._store = store
        self.loads = 0

    async def load(self, request_id: str) -> ports.Snapshot | None:
        """Load as usual."""
        self.loads += 1
        return await self._store.load(request_id)

    async def commit(self, change: ports.Change) -> ports.Written:
        """Commit as usual."""
        return await self._store.commit(change)


@pytest.mark.parametrize(("overtaken", "loads"), [(False, 0), (True, 1)])
async def test_what_was_just_read_is_read_again_only_if_it_is_old(
    store: stores.RedisStore, record: recorder.Recorder, *, overtaken: bool, loads: int
) -> None:
    """A write on an old snapshot is turned away, and made once more on the newest one."""
    request = await pending(record)
    seen = await store.load(request.id)
    if overtaken:
        await record.apply(request.id, to(machine.Event.VOTE), op="faster")
    reading: Any = Reading(store)
    slower = recorder.Recorder(reading, TRAIL, fakes.FakeClock())

    after = await slower.apply(request.id, to(machine.Event.APPROVE), op="x", seen=seen)

    assert (after.state, after.version) == (model.State.APPROVED, 3 if overtaken else 2)
    assert reading.loads == loads
    assert TRAIL.broken_at(await store.trail(request.id)) is None


async def test_who_had_to_queue_up_reads_anew(store: stores.RedisStore, record: recorder.Recorder) -> None:
    """Of two on one snapshot the second is not even sent before it is put right."""
    request = await pending(record)
    seen = await store.load(request.id)
    reading: Any = Reading(store)
    both = recorder.Recorder(reading, TRAIL, fakes.FakeClock())

    await asyncio.gather(
        *(both.apply(request.id, to(machine.Event.VOTE), op=str(number), seen=seen) for number in range(2))
    )

    assert reading.loads == 1
    assert len(await store.trail(request.id)) == 3


class Colliding:
    """A store in which somebody is always faster."""

    def __init__(self, store: ports.Store) -> None:
        self._store = store

    async def load(self, request_id: str) -> ports.Snapshot | None:
        """Load as usual."""
        return await self._store.load(request_id)

    async def commit(self, _: ports.Change) -> ports.Written:
        """Lose."""
        return ports.Written(ports.Outcome.CONFLICT)


async def test_endless_collisions_end_in_words(store: stores.RedisStore, record: recorder.Recorder) -> None:
    """After some tries the person is asked to try again."""
    request = await pending(record)
    colliding: Any = Colliding(store)
    unlucky = recorder.Recorder(colliding, TRAIL, fakes.FakeClock())

    with pytest.raises(errors.NotAccepted, match="try again"):
        await unlucky.apply(request.id, to(machine.Event.APPROVE), op="x")


def test_metrics_count_events_and_time_the_work() -> None:
    """Events by name, and seconds from the deciding approval to the end, without ids or names."""
    measured = metrics.Metrics()
    request = builders.a_request(state=model.State.DONE)
    later = request.decisions[-1].at + dt.timedelta(seconds=7)
    done = audit.draft(audit.Event.DONE, request=request.id, actor=None, at=later)
    refused = audit.draft(audit.Event.REFUSED, request=None, actor=builders.BEN, at=later)

    for entry, about in [
        (done, request),
        (refused, None),
        (done, request.model_copy(update={"decisions": ()})),
    ]:
        measured.written(entry, about)

    page = measured.page().decode()
    assert 'registry_bot_events_total{event="request:work:done"} 2.0' in page
    assert 'registry_bot_provisioning_seconds_sum{state="done"} 7.0' in page
    assert request.id not in page


async def issued(record: recorder.Recorder) -> model.Request:
    """Return a request that is done and made a credential."""
    request = await pending(record)
    for event in (machine.Event.APPROVE, machine.Event.START):
        await record.apply(request.id, to(event), op=event)
    made = builders.a_credential(request)

    def done(snapshot: ports.Snapshot) -> recorder.Proposal:
        after = machine.advance(snapshot.request, machine.Event.FINISH, at=builders.now())
        return recorder.Proposal(after, audit.Event.DONE, credential=made)

    return await record.apply(request.id, done, op="done")


async def followed(record: recorder.Recorder, request: model.Request) -> model.Credential:
    """Write a credential anew, as its messages tell then; return what it was before."""
    before = await record.credential(request.id)
    after = before.model_copy(update={"version": 2, "state": model.CredentialState.REVOKED})

    def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
        told = life.told(after, snapshot.request)
        moved = machine.advance(snapshot.request, machine.Event.FOLLOW, at=builders.now(), life=told)
        return recorder.Proposal(moved, audit.Event.FOLLOWED, credential=after)

    await record.apply(request.id, propose, op="followed")
    return before


@pytest.mark.parametrize("hidden", [False, True])
async def test_an_older_credential_put_back_is_refused(
    record: recorder.Recorder, raw: connection.Client, prefix: str, *, hidden: bool
) -> None:
    """It is genuine; but the request that made it knows better, and its record cannot be changed either."""
    names = keys.Keys(prefix)
    request = await issued(record)
    before = await followed(record, request)
    revoked = await record.credential(request.id)
    await raw.execute_command("SET", names.credential(request.id), before.model_dump_json())
    if hidden:
        forgetful = request.model_copy(update={"version": 5, "life": None}).model_dump_json()
        await raw.execute_command("HSET", names.request(request.id), "record", forgetful)

    with pytest.raises(errors.Refused) as refused:
        await record.credential(request.id)

    assert refused.value.reason is errors.Reason.CHANGED
    assert await record.newest(before) is False
    assert revoked.version == 2


@pytest.mark.parametrize("what", ["request", "trail"])
async def test_a_credential_without_its_request_is_refused(
    record: recorder.Recorder, raw: connection.Client, prefix: str, what: str
) -> None:
    """Nothing tells whether it is the newest; a request is kept as long as its credential."""
    request = await issued(record)
    await raw.execute_command("DEL", getattr(keys.Keys(prefix), what)(request.id))

    with pytest.raises(errors.Refused) as refused:
        await record.credential(request.id)

    assert refused.value.reason is errors.Reason.CHANGED


async def test_a_credential_that_is_gone_since_is_no_forgery(
    record: recorder.Recorder, raw: connection.Client, prefix: str
) -> None:
    """Nor is one that was written anew since it was read."""
    request = await issued(record)
    before = await followed(record, request)
    written = await record.newest(before)

    await raw.execute_command("DEL", keys.Keys(prefix).credential(request.id))

    assert (written, await record.newest(before)) == (True, True)
