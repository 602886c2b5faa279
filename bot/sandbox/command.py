"""`registry-bot sandbox`: play one journey, or keep a whole world running to look around in."""

from __future__ import annotations

import asyncio
import json
import signal
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import click
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.sandbox import journeys, pace, rehearsal, stage, story, world
from bot.sandbox.page import server
from bot.sandbox.teams import tenant, trial

WRONG_USAGE = 2
PUBLIC_URL = "https://registry-bot.example"  # Slack's double delivers to the loopback address instead


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    once: bool = False
    journey: str = "issue"
    as_json: bool = False
    browser: bool = True
    port: int = 0
    playground: bool = False


class Environment(BaseSettings):
    """The one setting that the sandbox takes from outside: a Redis to use in place of its own."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    redis_url: SecretStr | None = Field(None, alias="REDIS_URL")


async def run(options: Options, *, manifest: Callable[[str | None], Mapping[str, Any]]) -> int:
    """Do what the options say, and return the exit code.

    `manifest` returns the Slack app's, for an app with this public address: from it the sandbox
    installs the app.
    """
    if options.journey not in journeys.JOURNEYS:
        known = ", ".join(journeys.JOURNEYS)
        click.echo(f"There is no journey {options.journey!r}. There are: {known}.", err=True)
        return WRONG_USAGE
    policy, teams = _scene(options)
    if (teams or options.playground) and not tenant.available():
        click.echo('This needs the bot\'s extra "teams": pip install "registry-bot[teams]".', err=True)
        return WRONG_USAGE
    if options.playground:
        return await trial.run(manifest(PUBLIC_URL), browser=options.browser)
    given, installed = Environment().redis_url, manifest(PUBLIC_URL)
    outside = world.World(
        installed,
        speed=pace.LIKE_LIFE,
        redis_url=given.get_secret_value() if given else None,
        policy=policy,
        teams=teams,
    )
    return await _once(options, outside) if options.once else await _stay(options, outside, installed)


def _scene(options: Options) -> tuple[str | None, bool]:
    """Return the policy file, and whether there is a Teams beside Slack."""
    if options.once:
        return journeys.JOURNEYS[options.journey].policy, journeys.JOURNEYS[options.journey].teams
    # Who only looks around has both, where the bot can serve Teams.
    return (tenant.POLICY, True) if tenant.available() else (None, False)


async def _once(options: Options, outside: world.World) -> int:
    if options.as_json:
        result = await rehearsal.rehearse(options.journey, outside)
        click.echo(json.dumps(result.document(), indent=2, ensure_ascii=False))
        return 0 if result.ok else 1
    for line in rehearsal.opening(options.journey, outside):
        click.echo(line)
    result = await rehearsal.rehearse(options.journey, outside, click.echo)
    for line in rehearsal.closing(result):
        click.echo(line)
    return 0 if result.ok else 1


async def _stay(options: Options, outside: world.World, manifest: Mapping[str, Any]) -> int:
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with (
        stage.Stage(outside, kind=stage.on_the_clock) as on,
        server.Page(on, manifest, port=options.port) as page,
    ):
        for line in _welcome(on, page):
            click.echo(line)
        if options.browser:
            await asyncio.to_thread(webbrowser.open, page.url)
        await ended.wait()
        click.echo("\n  Ending the sandbox.")
        await page.life.end()
    return 0


def _welcome(on: stage.Stage, page: server.Page) -> list[str]:
    journey = "  registry-bot sandbox --once --journey "
    width = len(journey) + max(map(len, journeys.JOURNEYS)) + 3
    return [
        "",
        f"  The sandbox is at  {story.heading(page.url)}",
        "",
        story.folded(
            "Two people side by side, on Slack or in Teams, and every request that leaves the bot.", "  "
        ),
        story.folded("Ctrl-C ends it, and nothing of it stays.", "  "),
        f"  The bot logs to {on.bot.log}",
        "",
        "  In a terminal instead, one journey each:",
        *(f"{journey + name:<{width}}{one.about}" for name, one in journeys.JOURNEYS.items()),
        "",
    ]
