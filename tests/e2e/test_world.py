"""The sandbox's world and its processes: what they set, what they keep out, and what they leave behind."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import sys
from pathlib import Path

import pytest

from bot import errors, settings
from bot.sandbox import process, stage
from tests.e2e.conftest import Opener, a_world
from tests.waiting import wait_until

OF_THE_IDENTITY = {"IDENTITY_ENDPOINT", "IDENTITY_HEADER"}  # azure-identity reads these itself

LAUNCH = """
import asyncio
from bot.sandbox import stage
from tests.e2e.conftest import a_world

async def main():
    async with stage.Stage(a_world()) as on:
        print(on.bot.pid, on.world.server.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_the_environment_is_that_of_a_deployment() -> None:
    """Nothing is set that a real deployment could not set: every name is a setting's."""
    known = {field.alias for field in settings.Settings.model_fields.values()}

    async with a_world() as outside:
        names = set(outside.environment())

    assert names - known == OF_THE_IDENTITY


async def test_two_worlds_share_no_secret() -> None:
    """Every world has secrets of its own, and shows none in its repr."""
    one, other = a_world(), a_world()

    values = [one.secrets.slack_bot_token, one.secrets.tower_token, one.secrets.audit_key]

    assert not set(values) & {
        other.secrets.slack_bot_token,
        other.secrets.tower_token,
        other.secrets.audit_key,
    }
    assert not any(value in repr(one.secrets) for value in values)


def test_the_clock_moves_everything_at_once() -> None:
    """Deadlines, expiries and caches all see the same time."""
    outside = a_world()

    outside.move_clock(dt.timedelta(days=3))

    shifts = {double.shift for double in outside.emulators} | {outside.azure.shift}
    assert shifts == {dt.timedelta(days=3)}


async def test_a_world_that_cannot_start_leaves_nothing(tmp_path: Path) -> None:
    """A store that does not come up ends the rest as well."""
    binary = tmp_path / "not-a-server"
    binary.write_text("#!/bin/sh\nexit 1\n")
    binary.chmod(0o755)
    outside = a_world(binary=binary)

    with pytest.raises(errors.ConfigurationError, match="did not start"):
        await outside.__aenter__()

    assert not outside.folder.exists()


async def test_a_stage_without_a_bot_leaves_nothing() -> None:
    """A bot that does not start takes the world down with it."""
    on = stage.Stage(a_world(), extra={"REGISTRY_BOT_APPROVERS": ""})

    with pytest.raises(errors.ConfigurationError, match="REGISTRY_BOT_APPROVERS"):
        await on.__aenter__()

    assert not on.world.folder.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
async def test_a_shell_for_real_deployments_does_not_reach_the_bot(
    open_stage: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings and proxies of the shell stay outside: the sandbox speaks to its doubles alone."""
    for name in (
        "AZURE_CLIENT_ID",
        "TOWER_API_ENDPOINT",
        "HTTPS_PROXY",
        "https_proxy",
        "REGISTRY_BOT_WILDCARDS",
    ):
        monkeypatch.setenv(name, "http://elsewhere.example")

    on = await open_stage(kind=process.BotProcess)

    environment = _environment(on.bot.pid)
    assert b"elsewhere" not in environment
    assert b"PATH=" in environment


def _environment(pid: int | None) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
@pytest.mark.timeout(90)
async def test_nothing_outlives_a_sandbox_that_is_killed() -> None:
    """A sandbox that is killed takes its bot and its store with it."""
    sandbox = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LAUNCH, stdout=asyncio.subprocess.PIPE
    )
    assert sandbox.stdout
    pids = [int(word) for word in (await sandbox.stdout.readline()).split()]

    sandbox.kill()

    await wait_until(lambda: not any(_there(pid) for pid in pids), "bot and store are gone", within_s=15)
    assert await sandbox.wait() == -signal.SIGKILL


def _there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_bot_that_was_never_started(tmp_path: Path) -> None:
    """Stopping what does not run is no error, and it has said nothing."""
    bot = process.BotProcess({}, tmp_path)

    code = await bot.stop()

    assert (code, bot.pid, bot.warnings()) == (None, None, [])
    assert bot.last_words() == "It said nothing."


def test_only_warnings_are_told_of_a_log(tmp_path: Path) -> None:
    """What is no line of our logging, or nothing to worry about, is left out."""
    bot = process.BotProcess({}, tmp_path)
    bot.log.write_text(
        '{"event": "step done", "level": "info"}\nTraceback (most recent call last):\n[1]\n'
        '{"event": "store away", "level": "warning", "error": "ConnectionError"}\n'
    )

    assert bot.warnings() == ["store away: ConnectionError"]


async def test_a_bot_that_does_not_end_is_ended(open_stage: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ignores SIGTERM for too long is killed."""
    monkeypatch.setattr(process, "STOP_WITHIN_S", 0.2)
    on = await open_stage(kind=process.BotProcess)
    on.bot.freeze()

    code = await on.bot.stop()

    assert code == -signal.SIGKILL
