"""A world and a bot process to measure: no limits of Slack's, no logs at debug."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import json
import sys
import urllib.parse
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp

from bot import audit, clock, model, recorder, store
from bot.sandbox import acme, pace, process, world
from handlers.slack import ids, manifest
from tests import builders

EVENTS = "/slack/events"
APP = "A0BOT"
CLICKED = "1.1"  # the timestamp of the message that shows a request
_numbers = itertools.count(1)


@contextlib.asynccontextmanager
async def opened(speed: pace.Pace = pace.FAST) -> AsyncIterator[world.World]:
    """Open a world without rate limits."""
    installed = manifest.manifest("https://registry-bot.example")
    async with world.World(installed, speed=dataclasses.replace(speed, limits=False)) as outside:
        yield outside


@contextlib.asynccontextmanager
async def bot(outside: world.World, *arguments: str) -> AsyncIterator[process.BotProcess]:
    """Run `registry-bot serve` in a world, as quiet as in production."""
    environment = outside.environment() | {"REGISTRY_BOT_LOG": "warning,json"}
    async with process.BotProcess(environment, outside.folder, arguments=("serve", *arguments)) as running:
        outside.slack.connect(f"{running.url}{EVENTS}")
        yield running


@contextlib.asynccontextmanager
async def bare(outside: world.World, port: int) -> AsyncIterator[None]:
    """Run the baseline's bolt app in a world."""
    keys = outside.secrets
    given = (str(port), outside.slack.api_url, keys.slack_signing_secret, keys.slack_bot_token)
    running = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bench.baseline", *given)
    try:
        await _answers(f"http://127.0.0.1:{port}/readyz")
        yield
    finally:
        running.terminate()
        await running.wait()


async def _answers(url: str) -> None:
    async with aiohttp.ClientSession() as client:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with client.get(url):
                    return
            await clock.SystemClock().sleep(0.05)


def commands(outside: world.World, count: int) -> Iterator[bytes]:
    """Yield bodies of `/registry help`, each another delivery."""
    for _ in range(count):
        number = next(_numbers)
        yield urllib.parse.urlencode(
            {
                "command": ids.COMMAND,
                "text": "help",
                "user_id": acme.ANA,
                "user_name": "ana",
                "team_id": acme.TEAM.id,
                "team_domain": "acme",
                "channel_id": acme.GENOMICS,
                "channel_name": "genomics",
                "api_app_id": APP,
                "trigger_id": f"{number}.bench",
                "response_url": f"{outside.slack.url}/nowhere/{number}",
            }
        ).encode()


def approval(outside: world.World, request: model.Request) -> bytes:
    """Return the body of Ben's click on Approve."""
    payload: dict[str, Any] = {
        "type": "block_actions",
        "team": {"id": acme.TEAM.id, "domain": "acme"},
        "user": {"id": acme.BEN, "team_id": acme.TEAM.id, "username": "ben"},
        "api_app_id": APP,
        "container": {"type": "message", "channel_id": acme.APPROVALS, "message_ts": CLICKED},
        "channel": {"id": acme.APPROVALS, "name": "registry-approvals"},
        "message": {"ts": CLICKED, "text": "", "blocks": []},
        "trigger_id": f"{next(_numbers)}.bench",
        "response_url": f"{outside.slack.url}/nowhere",
        "actions": [
            {
                "action_id": ids.APPROVE,
                "block_id": ids.buttons(model.Role.APPROVAL),
                "type": "button",
                "value": f"{request.id}.{request.digest[:16]}",
                "action_ts": f"{next(_numbers)}.1",
            }
        ],
    }
    return urllib.parse.urlencode({"payload": json.dumps(payload)}).encode()


@contextlib.asynccontextmanager
async def records(outside: world.World) -> AsyncIterator[tuple[store.RedisStore, recorder.Recorder]]:
    """Open the bot's own store, to put requests there and to read what became of them."""
    time = clock.SystemClock()
    key = outside.environment()["REGISTRY_BOT_AUDIT_KEY"].encode()
    async with store.open_store(outside.redis_url, prefix="rb", clock=time, keep_days=400) as opened:
        yield opened, recorder.Recorder(opened, audit.Trail(key), time)


async def pending(
    record: recorder.Recorder, template: model.Request, count: int
) -> tuple[model.Request, ...]:
    """Keep copies of a request, each for another workspace, and return them."""
    made = []
    for number in range(count):
        workspace = builders.a_workspace(id=10_000 + number, name=f"w{number}")
        spec = template.spec.model_copy(update={"workspace": workspace})
        fields = {"id": model.new_id(), "spec": spec, "digest": spec.digest(template.policy_version)}
        made.append(template.model_copy(update=fields | {"version": 1, "decisions": ()}))
    await asyncio.gather(*(record.create(request, op=request.id) for request in made))
    return tuple(made)


def resident_mb(pid: int) -> float:
    """Return a process's resident memory in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024
