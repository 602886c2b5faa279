"""Fixtures: records on a real store, and emulated services behind the real clients."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot import ports
from tests import fakes
from tests.reconcile import scene as scenes


@pytest.fixture
def store_clock() -> fakes.FakeClock:
    """Return the clock of store and clients: waiting moves it on at once."""
    return fakes.FakeClock()


@pytest.fixture
async def outside(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[scenes.Outside]:
    """Start Azure and Tower, and describe the managed identity as App Service does."""
    async with scenes.outside() as double:
        monkeypatch.setenv("IDENTITY_ENDPOINT", double.identity.endpoint)
        monkeypatch.setenv("IDENTITY_HEADER", double.identity.header)
        yield double


@pytest.fixture
async def scene(
    outside: scenes.Outside, store: ports.Store, store_clock: fakes.FakeClock
) -> AsyncIterator[scenes.Scene]:
    """Return a deployment without any credential."""
    async with scenes.opened(outside, store, store_clock) as opened:
        yield opened
