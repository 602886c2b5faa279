"""The journeys, as the sandbox plays them: bots as processes, and inside this one for speed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot import errors
from bot.sandbox import journeys, lifecycle, pace, play, process, rehearsal, story
from tests.e2e.conftest import Opener, a_world

QUICK = ["issue", "deny", "cancel", "refused", "faults"]


@pytest.mark.parametrize("journey", QUICK)
async def test_a_journey_goes_as_it_must(on: play.Play, journey: str) -> None:
    """Each journey reaches its end, with a bot inside the test."""
    await journeys.JOURNEYS[journey].run(on)

    assert [event.text for event in on.story.events if event.sort == "held"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("journey", ["issue", "refused", "crash"])
async def test_a_journey_goes_as_it_must_with_processes(journey: str) -> None:
    """The same with bots as processes of their own, and then the canary's round."""
    result = await rehearsal.rehearse(journey, a_world())

    assert result.problem is None
    assert result.ok


@pytest.mark.timeout(180)
async def test_the_life_of_a_credential_goes_as_it_must() -> None:
    """From the first day to the last on a moved clock: no pull fails, and no secret leaks in all of it."""
    result = await rehearsal.rehearse("lifecycle", a_world(policy=lifecycle.POLICY))

    assert result.problem is None
    assert result.ok
    assert [one.text for one in result.told.events if "not one failed" in one.text] != []


async def test_a_journey_goes_as_it_must_over_socket_mode(open_stage: Opener) -> None:
    """Without a public address Slack's events come over a socket, to the same end."""
    on = await open_stage(a_world(socket_mode=True))

    await journeys.issue(play.Play(on, story.Story()))

    assert on.world.slack.http.url is None


async def test_a_journey_goes_as_it_must_in_the_recorded_shape(open_stage: Opener) -> None:
    """Azure answers writes in two shapes; this is the one that was recorded from the real service."""
    on = await open_stage(a_world(speed=pace.FAST_RECORDED))

    await journeys.issue(play.Play(on, story.Story()))

    assert len(on.world.azure.minted) == 1


@pytest.mark.redis_server
async def test_a_journey_goes_as_it_must_on_redis(open_stage: Opener, redis_server: Path) -> None:
    """Redis itself serves as well as the embedded Valkey."""
    on = await open_stage(a_world(binary=redis_server))

    await journeys.issue(play.Play(on, story.Story()))

    assert len(on.world.tokens()) == 1


async def test_the_password_is_delivered_once(on: play.Play) -> None:
    """One request to Tower carries the password; no other request that left the bot does."""
    await journeys.issue(on)
    report = await on.stage.report()

    assert (report.deliveries, len(on.world.azure.minted)) == (1, 1)


async def test_a_bot_that_does_not_start_is_a_result(open_stage: Opener) -> None:
    """What is wrong with the settings is said in words, and nothing is left running."""
    on = await open_stage()
    broken = process.BotProcess(
        on.world.environment() | {"REGISTRY_BOT_AUDIT_KEY": "short"}, on.world.folder, name="broken"
    )

    with pytest.raises(errors.ConfigurationError, match="at least 32 characters"):
        await broken.start()

    assert not broken.running


@pytest.mark.timeout(120)
def test_the_command_prints_a_journey_as_json() -> None:
    """`sandbox --once --json` prints one document, with the steps, the requests and the verdict."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "sandbox", "--once", "--journey", "deny", "--json"],
        capture_output=True,
        timeout=100,
        check=False,
    )
    told = json.loads(done.stdout)

    assert (done.returncode, told["ok"], told["problem"]) == (0, True, None)
    assert told["canary"]["findings"] == []
    assert {leg["service"] for leg in told["requests"]} >= {"Slack", "Tower", "Azure: Resource Manager"}
