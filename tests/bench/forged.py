"""What a flood of forged Teams activities does to those who use Slack: the same process answers both."""

from __future__ import annotations

import asyncio
import dataclasses
import json

from bot.sandbox import pace, world
from bot.sandbox.teams import keys
from handlers.slack import manifest
from handlers.teams import ids
from tests.bench import figures, load, stage

COMMANDS, AT_ONCE = 2000, 16
FORGED, STRANGERS = 6000, 32
MOST_S = 0.020


async def measure() -> list[figures.Figure]:
    """Measure acknowledgements alone, and beside strangers with keys of their own."""
    installed = manifest.manifest("https://registry-bot.example")
    speed = dataclasses.replace(pace.FAST, limits=False)
    async with world.World(installed, speed=speed, teams=True) as outside, stage.bot(outside) as running:
        await _slack(outside, running.port, 200)  # warm
        alone = await _slack(outside, running.port, COMMANDS)
        flood = asyncio.create_task(load.fire(_forged(outside), running.port, STRANGERS))
        await asyncio.sleep(0)
        beside = await _slack(outside, running.port, COMMANDS)
        strangers = await flood
    before, after = (figures.percentile(one.latencies, 99) for one in (alone, beside))
    return [
        figures.Figure(
            f"Slack acknowledgements, p99 at {AT_ONCE} concurrent, beside {STRANGERS} forgers",
            f"≤ {MOST_S * 1000:.0f} ms more",
            f"{(after - before) * 1000:+.1f} ms ({before * 1000:.1f} → {after * 1000:.1f} ms; "
            f"{strangers.rate:.0f} refused a second)",
            after - before <= MOST_S and strangers.statuses == {401},
        )
    ]


async def _slack(outside: world.World, port: int, count: int) -> load.Outcome:
    secret = outside.secrets.slack_signing_secret
    requests = [load.signed(body, secret, stage.EVENTS) for body in stage.commands(outside, count)]
    return await load.fire(requests, port, AT_ONCE)


def _forged(outside: world.World) -> list[bytes]:
    """Return activities of key ids that nobody knows, and of Teams' own with another signature."""
    teams = outside.teams
    if teams is None:
        raise RuntimeError("This world has no Teams.")
    said = keys.claims(audience=teams.app.id, service_url=teams.url)
    own = keys.SigningKey()
    body = json.dumps({"type": "message", "text": "x" * 2000}).encode()
    tokens = [keys.SigningKey(f"made-up-{one}", private=own.private).token(said) for one in range(50)]
    tokens += [keys.SigningKey(teams.key.id, private=own.private).token(said)] * 50
    return [_request(body, tokens[one % len(tokens)]) for one in range(FORGED)]


def _request(body: bytes, token: str) -> bytes:
    head = (
        f"POST {ids.ENDPOINT} HTTP/1.1\r\nHost: {load.HOST}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    return head.encode() + body
