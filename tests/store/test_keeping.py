"""What is kept, for how long, and that nothing else stays."""

from __future__ import annotations

import datetime as dt

import pytest

from bot import errors, machine
from bot import store as stores
from bot.ports import Index
from bot.store import connection, keys
from tests import invariants, waiting
from tests.store import parts

Event = machine.Event
KEEP_MS = dt.timedelta(days=30) / dt.timedelta(milliseconds=1)  # as tests/conftest.py opens the store


@pytest.fixture
def names(prefix: str) -> keys.Keys:
    """Return the names of the test's keys."""
    return keys.Keys(prefix)


async def test_an_ended_request_is_kept_for_the_time_set(
    desk: parts.Desk, raw: connection.Client, names: keys.Keys
) -> None:
    """Record and trail expire together, once a worker has shown the end to everybody."""
    request = await desk.submit()
    await desk.move(request.id, Event.CANCEL)
    before = await raw.execute_command("PTTL", names.request(request.id))

    await desk.close(request.id)

    left = [await raw.execute_command("PTTL", name(request.id)) for name in (names.request, names.trail)]
    assert before == -1
    assert left == [pytest.approx(KEEP_MS, abs=5000)] * 2


async def test_an_open_request_never_expires(
    desk: parts.Desk, raw: connection.Client, names: keys.Keys
) -> None:
    """However long people take."""
    request = await desk.submit()
    await desk.give_back(await desk.take())

    assert await raw.execute_command("PTTL", names.request(request.id)) == -1


async def test_a_request_that_is_over_leaves_no_trace_of_work(
    desk: parts.Desk, raw: connection.Client, names: keys.Keys
) -> None:
    """The shared keys hold only what lives."""
    request = await desk.submit()
    await desk.move(request.id, Event.DENY)

    await desk.close(request.id)

    shared = (names.due, names.lease, names.work, names.open, names.claims)
    assert await raw.execute_command("EXISTS", *shared) == 0


async def test_what_wakes_up_once_more_lasts_again_and_keeps_its_fences(
    desk: parts.Desk, raw: connection.Client, names: keys.Keys
) -> None:
    """A late copy makes it due: its keys stay until that is settled, and no fence is given twice."""
    request = await desk.submit()
    await desk.move(request.id, Event.CANCEL)
    await desk.close(request.id)

    await desk.store.save_copy(request.id, parts.a_copy(shown=1))

    left = [await raw.execute_command("PTTL", name(request.id)) for name in (names.request, names.trail)]
    assert left == [-1, -1]
    assert (await desk.take()).fence == 2


async def test_tokens_are_kept_for_two_days(
    desk: parts.Desk, raw: connection.Client, names: keys.Keys
) -> None:
    """Longer than any platform redelivers."""
    await desk.store.commit(parts.new(parts.a_request(), op="click"))

    assert await raw.execute_command("PTTL", names.op("click")) == pytest.approx(48 * 3_600_000, abs=5000)


class TestForgetting:
    """Lists forget what has expired, a little with each change and each look for work."""

    @pytest.mark.parametrize("by", ["change", "claim"])
    async def test_what_expired_leaves_every_list(
        self, desk: parts.Desk, raw: connection.Client, names: keys.Keys, by: str
    ) -> None:
        """No list grows beyond what can still be read, however quiet it is."""
        old, new = parts.requests(2)
        await desk.submit(old)
        await desk.move(old.id, Event.CANCEL)
        await desk.close(old.id)
        await _expire(raw, names, old.id)

        await (desk.submit(new) if by == "change" else desk.store.claim("worker", lease_s=15, limit=1))

        entries = await raw.execute_command("ZRANGE", names.lists, 0, -1)
        assert [entry for entry in entries if old.id in entry] == []
        assert await raw.execute_command("HEXISTS", names.listed, old.id) == 0
        assert await raw.execute_command("EXISTS", names.over) == 0

    async def test_an_open_request_stays_listed_however_old(self, desk: parts.Desk) -> None:
        """Age alone removes nothing: somebody may still decide on it."""
        old, new = parts.requests(2)
        old = old.model_copy(update={"created": parts.now() - dt.timedelta(days=900)})
        await desk.submit(old)

        await desk.submit(new)

        assert (await desk.store.page(Index.ALL, "")).ids == (new.id, old.id)
        assert (await desk.store.page(Index.WAITING, "")).ids == (new.id, old.id)


async def _expire(raw: connection.Client, names: keys.Keys, request_id: str) -> None:
    """Let the keeping time of a request pass, as the server would."""
    await raw.execute_command("ZADD", names.over, 1, request_id)
    await raw.execute_command("PEXPIRE", names.request(request_id), 1)
    await raw.execute_command("PEXPIRE", names.trail(request_id), 1)

    async def gone() -> bool:
        return not await raw.execute_command("EXISTS", names.request(request_id), names.trail(request_id))

    await waiting.wait_until(gone, "the record expires")


class TestHostileRecords:
    """What is in Redis is checked when it is read."""

    @pytest.mark.parametrize(
        ("field", "text"), [("record", "{}"), ("record", "no json"), ("copy:approval", '{"role": "x"}')]
    )
    async def test_a_record_that_cannot_be_read_is_no_traceback(
        self, desk: parts.Desk, raw: connection.Client, names: keys.Keys, field: str, text: str
    ) -> None:
        """Another version of the bot, or a hand, wrote it: people are told to ask an operator."""
        request = await desk.submit()
        await raw.execute_command("HSET", names.request(request.id), field, text)

        with pytest.raises(errors.NotAccepted, match="operator"):
            await desk.store.load(request.id)

    async def test_a_record_without_its_parts_cannot_be_read_either(
        self, desk: parts.Desk, raw: connection.Client, names: keys.Keys
    ) -> None:
        """A hash that lost its record is damage, not a new request."""
        request = await desk.submit()
        await raw.execute_command("HDEL", names.request(request.id), "record")

        with pytest.raises(errors.NotAccepted, match="operator"):
            await desk.store.load(request.id)


async def test_the_leak_check_finds_a_key_without_a_reason(
    store: stores.RedisStore, raw: connection.Client, prefix: str
) -> None:
    """The check behind every test of the store would see a forgotten TTL."""
    await store.ping()
    await raw.execute_command("SET", f"{{{prefix}}}:forgotten", "1")

    found = await invariants.keys_without_reason_to_last(raw, prefix)

    await raw.execute_command("DEL", f"{{{prefix}}}:forgotten")
    assert found == [f"{{{prefix}}}:forgotten"]
