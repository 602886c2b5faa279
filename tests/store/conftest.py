"""The contract suite runs on the embedded Valkey, and again on a real Redis where one is installed."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
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
def server(request: pytest.FixtureRequest) -> valkey.Valkey:
    """Return each server in turn."""
    found: valkey.Valkey = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def desk(store: store.RedisStore) -> parts.Desk:
    """Return a desk at the store."""
    return parts.Desk(store)
