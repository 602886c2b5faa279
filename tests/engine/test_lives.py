"""What becomes of a credential that is there: extended, narrowed, rotated, revoked, adopted."""

from __future__ import annotations

import datetime as dt

import pytest

from bot import audit, errors, model
from bot.model import CredentialState, State, Verification
from bot.ports import Inspection, Sight
from bot.provision import names
from tests import builders, fakes
from tests.engine import lives, parts


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


async def test_a_rotation_leaves_no_older_password(engine: parts.Engine) -> None:
    """The old one opens nothing any more, and the new one lasts as long as the first did."""
    credential = await lives.live(engine, validity_days=30)
    old = lives.password_of(engine, credential)

    await engine.drive(await lives.approved(engine, lives.spec_of(lives.ROTATE, credential)))

    after = await lives.stored(engine, credential.id)
    assert not engine.registries.opens(credential.token, old)
    assert (credential.slot, after.slot) == (model.PASSWORD1, model.PASSWORD2)
    assert after.expires is not None
    assert (after.expires - engine.clock.now()).days in {29, 30}
    assert after.minted != credential.minted


async def test_rotations_follow_each_other(engine: parts.Engine) -> None:
    """The slots take turns, and each time one password is left."""
    credential = await lives.live(engine)
    slots = []

    for _ in range(3):
        request = await lives.approved(engine, lives.spec_of(lives.ROTATE, credential))
        assert await lives.complaints(engine, await engine.drive(request)) == []
        credential = await lives.stored(engine, credential.id)
        slots.append(credential.slot)

    assert slots == [model.PASSWORD2, model.PASSWORD1, model.PASSWORD2]


async def test_a_rotation_asks_wave_only_when_it_must_have_the_new_password(engine: parts.Engine) -> None:
    """Earlier, Wave could still read with the old one out of its cache, which would prove nothing."""
    request = await lives.begun(engine, lives.ROTATE)
    times: dict[str, dt.datetime] = {}
    engine.journal.watch = lambda: times.update({engine.journal.calls[-1]: engine.clock.now()})

    await engine.drive(request)

    assert (times["inspect"] - times["update"]).total_seconds() > lives.WAVE_S


DOUBTS = [
    Inspection(Sight.UNAUTHORIZED, "The registry refused the login."),
    Inspection(Sight.REJECTED, "Not paired."),
]


@pytest.mark.parametrize("answer", DOUBTS, ids=["refused", "unavailable"])
async def test_a_rotation_that_wave_doubts_is_verified_later(
    engine: parts.Engine, answer: Inspection
) -> None:
    """Both passwords stay and the thread says why; an hour later Wave is asked again."""
    request = await lives.begun(engine, lives.ROTATE)
    engine.wave.answers = [answer] * 30
    token = (await lives.stored(engine, request.about)).token

    while (now := await engine.now(request)).progress.verification is None:
        await engine.once()
    kept = len(engine.registries.held_tokens[token].passwords)
    engine.wave.answers = []
    ended = await engine.drive(request)

    assert (now.state, kept) == (State.RUNNING, 2)
    assert now.progress.detail == answer.detail
    assert ended.progress.verification is Verification.VERIFIED
    assert await lives.complaints(engine, ended) == []


async def test_a_rotation_that_is_never_verified_keeps_both(engine: parts.Engine) -> None:
    """After a day it is done and says so: nobody knows which of the two a pipeline needs."""
    request = await lives.begun(engine, lives.ROTATE)
    engine.wave.answers = [DOUBTS[0]] * 1000
    began = engine.clock.now()

    ended = await engine.drive(request)

    credential = await lives.stored(engine, request.about)
    assert (ended.state, ended.progress.verification) == (State.DONE, Verification.REFUSED)
    assert sorted(engine.registries.held_tokens[credential.token].passwords) == ["password1", "password2"]
    assert (credential.slot, credential.state) == (model.PASSWORD2, CredentialState.ACTIVE)
    assert dt.timedelta(hours=23) < engine.clock.now() - began < dt.timedelta(hours=27)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"anonymous_pull": True}, Verification.ANONYMOUS_PULL),
        ({"public": False}, Verification.UNREACHABLE),
    ],
)
async def test_a_rotation_that_cannot_be_verified_is_no_failure(
    engine: parts.Engine, fields: dict[str, bool], expected: Verification
) -> None:
    """Tower's own login test has passed, so the old password goes."""
    request = await lives.begun(engine, lives.ROTATE)
    engine.registries.known[builders.HOST] = builders.a_registry(**fields)

    ended = await engine.drive(request)

    assert ended.progress.verification is expected
    assert await lives.complaints(engine, ended) == []


async def test_a_slot_that_was_kept_is_used_by_the_next_rotation(engine: parts.Engine) -> None:
    """What an unverified rotation left is emptied first, and never the one that Tower uses."""
    request = await lives.begun(engine, lives.ROTATE)
    engine.wave.answers = [DOUBTS[0]] * 1000
    await engine.drive(request)
    engine.wave.answers = []
    puller = lives.Puller(engine)
    engine.journal.watch = puller
    credential = await lives.stored(engine, request.about)

    ended = await engine.drive(await lives.approved(engine, lives.spec_of(lives.ROTATE, credential)))

    assert await lives.complaints(engine, ended) == []
    assert puller.failures == []


JOBS = ("align-reads", "call-variants")


async def test_a_revocation_waits_for_jobs(engine: parts.Engine) -> None:
    """While jobs use it nothing is broken, and they are named; when they are over it goes on."""
    request = await lives.begun(engine, lives.REVOKE)
    credential = await lives.stored(engine, request.about)
    engine.tower.held[101][0].jobs = JOBS

    while (now := await engine.now(request)).progress.detail is None:
        await engine.once()
    works = engine.registries.opens(credential.token, lives.password_of(engine, credential))
    engine.tower.held[101][0].jobs = ()
    ended = await engine.drive(request)

    assert works
    assert now.progress.detail == "Jobs that are running use it: align-reads, call-variants."
    assert (ended.state, ended.progress.detail) == (State.DONE, None)
    assert await lives.complaints(engine, ended) == []


async def test_a_revocation_gives_up_after_a_day_of_jobs(engine: parts.Engine) -> None:
    """Then it has failed, nothing was broken, and the credential is active again."""
    request = await lives.begun(engine, lives.REVOKE)
    engine.tower.held[101][0].jobs = tuple(f"job-{number}" for number in range(9))
    began = engine.clock.now()

    ended = await engine.drive(request)

    assert ended.state is State.FAILED
    assert "job-4 and 4 more" in (ended.error or "")
    assert await lives.complaints(engine, ended) == []
    assert dt.timedelta(hours=24) <= engine.clock.now() - began < dt.timedelta(hours=27)
    assert engine.journal.count("delete") < 40


async def test_at_once_jobs_do_not_count(engine: parts.Engine) -> None:
    """An emergency breaks what uses the credential."""
    request = await lives.begun(engine, lives.AT_ONCE)
    engine.tower.held[101][0].jobs = JOBS

    ended = await engine.drive(request)

    assert ended.state is State.DONE
    assert await lives.complaints(engine, ended) == []


AWAY = errors.Temporary("It is away.", service="it")


@pytest.mark.parametrize("away", ["set_token_status", "delete"])
async def test_at_once_neither_waits_for_the_others_outage(engine: parts.Engine, away: str) -> None:
    """While one service is away, the other's part is done in the first attendance."""
    request = await lives.begun(engine, lives.AT_ONCE)
    credential = await lives.stored(engine, request.about)
    engine.journal.faults.append(fakes.Fault(away, AWAY, times=None))

    while "delete" not in engine.journal.calls:
        await engine.once()

    gone = not engine.tower.held[101]
    disabled = not engine.registries.held_tokens[credential.token].enabled
    assert (gone, disabled) == (away != "delete", away == "delete")


FORBIDDEN = errors.Forbidden("You may not.", service="it", remedy="Grant the role.")
LEFT = {
    "delete_token": "the token {name} in {host}, the scope map {name} in {host}",
    "delete_scope_map": "the scope map {name} in {host}",
}


@pytest.mark.parametrize("call", sorted(LEFT))
@pytest.mark.parametrize("case", [lives.REVOKE, lives.AT_ONCE], ids=str)
async def test_what_a_revocation_cannot_take_away_is_said(
    engine: parts.Engine, call: str, case: lives.Case
) -> None:
    """The rest goes; what stays is named with the role that is missing, and the credential is not revoked."""
    request = await lives.begun(engine, case)
    engine.journal.faults.append(fakes.Fault(call, FORBIDDEN, times=None))

    ended = await engine.drive(request)

    credential = await lives.stored(engine, request.about)
    left = LEFT[call].format(name=credential.token, host=builders.HOST)
    assert (ended.state, ended.error) == (State.FAILED, "You may not.")
    assert ended.remedy == f"Grant the role. Remove by hand: {left}."
    assert (credential.state, credential.busy) == (CredentialState.DRIFTED, None)
    assert left in (credential.drift or "")
    assert engine.tower.held[101] == []


async def test_at_once_goes_on_without_tower(engine: parts.Engine) -> None:
    """Where Tower keeps its part for good, the token goes all the same."""
    request = await lives.begun(engine, lives.AT_ONCE)
    engine.journal.faults.append(fakes.Fault("delete", FORBIDDEN, times=None))

    ended = await engine.drive(request)

    assert (engine.registries.held_tokens, engine.registries.held_maps) == ({}, {})
    assert "Remove by hand: the credential acr-main in Tower" in (ended.remedy or "")


async def test_a_token_that_goes_need_not_be_disabled(engine: parts.Engine) -> None:
    """A revocation that may delete, but not disable, is done."""
    request = await lives.begun(engine, lives.REVOKE)
    engine.journal.faults.append(fakes.Fault("set_token_status", FORBIDDEN, times=None))

    ended = await engine.drive(request)

    assert (ended.state, ended.error, ended.remedy) == (State.DONE, None, None)
    assert await lives.complaints(engine, ended) == []


async def test_what_was_left_can_be_revoked_again(engine: parts.Engine) -> None:
    """Once the role is granted, another revocation ends what the first could not."""
    request = await lives.begun(engine, lives.REVOKE)
    engine.journal.faults.append(fakes.Fault("delete_token", FORBIDDEN))
    await engine.drive(request)
    credential = await lives.stored(engine, request.about)

    again = await engine.drive(await lives.approved(engine, lives.spec_of(lives.REVOKE, credential)))

    assert again.state is State.DONE
    assert await lives.complaints(engine, again) == []


async def test_what_tower_refuses_to_revoke_stays_as_it_was(engine: parts.Engine) -> None:
    """A revocation that is not urgent breaks nothing before Tower lets go."""
    request = await lives.begun(engine, lives.REVOKE)
    engine.journal.faults.append(fakes.Fault("delete", FORBIDDEN, times=None))

    ended = await engine.drive(request)

    assert (ended.state, ended.error) == (State.FAILED, "You may not.")
    assert await lives.complaints(engine, ended) == []


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
