"""What becomes of a credential that is there: extended, narrowed, rotated, revoked, adopted."""

from __future__ import annotations

import traceback

import pytest
import structlog

from bot import audit, errors
from bot.model import CredentialState, State, Verification
from bot.provision import names
from tests import builders, fakes
from tests.engine import lives, parts
from tests.engine.intruder import Intruder


@pytest.mark.parametrize("case", lives.CASES, ids=str)
async def test_an_approved_request_ends_with_what_it_asks_for(engine: parts.Engine, case: lives.Case) -> None:
    """Azure, Tower and the record agree on what was approved, and nothing else is left."""
    request = await lives.begun(engine, case)

    ended = await engine.drive(request)

    assert ended.state is State.DONE, ended
    assert await lives.complaints(engine, ended) == []
    assert engine.notifier.alerts == []


STEPS = {
    lives.EXTEND: ["check", "scope_map", "verify"],
    lives.NARROW: ["check", "scope_map", "verify"],
    lives.ROTATE: ["check", "clear", "deliver", "caches", "verify", "old_slot"],
    lives.REVOKE: ["check", "tower", "disable", "delete_token", "delete_scope_map"],
    lives.AT_ONCE: ["check", "disable", "tower", "delete_token", "delete_scope_map"],
    lives.ADOPT: ["check", "scope_map", "token", "deliver", "caches", "verify", "settle"],
}


@pytest.mark.parametrize("case", lives.CASES, ids=str)
async def test_each_step_is_on_the_record(engine: parts.Engine, case: lives.Case) -> None:
    """The progress names the steps in order, and the trail has an entry for each."""
    request = await lives.begun(engine, case)

    ended = await engine.drive(request)

    entries = await engine.record.verified(request.id)
    assert list(ended.progress.steps) == STEPS[case]
    assert [one.data["step"] for one in entries if one.event is audit.Event.STEP_DONE] == STEPS[case][:-1]


@pytest.mark.parametrize("case", lives.CHANGES, ids=str)
async def test_whoever_changes_a_credential_has_it_in_hand(engine: parts.Engine, case: lives.Case) -> None:
    """From the first outside call on, the record says which request is at it."""
    request = await lives.begun(engine, case)
    engine.journal.faults.append(fakes.Fault("registry", fakes.Crash()))
    held = await engine.claimed()
    while held is None or held.request_id != request.id:
        held = await engine.claimed()
    await engine.survive(held)

    credential = await lives.stored(engine, request.about)

    expected = CredentialState.ROTATING if case is lives.ROTATE else CredentialState.ACTIVE
    assert (credential.busy, credential.state) == (request.id, expected)


async def test_an_extension_verifies_what_was_added(engine: parts.Engine) -> None:
    """Wave reads the new repository, with the old password."""
    request = await lives.begun(engine, lives.EXTEND)

    ended = await engine.drive(request)

    assert ended.progress.verification is Verification.VERIFIED
    assert ended.progress.image == f"{builders.HOST}/{lives.SECOND}:{parts.TAG}"
    assert len(engine.registries.minted) == 1


async def test_an_adopted_credential_keeps_its_id_and_name(engine: parts.Engine) -> None:
    """Whoever refers to it in Tower does not notice."""
    request = await lives.begun(engine, lives.ADOPT)
    before = engine.tower.held[101][0].shown

    await engine.drive(request)

    after = engine.tower.held[101][0].shown
    credential = await lives.stored(engine, request.id)
    assert (after.id, after.name, after.user) == (before.id, before.name, names.token(request))
    assert (credential.tower_id, credential.adopted) == (before.id, True)


async def test_what_is_adopted_can_be_rotated_and_revoked(engine: parts.Engine) -> None:
    """From then on it is a credential like any other."""
    adopted = await lives.begun(engine, lives.ADOPT)
    await engine.drive(adopted)

    for case in (lives.ROTATE, lives.REVOKE):
        credential = await lives.stored(engine, adopted.id)
        ended = await engine.drive(await lives.approved(engine, lives.spec_of(case, credential)))
        assert await lives.complaints(engine, ended) == []

    assert engine.tower.held[101] == []


@pytest.mark.parametrize("case", [*lives.CHANGES, lives.ADOPT], ids=str)
async def test_rules_that_changed_after_the_approval_count(engine: parts.Engine, case: lives.Case) -> None:
    """What the rules do not say any more when the work begins is not done."""
    request = await lives.begun(engine, case)
    engine.source.policy = builders.a_policy(builders.a_rule(quorum=2))

    ended = await engine.drive(request)

    assert ended.state is State.FAILED
    assert "rules for this request have changed" in (ended.error or "")
    assert engine.outside == []
    assert await lives.complaints(engine, ended) == []


@pytest.mark.parametrize("case", lives.CASES, ids=str)
async def test_a_password_is_in_no_record_no_log_and_no_message(
    engine: parts.Engine, intruder: Intruder, case: lives.Case
) -> None:
    """Whatever is stored, logged or shown about a request, no password is in it, nor its beginning."""
    request = await lives.begun(engine, case)
    engine.tower.not_yet = 1
    engine.journal.faults.append(fakes.Fault("update", errors.Unknown("It was lost.", service="Tower")))

    with structlog.testing.capture_logs() as logs:
        await engine.drive(request)

    kept = await intruder.everything()
    everything = f"{kept} {logs!r} {engine.notifier.alerts!r} {engine.notifier.shown!r}"
    made = [one for one in engine.registries.minted if one[:24] in everything]
    assert request.id in kept
    assert made == []


@pytest.mark.parametrize("case", [lives.ROTATE, lives.ADOPT], ids=str)
@pytest.mark.parametrize("call", ["update", "mint"])
async def test_a_password_is_in_no_traceback(engine: parts.Engine, case: lives.Case, call: str) -> None:
    """An unexpected error in the delivery shows no password, even with every frame's variables."""
    request = await lives.begun(engine, case)
    engine.journal.faults.append(fakes.Fault(call, RuntimeError("a mistake"), after=True))

    with pytest.raises(RuntimeError) as caught:
        await engine.drive(request)

    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [line for line in told.format() if "tests/" not in line]
    assert [line for line in ours for one in engine.registries.minted if one in line] == []
