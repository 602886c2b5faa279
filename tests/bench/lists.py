"""A page of a list among a million requests, beside the same page among a thousand.

Both deployments are on one server, and their pages are read in turns. Their records are put there in
pipelines, which would take the store's own script an hour; what they leave is compared with it first.
"""

from __future__ import annotations

import datetime as dt
import itertools
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from redis import asyncio as redis

from bot import audit, clock, model, ports, store
from bot.ports import Index
from bot.sandbox import valkey
from bot.store import codec, connection, keys, lists
from tests import builders
from tests.bench import figures

MANY, FEW, SAME, BATCH = 1_000_000, 1_000, 20, 2_000
READS, LIMIT, BAR = 400, 20, 1.5
MADE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
TRAIL = audit.Trail(b"k" * 32)
PEOPLE = (builders.ANA, builders.BEN)
WORKSPACES = tuple(builders.a_workspace(id=number, name=f"w{number}") for number in (101, 102, 103))
RULES = ("production", "everything else")
OF = {
    Index.REQUESTER: PEOPLE[0].key,
    Index.WORKSPACE: str(WORKSPACES[0].id),
    Index.WAITING: RULES[0],
}
Command = tuple[Any, ...]


async def measure() -> list[figures.Figure]:
    """Measure the first page of three lists and one in the middle: the worst of them against its like."""
    # Nothing of this has to outlive the run, and a million records are four gigabytes of log.
    async with valkey.Valkey(options=("--appendonly", "no", "--save", "")) as server:
        await _compare(server.url)
        for count in (FEW, MANY):
            await _fill(server.url, _name(count), _requests(count))
        took = await _read(server.url)
    ratio, case = max((took[MANY, case] / took[FEW, case], case) for case in CASES)
    what = f"a page of {LIMIT} requests among {MANY:,}, against among {FEW:,}: the worst of {len(CASES)}"
    shown = f"{ratio:.2f} ({case.what}: {took[MANY, case] * 1000:.2f} ms)"
    return [figures.Figure(what, f"≤ {BAR}", shown, ratio <= BAR)]


def _name(count: int) -> str:
    return f"r{count}"


def _open(client: connection.Client, prefix: str) -> store.RedisStore:
    return store.RedisStore(client, keys.Keys(prefix), clock.SystemClock(), keep=dt.timedelta(days=1))


def _requests(count: int) -> Iterator[model.Request]:
    """Yield pending requests that differ in all that lists go by, each a second after the one before."""
    template = builders.a_request(deadline=MADE + dt.timedelta(days=900))
    turns = zip(itertools.cycle(PEOPLE), itertools.cycle(WORKSPACES), strict=False)
    for number, (by, workspace) in zip(range(count), turns, strict=False):
        spec = template.spec.model_copy(update={"name": f"acr-{number}", "workspace": workspace})
        spec = spec.model_copy(update={"login_server": f"acme{number}.azurecr.io"})
        made = MADE + dt.timedelta(seconds=number)
        fields = {
            "id": model.new_id(),
            "spec": spec,
            "digest": spec.digest("1"),
            "requester": by,
            "rule": RULES[number % 5 // 3],
            "created": made,
            "changed": made,
        }
        yield template.model_copy(update=fields)


def _change(request: model.Request) -> ports.Change:
    entry = audit.draft(
        audit.Event.SUBMITTED,
        request=request.id,
        actor=request.requester,
        at=request.created,
        after=request.state,
        data={"digest": request.digest},
        record=request,
    )
    return ports.Change(request=request, entry=TRAIL.seal(entry, ""), head="", op=request.id)


async def _fill(url: str, prefix: str, requests: Iterable[model.Request]) -> None:
    """Put new requests there as the script leaves them, but for what it forgets after two days."""
    names, sequence = keys.Keys(prefix), 0
    async with redis.Redis.from_url(url) as client:
        source = iter(requests)
        while some := [_change(request) for request in itertools.islice(source, BATCH)]:
            async with client.pipeline(transaction=False) as pipeline:
                for command in _commands(names, some, sequence):
                    pipeline.execute_command(*command)
                await pipeline.execute()
            sequence += len(some)


def _commands(names: keys.Keys, some: list[ports.Change], sequence: int) -> Iterator[Command]:
    shared: dict[str, list[object]] = {
        name: [] for name in (names.lists, names.listed, names.claims, names.due)
    }
    for number, change in enumerate(some, start=sequence + 1):
        request, entry, listed = change.request, change.entry, lists.of_request(change.request)
        text = entry.model_dump_json()
        record: dict[str, object] = {"record": request.model_dump_json(), "version": 1, "head": entry.mac}
        record |= {"state": request.state.value, "ended": 0}
        yield ("HSET", names.request(request.id), *itertools.chain(*record.items()))
        yield ("RPUSH", names.trail(request.id), text)
        yield ("XADD", names.audit, "*", "seq", number, "at", 0, "head", "", "entry", text)
        yield ("HINCRBY", names.open, request.requester.key, 1)
        end, *places = listed.split(" ")
        shared[names.lists] += itertools.chain(*((0, place + end) for place in places))
        shared[names.listed] += (request.id, listed)
        shared[names.claims] += itertools.chain(*((claim, request.id) for claim in request.claims))
        shared[names.due] += (0, request.id)
    for name, pairs in shared.items():
        yield ("ZADD" if name in {names.lists, names.due} else "HSET", name, *pairs)
    yield ("SET", names.sequence, sequence + len(some))


async def _compare(url: str) -> None:
    """Check on a few requests that the script leaves the very same keys."""
    requests, client = list(_requests(SAME)), connection.connect(url)
    try:
        for request in requests:
            written = await _open(client, "real").commit(_change(request))
            assert written.outcome is ports.Outcome.OK, written
        await _fill(url, "same", requests)
        real, same = [await _content(client, prefix) for prefix in ("real", "same")]
        assert real == same
    finally:
        await client.aclose()


async def _content(client: connection.Client, prefix: str) -> dict[str, object]:
    """Return what lasts of a deployment, but for when it was written."""
    found: dict[str, object] = {}
    for key in await client.execute_command("KEYS", f"{{{prefix}}}:*"):
        if await client.execute_command("PTTL", key) == -1:
            kind = await client.execute_command("TYPE", key)
            found[key.removeprefix(f"{{{prefix}}}")] = await READERS[kind](client, key)
    return found


async def _stream(client: connection.Client, key: str) -> object:
    found = await client.execute_command("XRANGE", key, "-", "+")
    return [fields | {"at": 0} for _, fields in found]


async def _members(client: connection.Client, key: str) -> object:
    return sorted(await client.execute_command("ZRANGE", key, 0, -1))


def _command(*words: str) -> Callable[[connection.Client, str], Any]:
    async def read(client: connection.Client, key: str) -> object:
        return await client.execute_command(words[0], key, *words[1:])

    return read


READERS: dict[str, Callable[[connection.Client, str], Any]] = {
    "string": _command("GET"),
    "hash": _command("HGETALL"),
    "list": _command("LRANGE", "0", "-1"),
    "zset": _members,
    "stream": _stream,
}


@dataclass(frozen=True, slots=True, order=True)
class Case:
    """One page to read: of a list, first or behind a cursor in the middle."""

    index: Index
    deep: bool

    @property
    def what(self) -> str:
        """Return its name in the table."""
        return f"{self.index}, {'in the middle' if self.deep else 'first'}"

    def after(self, count: int) -> str | None:
        """Return the cursor; its own entry never was."""
        middle = MADE + dt.timedelta(seconds=count // 2)
        return f"{codec.milliseconds(middle):013}:{'~' * 22}" if self.deep else None


CASES = tuple(Case(index, deep) for index in OF for deep in (False, True))


async def _read(url: str) -> dict[tuple[int, Case], float]:
    """Read pages with their records, in turns, and return the median of each."""
    took: dict[tuple[int, Case], list[float]] = {(count, case): [] for case in CASES for count in (FEW, MANY)}
    client = connection.connect(url)
    try:
        opened = {count: _open(client, _name(count)) for count in (FEW, MANY)}
        for _, (count, case) in itertools.product(range(READS), took):
            began = time.perf_counter()
            page = await opened[count].page(case.index, OF[case.index], after=case.after(count), limit=LIMIT)
            found = await opened[count].requests(page.ids)
            took[count, case].append(time.perf_counter() - began)
            assert len([one for one in found if one]) == LIMIT
    finally:
        await client.aclose()
    return {key: statistics.median(seconds) for key, seconds in took.items()}
