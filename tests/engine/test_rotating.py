"""A password is replaced while pipelines pull, and never a moment passes without one that works."""

from __future__ import annotations

import datetime as dt

import pytest

from bot import model
from bot.model import CredentialState, State, Verification
from bot.ports import Inspection, Sight
from tests import builders
from tests.engine import lives, parts


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


async def test_a_rotation_that_wave_cannot_check_is_verified_later(engine: parts.Engine) -> None:
    """Both passwords stay and the thread says why; an hour later Wave is asked again."""
    answer = DOUBTS[1]
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


HOURS = [
    pytest.param(DOUBTS[0], Verification.REFUSED, (0, 1), id="refused"),
    pytest.param(DOUBTS[1], Verification.UNAVAILABLE, (23, 27), id="unavailable"),
]


@pytest.mark.parametrize(("answer", "expected", "hours"), HOURS)
async def test_a_rotation_that_is_never_verified_keeps_both(
    engine: parts.Engine, answer: Inspection, expected: Verification, hours: tuple[int, int]
) -> None:
    """It is done and says so: refused it ends within the hour, so that another one can be asked for."""
    request = await lives.begun(engine, lives.ROTATE)
    engine.wave.answers = [answer] * 1000
    began = engine.clock.now()

    ended = await engine.drive(request)

    credential = await lives.stored(engine, request.about)
    assert (ended.state, ended.progress.verification) == (State.DONE, expected)
    assert sorted(engine.registries.held_tokens[credential.token].passwords) == ["password1", "password2"]
    assert (credential.slot, credential.state) == (model.PASSWORD2, CredentialState.DRIFTED)
    least, most = (dt.timedelta(hours=one) for one in hours)
    assert least < engine.clock.now() - began < most
    assert ended.progress.left == ("old_slot",)
    assert "is done, but" in engine.notifier.alerts[-1]


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
