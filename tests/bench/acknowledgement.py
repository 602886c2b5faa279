"""What people wait for: commands and clicks, from the signed request to the answer."""

from __future__ import annotations

import asyncio
import socket

from bot import audit
from bot.sandbox import acme, world
from tests import builders
from tests.bench import figures, load, stage

ONE, MANY = 1, 64
COUNTS = {ONE: 400, MANY: 6000}
CLICKS, AT_ONCE = 400, 16
INTERACTIONS, FLAT = 20_000, 1.10


async def measure() -> list[figures.Figure]:
    """Measure commands beside a bare bolt app, clicks, memory and the start."""
    async with stage.opened() as outside:
        ours, bare, start, memory = await _commands(outside)
        clicks = await _clicks(outside)
    rows = [_beside(concurrency, ours[concurrency], bare[concurrency]) for concurrency in COUNTS]
    p99 = figures.percentile(clicks.latencies, 99) * 1000
    return [
        *rows,
        figures.Figure(
            f"Approve click to committed state, p99 at {AT_ONCE} concurrent",
            "≤ 25 ms",
            f"{p99:.1f} ms (p50 {figures.percentile(clicks.latencies, 50) * 1000:.1f})",
            p99 <= 25 and clicks.statuses == {200},
        ),
        _memory(*memory),
        figures.Figure("`serve` ready", "≤ 3 s", f"{start:.2f} s", start <= 3),
    ]


def _beside(concurrency: int, ours: load.Outcome, bare: load.Outcome) -> figures.Figure:
    mine, theirs = figures.percentile(ours.latencies, 99), figures.percentile(bare.latencies, 99)
    rate = ours.rate / bare.rate
    return figures.Figure(
        f"signed slash command to acknowledgement, {concurrency} concurrent, beside a bare bolt app",
        "rate ≥ 0.6 times, p99 ≤ 1.5 times",
        f"rate {rate:.2f} times ({ours.rate:.0f}/s beside {bare.rate:.0f}/s), "
        f"p50 {figures.percentile(ours.latencies, 50) * 1000:.1f} ms, "
        f"p99 {mine / theirs:.2f} times ({mine * 1000:.1f} ms beside {theirs * 1000:.1f} ms)",
        rate >= 0.6 and mine <= 1.5 * theirs and ours.statuses == {200},
    )


def _memory(early: float, late: float) -> figures.Figure:
    return figures.Figure(
        f"memory of `serve` after {INTERACTIONS:,} interactions",
        "≤ 150 MB, flat",
        f"{late:.0f} MB ({early:.0f} MB after the first half)",
        late <= 150 and late <= FLAT * early,
    )


async def _commands(
    outside: world.World,
) -> tuple[dict[int, load.Outcome], dict[int, load.Outcome], float, tuple[float, float]]:
    async with stage.bot(outside, "--no-worker") as running:
        ours = await _loads(outside, running.port)
        half = INTERACTIONS // 2
        sizes = []
        for count in (half - sum(COUNTS.values()), half):
            await _load(outside, running.port, count, MANY)
            sizes.append(stage.resident_mb(running.pid or 0))
        start = running.ready_in_s
    port = _free_port()
    async with stage.bare(outside, port):
        bare = await _loads(outside, port)
    return ours, bare, start, (sizes[0], sizes[1])


async def _loads(outside: world.World, port: int) -> dict[int, load.Outcome]:
    await _load(outside, port, 200, 8)  # warm
    return {many: await _load(outside, port, count, many) for many, count in COUNTS.items()}


async def _load(outside: world.World, port: int, count: int, concurrency: int) -> load.Outcome:
    secret = outside.secrets.slack_signing_secret
    requests = [load.signed(body, secret, stage.EVENTS) for body in stage.commands(outside, count)]
    return await load.fire(requests, port, concurrency)


async def _clicks(outside: world.World) -> load.Outcome:
    """Approve requests that are already there; nobody works on them, so that only clicks are measured."""
    async with stage.bot(outside, "--no-worker") as running, stage.records(outside) as (store, record):
        ana = outside.slack.person(acme.ANA)
        await ana.command("/registry", "", acme.GENOMICS)
        await ana.awaits_modal("Repository")
        await ana.choose("Tower workspace", "acme/research")
        await ana.pick("Repository", "genomics/aligner")
        await ana.submit()
        (first,) = [audit.Entry.model_validate_json(one.text) for one in await store.log.page(limit=1)]
        snapshot = await store.load(first.request or "")
        assert snapshot
        requests = await stage.pending(record, snapshot.request, CLICKS)
        # The clicked message is the one that shows the request, as it is in life.
        shown = builders.a_copy(message=stage.CLICKED)
        await asyncio.gather(*(store.save_copy(request.id, shown) for request in requests))
        secret = outside.secrets.slack_signing_secret
        bodies = [stage.approval(outside, request) for request in requests]
        clicks = [load.signed(body, secret, stage.EVENTS) for body in bodies]
        await _load(outside, running.port, 100, 8)  # warm
        outcome = await load.fire(clicks, running.port, AT_ONCE)
        states = await asyncio.gather(*(store.load(request.id) for request in requests))
        approved = [one for one in states if one and one.request.state == "approved"]
        assert len(approved) == CLICKS, f"{len(approved)} of {CLICKS} were approved"
        return outcome


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
