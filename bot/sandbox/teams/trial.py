"""`registry-bot sandbox --playground`: the bot behind Microsoft's Agents Playground, until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import click

from bot import errors
from bot.sandbox import pace, stage, story, world
from bot.sandbox.teams import playground

FAILED = 1


@contextlib.asynccontextmanager
async def opened(
    manifest: Mapping[str, Any], *, speed: pace.Pace = pace.LIKE_LIFE
) -> AsyncIterator[tuple[playground.Playground, stage.Stage]]:
    """Return the Playground in front of a bot, and that bot's stage."""
    outside = world.World(manifest, speed=speed, policy=playground.POLICY)
    with tempfile.TemporaryDirectory(prefix="registry-bot-playground-") as folder:
        async with (
            playground.Playground(Path(folder), outside.journal) as ground,
            stage.Stage(outside, extra=ground.environment()) as on,
        ):
            await ground.start(on.bot.url + stage.ACTIVITIES_PATH)
            yield ground, on


async def run(manifest: Mapping[str, Any], *, browser: bool) -> int:
    """Serve until it is ended; Enter approves the newest request. Return the exit code."""
    click.echo("\n  Fetching Microsoft's Agents Playground with npx, under Microsoft's own licence.")
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    try:
        async with opened(manifest) as (ground, _):
            for line in _welcome(ground.url):
                click.echo(line)
            if browser:
                await asyncio.to_thread(webbrowser.open, ground.url)
            with _keys(ground):
                await ended.wait()
    except errors.ConfigurationError as error:
        click.echo(str(error), err=True)
        return FAILED
    return 0


@contextlib.contextmanager
def _keys(ground: playground.Playground) -> Any:
    """Let Enter approve, where somebody sits at a terminal."""
    if not sys.stdin.isatty():
        yield
        return
    loop, deeds = asyncio.get_running_loop(), set[asyncio.Task[None]]()

    async def approve() -> None:
        told = await ground.approve()
        click.echo(f"  Ben Ortiz presses Approve. {told or 'It is taken.'}")

    def pressed() -> None:
        sys.stdin.readline()
        deed = loop.create_task(approve())
        deeds.add(deed)
        deed.add_done_callback(deeds.discard)

    loop.add_reader(sys.stdin, pressed)
    try:
        yield
    finally:
        loop.remove_reader(sys.stdin)
        for deed in deeds:
            deed.cancel()


def _welcome(url: str) -> list[str]:
    return [
        "",
        f"  The Playground is at  {story.heading(url)}",
        "",
        "  1. Write “registry” to the bot, and press “Fill it in here”: the Playground has no dialogs.",
        "  2. Look into the channel “Registry approvals”. You are Ana Ruiz, and may not approve it.",
        "  3. Press Enter here: Ben Ortiz approves. The result comes to where you asked.",
        "",
        "  Ctrl-C ends it.",
        "",
    ]
