"""Commands of one moment travel together, and otherwise know nothing of each other."""

from __future__ import annotations

import asyncio

import pytest
from redis import exceptions

from bot import store as stores
from bot.sandbox import valkey
from bot.store import connection


async def connections(raw: connection.Client) -> int:
    """Return how many connections the server has taken so far."""
    (told,) = await connection.info(raw)
    return int(str(told["total_connections_received"]))


async def test_a_crowd_shares_a_connection(store: stores.RedisStore, raw: connection.Client) -> None:
    """Forty people at once are one round trip, and each is told what is theirs."""
    before = await connections(raw)

    firsts = await asyncio.gather(*(store.first_time(f"delivery {n % 20}", ttl_s=60) for n in range(40)))

    assert sorted(firsts) == [False] * 20 + [True] * 20
    assert await connections(raw) - before <= 1


async def test_an_error_is_its_callers_alone(raw: connection.Client, prefix: str) -> None:
    """Who asks for the wrong thing takes nobody else's answer."""
    key = f"{prefix}:text"
    await raw.execute_command("SET", key, "x", "PX", 60_000)

    answers: list[object] = await asyncio.gather(
        raw.execute_command("GET", key), raw.execute_command("HGETALL", key), return_exceptions=True
    )

    assert answers[0] == "x"
    assert isinstance(answers[1], exceptions.ResponseError)


async def test_who_gives_up_does_not_take_the_answers_of_others(raw: connection.Client, prefix: str) -> None:
    """A time limit that ends is one caller's."""
    key = f"{prefix}:count"
    await raw.execute_command("SET", key, "1", "PX", 60_000)
    leaving, staying = (asyncio.ensure_future(raw.execute_command("INCR", key)) for _ in range(2))
    await asyncio.wait((leaving, staying), timeout=0)
    leaving.cancel()

    answer = await staying

    assert answer == 3
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_a_client_that_closes_lets_what_is_under_way_end(server: valkey.Valkey, prefix: str) -> None:
    """What was sent is written in any case; so its caller is told."""
    client = connection.connect(server.url)
    asked = [
        asyncio.ensure_future(client.execute_command("SET", f"{prefix}:{n}", "1", "PX", 60_000))
        for n in range(2)
    ]
    await asyncio.wait(asked, timeout=0)

    await client.aclose()

    assert await asyncio.gather(*asked) == [True, True]
