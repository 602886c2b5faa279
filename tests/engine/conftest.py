"""Fixtures of the engine's tests: a clock that does not wait, and an engine on the real store."""

from __future__ import annotations

import pytest

from bot import ports
from bot.store import connection
from tests import fakes
from tests.engine import parts
from tests.engine.intruder import Intruder


@pytest.fixture
def store_clock() -> fakes.FakeClock:
    """Return the clock of store and engine: waiting moves it on at once."""
    return fakes.FakeClock()


@pytest.fixture
def engine(store: ports.Store, store_clock: fakes.FakeClock) -> parts.Engine:
    """Return an engine with nothing in it."""
    return parts.Engine(store, store_clock)


@pytest.fixture
def intruder(raw: connection.Client, prefix: str) -> Intruder:
    """Return an intruder on the engine's Redis."""
    return Intruder(raw, prefix)
