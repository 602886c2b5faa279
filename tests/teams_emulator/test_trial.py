"""`sandbox --playground`, with a page of a test's own in place of Microsoft's."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from bot import wiring
from bot.sandbox import command
from bot.sandbox.teams import trial
from tests.waiting import wait_until

# What npx would fetch: something that answers on the port.
SCRIPT = """#!/bin/sh
while [ "$1" != "--port" ]; do shift; done
exec {python} -m http.server --bind 127.0.0.1 "$2"
"""


def _npx(folder: Path, text: str) -> None:
    npx = folder / "npx"
    npx.write_text(text)
    npx.chmod(0o755)


async def test_it_serves_until_it_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page's address and the three steps are printed; Ctrl-C ends everything."""
    _npx(tmp_path, SCRIPT.format(python=sys.executable))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")  # noqa: TID251  # the machine's own
    said: list[str] = []

    def welcomed() -> bool:
        said.append(capsys.readouterr().out)
        return "Ctrl-C ends it" in "".join(said)

    running = asyncio.create_task(trial.run(wiring.slack_manifest(command.PUBLIC_URL), browser=False))
    await wait_until(welcomed, "the welcome is printed", within_s=20)
    os.kill(os.getpid(), signal.SIGINT)

    assert await running == 0
    assert "http://127.0.0.1:" in "".join(said)


async def test_what_npx_cannot_fetch_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a network there is a sentence, and an exit code."""
    _npx(tmp_path, "#!/bin/sh\nexit 1\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")  # noqa: TID251  # the machine's own

    code = await trial.run(wiring.slack_manifest(command.PUBLIC_URL), browser=False)

    assert code == trial.FAILED
    assert "could not fetch or start" in capsys.readouterr().err
