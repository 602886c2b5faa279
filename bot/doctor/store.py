"""Redis, and the clocks: how far this host's time is from that of the services."""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Iterable

from bot import ports
from bot.doctor import patient, reading, report

AREA, CLOCK = "redis", "clock"
SLOW_S = 0.05  # a click is answered after two or three round trips, within Slack's 3 s
SKEWED_S, BROKEN_S = 60.0, 240.0  # Slack's signatures hold for 300 s

Line = report.Line


async def check_server(of: patient.Patient) -> Iterable[Line]:
    """Is the server fit to keep decisions?"""
    found = await reading.bounded(of.probes.store.findings(), of=patient.REDIS)
    return [Line(AREA, "server", one.level, one.seen, one.change) for one in found]


async def check_latency(of: patient.Patient) -> Iterable[Line]:
    """Is the server near?"""
    return [judge_latency((await of.time.get()).took_s)]


def judge_latency(took_s: float) -> Line:
    """Judge a round trip."""
    seen = f"a round trip takes {took_s * 1000:.1f} ms"
    if took_s > SLOW_S:
        change = "Run the bot and its Redis in one region, and look at the server's load."
        return report.warning(AREA, "latency", seen, change)
    return report.ok(AREA, "latency", seen)


async def check_marks(of: patient.Patient) -> Iterable[Line]:
    """Do the keys end that have to?"""
    return [judge_marks(await reading.bounded(of.probes.store.marks(), of=patient.REDIS))]


def judge_marks(marks: ports.Marks) -> Line:
    """Judge the expiry of short-lived keys."""
    if marks.endless:
        seen = f"{marks.endless} of {marks.seen} short-lived keys never expire: Redis will fill up."
        change = (
            "Find what removes expiries there (PERSIST, a restored dump), or use a Redis of the bot's own."
        )
        return report.warning(AREA, "expiry", seen, change)
    return report.ok(AREA, "expiry", f"{marks.seen} short-lived keys looked at, each with an end")


async def check_redis_clock(of: patient.Patient) -> Iterable[Line]:
    """Does this host agree with Redis on the time?"""
    time = await of.time.known()
    if time is None:
        return [report.unknown(CLOCK, "Redis's", "Redis did not tell its time.")]
    return [judge_skew("Redis", time.now, time.at)]


async def check_slack_clock(of: patient.Patient) -> Iterable[Line]:
    """Does this host agree with Slack on the time?"""
    app = await of.app.known()
    return [_by_date("Slack", app.date if app else None, app.at if app else None)]


async def check_tower_clock(of: patient.Patient) -> Iterable[Line]:
    """Does this host agree with Tower on the time?"""
    site = await of.site.known()
    return [_by_date("Tower", site.date if site else None, site.at if site else None)]


def _by_date(service: str, date: str | None, at: dt.datetime | None) -> Line:
    there = read_date(date)
    if there is None or at is None:
        return report.unknown(CLOCK, f"{service}'s", f"{service} did not tell its time.")
    return judge_skew(service, there, at)


def read_date(value: str | None) -> dt.datetime | None:
    """Read a Date header; None for anything else."""
    try:
        found = email.utils.parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or dt.UTC) if found else None


def judge_skew(service: str, there: dt.datetime, here: dt.datetime) -> Line:
    """Hold this host's clock against another."""
    ahead_s = (there - here).total_seconds()
    name = f"{service}'s"
    if abs(ahead_s) <= SKEWED_S:
        return report.ok(CLOCK, name, f"within {max(1, round(abs(ahead_s)))} s of this host's")
    seen = f"{abs(ahead_s):.0f} s {'ahead of' if ahead_s > 0 else 'behind'} this host's"
    if abs(ahead_s) > BROKEN_S:
        change = "Set the clocks by NTP: Slack's requests are refused as too old or too new beyond 300 s."
        return report.failure(CLOCK, name, seen, change)
    return report.warning(
        CLOCK, name, seen, "Set the clocks by NTP: beyond 300 s Slack's requests are refused."
    )
