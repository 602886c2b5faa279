"""Fixtures of the tests of Teams."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.handlers.conftest import everything_logged
from tests.handlers.service_double import ServiceDouble
from tests.teams import house as houses


@pytest.fixture
async def house() -> AsyncIterator[houses.House]:
    """Return the running bot; what it sent that Teams refuses fails the test."""
    async with houses.opened() as opened:
        yield opened
        opened.service.released.set()
        assert opened.teams.complaints == []


@pytest.fixture
def service(house: houses.House) -> ServiceDouble:
    """Return the service behind the bot."""
    return house.service


__all__ = ["everything_logged"]
