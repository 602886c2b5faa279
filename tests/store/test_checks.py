"""What an operator is told about a server."""

from __future__ import annotations

import re

import pytest
from structlog import testing

from bot import store as stores
from bot.clock import SystemClock
from bot.sandbox import valkey
from bot.store import checks
from bot.store.checks import Level

SOUND = {
    "redis_version": "7.0.15",
    "redis_mode": "standalone",
    "role": "master",
    "aof_enabled": 1,
    "aof_last_write_status": "ok",
    "rdb_last_bgsave_status": "ok",
    "maxmemory_policy": "noeviction",
    "evicted_keys": 0,
    "connected_slaves": 1,
}


def test_a_sound_server_is_all_right() -> None:
    """Nothing to change, and what is so is said."""
    found = checks.findings(SOUND)

    assert {finding.level for finding in found} == {Level.OK}
    assert [finding.text for finding in found] == [
        "Redis 7.0.15",
        "append-only file on",
        "noeviction",
        "replicas: 1",
    ]


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        ({"redis_version": "4.0.9"}, Level.FAILURE, "no streams"),
        ({"redis_version": "5.0.7"}, Level.WARNING, "older than"),
        ({"role": "slave"}, Level.FAILURE, "takes no writes"),
        ({"redis_mode": "cluster"}, Level.FAILURE, r"redis\+cluster://"),
        ({"aof_enabled": 0}, Level.WARNING, "Set appendonly yes"),
        ({"aof_last_write_status": "err"}, Level.FAILURE, "disk"),
        ({"rdb_last_bgsave_status": "err"}, Level.WARNING, "disk"),
        ({"maxmemory_policy": "allkeys-lru"}, Level.FAILURE, "drops requests.*noeviction"),
        ({"maxmemory_policy": "volatile-lru"}, Level.WARNING, "double clicks.*noeviction"),
        ({"evicted_keys": 7}, Level.WARNING, "dropped 7 keys"),
    ],
)
def test_what_is_wrong_comes_with_what_to_change(change: dict[str, object], level: Level, words: str) -> None:
    """One line for each, as bad as it is."""
    (found,) = (one for one in checks.findings(SOUND | change) if one.level is not Level.OK)

    assert found.level is level
    assert re.search(words, found.text)


def test_what_a_server_does_not_tell_is_not_judged() -> None:
    """Hosted servers leave fields out."""
    assert checks.findings({}) == ()


def test_valkey_is_called_by_its_name() -> None:
    """It says which Redis it is compatible with, besides its own version."""
    found = checks.findings({"redis_version": "7.2.4", "valkey_version": "9.1.2"})

    assert found == (checks.Finding(Level.OK, "Valkey 9.1.2"),)


async def test_the_servers_of_the_tests_are_sound(store: stores.RedisStore) -> None:
    """Read from a real one: the embedded server is set up as production should be."""
    found = await store.checks()

    assert {finding.level for finding in found} == {Level.OK}
    assert "append-only file on" in {finding.text for finding in found}


async def test_an_unfit_server_is_complained_of_at_the_start(prefix: str) -> None:
    """In the log, as something to change; the bot starts nevertheless."""
    async with valkey.Valkey(options=("--appendonly", "no")) as server:
        with testing.capture_logs() as logs:
            async with stores.open_store(server.url, prefix=prefix, clock=SystemClock(), keep_days=30):
                pass

    (line,) = logs
    assert (line["event"], line["level"]) == ("store_unfit", "warning")
    assert "Set appendonly yes" in line["finding"]
