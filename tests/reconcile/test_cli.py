"""`registry-bot reconcile` as somebody types it, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from click import testing

from bot import cli
from bot.sandbox import valkey
from tests.reconcile import planted
from tests.reconcile import scene as scenes
from tests.reconcile.scene import TOWER_TOKEN, Outside, Scene

ROOT = Path(__file__).parents[2]
Ran = tuple[int, str, str]


async def run(outside: Outside, url: str, prefix: str, *arguments: str) -> Ran:
    """Run the command; return its exit code, output and errors."""
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}  # noqa: TID251  # for no setting
    environment = (
        measured
        | outside.settings()
        | {
            "REDIS_URL": url,
            "REGISTRY_BOT_REDIS_PREFIX": prefix,
            "PATH": "",
        }
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "reconcile",
        *arguments,
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_nothing_to_say_ends_with_0(
    scene: Scene, outside: Outside, server: valkey.Valkey, prefix: str
) -> None:
    """A deployment that is as it should be is said to be so."""
    await scene.issued()

    code, out, _ = await run(outside, server.url, prefix)

    assert (code, out) == (0, "Looked at 1 credential. Nothing differs.\n")


async def test_a_difference_ends_with_1(
    scene: Scene, outside: Outside, server: valkey.Valkey, prefix: str
) -> None:
    """A difference is printed with what to do, and nothing is changed."""
    request = await scene.issued()
    planted.disable(scene, request)

    code, out, _ = await run(outside, server.url, prefix, "--json")

    document = json.loads(out)
    assert (code, document["ok"], document["fixed"]) == (1, False, False)
    assert document["findings"][0]["credential"] == request.id
    assert (await scene.credential(request)).drift is None


async def test_fix_removes_leftovers(
    scene: Scene, outside: Outside, server: valkey.Valkey, prefix: str
) -> None:
    """With --fix what an ended request left is gone, and the end is a good one."""
    await scene.failed()

    code, out, err = await run(outside, server.url, prefix, "--fix")

    assert (code, scene.held()) == (0, [])
    assert "It was removed." in out
    assert TOWER_TOKEN not in out + err


async def test_a_store_that_is_away_ends_with_2(outside: Outside, prefix: str) -> None:
    """Without the records nothing can be compared, and it is said in a sentence."""
    code, out, err = await run(outside, "redis://127.0.0.1:9", prefix)

    assert (code, out) == (2, "")
    assert "Traceback" not in err


def test_settings_that_are_missing_end_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an environment each setting that is needed is named."""
    monkeypatch.delenv("REDIS_URL", raising=False)

    result = testing.CliRunner().invoke(cli.main, ["reconcile"])

    assert result.exit_code == 2
    assert "REDIS_URL" in result.output


def test_an_unreachable_store_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the process itself too, what went wrong is said without a traceback."""
    for name, value in (scenes.PLAIN | {"REDIS_URL": "redis://127.0.0.1:9"}).items():
        monkeypatch.setenv(name, value)

    result = testing.CliRunner().invoke(cli.main, ["reconcile"])

    assert (result.exit_code, result.exception.__class__) == (2, SystemExit)
