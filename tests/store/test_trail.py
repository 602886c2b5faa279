"""The audit trail: one chain for each request, one for the deployment, and a number for every entry."""

from __future__ import annotations

import json

import pytest

from bot import audit, machine, model, ports, recorder
from bot import store as stores
from bot.clock import SystemClock
from bot.ports import Outcome
from bot.store import connection, keys
from tests.store import parts

Event = machine.Event


async def test_each_change_adds_an_entry_to_an_unbroken_chain(desk: parts.Desk) -> None:
    """The trail reads back oldest first, and its last MAC is the head."""
    request = await desk.submit()
    await desk.move(request.id, Event.APPROVE, Event.START)

    entries = await desk.store.trail(request.id)

    assert [entry.after for entry in entries] == [
        model.State.PENDING,
        model.State.APPROVED,
        model.State.RUNNING,
    ]
    assert parts.TRAIL.broken_at(entries) is None
    assert entries[-1].mac == (await desk.read(request.id)).head


async def test_a_note_continues_the_chain_and_changes_nothing_else(desk: parts.Desk) -> None:
    """A refusal moves the head alone; it makes nothing due."""
    request = await desk.submit()
    await desk.give_back(await desk.take())
    head = (await desk.read(request.id)).head
    entry = parts.note(request.id, head)

    outcome = await desk.store.note(entry, head=head, op="click")

    assert outcome is Outcome.OK
    assert ((await desk.read(request.id)).request, (await desk.read(request.id)).head) == (request, entry.mac)
    assert (await desk.store.claim("worker", lease_s=15, limit=9)).taken == ()


async def test_a_note_is_written_once_for_a_token(desk: parts.Desk) -> None:
    """Its repeat is OK, though the head has moved on."""
    request = await desk.submit()
    head = (await desk.read(request.id)).head
    entry = parts.note(request.id, head)

    outcomes = [await desk.store.note(entry, head=head, op="click") for _ in range(2)]

    assert outcomes == [Outcome.OK, Outcome.OK]
    assert len(await desk.store.trail(request.id)) == 2


async def test_a_note_on_an_old_head_is_a_conflict(desk: parts.Desk) -> None:
    """Two writers of one chain cannot both be next."""
    request = await desk.submit()
    head = (await desk.read(request.id)).head
    await desk.move(request.id, Event.VOTE)

    assert await desk.store.note(parts.note(request.id, head), head=head, op="click") is Outcome.CONFLICT


async def test_a_note_on_nothing_is_missing(store: stores.RedisStore) -> None:
    """It makes no request either."""
    request_id = model.new_id()

    outcome = await store.note(parts.note(request_id, ""), head="", op="click")

    assert outcome is Outcome.MISSING
    assert await store.trail(request_id) == ()


async def test_entries_of_no_request_have_a_chain_of_their_own(store: stores.RedisStore) -> None:
    """Its head starts empty, moves with each entry, and is guarded like any other."""
    first = parts.note(None, "")
    before = await store.deployment_head()

    outcomes = [await store.note(first, head="", op="one"), await store.note(first, head="", op="two")]

    assert outcomes == [Outcome.OK, Outcome.CONFLICT]
    assert (before, await store.deployment_head()) == ("", first.mac)


async def test_every_entry_is_in_the_stream_with_the_next_number(
    desk: parts.Desk, raw: connection.Client, prefix: str
) -> None:
    """Numbers have no gap, times are the server's, and a write that was refused left nothing."""
    request = await desk.submit()
    await desk.move(request.id, Event.APPROVE)
    await desk.store.commit(parts.new(request))
    await desk.store.note(parts.note(None, ""), head="", op="outside")

    stream = await raw.execute_command("XRANGE", keys.Keys(prefix).audit, "-", "+")

    assert [fields["seq"] for _, fields in stream] == ["1", "2", "3"]
    assert [json.loads(fields["entry"])["event"] for _, fields in stream] == [
        audit.Event.SUBMITTED,
        audit.Event.APPROVED,
        audit.Event.REFUSED,
    ]
    written = [int(stream_id.split("-")[0]) for stream_id, _ in stream]
    assert [int(fields["at"]) for _, fields in stream] == pytest.approx(written, abs=1000)


async def test_what_the_recorder_wrote_it_can_verify(store: stores.RedisStore) -> None:
    """Create, decide, refuse: the recorder's own check of the chain passes over this store."""
    record = recorder.Recorder(store, parts.TRAIL, SystemClock())
    request = parts.a_request()
    await record.create(request, op="submit")
    await record.apply(request.id, _approve, op="approve")

    entries = await record.verified(request.id)

    assert [entry.event for entry in entries] == [audit.Event.SUBMITTED, audit.Event.APPROVED]


def _approve(snapshot: ports.Snapshot) -> recorder.Proposal:
    after = machine.advance(snapshot.request, Event.APPROVE, at=parts.now())
    return recorder.Proposal(after, audit.Event.APPROVED, parts.BEN)
