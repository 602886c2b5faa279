"""The Lua scripts keep to what every Redis since 6.0, and every Cluster, can run."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from importlib import resources
from typing import Any
from urllib.parse import unquote, urlsplit

from redis import asyncio as redis

from bot import machine, model, ports
from bot import store as stores
from bot.sandbox import valkey
from bot.store import scripts
from tests.store import parts

Event = machine.Event

# The newest form of each command that a script uses, and the Redis that first had it
# (redis.io/docs/latest/commands; newer options of these, such as ZADD LT, are not used).
SINCE = {
    "EXISTS": "3.0", "GET": "1.0", "HDEL": "2.4", "HEXISTS": "2.0", "HGET": "2.0", "HINCRBY": "2.0",
    "HMGET": "2.0", "HSET": "4.0", "HSETNX": "2.0", "INCR": "1.0", "LRANGE": "1.0", "PERSIST": "2.2",
    "PEXPIRE": "2.6", "RPUSH": "2.4", "SET": "2.6.12", "TIME": "2.6", "XADD": "5.0", "XDEL": "5.0",
    "ZADD": "2.4", "ZRANGE": "1.2", "ZRANGEBYLEX": "2.8.9", "ZRANGEBYSCORE": "1.0.5", "ZREM": "2.4",
    "ZREVRANGEBYLEX": "2.8.9", "ZSCORE": "1.2",
}  # fmt: skip


def test_scripts_use_commands_of_redis_6_and_older() -> None:
    """Azure Cache for Redis stops at 6.0: a newer command would only fail there."""
    texts = [script.source for script in scripts.load().values()]

    used = {command for text in texts for command in re.findall(r"redis\.call\('([A-Z]+)'", text)}

    assert used - SINCE.keys() == set()


def test_every_script_of_the_folder_is_loaded() -> None:
    """A file that nobody names would be dead weight."""
    folder = resources.files("bot.store") / "lua"

    files = {file.name.removesuffix(".lua") for file in folder.iterdir()}

    assert files == {*scripts.NAMES, "common"}


async def test_scripts_touch_declared_keys_only(server: valkey.Valkey, store: stores.RedisStore) -> None:
    """A Cluster and a proxy route by the keys named in the call; MONITOR shows what a script touched."""
    desk = parts.Desk(store)
    socket = unquote(urlsplit(server.url).path)
    async with redis.Redis(unix_socket_path=socket) as client, client.monitor() as monitor:
        for script in scripts.load().values():
            await client.script_load(script.source)  # so that every call is seen as a short EVALSHA
        await _live(desk, store)
        await client.echo("the end")
        seen = [command async for command in _until_end(monitor)]

    touched, undeclared = _compare(seen)
    assert undeclared == set()
    assert touched == SINCE.keys()


async def _live(desk: parts.Desk, store: stores.RedisStore) -> None:
    """Call every script, on its ways through."""
    request, other = parts.requests(2)
    await desk.submit(request)
    claimed = await desk.take()
    await desk.store.renew(request.id, fence=claimed.fence, lease_s=15)
    await desk.store.retry(request.id)
    await desk.move(request.id, Event.APPROVE, Event.START, fence=claimed.fence)
    revoked = parts.a_credential(request, state=model.CredentialState.REVOKED)
    await desk.move(request.id, Event.FINISH, fence=claimed.fence, credential=revoked)
    await desk.give_back(claimed)
    await desk.store.save_copy(request.id, parts.a_copy())
    await desk.submit(other)
    await desk.move(other.id, Event.CANCEL)
    head = (await desk.read(other.id)).head
    await desk.store.note(parts.note(other.id, head), head=head, op="one")
    await desk.store.note(parts.note(None, ""), head="", op="two")
    await desk.store.first_time("token", ttl_s=60)
    await desk.store.page(ports.Index.ALL, "")
    await desk.store.requests([request.id, other.id])
    await _audit(store, request.id)


async def _audit(store: stores.RedisStore, request_id: str) -> None:
    await store.log.evidence([request_id])
    await store.log.needed([request_id, model.new_id()])
    (first,) = await store.log.page(limit=1)
    await store.log.move(ports.Mark.TRIMMED, seen=None, value="one less", remove=[first.position])


async def _until_end(monitor: redis.client.Monitor) -> AsyncIterator[Mapping[str, Any]]:
    async for command in monitor.listen():
        if "the end" in command["command"]:
            return
        yield command


def _compare(seen: Iterable[Mapping[str, Any]]) -> tuple[set[str], set[str]]:
    """Return the commands that scripts used, and those whose key their script had not declared."""
    declared, touched, undeclared = set[str](), set[str](), set[str]()
    for one in seen:
        words = one["command"].split(" ")
        if one["client_type"] != "lua":
            declared = set(words[3 : 3 + int(words[2])]) if words[0] == "EVALSHA" else set()
        else:
            touched.add(words[0].upper())
            if len(words) > 1 and words[1] not in declared:
                undeclared.add(one["command"])
    return touched, undeclared
