"""The audit log of a bot at work: checkpoints on its standard output, entries in its channel, verified."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from bot.sandbox import acme, journeys, play, process, story
from tests.e2e.conftest import Opener
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
ENTRIES = 9  # of one issue: submitted, approved, started, five steps, done
# The shortest period there is, and a log that says next to nothing.
EAGER = {
    "REGISTRY_BOT_CHECKPOINT_MINUTES": "0.01",
    "REGISTRY_BOT_AUDIT_CHANNEL": acme.OPERATORS,
    "REGISTRY_BOT_LOG": "error,columns",
}


async def test_a_bot_at_work_seals_and_tells_its_log(open_stage: Opener) -> None:
    """Whatever the log is set to; an auditor finds the lines, and nothing wrong. SIGTERM ends it all."""
    on = await open_stage(kind=process.BotProcess, extra=EAGER)
    bot = on.bots[0]
    await journeys.issue(play.Play(on, story.Story()))
    await wait_until(lambda: sealed(bot.log), "the last entry is sealed", within_s=20)
    cleo = on.world.slack.person(acme.CLEO)
    await wait_until(
        lambda: any("request:work:done" in one.text for one in cleo.sees(acme.OPERATORS)),
        "the channel was told of the end",
        within_s=20,
    )

    code, report = await verified(bot)

    assert (code, report["sound"], report["problems"]) == (0, True, 0)
    assert report["covered"] == report["last"]
    assert await bot.stop() == 0


def sealed(log: Path) -> bool:
    """Tell whether checkpoints cover what an issue writes."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if "audit_checkpoint" in line]
    return max((int(line["last"]) for line in lines), default=0) >= ENTRIES


async def verified(bot: process.BotProcess) -> tuple[int | None, dict[str, object]]:
    """Run the auditor's command with the bot's own settings and lines."""
    command = ("-m", "bot", "audit", "verify", "--json", "--checkpoints", str(bot.log))
    ran = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        env=bot.environment | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await ran.communicate()
    return ran.returncode, json.loads(out)
