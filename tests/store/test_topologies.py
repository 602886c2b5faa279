"""The same store over what people run in production; all from the redis-server on the PATH."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import clock, machine, model, ports, recorder
from bot import store as stores
from bot.ledger import trim
from bot.ports import Index, Outcome
from bot.store import checks, keys
from tests.audit import scene
from tests.audit.test_export import ALL, JSONL, desk
from tests.store import parts, topologies

pytestmark = pytest.mark.redis_server
Event = machine.Event


@pytest.fixture
def binary() -> Path:
    """Return the redis-server from the PATH."""
    found = shutil.which("redis-server")
    if found is None:
        pytest.skip("no redis-server on the PATH")
    return Path(found)


@pytest.fixture
async def watched(binary: Path, tmp_path: Path) -> AsyncIterator[topologies.Watched]:
    """Return a primary, a replica and a Sentinel."""
    async with topologies.sentinel(binary, tmp_path) as running:
        yield running


@pytest.fixture(params=["tls", "sentinel", "cluster"])
async def url(request: pytest.FixtureRequest, binary: Path, tmp_path: Path) -> AsyncIterator[str]:
    """Return the address of each topology in turn."""
    match request.param:
        case "tls":
            if not shutil.which("openssl"):
                pytest.skip("no openssl on the PATH to make a certificate with")
            async with topologies.with_tls(binary, tmp_path) as address:
                yield address
        case "sentinel":
            async with topologies.sentinel(binary, tmp_path) as running:
                yield running.url
        case _:
            async with topologies.cluster(binary) as address:
                yield address


async def test_a_request_lives_its_life(url: str) -> None:
    """Submitted, claimed, approved, worked on, settled, decided on by many at once; the chain is whole."""
    async with stores.open_store(url, prefix="rb", clock=clock.SystemClock(), keep_days=30) as store:
        desk = parts.Desk(store)
        request = await desk.submit()
        claimed = await desk.take()
        records = [recorder.Recorder(store, parts.TRAIL, clock.SystemClock()) for _ in range(2)]
        outcomes = await asyncio.gather(*(_vote(records[n % 2], request.id, n) for n in range(120)))
        await desk.move(request.id, Event.APPROVE, Event.START, fence=claimed.fence)
        await desk.move(request.id, Event.FINISH, fence=claimed.fence, credential=parts.a_credential(request))

        settled = await desk.give_back(claimed, parts.now())

        assert (settled, len(outcomes)) == (Outcome.OK, 120)
        assert parts.TRAIL.broken_at(await store.trail(request.id)) is None
        assert len(await store.trail(request.id)) == 124
        assert await store.first_time("click", ttl_s=60)
        assert {finding.level for finding in await store.checks()} == {checks.Level.OK}


async def test_lists_are_paged_and_read_together(url: str) -> None:
    """Several records in one step, wherever their keys are."""
    async with stores.open_store(url, prefix="rb", clock=clock.SystemClock(), keep_days=30) as store:
        desk = parts.Desk(store)
        made = [await desk.submit(request) for request in parts.requests(3)]
        await desk.move(made[0].id, Event.APPROVE, Event.START)
        credential = parts.a_credential(made[0])
        await desk.move(made[0].id, Event.FINISH, credential=credential)

        first = await store.page(Index.REQUESTER, parts.ANA.key, limit=2)
        second = await store.page(Index.REQUESTER, parts.ANA.key, after=first.after, limit=2)

        ids = (*first.ids, *second.ids)
        found = await store.requests(ids)
        assert sorted(one.id for one in found if one) == sorted(one.id for one in made)
        assert await store.credentials((await store.page(Index.LIVE, "")).ids) == (credential,)
        assert await store.by_short(model.short_id(made[1].id)) == (made[1].id,)


async def test_the_audit_log_is_sealed_verified_and_trimmed(url: str, tmp_path: Path) -> None:
    """Its commands read bytes, page by page, and go where all keys are."""
    async with stores.open_store(url, prefix="rb", clock=clock.SystemClock(), keep_days=30) as store:
        there = scene.Scene(store, store._client, keys.Keys("rb"))
        await there.request(*scene.DENIED)
        await there.request()
        await there.refuse(None)
        await there.checkpoint()

        _, gone = await desk(there).save(ALL, JSONL, tmp_path / "log.jsonl", trim=True)

        assert (gone, (await there.verify()).findings.said) == (trim.Trimmed(removed=3, stayed=1), [])


async def test_a_failover_is_outlasted_by_workers(watched: topologies.Watched) -> None:
    """The primary dies; what its replica knows goes on, under the same fence and chain."""
    async with stores.open_store(watched.url, prefix="rb", clock=clock.SystemClock(), keep_days=30) as store:
        desk = parts.Desk(store)
        request = await desk.submit()
        claimed = await desk.take()
        change = await desk.next(request.id, Event.APPROVE, fence=claimed.fence)
        await store._client.execute_command("WAIT", 1, 2000)
        watched.primary.kill()

        written = await store.commit(change)

        assert written.outcome is Outcome.OK
        assert (await desk.read(request.id)).request == change.request
        assert parts.TRAIL.broken_at(await store.trail(request.id)) is None


async def _vote(record: recorder.Recorder, request_id: str, number: int) -> object:
    def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
        after = machine.advance(snapshot.request, Event.VOTE, at=parts.now())
        return recorder.Proposal(after, parts.EVENTS[Event.VOTE], parts.BEN)

    return await record.apply(request_id, propose, op=f"click-{number}")
