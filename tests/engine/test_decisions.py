"""Nothing is done on a record that does not prove its approval, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot import audit, model
from bot.model import State
from bot.provision import decisions
from tests import builders, fakes
from tests.builders import ANA, BEN, CLEO
from tests.engine import parts
from tests.engine.intruder import Intruder

POLICY = builders.a_policy()


def trail_of(
    request: model.Request, *events: tuple[audit.Event, model.Principal, State]
) -> list[audit.Entry]:
    """Return the entries of a request that was submitted and then decided on."""
    entries, before = [], None
    for event, who, after in [(audit.Event.SUBMITTED, request.requester, State.PENDING), *events]:
        data = {"digest": request.digest}
        at = request.created
        entry = audit.draft(
            event, request=request.id, actor=who, at=at, before=before, after=after, data=data
        )
        entries.append(entry)
        before = after
    return entries


APPROVED = (audit.Event.APPROVED, BEN, State.APPROVED)
STARTED = (audit.Event.STARTED, BEN, State.RUNNING)


def test_a_proper_approval_leaves_no_doubt() -> None:
    """A record that says what its sealed entries say is believed."""
    request = builders.a_request(state=State.APPROVED)

    assert decisions.doubt(request, trail_of(request, APPROVED), POLICY) is None


def test_several_votes_leave_no_doubt() -> None:
    """Two votes of two people are enough where two are needed; a refused attempt between changes nothing."""
    request = builders.a_request(state=State.APPROVED, needed=2)
    votes = (builders.a_decision(request, CLEO), builders.a_decision(request, BEN))
    request = request.model_copy(update={"decisions": votes})
    entries = trail_of(request, (audit.Event.VOTED, CLEO, State.PENDING), APPROVED)
    refused = audit.draft(audit.Event.REFUSED, request=request.id, actor=ANA, at=request.created)

    assert decisions.doubt(request, [*entries[:2], refused, *entries[2:]], POLICY) is None


@pytest.mark.parametrize(
    ("change", "events", "expected"),
    [
        ({}, [], "its state was never recorded"),
        ({"state": State.RUNNING}, [APPROVED], "its state was never recorded"),
        ({"spec": builders.a_spec(name="other")}, [APPROVED], "the request is not what was shown"),
        ({"policy_version": "2"}, [APPROVED], "the request is not what was shown"),
        ({"requester": CLEO}, [APPROVED], "somebody else submitted it"),
        ({"needed": 2}, [APPROVED], "too few people approved it"),
        ({"decisions": ()}, [APPROVED], "too few people approved it"),
        ({}, [(audit.Event.VOTED, BEN, State.APPROVED)], "it was never approved"),
        ({}, [(audit.Event.APPROVED, CLEO, State.APPROVED)], "an approval was never recorded"),
        (
            {},
            [APPROVED, (audit.Event.FORGED, BEN, State.APPROVED)],
            "the record was found to be forged before",
        ),
        ({}, [APPROVED, STARTED, (audit.Event.DONE, BEN, State.DONE)], "its state was never recorded"),
    ],
)
def test_a_record_that_claims_more_than_was_sealed_is_doubted(
    change: dict[str, Any], events: list[tuple[audit.Event, model.Principal, State]], expected: str
) -> None:
    """Each part of a record that its entries do not carry is named."""
    request = builders.a_request(state=State.APPROVED)
    entries = trail_of(request, *events)

    assert decisions.doubt(request.model_copy(update=change), entries, POLICY) == expected


SEALED = {"digest": "", "rule": builders.RULE, "policy": "1"}


@pytest.mark.parametrize(
    ("automatic", "said", "expected"),
    [
        (True, {}, None),
        (True, {"rule": "another"}, "no rule ever approved it"),
        (True, {"digest": "another"}, "no rule ever approved it"),
        (False, {}, "it was never approved"),
    ],
)
def test_only_the_sealed_word_of_its_rule_approves_by_itself(
    said: dict[str, str], expected: str | None, *, automatic: bool
) -> None:
    """The record alone may claim it, and a sealed word about something else is none."""
    request = builders.a_request(state=State.APPROVED).model_copy(
        update={"automatic": automatic, "decisions": ()}
    )
    sealed = audit.draft(
        audit.Event.AUTOMATIC,
        request=request.id,
        actor=None,
        at=request.created,
        before=State.PENDING,
        after=State.APPROVED,
        data={**SEALED, "digest": request.digest, **said},
    )

    assert decisions.doubt(request, [*trail_of(request), sealed], POLICY) == expected


def test_the_requesters_own_approval_is_doubted() -> None:
    """Even a sealed approval does not count when it is the requester's."""
    request = builders.a_request(state=State.APPROVED)
    own = request.model_copy(update={"decisions": (builders.a_decision(request, ANA),)})
    entries = trail_of(own, (audit.Event.APPROVED, ANA, State.APPROVED))

    assert decisions.doubt(own, entries, POLICY) == "the requester approved it"


def test_another_requests_trail_is_doubted() -> None:
    """A chain that holds but speaks of another request proves nothing."""
    request, other = builders.a_request(state=State.APPROVED), builders.a_request(state=State.APPROVED)

    assert (
        decisions.doubt(request, trail_of(other, APPROVED), POLICY) == "the trail belongs to another request"
    )
    assert decisions.doubt(request, [], POLICY) == "the trail belongs to another request"


def test_another_submission_is_doubted() -> None:
    """A digest that fits the record, but was never submitted, is not what people saw."""
    request = builders.a_request(state=State.APPROVED)
    entries = trail_of(builders.a_request(id=request.id, spec=builders.a_spec(name="other")), APPROVED)

    assert decisions.doubt(request, entries, POLICY) == "something else was submitted"


def test_a_broken_line_of_states_is_doubted() -> None:
    """An ended request that was wound back and started again shows a step that cannot be."""
    request = builders.a_request(state=State.RUNNING)
    entries = trail_of(request, APPROVED, STARTED, (audit.Event.DONE, BEN, State.DONE))
    again = audit.draft(
        audit.Event.STARTED,
        request=request.id,
        actor=None,
        at=request.created,
        before=State.APPROVED,
        after=State.RUNNING,
    )

    assert decisions.doubt(request, [*entries, again], POLICY) == "its states do not follow each other"


def approved(request: model.Request, **update: Any) -> model.Request:
    """Return a record that claims Ben's approval."""
    claims = {"state": State.APPROVED, "decisions": (builders.a_decision(request),)}
    return request.model_copy(update=claims | update)


FORGERIES: dict[str, Callable[[model.Request], model.Request]] = {
    "an approval": approved,
    "an approval of a lower number": lambda request: approved(request, needed=0, decisions=()),
    "an approval by its rule": lambda request: approved(request, automatic=True, decisions=()),
    "another requester": lambda request: approved(request, requester=CLEO),
    "work that runs": lambda request: approved(request, state=State.RUNNING),
    "work to take back": lambda request: approved(
        request,
        state=State.RUNNING,
        progress=model.Progress(steps=("check", "scope_map", "token", "deliver"), undoing="It failed."),
    ),
}


async def refused(engine: parts.Engine, request: model.Request) -> model.Request:
    """Let the engine have a request, and make sure that it did nothing outside and said so."""
    ended = await engine.drive(request)
    assert ended.state is State.FAILED
    assert engine.outside == []
    assert "cannot be trusted" in engine.notifier.alerts[0]
    return ended


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_record_written_into_redis_is_refused(
    engine: parts.Engine, intruder: Intruder, forge: Callable[[model.Request], model.Request]
) -> None:
    """A pending request whose record claims an approval fails, untouched, with an alert."""
    request = await engine.submitted()
    engine.journal.calls.clear()
    await intruder.write(forge(request))

    ended = await refused(engine, request)

    assert "Redis" in (ended.remedy or "")


async def test_an_entry_without_the_key_is_refused(engine: parts.Engine, intruder: Intruder) -> None:
    """An approval added to the trail under a made-up key breaks the chain."""
    request = await engine.submitted()
    engine.journal.calls.clear()
    *_, last = trail_of(request, APPROVED)
    sealed = audit.Trail(b"not the key").seal(last, "")
    await intruder.write(approved(request))
    await intruder.replace_trail(request, [*await intruder.entries(request), sealed.model_dump_json()])

    ended = await refused(engine, request)

    assert "its audit trail is broken" in (ended.error or "")


async def test_another_requests_approval_is_refused(engine: parts.Engine, intruder: Intruder) -> None:
    """A true chain copied from an approved request approves nothing else."""
    model_request = await engine.approved()
    await engine.drive(model_request)
    request = await engine.submitted(name="other", workspace_id=102)
    engine.journal.calls.clear()
    await intruder.write(approved(request))
    await intruder.replace_trail(request, (await intruder.entries(model_request))[:2])

    ended = await refused(engine, request)

    assert "the trail belongs to another request" in (ended.error or "")


@pytest.mark.parametrize("keep_digest", [True, False], ids=["old digest", "new digest"])
async def test_a_changed_approval_is_refused(
    engine: parts.Engine, intruder: Intruder, *, keep_digest: bool
) -> None:
    """What was approved cannot be widened afterwards."""
    request = await engine.approved()
    spec = request.spec.model_copy(update={"repositories": ("team/tool", "secret/tool")})
    digest = request.digest if keep_digest else spec.digest(request.policy_version)
    await intruder.write(request.model_copy(update={"spec": spec, "digest": digest}))

    ended = await refused(engine, request)

    assert ended.error is not None


async def test_a_request_that_is_done_cannot_be_wound_back(engine: parts.Engine, intruder: Intruder) -> None:
    """The record of a true approval, put back after the work, is not worked on again."""
    request = await engine.approved()
    done = await engine.drive(request)
    engine.journal.calls.clear()
    await intruder.write(request.model_copy(update={"version": done.version}))

    ended = await refused(engine, request)

    assert "its state was never recorded" in (ended.error or "")


async def test_a_record_changed_during_the_work_does_not_count(
    engine: parts.Engine, intruder: Intruder
) -> None:
    """A request that runs goes on as it was checked; after a crash the change is noticed."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault("put_token", fakes.Crash()))
    held = await engine.claimed()
    assert held is not None
    await engine.survive(held)
    before = list(engine.outside)
    running = await engine.now(request)
    await intruder.write(running.model_copy(update={"requester": CLEO}))

    ended = await engine.drive(request)

    assert (ended.state, engine.outside) == (State.FAILED, before)
    assert "somebody else submitted it" in (ended.error or "")


async def test_a_forgery_is_on_the_record(engine: parts.Engine, intruder: Intruder) -> None:
    """The trail says that the record was forged, and what gave it away."""
    request = await engine.submitted()
    await intruder.write(approved(request))

    await engine.drive(request)

    entries = await engine.healthy.trail(request.id)
    assert [entry.event for entry in entries[1:]] == [audit.Event.FORGED, audit.Event.FAILED]
    assert entries[1].data == {"why": "its state was never recorded"}
