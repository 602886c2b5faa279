"""What is sealed beside an approval: the terms of the request, an approver's emergency, the record itself."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from bot import audit, errors, machine, model, ports, recorder
from bot.model import Kind, State
from bot.provision import decisions
from tests import builders, fakes
from tests.builders import ANA, BEN
from tests.engine import lives, parts
from tests.engine.intruder import Intruder

POLICY = builders.a_policy()


def revocation(**fields: Any) -> model.Request:
    """Return an approver's own revocation, decided by nobody else."""
    spec = builders.a_spec(kind=Kind.REVOKE, credential=model.new_id(), at_once=fields.pop("at_once", True))
    made = builders.a_request(spec=spec, requester=BEN, emergency=True)
    return made.model_copy(update={"state": State.APPROVED, **fields})


def entries_of(request: model.Request, *, by: model.Principal | None, **said: str) -> list[audit.Entry]:
    """Return its submission and the word that approved it."""
    whole: dict[str, Any] = {"request": request.id, "at": request.created}
    data = {"digest": request.digest, "rule": request.rule, **said}
    event = audit.Event.EMERGENCY if by else audit.Event.AUTOMATIC
    terms = audit.conditions(request)
    return [
        audit.draft(audit.Event.SUBMITTED, actor=request.requester, after=State.PENDING, data=terms, **whole),
        audit.draft(event, actor=by, before=State.PENDING, after=State.APPROVED, data=data, **whole),
    ]


@pytest.mark.parametrize(
    ("fields", "by", "said", "expected"),
    [
        ({}, BEN, {}, None),
        ({}, ANA, {}, "no emergency was ever recorded"),
        ({}, None, {}, "no emergency was ever recorded"),
        ({}, BEN, {"digest": "another"}, "no emergency was ever recorded"),
        ({}, BEN, {"rule": "another"}, "no emergency was ever recorded"),
        ({"at_once": False}, BEN, {}, "nobody may decide on this alone"),
    ],
)
def test_an_emergency_counts_where_it_was_sealed(
    fields: dict[str, Any], by: model.Principal | None, said: dict[str, str], expected: str | None
) -> None:
    """Its requester's own sealed word revokes at once, and does nothing else."""
    request = revocation(**fields)

    assert decisions.doubt(request, entries_of(request, by=by, **said), POLICY) == expected


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.REVOKE])
def test_an_emergency_does_nothing_but_revoke(kind: Kind) -> None:
    """Whatever else claims to be one is doubted, even with the sealed word."""
    spec = builders.a_spec(kind=kind, at_once=True)
    request = builders.a_request(spec=spec, requester=BEN, emergency=True)
    request = request.model_copy(update={"state": State.APPROVED})

    assert decisions.doubt(request, entries_of(request, by=BEN), POLICY) == "nobody may decide on this alone"


@pytest.mark.parametrize("kind", [Kind.ROTATE, Kind.REVOKE, Kind.NARROW])
def test_a_kind_that_needs_no_approval_is_its_rule_s_to_approve(kind: Kind) -> None:
    """The rule's sealed word is enough, and without it there is doubt."""
    spec = builders.a_spec(kind=kind, credential=model.new_id())
    request = builders.a_request(spec=spec, automatic=True).model_copy(update={"state": State.APPROVED})
    entries = entries_of(request, by=None)

    assert decisions.doubt(request, entries, POLICY) is None
    assert decisions.doubt(request, [entries[0], entries[1].model_copy(update={"data": {}})], POLICY)


CHANGES: dict[str, Callable[[model.Request], dict[str, Any]]] = {
    "needed": lambda _: {"needed": 0},
    "deadline": lambda request: {"deadline": request.deadline + dt.timedelta(days=30)},
    "rule": lambda _: {"rule": "another"},
    "rule_version": lambda _: {"rule_version": "0" * 16},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_the_terms_of_a_request_are_sealed_with_it(
    engine: parts.Engine, intruder: Intruder, change: Callable[[model.Request], dict[str, Any]]
) -> None:
    """Who lowers the number needed, or gives more time, before people decide, gains nothing."""
    request = await engine.submitted()
    await intruder.write(request.model_copy(update={"rule": request.rule, **change(request)}))
    decided = (builders.a_decision(request),)

    def approve(snapshot: ports.Snapshot) -> recorder.Proposal:
        after = machine.advance(
            snapshot.request, machine.Event.APPROVE, at=engine.clock.now(), decisions=decided
        )
        return recorder.Proposal(after, audit.Event.APPROVED, BEN, {"digest": request.digest})

    await engine.record.apply(request.id, approve, op="approve")
    engine.journal.calls.clear()

    ended = await engine.drive(request)

    assert (ended.state, engine.outside) == (State.FAILED, [])
    assert "it was submitted on other terms" in (ended.error or "")


async def test_progress_that_somebody_wrote_does_not_count(engine: parts.Engine, intruder: Intruder) -> None:
    """Steps that were never done cannot be claimed to be, nor any other part of the record."""
    request = await engine.approved()
    done = request.progress.model_copy(update={"steps": ("check", "scope_map")})
    await intruder.write(request.model_copy(update={"progress": done}))

    ended = await engine.drive(request)

    assert (ended.state, engine.outside) == (State.FAILED, [])
    assert "its record is not what was written last" in (ended.error or "")


async def test_a_record_of_an_older_version_is_believed(engine: parts.Engine) -> None:
    """What was sealed without fields that came later is still what was written last."""
    request = await engine.approved()
    entries = await engine.record.verified(request.id)
    old = request.model_dump_json(exclude={"life", "emergency"})
    sealed = entries[-1].model_copy(update={"record": hashlib.sha256(old.encode()).hexdigest()})

    read = model.Request.model_validate_json(old)

    assert decisions.doubt(read, [*entries[:-1], sealed], POLICY) is None
    assert decisions.doubt(read.model_copy(update={"error": "x"}), [*entries[:-1], sealed], POLICY)


FORGERIES: dict[str, Callable[[model.Credential], model.Credential]] = {
    "another token": lambda one: one.model_copy(update={"token": "registry-bot-theirs"}),
    "a higher version": lambda one: one.model_copy(update={"version": one.version + 1}),
    "another owner": lambda one: one.model_copy(update={"owner": builders.CLEO}),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
@pytest.mark.parametrize("case", [*lives.CHANGES, lives.REVOKE, lives.AT_ONCE], ids=str)
async def test_a_forged_credential_is_not_touched(
    engine: parts.Engine,
    intruder: Intruder,
    case: lives.Case,
    forge: Callable[[model.Credential], model.Credential],
) -> None:
    """Who writes a credential's record into Redis has its requests refused, aloud, and nothing is done."""
    request = await lives.begun(engine, case)
    credential = await lives.stored(engine, request.about)
    await intruder.write_credential(forge(credential))

    ended = await engine.drive(request)

    assert (ended.state, engine.outside) == (State.FAILED, [])
    assert "its credential's record was changed" in (ended.error or "")
    assert "cannot be trusted" in engine.notifier.alerts[-1]
    assert audit.Event.FORGED in [one.event for one in await engine.healthy.trail(request.id)]


async def test_another_credential_s_record_is_no_credential(engine: parts.Engine, intruder: Intruder) -> None:
    """A record that the bot sealed counts in its own place only."""
    request = await lives.begun(engine, lives.AT_ONCE)
    other = await lives.live(engine, workspace_id=102, name="other")
    request = await engine.now(request)
    await intruder.write_credential(other, at=request.about)
    again = await lives.approved(
        engine, lives.spec_of(lives.REVOKE, other).model_copy(update={"credential": request.about})
    )

    ended = await engine.drive(again)

    assert (ended.state, engine.tower.held[102] != []) == (State.FAILED, True)
    assert "its credential's record was changed" in (ended.error or "")


async def test_a_credential_forged_during_the_work_ends_it(engine: parts.Engine, intruder: Intruder) -> None:
    """The next step finds it out; what somebody else wrote is not sealed anew."""
    request = await lives.begun(engine, lives.ROTATE)
    engine.journal.faults.append(fakes.Fault("keep_only", fakes.Crash()))
    engine.journal.faults.append(fakes.Fault("mint", fakes.Crash()))
    while "mint" not in engine.journal.calls:
        held = await engine.claimed()
        if held:
            await engine.survive(held)
    found = await engine.healthy.credential(request.about)
    assert found is not None
    await intruder.write_credential(found.model_copy(update={"token": "registry-bot-theirs"}))
    before = list(engine.outside)

    ended = await engine.drive(request)

    after = await engine.healthy.credential(request.about)
    assert (ended.state, engine.outside) == (State.FAILED, before)
    assert after is not None
    assert not engine.record.genuine(after)


async def test_a_credential_forged_on_the_way_back_ends_it(engine: parts.Engine, intruder: Intruder) -> None:
    """Nothing is taken back from what somebody else's record names."""
    request = await lives.begun(engine, lives.EXTEND)
    forbidden = errors.Forbidden("You may not.", service="Azure", remedy="Grant the role.")
    engine.journal.faults.append(fakes.Fault("patch_scope_map", forbidden, after=True))
    busy = errors.Temporary("It is away.", service="Azure")
    engine.journal.faults.append(fakes.Fault("scope_map", busy))
    while (await engine.now(request)).progress.undoing is None:
        await engine.once()
    credential = await lives.stored(engine, request.about)
    await intruder.write_credential(credential.model_copy(update={"scope_map": "registry-bot-theirs"}))
    before = list(engine.outside)

    ended = await engine.drive(request)

    assert (ended.state, engine.outside) == (State.FAILED, before)
    assert "its credential's record was changed" in (ended.error or "")
