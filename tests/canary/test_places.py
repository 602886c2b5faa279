"""The canary's round: a leak planted in each place is found there; where a secret belongs, it may stand."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from redis.asyncio import Redis

from bot.sandbox import canary, redis_trace, sweep, world
from tests.canary import scenery
from tests.canary.scenery import Scene
from tests.waiting import wait_until


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """Return a world in which everything went as it should."""
    async with scenery.opened() as made:
        yield made


async def test_a_proper_delivery_is_no_finding(scene: Scene) -> None:
    """The password in ARM's answer and once in Tower's request is what should happen."""
    report = await scene.report()

    assert report.findings == ()
    assert (report.deliveries, report.exchanges) == (1, 2)


def _log(scene: Scene) -> None:
    scene.bot.print(json.dumps({"event": "delivered", "detail": f"with {scene.password}"}))


def _traceback(scene: Scene) -> None:
    try:
        int(scene.password)
    except ValueError:
        scene.bot.print(json.dumps({"exception": traceback.format_exc()}))


async def _key(scene: Scene) -> None:
    await scene.redis.set("{rb}:op:1", "done")
    await scene.redis.set(f"{{rb}}:op:{scene.password}", "done")


async def _value(scene: Scene) -> None:
    await scene.redis.hset("{rb}:req:1", mapping={"record": json.dumps({"password": scene.password})})


async def _stream(scene: Scene) -> None:
    await scene.redis.xadd("{rb}:audit", {"entry": scene.password})


async def _member(scene: Scene) -> None:
    await scene.redis.zadd("{rb}:due", {scene.password: 1.0})


async def _element(scene: Scene) -> None:
    await scene.redis.rpush("{rb}:trail:1", scene.password)


async def _passing_command(scene: Scene) -> None:
    await scene.redis.set("{rb}:lock", scene.password)
    await scene.redis.delete("{rb}:lock")
    await wait_until(lambda: any(b"DEL" in line for line in scene.trace.commands), "MONITOR caught up")


async def _script(scene: Scene) -> None:
    await scene.redis.eval("return ARGV[1]", 0, scene.password)
    await wait_until(lambda: any(b"EVAL" in line for line in scene.trace.commands), "MONITOR caught up")


def _chat(scene: Scene) -> None:
    body = json.dumps({"channel": "C0GENOMICS", "text": f"Your password is {scene.password}"})
    scene.exchange("slack", "POST /api/chat.postMessage", body=body)


def _card(scene: Scene) -> None:
    run = {"type": "TextRun", "text": scene.password}
    scene.exchange("teams", "POST /v3/conversations/19:x/activities", body=json.dumps({"inlines": [run]}))


def _invoke(scene: Scene) -> None:
    scene.exchange("teams", "ANSWER /api/messages", body=json.dumps({"value": scene.password}))


def _client_secret(scene: Scene) -> None:
    secret = scene.world.secrets.teams_client_secret
    scene.exchange("teams", "POST /tenant/oauth2/v2.0/token", body=f"client_secret={secret}")
    scene.exchange("teams", "POST /v3/conversations", body=secret)


def _ack(scene: Scene) -> None:
    scene.exchange("slack", "ANSWER /registry", body=json.dumps({"text": scene.password}))


def _metrics(scene: Scene) -> None:
    scene.pages.shown = f'registry_bot_events_total{{password="{scene.password}"}} 1.0'


def _file(scene: Scene) -> None:
    (scene.bot.folder / "docker.json").write_text(base64.b64encode(scene.password.encode()).decode())


def _wave(scene: Scene) -> None:
    scene.exchange("wave", "POST /v1alpha2/validate-creds", body=scenery.delivery(scene.password))


def _registry(scene: Scene) -> None:
    basic = base64.b64encode(f"registry-bot:{scene.password}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    scene.exchange("acr:acmegenomics", "GET /oauth2/token", headers=headers, answer="{}")


def _query(scene: Scene) -> None:
    scene.exchange("tower", f"GET /credentials/validate?name=a&password={scene.password}")


def _twice(scene: Scene) -> None:
    body = json.dumps({"credentials": {"description": scene.password, "keys": {"password": scene.password}}})
    scene.exchange("tower", "PUT /credentials/abc?workspaceId=101", body=body)


def _token_to_slack(scene: Scene) -> None:
    token = scene.world.secrets.tower_token
    scene.exchange("slack", "POST /api/chat.postMessage", headers={"Authorization": f"Bearer {token}"})


def _token_to_wave(scene: Scene) -> None:
    scene.exchange("wave", "POST /v1alpha1/inspect", body=scene.world.secrets.tower_token)


def _entra(scene: Scene) -> None:
    scene.world.azure.bearers["entra-0123456789abcdefghijklmnopqrstuvwxyz"] = "https://management.azure.com"
    scene.bot.print("Authorization: Bearer entra-0123456789abcdefghijklmnopqrstuvwxyz")


def _registry_token(scene: Scene) -> None:
    answer = json.dumps({"refresh_token": "refresh-0123456789abcdefghijklmnop"})
    scene.exchange("acr:acmegenomics", "POST /oauth2/exchange", answer=answer)
    scene.bot.print("exchanged for refresh-0123456789abcdefghijklmnop")


def _signing_secret(scene: Scene) -> None:
    scene.bot.print(f"signature does not match {scene.world.secrets.slack_signing_secret}")


async def _audit_key(scene: Scene) -> None:
    await scene.redis.set("{rb}:audit:key", scene.world.secrets.audit_key)


LEAKS: dict[str, tuple[Callable[[Scene], Awaitable[None] | None], str]] = {
    "a log line": (_log, "registry password (as it is) in the output of bot"),
    "a traceback": (_traceback, "registry password (as it is) in the output of bot"),
    "the name of a key": (_key, "registry password (as it is) in the Redis key {rb}:op:[hidden]"),
    "a hash": (_value, "registry password (as it is) in the Redis key {rb}:req:1"),
    "a stream": (_stream, "registry password (as it is) in the Redis key {rb}:audit"),
    "a sorted set": (_member, "registry password (as it is) in the Redis key {rb}:due"),
    "a list": (_element, "registry password (as it is) in the Redis key {rb}:trail:1"),
    "a command in passing": (_passing_command, "registry password (as it is) in a command to Redis"),
    "a script's argument": (_script, "registry password (as it is) in a command to Redis"),
    "a chat message": (
        _chat,
        "registry password (as it is) in slack: body of POST /api/chat.postMessage",
    ),
    "a card in Teams": (
        _card,
        "registry password (as it is) in teams: body of POST /v3/conversations/19:x/activities",
    ),
    "an answer to Teams": (_invoke, "registry password (as it is) in teams: body of ANSWER /api/messages"),
    "the Teams secret": (
        _client_secret,
        "Teams client secret (as it is) in teams: body of POST /v3/conversations",
    ),
    "an answer to chat": (_ack, "registry password (as it is) in slack: body of ANSWER /registry"),
    "the metrics": (_metrics, "registry password (as it is) in the page /metrics"),
    "a file": (_file, "registry password (in base64) in the file bot/docker.json"),
    "a request to Wave": (
        _wave,
        "registry password (as it is) in wave: body of POST /v1alpha2/validate-creds",
    ),
    "a login at the registry": (
        _registry,
        "registry password (in base64) in acr:acmegenomics: header authorization of GET /oauth2/token",
    ),
    "an address": (_query, "registry password (as it is) in tower: path of GET /credentials/validate"),
    "a second time in one body": (
        _twice,
        "registry password (as it is) in tower: body of PUT /credentials/abc",
    ),
    "Tower's token to Slack": (
        _token_to_slack,
        "Tower token (as it is) in slack: header authorization of POST /api/chat.postMessage",
    ),
    "the strong token to Wave": (
        _token_to_wave,
        "Tower token (as it is) in wave: body of POST /v1alpha1/inspect",
    ),
    "an Entra token": (_entra, "Entra token (as it is) in the output of bot"),
    "a registry's token": (_registry_token, "registry's own token (as it is) in the output of bot"),
    "the signing secret": (_signing_secret, "Slack signing secret (as it is) in the output of bot"),
    "the audit key": (_audit_key, "audit key (as it is) in the Redis key {rb}:audit:key"),
}


@pytest.mark.parametrize("leak", LEAKS)
async def test_a_planted_leak_is_found(scene: Scene, leak: str) -> None:
    """Wherever a secret leaks to, the round names the place, and never shows the secret."""
    plant, expected = LEAKS[leak]
    planted = plant(scene)
    if planted is not None:
        await planted

    report = await scene.report()

    assert expected in [str(finding) for finding in report.findings]
    assert scene.password not in str(report)


async def test_what_the_store_writes_to_disk_is_searched(scene: Scene) -> None:
    """A value that was deleted again is still found in the server's own file."""
    await scene.redis.set("{rb}:lock", scene.password)
    await scene.redis.delete("{rb}:lock")
    folder = scene.world.folder / "store"
    await wait_until(
        lambda: any(scene.password.encode() in path.read_bytes() for path in folder.rglob("*.aof")),
        "the append-only file was written",
    )

    report = await scene.report()

    assert any("the file store/appendonlydir/" in finding.place for finding in report.findings)


async def test_places_of_ones_own_are_searched(scene: Scene) -> None:
    """What only a test can see, such as captured log records, is searched with the rest."""
    record = logging.LogRecord("bot", logging.DEBUG, __file__, 1, "%s", (scene.password,), None)
    place = canary.Place("a log record", record.getMessage().encode())

    report = await sweep.Sweep(scene.world).report(place)

    assert [finding.place for finding in report.findings] == ["a log record"]


async def test_a_server_that_comes_back_is_watched_again() -> None:
    """MONITOR goes on after the server was killed and started again."""
    async with world.World(scenery.MANIFEST) as outside, redis_trace.RedisTrace(outside.redis_url) as trace:
        assert outside.server
        await outside.server.restart()
        client = Redis.from_url(outside.redis_url)

        async def told() -> bool:
            await client.set("after", "the restart")
            return any(b"the restart" in line for line in trace.commands)

        await wait_until(told, "MONITOR tells of new commands")
        await client.aclose()
