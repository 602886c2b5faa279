"""The whole product on the sandbox: a world for each test, a bot in it, and the canary after it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot import wiring
from bot.sandbox import acme, pace, play, process, stage, story, world
from tests.e2e import crowd, inside

PUBLIC_URL = "https://registry-bot.example"


def vendor_specs() -> Path | None:
    """Return the vendors' own descriptions, where they are at hand."""
    beside = Path(__file__).parents[2].parent / "shared" / "vendor-specs"
    folder = Path(os.environ.get("VENDOR_SPECS", beside))  # noqa: TID251  # where to find test data is no setting of the bot
    return folder if folder.is_dir() else None


def a_world(**choices: Any) -> world.World:
    """Return a fast world with the bot's own manifest; `choices` are World's arguments."""
    socket_mode = choices.get("socket_mode", False)
    manifest = wiring.slack_manifest(None if socket_mode else PUBLIC_URL)
    return world.World(manifest, **{"speed": pace.FAST, "specs": vendor_specs(), **choices})


Opener = Callable[..., Awaitable[stage.Stage]]


@pytest.fixture
async def open_stage() -> AsyncIterator[Opener]:
    """Return what opens a stage, for a world and a kind of bot; afterwards no secret may have leaked."""
    opened: list[stage.Stage] = []
    async with contextlib.AsyncExitStack() as stack:

        async def open_(
            outside: world.World | None = None,
            *,
            kind: Callable[..., process.BotProcess] = inside.InsideBot,
            extra: dict[str, str] | None = None,
        ) -> stage.Stage:
            on = stage.Stage(outside or a_world(), extra=extra, kind=kind)
            opened.append(await stack.enter_async_context(on))
            return on

        yield open_
        for on in opened:
            report = await on.report()
            assert [str(finding) for finding in report.findings] == []
            assert on.world.teams is None or on.world.teams.complaints == []
            assert [*on.world.slack.complaints, *on.world.arm.violations, *on.world.tower.violations] == []


@pytest.fixture
async def on(open_stage: Opener) -> play.Play:
    """Return the people of a fresh world, with a bot inside this process."""
    return play.Play(await open_stage(), story.Story())


@pytest.fixture
async def crowded(open_stage: Opener) -> play.Play:
    """Return a world in which a crowd of 200 may approve."""
    extra = {"REGISTRY_BOT_APPROVERS": ",".join((*acme.APPROVERS, *crowd.ids(crowd.CROWD)))}
    on = await open_stage(extra=extra)
    on.world.slack.terms.deadline_s = 30.0  # people, Slack and the bot share one busy processor here
    return play.Play(on, story.Story())


@pytest.fixture
async def outdoors(open_stage: Opener) -> play.Play:
    """Return the people of a fresh world, with a bot that is a process of its own."""
    return play.Play(await open_stage(kind=process.BotProcess), story.Story())


@pytest.fixture
def redis_server() -> Path:
    """Return the machine's own redis-server."""
    found = shutil.which("redis-server")
    if found is None:
        pytest.skip("there is no redis-server on the PATH")
    return Path(found)
