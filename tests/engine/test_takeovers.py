"""A revocation takes a credential from whatever changes it, and nothing comes back after it."""

from __future__ import annotations

import pytest

from bot import model
from bot.model import CredentialState, State
from tests import fakes
from tests.engine import lives, parts

MOMENTS = parts.OUTSIDE | {"commit"}
RUNNING = [(case, number) for case in lives.CHANGES for number in range(20 if case is lives.ROTATE else 9)]


async def stopped(engine: parts.Engine, request: model.Request, number: int, *, after: bool) -> None:
    """Let a process that works on a request die at a call."""
    fault = fakes.Fault(number, fakes.Crash(), after=after, among=MOMENTS)
    engine.journal.faults.append(fault)
    while fault.times and not (await engine.now(request)).ended:
        held = await engine.claimed()
        if held:
            await engine.survive(held)
    fault.times = 0


@pytest.mark.parametrize(
    ("revoke", "after"), [(lives.REVOKE, False), (lives.AT_ONCE, True)], ids=["before", "after, at once"]
)
@pytest.mark.parametrize(("case", "number"), RUNNING, ids=str)
async def test_a_revocation_takes_over_whatever_is_under_way(
    engine: parts.Engine, case: lives.Case, number: int, revoke: lives.Case, *, after: bool
) -> None:
    """Wherever a change is, it ends revoked, with nothing left, and the change says why it failed."""
    change = await lives.begun(engine, case)
    await stopped(engine, change, number, after=after)
    credential = await lives.stored(engine, change.about)
    revocation = await lives.approved(engine, lives.spec_of(revoke, credential))
    if after:
        await lives.ahead(engine, revocation)

    ended, revoked = await lives.both(engine, change, revocation)

    assert revoked.state is State.DONE, revoked
    assert await lives.complaints(engine, revoked) == []
    assert (ended.state, ended.error) in {
        (State.DONE, None),
        (State.FAILED, f"The credential {credential.name} is being revoked."),
        (State.FAILED, f"The credential {credential.name} has been revoked."),
    }


@pytest.mark.parametrize("ahead", [False, True], ids=["beside", "ahead"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("case", "number"), RUNNING, ids=str)
async def test_a_revocation_that_gives_up_leaves_a_credential_that_works(
    engine: parts.Engine, case: lives.Case, number: int, *, after: bool, ahead: bool
) -> None:
    """Jobs keep it too long: whatever the change had done by then, record, Azure and Tower agree."""
    change = await lives.begun(engine, case)
    puller = lives.Puller(engine)
    engine.journal.watch = puller
    engine.attention = engine.an_attention(in_use_give_up_s=400.0)
    await stopped(engine, change, number, after=after)
    credential = await lives.stored(engine, change.about)
    engine.tower.held[101][0].jobs = ("align-reads",)
    revocation = await lives.approved(engine, lives.spec_of(lives.REVOKE, credential))
    if ahead:
        await lives.ahead(engine, revocation)

    ended, given_up = await lives.both(engine, change, revocation)

    assert given_up.state is State.FAILED
    # A rotation that Tower had taken keeps its old password as well: nobody waited for the caches.
    known = {"2 passwords"} if case is lives.ROTATE and ended.state is State.FAILED else set()
    assert set(await lives.troubles(engine, change)) <= known
    assert puller.failures == []
    assert (await lives.stored(engine, change.about)).state is CredentialState.ACTIVE


async def test_what_a_rotation_left_is_cleared_by_the_next(engine: parts.Engine) -> None:
    """After a revocation took over and gave up, a rotation works and leaves one password."""
    change = await lives.begun(engine, lives.ROTATE)
    engine.journal.faults.append(fakes.Fault("update", fakes.Crash(), after=True))
    while "update" not in engine.journal.calls:
        held = await engine.claimed()
        if held:
            await engine.survive(held)
    engine.tower.held[101][0].jobs = ("align-reads",)
    credential = await lives.stored(engine, change.about)
    revocation = await lives.approved(engine, lives.spec_of(lives.REVOKE, credential))
    await lives.ahead(engine, revocation)
    await lives.both(engine, change, revocation)
    after = await lives.stored(engine, change.about)
    puller = lives.Puller(engine)
    engine.journal.watch = puller

    ended = await engine.drive(await lives.approved(engine, lives.spec_of(lives.ROTATE, after)))

    assert after.slot == model.PASSWORD2  # Tower had taken it, though nobody was told
    assert await lives.complaints(engine, ended) == []
    assert puller.failures == []


async def test_at_once_takes_over_a_revocation_that_waits(engine: parts.Engine) -> None:
    """Jobs, which hold an ordinary revocation up, do not hold up an emergency."""
    waiting = await lives.begun(engine, lives.REVOKE)
    engine.tower.held[101][0].jobs = ("align-reads",)
    while (await engine.now(waiting)).progress.detail is None:
        await engine.once()
    credential = await lives.stored(engine, waiting.about)
    urgent = await lives.approved(engine, lives.spec_of(lives.AT_ONCE, credential))

    ended, revoked = await lives.both(engine, waiting, urgent)

    assert (revoked.state, ended.state) == (State.DONE, State.FAILED)
    assert await lives.complaints(engine, revoked) == []
