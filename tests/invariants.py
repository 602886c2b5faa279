"""What must hold around every test; `conftest.py` puts these to work."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import sys
from collections.abc import Iterable

from bot.store import connection, keys


def forbid_outside_sockets() -> None:
    """Refuse, for the rest of this process, to connect or resolve anywhere but on this machine."""
    sys.addaudithook(_look_at_sockets)


def _look_at_sockets(event: str, details: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = details[1]
        if isinstance(address, tuple) and not _is_here(address[0]):
            raise AssertionError(f"a test connects to {address[0]}")
    elif event == "socket.getaddrinfo" and not _is_here(details[0]):
        raise AssertionError(f"a test looks up {details[0]}")


def _is_here(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    if host is None or name in {"", "localhost", "0.0.0.0", "::"}:  # noqa: S104  # "any" is how servers bind
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


async def leaked_tasks() -> list[str]:
    """Return the tasks that are still there after a few turns of the loop, and cancel them."""
    mine = asyncio.current_task()
    for _ in range(5):
        await asyncio.sleep(0)
    left = [task for task in asyncio.all_tasks() if task is not mine]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    return [repr(task.get_coro()) for task in left]


async def keys_without_reason_to_last(client: connection.Client, prefix: str) -> list[str]:
    """Return the keys that never expire, less those that `bot.store.keys` gives a reason for."""
    names = keys.Keys(prefix)
    return [
        key
        for key in await _scan(client, f"{{{prefix}}}:*")
        if await client.execute_command("PTTL", key) == -1 and not await _may_last(client, names, key)
    ]


async def _scan(client: connection.Client, pattern: str) -> Iterable[str]:
    cursor, found = "0", set[str]()
    while True:
        cursor, page = await client.execute_command("SCAN", cursor, "MATCH", pattern, "COUNT", 1000)
        found.update(page)
        if str(cursor) == "0":
            return sorted(found)


async def _may_last(client: connection.Client, names: keys.Keys, key: str) -> bool:
    if key in names.lasting:
        return True
    kind, _, rest = key.removeprefix(names.request("").removesuffix("req:")).partition(":")
    if kind in {"req", "trail"}:
        ended = await client.execute_command("HGET", names.request(rest), "ended") == "1"
        waits = await client.execute_command("ZSCORE", names.due, rest)
        held = await client.execute_command("ZSCORE", names.lease, rest)
        lives = await client.execute_command("HEXISTS", names.listed, f"credential:{rest}")
        return not ended or bool(lives) or waits is not None or held is not None
    return kind == "cred" and bool(json.loads(await client.execute_command("GET", key))["state"] != "revoked")
