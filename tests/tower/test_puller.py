"""The witness of rotations: it pulls as a pipeline does, and misses nothing that fails."""

from __future__ import annotations

import datetime as dt

import pytest
from pydantic import SecretStr

from bot import clock
from bot.clients import tower as tower_client
from bot.sandbox import arm_state, emulator, puller, tower, wave
from tests import fakes
from tests.tower.conftest import HOST, LAUNCH_TOKEN, RESEARCH, create, issue
from tests.waiting import wait_until

IMAGES = (f"{HOST}/team/app:1.0",)
CACHES = dt.timedelta(seconds=61)


@pytest.fixture
def pipeline(tower: tower.TowerEmulator, wave: wave.WaveEmulator) -> puller.Pipeline:
    """Return a pipeline of somebody who may launch."""
    return puller.Pipeline(wave.url, tower.endpoint, RESEARCH, LAUNCH_TOKEN)


async def test_it_pulls_twice_a_second_while_it_is_entered(
    client: tower_client.TowerClient, pipeline: puller.Pipeline, password: SecretStr
) -> None:
    """And no more after that."""
    await create(client, password)
    time = fakes.FakeClock()

    async with puller.Puller(pipeline, IMAGES, time) as witness:
        await wait_until(lambda: witness.pulls >= 4, "a few pulls")
    ended = witness.pulls

    assert (witness.misses, witness.pulls) == ([], ended)
    assert all(0.0 < each <= puller.EVERY_S for each in time.slept)


async def test_a_pull_that_fails_is_kept_with_its_time(
    client: tower_client.TowerClient, pipeline: puller.Pipeline, password: SecretStr
) -> None:
    """What it pulled, when, and what Wave said; images take turns."""
    await create(client, password)
    moment, both = clock.SystemClock(), (*IMAGES, f"{HOST}/team/none:1.0")

    async with puller.Puller(pipeline, both, moment, every_s=3600) as witness:
        await wait_until(lambda: witness.pulls == 1, "the first pull")
        failed = await witness.pull()

    (miss,) = witness.misses
    assert (failed, miss.image, miss.status) == (False, both[1], 401)
    assert "unauthorized" in miss.detail
    assert abs(moment.now() - miss.at) < dt.timedelta(minutes=1)


@pytest.mark.parametrize(
    ("fault", "status", "detail"),
    [
        ({"cut": True}, None, "ServerDisconnectedError"),
        ({"status": 503, "body": "<html>"}, 503, ""),
        ({"status": 500, "body": "[]"}, 500, ""),
        ({"status": 401, "body": '{"errors": [{"code": "UNAUTHORIZED"}]}'}, 401, "UNAUTHORIZED"),
    ],
)
async def test_every_way_to_fail_counts(
    wave: wave.WaveEmulator,
    pipeline: puller.Pipeline,
    *,
    fault: dict[str, object],
    status: int | None,
    detail: str,
) -> None:
    """No answer is a failure as well."""
    wave.faults.append(emulator.Fault("inspect", times=None, **fault))  # type: ignore[arg-type]  # a test's own keywords

    async with puller.Puller(pipeline, IMAGES, clock.SystemClock(), every_s=3600) as witness:
        await wait_until(lambda: bool(witness.misses), "the failure")

    assert (witness.misses[0].status, witness.misses[0].detail) == (status, detail)


async def test_it_has_to_be_entered(pipeline: puller.Pipeline) -> None:
    """Without that there is no connection to pull over."""
    with pytest.raises(RuntimeError, match="entered"):
        await puller.Puller(pipeline, IMAGES, clock.SystemClock()).pull()


class Stopped(fakes.FakeClock):
    """A clock that nobody can wait by."""

    async def sleep(self, seconds: float) -> None:
        """Break."""
        raise TimeoutError(f"not {seconds} s")


async def test_a_witness_that_broke_off_is_no_proof(pipeline: puller.Pipeline) -> None:
    """What ended the pulling early is raised at the end, where the proof would be read."""
    witness = await puller.Puller(pipeline, IMAGES, Stopped()).__aenter__()
    await wait_until(lambda: witness.pulls == 1, "the only pull")

    with pytest.raises(TimeoutError, match="not"):
        await witness.__aexit__()


def test_the_persons_token_is_not_shown(pipeline: puller.Pipeline) -> None:
    """A proof is printed now and then."""
    assert LAUNCH_TOKEN not in repr(pipeline)


@pytest.mark.parametrize("patient", [True, False], ids=["waited out", "at once"])
@pytest.mark.parametrize("bearers", [True, False], ids=["bearers kept", "each logs in"])
async def test_it_sees_a_rotation_that_does_not_wait(
    client: tower_client.TowerClient,
    wave: wave.WaveEmulator,
    azure: arm_state.AzureState,
    pipeline: puller.Pipeline,
    *,
    patient: bool,
    bearers: bool,
) -> None:
    """Wave holds the old password for a minute: a slot removed before that fails pulls, one after does not.

    A kept bearer hides the failure where it was pulled from before; elsewhere it shows.
    """
    made = await create(client, SecretStr(issue(azure, "team/*")))
    genomics, images = azure.registries["acmegenomics"], (*IMAGES, f"{HOST}/team/new:1.0")
    genomics.repositories["team/new"] = ["1.0"]
    wave.switches.keeps_bearers = bearers

    async with puller.Puller(pipeline, images, clock.SystemClock(), every_s=3600) as witness:
        await wait_until(lambda: witness.pulls == 1, "the first pull")
        fresh = SecretStr(azure.generate(genomics.tokens["bot-token"], "password2", None))
        await client.update(RESEARCH, made, name="genomics", registry=HOST, user="bot-token", password=fresh)
        wave.shift += CACHES if patient else dt.timedelta()
        del genomics.tokens["bot-token"].slots["password1"]
        pulled = [await witness.pull() for _ in range(2)]

    assert (all(pulled), bool(witness.misses)) == (patient, not patient)
