"""A record says what its trail says, and a trail what the stream says; whatever differs is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bot import audit, machine, model, ports, recorder
from bot.ledger import records
from bot.ledger.findings import What
from tests import builders
from tests.audit.scene import ISSUED, TRAIL, Scene, whole

Record = dict[str, Any]


async def edit(scene: Scene, request: model.Request, change: Callable[[Record], object]) -> None:
    """Change a request's record straight in Redis."""
    key = scene.keys.request(request.id)
    record = json.loads(await scene.raw.execute_command("HGET", key, "record"))
    change(record)
    await scene.raw.execute_command("HSET", key, "record", json.dumps(record, separators=(",", ":")))


async def said(scene: Scene) -> list[tuple[What, str]]:
    """Return what a verification says, without the request's id."""
    report = await scene.verify()
    return [(one.what, one.sentence.partition(": ")[2]) for one in report.findings.said]


async def test_a_forged_approval_on_the_record_is_found(past: Scene) -> None:
    """An approver's decision that nobody sealed, and the state that it would lead to."""
    request = await past.request()
    forged = builders.a_decision(request).model_dump(mode="json")
    await edit(past, request, lambda record: record.update(state="approved", decisions=[forged]))
    await past.raw.execute_command("HSET", past.keys.request(request.id), "state", "approved")

    found = await said(past)

    assert found == [
        (What.RECORD, f"Its record holds a decision (approve) by {builders.BEN.key} that was never sealed."),
        (What.RECORD, "Its record is approved, and its trail says pending."),
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"requester": builders.CLEO.model_dump(mode="json")}, "Its record belongs to another request"),
        ({"digest": "0" * 64}, "Its record asks for something else"),
        ({"policy_version": "2"}, "Its record asks for something else"),
        ({"version": 9}, "Its record is version"),
        ({"deadline": "2099-01-01T00:00:00Z"}, "Its record was changed after version 1"),
        ({"needed": 0}, "Its record was changed after version 1"),
        ({"surprise": 1}, "Its record is none that this version can read"),
    ],
)
async def test_a_rewritten_record_is_found(past: Scene, change: Record, sentence: str) -> None:
    """Whatever field it is, sealed by itself or not."""
    request = await past.request()
    await edit(past, request, lambda record: record.update(change))

    ((what, found), *_) = await said(past)

    assert (what, found[: len(sentence)]) == (What.RECORD, sentence)


async def test_a_request_wound_back_is_found(past: Scene) -> None:
    """To run it once more."""
    request = await past.request(*ISSUED)
    await edit(past, request, lambda record: record.update(state="running"))

    found = await said(past)

    assert (What.RECORD, "Its record is running, and its trail says done.") in found


async def test_a_request_of_which_nobody_heard_is_found(past: Scene) -> None:
    """Planted where the workers look, with a record and no trail."""
    request = builders.a_request(state=model.State.APPROVED)
    record, now = request.model_dump_json(), str(int(request.created.timestamp() * 1000))
    await past.raw.execute_command("HSET", past.keys.request(request.id), "record", record, "head", "x")
    await past.raw.execute_command("ZADD", past.keys.due, now, request.id)

    found = await said(past)

    assert found == [(What.TRAIL, "Its own trail is broken and empty.")]


async def test_a_trail_of_another_request_is_found(past: Scene) -> None:
    """Each of its entries is genuine, but not about this one."""
    one, other = await past.request(machine.Event.APPROVE), await past.request()
    for texts in await past.raw.execute_command("LRANGE", past.keys.trail(one.id), 0, -1):
        await past.raw.execute_command("RPUSH", past.keys.trail(other.id), texts)
    await past.raw.execute_command("LPOP", past.keys.trail(other.id))

    found = await said(past)

    assert found == [(What.TRAIL, "Its own trail is broken at its entry 1.")]


async def test_a_trail_that_was_shortened_is_found(past: Scene) -> None:
    """The record knows the entry that the trail lost."""
    request = await past.request(machine.Event.APPROVE)
    await past.raw.execute_command("RPOP", past.keys.trail(request.id))

    found = await said(past)

    assert found == [(What.TRAIL, "Its record names another newest entry than its trail.")]


async def test_a_request_set_back_as_a_whole_is_found(past: Scene) -> None:
    """Record, trail and head are an older state, each genuine; the stream knows more."""
    request = await past.request()
    key, trail = past.keys.request(request.id), past.keys.trail(request.id)
    before = await past.raw.execute_command("HGETALL", key)
    await past.record.apply(request.id, _approve, op="approve")
    await past.raw.execute_command("HSET", key, *(part for pair in before.items() for part in pair))
    await past.raw.execute_command("RPOP", trail)

    found = await said(past)

    assert found == [(What.TRAIL, "the stream has not the newest entry of its trail.")]


async def test_a_record_that_vanished_is_found(past: Scene) -> None:
    """Unless the request had ended: then it may have been forgotten in time."""
    open_, ended = await past.request(), await past.request(machine.Event.DENY)
    for request in (open_, ended):
        await past.raw.execute_command("DEL", past.keys.request(request.id), past.keys.trail(request.id))

    report = await past.verify()

    assert [one.sentence for one in report.findings.said] == [
        f"Request {open_.id}: its record is gone, though it was pending."
    ]


async def test_a_record_without_seals_is_held_against_its_entries(past: Scene) -> None:
    """An entry from before records were sealed is no reason to complain."""
    request = await past.request()
    entry = TRAIL.seal((await past.store.trail(request.id))[0].model_copy(update={"record": None}), "")
    evidence = (await past.store.log.evidence([request.id]))[request.id]
    old = ports.Evidence(
        request.id, evidence.record, entry.mac, "pending", "1", trail=(entry.model_dump_json(),)
    )

    assert list(records.check(TRAIL, old)) == []


async def test_long_names_are_cut_in_findings(past: Scene) -> None:
    """Somebody may plant a record under a name of any length."""
    evidence = ports.Evidence("x" * 5000, "{}", "", "", "", trail=())

    (finding,) = records.check(TRAIL, evidence)

    assert len(finding.sentence) < 120
    assert whole(await past.verify()) == (True, [])


def _approve(snapshot: ports.Snapshot) -> recorder.Proposal:
    after = machine.advance(snapshot.request, machine.Event.APPROVE, at=builders.now())
    return recorder.Proposal(after, audit.Event.APPROVED, builders.BEN)
