"""Several requests about one credential: who has it in hand, and who takes it from whom."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot import errors, model, recorder
from bot.model import CredentialState, State
from bot.ports import Inspection
from tests import fakes
from tests.engine import lives, parts


@pytest.mark.parametrize("case", lives.CHANGES, ids=str)
async def test_two_replicas_at_one_change_make_one(engine: parts.Engine, case: lives.Case) -> None:
    """Whoever has the lease works; the outcome is as if there were one."""
    request = await lives.begun(engine, case)

    ended, again = await lives.both(engine, request, request)

    assert ended == again
    assert await lives.complaints(engine, ended) == []
    assert engine.journal.count("mint") == (1 if case is lives.ROTATE else 0)


SOMEBODY = model.new_id()


@pytest.mark.parametrize("case", lives.CHANGES, ids=str)
async def test_who_has_a_credential_in_hand_is_waited_for(engine: parts.Engine, case: lives.Case) -> None:
    """Nothing is done to it meanwhile, and then the request goes on."""
    request = await lives.begun(engine, case)
    await lives.written(engine, request.about, busy=SOMEBODY)

    for _ in range(4):
        await engine.once()
    waiting, asked = await engine.now(request), engine.outside
    await lives.written(engine, request.about, busy=None)
    ended = await engine.drive(request)

    assert (waiting.state, asked) == (State.APPROVED, [])
    assert ended.state is State.DONE


async def test_waiting_for_who_has_it_ends(engine: parts.Engine) -> None:
    """A credential that is never given back fails the request, and stays in the other's hand."""
    request = await lives.begun(engine, lives.EXTEND)
    await lives.written(engine, request.about, busy=SOMEBODY)

    ended = await engine.drive(request)

    assert (ended.state, ended.error, engine.outside) == (
        State.FAILED,
        "Another request is changing the credential acr-main.",
        [],
    )
    assert (await lives.stored(engine, request.about)).busy == SOMEBODY


HINDRANCES: list[tuple[lives.Case, dict[str, Any], str]] = [
    (lives.EXTEND, {"state": CredentialState.REVOKING, "busy": SOMEBODY}, "is being revoked"),
    (lives.ROTATE, {"state": CredentialState.REVOKING, "busy": SOMEBODY}, "is being revoked"),
    (lives.ROTATE, {"state": CredentialState.REVOKED}, "has been revoked"),
    (lives.REVOKE, {"state": CredentialState.REVOKED}, "has been revoked"),
    (lives.EXTEND, {"repositories": ("team/tool", "team/third")}, "changed meanwhile"),
    (lives.NARROW, {"repositories": ("team/tool", "team/third")}, "changed meanwhile"),
    (lives.ROTATE, {"name": "another"}, "changed meanwhile"),
    (lives.REVOKE, {"login_server": "other.azurecr.io"}, "changed meanwhile"),
]


@pytest.mark.parametrize(("case", "update", "expected"), HINDRANCES)
async def test_what_does_not_fit_any_more_is_not_begun(
    engine: parts.Engine, case: lives.Case, update: dict[str, Any], expected: str
) -> None:
    """What was approved is about a credential as it was: another one is left alone."""
    request = await lives.begun(engine, case)
    await lives.written(engine, request.about, **update)
    before = await lives.stored(engine, request.about)

    ended = await engine.drive(request)

    assert (ended.state, engine.outside) == (State.FAILED, [])
    assert expected in (ended.error or "")
    assert await lives.stored(engine, request.about) == before


async def test_a_credential_that_is_forgotten_cannot_be_changed(engine: parts.Engine) -> None:
    """A request about what the bot does not know fails and says so."""
    credential = await lives.live(engine)
    spec = lives.spec_of(lives.ROTATE, credential).model_copy(update={"credential": model.new_id()})

    ended = await engine.drive(await lives.approved(engine, spec))

    assert (ended.state, ended.error) == (State.FAILED, recorder.NO_CREDENTIAL)


async def test_who_is_overtaken_at_the_start_looks_again(engine: parts.Engine) -> None:
    """Between reading a credential and taking it in hand, somebody else wrote it: the newest counts."""
    request = await lives.begun(engine, lives.ROTATE)
    gate = engine.frail.slow["credential"] = asyncio.Event()
    working = asyncio.create_task(engine.drive(request))
    while "credential" not in engine.journal.calls:
        await engine.clock.sleep(0)
    await lives.written(engine, request.about, verified=None)

    gate.set()
    ended = await working

    assert await lives.complaints(engine, ended) == []


@pytest.mark.parametrize("case", lives.CHANGES, ids=str)
async def test_who_is_overtaken_at_the_end_takes_it_back(engine: parts.Engine, case: lives.Case) -> None:
    """A revocation that begins while Wave is asked has the credential: the change says that it failed."""
    request = await lives.begun(engine, case)
    real = engine.wave.inspect

    async def inspect(image: str, workspace_id: int) -> Inspection:
        if (await lives.stored(engine, request.about)).busy != SOMEBODY:
            await lives.written(engine, request.about, state=CredentialState.REVOKING, busy=SOMEBODY)
        return await real(image, workspace_id)

    engine.wave.inspect = inspect  # type: ignore[method-assign]  # a world that changes under way

    ended = await engine.drive(request)

    credential = await lives.stored(engine, request.about)
    assert (ended.state, ended.error) == (State.FAILED, "The credential acr-main is being revoked.")
    assert (credential.busy, credential.state) == (SOMEBODY, CredentialState.REVOKING)
    assert credential.repositories == (request.spec.before or request.spec.repositories)


class Overtaker:
    """Writes the credential each time right before a request commits anything, from some moment on."""

    def __init__(self, engine: parts.Engine, request: model.Request, *, times: int) -> None:
        self._engine, self._request, self._times = engine, request, times
        self._real = engine.record.apply
        self.since: Callable[[model.Request], bool] = lambda _: True
        engine.record.apply = self.apply  # type: ignore[method-assign]  # a world that changes under way

    async def apply(self, request_id: str, propose: recorder.Propose, **how: Any) -> model.Request:
        """Overtake, and then let it write."""
        now = await self._engine.now(self._request)
        if request_id == self._request.id and self._times and self.since(now):
            self._times -= 1
            await lives.written(self._engine, self._request.about, verified=None)
        return await self._real(request_id, propose, **how)


MOMENTS: dict[str, Callable[[model.Request], bool]] = {
    "the start": lambda now: now.state is State.APPROVED,
    "the delivery": lambda now: now.progress.steps == ("check", "clear"),
    "the end": lambda now: now.progress.steps[-1:] == ("verify",),
    "the way back": lambda now: now.progress.undoing is not None,
}


@pytest.mark.parametrize("moment", MOMENTS)
async def test_who_is_overtaken_reads_again(engine: parts.Engine, moment: str) -> None:
    """Wherever a credential's record moves on under a rotation, it ends as if it had not."""
    request = await lives.begun(engine, lives.ROTATE)
    if moment == "the way back":
        forbidden = errors.Forbidden("You may not.", service="Tower", remedy="Grant the role.")
        engine.journal.faults.append(fakes.Fault("update", forbidden, times=None))
    Overtaker(engine, request, times=3).since = MOMENTS[moment]

    ended = await engine.drive(request)

    assert await lives.complaints(engine, ended) == []
    assert (ended.state is State.FAILED) == (moment == "the way back")


@pytest.mark.parametrize("moment", MOMENTS)
async def test_who_is_always_overtaken_comes_again(engine: parts.Engine, moment: str) -> None:
    """A race that is never won leaves the request as it was, to be taken up later."""
    request = await lives.begun(engine, lives.ROTATE)
    if moment == "the way back":
        forbidden = errors.Forbidden("You may not.", service="Tower", remedy="Grant the role.")
        engine.journal.faults.append(fakes.Fault("update", forbidden, times=None))
    Overtaker(engine, request, times=1000).since = MOMENTS[moment]

    with pytest.raises(errors.NotAccepted):
        await engine.drive(request)

    assert not (await engine.now(request)).ended
