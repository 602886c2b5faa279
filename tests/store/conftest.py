"""The contract suite runs on the embedded Valkey, and again on a real Redis where one is installed."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot import store
from bot.sandbox import valkey
from tests.store import parts


@pytest.fixture(scope="session")
def real_redis() -> Iterator[valkey.Valkey]:
    """Return a Redis from the PATH, started with the same settings as the embedded server."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("no redis-server on the PATH")
    server = valkey.Valkey(binary=Path(binary))
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture(params=["embedded", pytest.param("real_redis", marks=pytest.mark.redis_server)])
def make(request: pytest.FixtureRequest) -> str:
    """Return the fixture of each server in turn; a slow test asks for one, by `once`."""
    return str(request.param)


@pytest.fixture
def server(make: str, request: pytest.FixtureRequest) -> valkey.Valkey:
    """Return each server in turn."""
    found: valkey.Valkey = request.getfixturevalue(make)
    return found


@pytest.fixture
async def mortal(server: valkey.Valkey) -> AsyncIterator[valkey.Valkey]:
    """Return a server of the same make for one test, to be killed.

    It writes to its disk before it answers. With `everysec` a slow disk may hold writes back for two
    seconds, and a kill loses them (redis.io/docs/latest/operate/oss_and_stack/management/persistence).
    """
    async with valkey.Valkey(binary=server.binary, options=("--appendfsync", "always")) as own:
        yield own


@pytest.fixture
def desk(store: store.RedisStore) -> parts.Desk:
    """Return a desk at the store."""
    return parts.Desk(store)
