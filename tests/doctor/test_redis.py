"""Redis and the clocks under the doctor's eyes; each test has a server of its own to break."""

from __future__ import annotations

import datetime as dt
import email.utils
import json
import shutil
from pathlib import Path

import pytest

from bot import clock
from bot.doctor import store
from bot.ports import Marks
from bot.sandbox import acme
from bot.store import connection
from bot.store import probe as store_probe
from tests.doctor.conftest import FAILURE, OK, WARNING, Clinic, bad, fault, only
from tests.store import topologies

NOW = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("setting", "value", "level", "words"),
    [
        ("maxmemory-policy", "allkeys-lru", FAILURE, "noeviction"),
        ("maxmemory-policy", "volatile-ttl", WARNING, "noeviction"),
        ("appendonly", "no", WARNING, "appendonly yes"),
    ],
)
async def test_an_unfit_server_is_told_with_what_to_set(
    clinic: Clinic, redis: connection.Client, setting: str, value: str, level: object, words: str
) -> None:
    """Eviction and persistence, as INFO has them."""
    await redis.execute_command("CONFIG", "SET", setting, value)

    found = await clinic.examine()

    lines = [line for line in found.lines if line.area == "redis" and line.level is not OK]
    assert [(line.level, words in line.change) for line in lines] == [(level, True)]


async def test_a_replica_is_a_failure(clinic: Clinic, redis: connection.Client) -> None:
    """It takes no writes."""
    await redis.execute_command("REPLICAOF", "127.0.0.1", "9")

    found = await clinic.examine()

    assert ("redis", "server", FAILURE) in bad(found)


async def test_a_redis_that_is_away_is_a_failure_and_holds_up_nothing(clinic: Clinic) -> None:
    """Its lines name REDIS_URL, its clock is not known, and everything else is judged."""
    found = await clinic.examine(REDIS_URL="redis://:a-password-of-redis@127.0.0.1:9/0")

    assert {"server", "latency", "expiry"} == {check for area, check, _ in bad(found) if area == "redis"}
    assert "REDIS_URL" in only(found, "redis", "server").change
    assert only(found, "clock", "Redis's").level is WARNING
    assert only(found, "slack", "token").level is OK


async def test_a_wrong_password_of_redis_is_a_failure(clinic: Clinic, redis: connection.Client) -> None:
    """It is not shown."""
    await redis.execute_command("CONFIG", "SET", "requirepass", "the-right-password")

    line = await clinic.line("redis", "latency")

    assert (line.level, "password" in line.change) == (FAILURE, True)


async def test_short_lived_keys_that_never_end_are_a_warning(
    clinic: Clinic, redis: connection.Client
) -> None:
    """As after a restored dump: they would fill the server."""
    tag = f"{{{clinic.outside.prefix}}}"
    await redis.execute_command("SET", f"{tag}:op:one", "1")
    await redis.execute_command("SET", f"{tag}:once:two", "1", "EX", 60)
    await redis.execute_command("SET", f"{tag}:all", "1")
    await redis.execute_command("SET", "somebody-else's", "1")

    line = await clinic.line("redis", "expiry")

    assert (line.level, "1 of 2" in line.seen) == (WARNING, True)


async def test_not_every_key_is_looked_at(clinic: Clinic, redis: connection.Client) -> None:
    """A full server costs the doctor no more than an empty one."""
    tag = f"{{{clinic.outside.prefix}}}"
    for number in range(store_probe.MOST_MARKS + 50):
        await redis.execute_command("SET", f"{tag}:op:{number}", "1", "EX", 60)

    line = await clinic.line("redis", "expiry")

    assert f"{store_probe.MOST_MARKS} short-lived" in line.seen


async def test_nothing_is_written_to_redis(clinic: Clinic, redis: connection.Client) -> None:
    """By the server's own count of commands, and of keys."""
    await redis.execute_command("CONFIG", "RESETSTAT")

    await clinic.examine()

    stats = await redis.execute_command("INFO", "commandstats")
    ran = {name.removeprefix("cmdstat_").partition("|")[0] for name in stats}
    assert ran <= {"info", "time", "scan", "ttl", "client", "hello", "select", "config", "ping"}
    assert await redis.execute_command("DBSIZE") == 0


@pytest.mark.redis_server
async def test_a_cluster_is_looked_at_as_one() -> None:
    """Clock and keys of the node that holds the deployment's slot."""
    found = shutil.which("redis-server")
    if found is None:
        pytest.skip("no redis-server on the PATH")
    async with (
        topologies.cluster(Path(found)) as url,
        store_probe.open_probe(url, prefix="rb", clock=clock.SystemClock()) as probe,
    ):
        time, marks, findings = await probe.time(), await probe.marks(), await probe.findings()

        assert abs((time.now - time.at).total_seconds()) < 5
        assert marks == Marks(0, 0)
        assert {finding.level for finding in findings} == {OK}


@pytest.mark.parametrize(
    ("ahead_s", "level"),
    [(0, OK), (60, OK), (-60, OK), (61, WARNING), (-240, WARNING), (241, FAILURE), (-3600, FAILURE)],
)
def test_clocks_are_judged_by_what_slack_bears(ahead_s: int, level: object) -> None:
    """Either way: signatures hold for 300 s."""
    line = store.judge_skew("Redis", NOW + dt.timedelta(seconds=ahead_s), NOW)

    assert line.level is level


@pytest.mark.parametrize(("shift_s", "level"), [(-120, WARNING), (600, FAILURE)])
async def test_the_clocks_of_slack_and_tower_are_read_off_their_answers(
    clinic: Clinic, shift_s: int, level: object
) -> None:
    """The Date header of what is asked anyway."""
    date = email.utils.format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=shift_s), usegmt=False)
    slack = {"ok": True, "team_id": acme.TEAM.id, "team": "Acme"}
    tower = {"serviceInfo": {"version": "26.2.0", "waveEnabled": True}}
    fault(clinic.outside.slack, "auth.test", status=200, headers={"Date": date}, body=json.dumps(slack))
    fault(clinic.outside.tower, "service-info", status=200, headers={"Date": date}, body=json.dumps(tower))

    found = await clinic.examine()

    assert {only(found, "clock", f"{who}'s").level for who in ("Slack", "Tower")} == {level}
    assert "NTP" in only(found, "clock", "Slack's").change


@pytest.mark.parametrize("value", [None, "", "yesterday", "Wed, 99 Foo 2026 00:00:00 GMT"])
def test_a_date_that_is_none_is_not_judged(value: str | None) -> None:
    """No header, or a strange one."""
    assert store.read_date(value) is None


@pytest.mark.parametrize(("took_s", "level"), [(0.001, OK), (0.05, OK), (0.051, WARNING)])
def test_a_far_redis_is_a_warning(took_s: float, level: object) -> None:
    """Each click takes a few round trips."""
    assert store.judge_latency(took_s).level is level
