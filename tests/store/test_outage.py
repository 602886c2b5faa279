"""A server that is away, hangs, restarts or forgets: bounded answers, and recovery by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bot import clock, errors, machine
from bot import store as stores
from bot.ports import Outcome
from bot.sandbox import valkey
from bot.store import connection
from tests import waiting
from tests.store import parts

Event = machine.Event
Call = Callable[[stores.RedisStore], Awaitable[object]]

CALLS: dict[str, Call] = {
    "load": lambda store: store.load("x"),
    "commit": lambda store: store.commit(parts.new(parts.a_request())),
    "note": lambda store: store.note(parts.note(None, ""), head="", op="x"),
    "trail": lambda store: store.trail("x"),
    "save_copy": lambda store: store.save_copy("x", parts.a_copy()),
    "holder": lambda store: store.holder("x"),
    "credential": lambda store: store.credential("x"),
    "first_time": lambda store: store.first_time("x", ttl_s=60),
    "ping": lambda store: store.ping(),
    "checks": lambda store: store.checks(),
}


# It takes seconds, and no server does it differently.
once = pytest.mark.parametrize("make", ["embedded"], indirect=True)


@pytest.fixture
async def store(
    mortal: valkey.Valkey, prefix: str, store_clock: clock.SystemClock
) -> AsyncIterator[stores.RedisStore]:
    """Return a store on the mortal server."""
    async with stores.open_store(mortal.url, prefix=prefix, clock=store_clock, keep_days=30) as opened:
        yield opened


@pytest.fixture
async def raw(mortal: valkey.Valkey) -> AsyncIterator[connection.Client]:
    """Return a plain client of the mortal server."""
    client = connection.connect(mortal.url)
    yield client
    await client.aclose()


async def test_people_are_told_to_try_again_before_their_platform_gives_up(
    store: stores.RedisStore, mortal: valkey.Valkey
) -> None:
    """Every call that somebody waits for ends within three seconds, all at once too."""
    mortal.kill()
    started = time.monotonic()

    answers = await asyncio.gather(*(call(store) for call in CALLS.values()), return_exceptions=True)

    assert time.monotonic() - started < 3
    assert {type(answer) for answer in answers} == {errors.NotAccepted}


@once
async def test_a_server_that_hangs_is_no_different(store: stores.RedisStore, mortal: valkey.Valkey) -> None:
    """It takes the connection and answers nothing; afterwards no answer is mistaken for another's."""
    request = await parts.Desk(store).submit()
    mortal.freeze()
    started = time.monotonic()
    with pytest.raises(errors.NotAccepted, match="try again"):
        await store.first_time("token", ttl_s=60)
    took = time.monotonic() - started
    mortal.thaw()

    snapshot = await store.load(request.id)

    assert took < 3
    assert snapshot is not None
    assert snapshot.request == request


async def test_a_restart_loses_nothing_and_needs_none_of_ours(
    desk: parts.Desk, mortal: valkey.Valkey
) -> None:
    """Killed at once, started again: what was accepted is there, and scripts run though forgotten."""
    request = await desk.submit()
    claimed = await desk.take()
    await desk.move(request.id, Event.APPROVE, fence=claimed.fence)
    mortal.kill()
    await mortal.restart()

    outcome = await desk.move(request.id, Event.START, fence=claimed.fence)

    assert outcome is Outcome.OK
    assert parts.TRAIL.broken_at(await desk.store.trail(request.id)) is None


async def test_forgotten_scripts_are_sent_again(desk: parts.Desk, raw: connection.Client) -> None:
    """After a failover or SCRIPT FLUSH the first call of each still works."""
    request = await desk.submit()
    await raw.execute_command("SCRIPT FLUSH")

    outcome = await desk.move(request.id, Event.VOTE)

    assert outcome is Outcome.OK


@once
async def test_a_worker_outlasts_a_short_outage(desk: parts.Desk, mortal: valkey.Valkey) -> None:
    """A result that waits to be written is written once the server is back."""
    request = await desk.submit()
    claimed = await desk.take()
    change = await desk.next(request.id, Event.APPROVE, fence=claimed.fence)
    mortal.kill()
    writing = asyncio.ensure_future(desk.store.commit(change))
    claiming = asyncio.ensure_future(desk.store.claim("another", lease_s=15, limit=9))
    await asyncio.wait((writing, claiming), timeout=3)
    assert not writing.done()

    await mortal.restart()

    assert (await writing).outcome is Outcome.OK
    assert (await claiming).taken == ()


async def test_a_renewal_gives_up_while_the_lease_still_holds(
    desk: parts.Desk, mortal: valkey.Valkey
) -> None:
    """The worker must know in time that it can no longer show its right."""
    request = await desk.submit()
    claimed = await desk.take(lease_s=1.5)
    mortal.kill()
    started = time.monotonic()

    with pytest.raises(errors.NotAccepted):
        await desk.store.renew(request.id, fence=claimed.fence, lease_s=1.5)

    assert time.monotonic() - started < 1


@once
async def test_a_store_opens_while_its_server_is_away(mortal: valkey.Valkey, prefix: str) -> None:
    """The bot starts, says that it is not ready, and is ready once the server is there."""
    mortal.kill()
    async with stores.open_store(
        mortal.url, prefix=prefix, clock=clock.SystemClock(), keep_days=30
    ) as opened:
        await mortal.restart()

        await waiting.wait_until(lambda: _answers(opened), "the store answers")


@pytest.mark.parametrize(
    ("setting", "value", "mended", "error"),
    [
        ("maxmemory", "1", "0", "OOM"),
        ("min-replicas-to-write", "1", "0", "NOREPLICAS"),
        ("replicaof", "127.0.0.1 1", "NO ONE", "READONLY"),
    ],
)
async def test_a_write_outlasts_a_server_that_takes_none(
    desk: parts.Desk, raw: connection.Client, setting: str, value: str, mended: str, error: str
) -> None:
    """Full, alone or demoted for a moment: reading goes on, nothing is half written, then it is whole."""
    request = await desk.submit()
    change = await desk.next(request.id, Event.APPROVE)
    await _set(raw, setting, value)
    writing = asyncio.ensure_future(desk.store.commit(change))
    await waiting.wait_until(lambda: _refused(raw, error), "the server refused the write")
    between = await desk.read(request.id)

    await _set(raw, setting, mended)

    assert (await writing).outcome is Outcome.OK
    assert (between.request, (await desk.read(request.id)).request) == (request, change.request)


async def test_a_wrong_password_is_said_at_once(
    raw: connection.Client, mortal: valkey.Valkey, prefix: str
) -> None:
    """No retry mends it, and the log would only fill."""
    await _set(raw, "requirepass", "a-secret-word")
    started = time.monotonic()

    async with stores.open_store(mortal.url, prefix=prefix, clock=clock.SystemClock(), keep_days=1) as opened:
        with pytest.raises(errors.NotAccepted) as caught:
            await opened.ping()

    assert time.monotonic() - started < 1
    assert "a-secret-word" not in str(caught.value)


async def _set(raw: connection.Client, name: str, value: str) -> None:
    if name == "replicaof":
        await raw.execute_command("REPLICAOF", *value.split())
    else:
        await raw.execute_command("CONFIG SET", name, value)


async def _refused(raw: connection.Client, error: str) -> bool:
    return f"errorstat_{error}" in str(await raw.execute_command("INFO", "errorstats"))


async def _answers(opened: stores.RedisStore) -> bool:
    try:
        await opened.ping()
    except errors.NotAccepted:
        return False
    return True
