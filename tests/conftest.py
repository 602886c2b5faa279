"""Fixtures for all tests: a real store, and invariants that hold around each of them.

The store is a real Valkey, started once for each worker process; each test gets a prefix of its
own. A directory that wants another server overrides `server` (see tests/store/conftest.py).
"""

from __future__ import annotations

import asyncio
import inspect
import secrets
from collections.abc import AsyncIterator, Iterator

import pytest

from bot import clock, store
from bot.sandbox import valkey
from bot.store import connection
from tests import invariants


def pytest_configure() -> None:
    """Keep every test on this machine."""
    invariants.forbid_outside_sockets()


@pytest.fixture(scope="session")
def embedded() -> Iterator[valkey.Valkey]:
    """Return the embedded Valkey of this worker process. Tests that kill a server start their own."""
    server = valkey.Valkey()
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture
def server(embedded: valkey.Valkey) -> valkey.Valkey:
    """Return the server behind `store`."""
    return embedded


@pytest.fixture
def prefix() -> str:
    """Return a prefix that no other test uses."""
    return f"t{secrets.token_hex(6)}"


@pytest.fixture
def store_clock() -> clock.SystemClock:
    """Return the clock of `store`; set its `shift` to move the deployment's time."""
    return clock.SystemClock()


@pytest.fixture
async def raw(server: valkey.Valkey) -> AsyncIterator[connection.Client]:
    """Return a plain client, to look behind the store."""
    client = connection.connect(server.url)
    yield client
    await client.aclose()


@pytest.fixture(name="store")
async def opened_store(
    server: valkey.Valkey, raw: connection.Client, prefix: str, store_clock: clock.SystemClock
) -> AsyncIterator[store.RedisStore]:
    """Return an empty store; afterwards no key of it may last without a reason."""
    async with store.open_store(server.url, prefix=prefix, clock=store_clock, keep_days=30) as opened:
        yield opened
        assert await invariants.keys_without_reason_to_last(raw, prefix) == []


@pytest.fixture(autouse=True)
def clean_loop(request: pytest.FixtureRequest) -> None:
    """Fail an async test that leaves a task behind."""
    if inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        request.getfixturevalue("no_task_left")


@pytest.fixture
async def no_task_left() -> AsyncIterator[None]:
    """Look for tasks once everything else of the test is torn down."""
    yield
    assert await invariants.leaked_tasks() == []


# The secret canary goes here: an autouse fixture that searches logs, keys and chat for secrets.
