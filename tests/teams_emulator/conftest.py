"""Fixtures of the tests of the double of Teams."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.teams_emulator import apps


@pytest.fixture
async def bot() -> AsyncIterator[apps.Bot]:
    """Return a bot of the test's own, with Teams around it."""
    async with apps.opened() as opened:
        yield opened
