"""One journey from beginning to end, with the round of the canary after it; told to people or to machines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import click

from bot import errors
from bot.sandbox import acme, canary, journeys, play, process, stage, story, sweep, traffic, world
from bot.sandbox.slack import filling

MOST_WARNINGS = 5
_FORMS = len(canary.forms("-" * 40))


@dataclass(frozen=True, slots=True)
class Result:
    """How a journey went. `problem` None: as it must."""

    journey: str
    problem: str | None
    ready_s: float
    took_s: float
    told: story.Story
    legs: tuple[traffic.Leg, ...]
    report: sweep.Report | None

    @property
    def ok(self) -> bool:
        """Tell whether the journey went well and no secret leaked."""
        return self.problem is None and self.report is not None and self.report.clean

    def document(self) -> dict[str, Any]:
        """Return all of it for a machine."""
        found = [str(one) for one in self.report.findings] if self.report else []
        return {
            "journey": self.journey,
            "ok": self.ok,
            "problem": self.problem,
            "ready_s": round(self.ready_s, 3),
            "took_s": round(self.took_s, 3),
            "steps": self.told.document(),
            "requests": [asdict(leg) for leg in self.legs],
            "canary": asdict(self.report) | {"findings": found} if self.report else None,
        }


async def rehearse(name: str, outside: world.World, tell: Callable[[str], None] | None = None) -> Result:
    """Play a journey in a fresh world. What goes wrong becomes the result's problem."""
    begun, told = time.perf_counter(), story.Story(tell)
    problem, report, ready_s = None, None, 0.0
    legs: tuple[traffic.Leg, ...] = ()
    try:
        kind = stage.on_the_clock if journeys.JOURNEYS[name].on_the_clock else process.BotProcess
        async with stage.Stage(outside, kind=kind) as on:
            ready_s = on.bot.ready_in_s
            told.begin()
            told.did(
                f"The bot is ready. {outside.login_server()} stands for "
                f"{acme.REGISTRY}.azurecr.io, and other ports for the other registries."
            )
            problem = await _played(name, play.Play(on, told))
            report = await on.report()
            legs = tuple(traffic.legs(outside.journal.exchanges, outside.azure.minted))
            for warning in on.bot.warnings()[-MOST_WARNINGS:] if problem else ():
                told.broke(f"The bot said: {warning}")
    except errors.ConfigurationError as error:
        problem = str(error)
    return Result(name, problem, ready_s, time.perf_counter() - begun, told, legs, report)


async def _played(name: str, on: play.Play) -> str | None:
    try:
        await journeys.JOURNEYS[name].run(on)
    except (play.Broken, filling.NotOnScreen, TimeoutError, errors.BotError) as error:
        on.story.broke(str(error))
        return str(error)
    return _complaint(on.world)


def _complaint(outside: world.World) -> str | None:
    """Return what a service would not have taken, though its double went on."""
    teams = outside.teams.complaints if outside.teams else ()
    complaints = [*outside.slack.complaints, *teams, *outside.arm.violations, *outside.tower.violations]
    return f"A service would refuse this: {complaints[0]}" if complaints else None


def opening(name: str, outside: world.World) -> Iterator[str]:
    """Go through what is said before a journey."""
    yield story.heading(f"{name}: {journeys.JOURNEYS[name].about}")
    yield story.folded(
        "Everything runs on this machine. Slack, Azure, Tower and Wave are doubles, and the bot does not "
        "know: it runs as in production, over real HTTP; only addresses and credentials differ."
    )
    if outside.redis_url:
        yield story.folded("State is kept in the Redis that REDIS_URL names, under a prefix of its own.")


def closing(result: Result) -> Iterator[str]:
    """Go through what is said after a journey."""
    yield ""
    if result.report:
        yield story.heading("Where the password went")
        for leg in result.legs:
            count = f"{leg.requests:>4} request" + ("s" if leg.requests != 1 else " ")
            mark = click.style(leg.remark, bold=bool(leg.carried or leg.answered))
            yield f"  {leg.service:<32}{count}   {mark}"
        yield ""
        yield from _canary(result.report)
    ready = f"The bot was ready after {result.ready_s:.1f} s; all of it took {result.took_s:.1f} s."
    if result.ok:
        yield click.style("Everything went as it must. ", fg="green", bold=True) + ready
    else:
        yield click.style("This did not go as it must. ", fg="red", bold=True) + (result.problem or "")


def _canary(report: sweep.Report) -> Iterator[str]:
    searched = (
        f"Looked for {report.secrets} secrets, each in {_FORMS} forms, in {report.exchanges} requests with "
        f"their answers, {report.keys} Redis keys, {report.commands} Redis commands, "
        f"{report.log_bytes // 1024} kB of logs at level DEBUG, the bot's pages and files: "
    )
    verdict = "none is where it must not be." if report.clean else "some leaked."
    yield story.folded(searched + verdict)
    for finding in report.findings:
        yield click.style(f"  ✗ {finding}", fg="red")
