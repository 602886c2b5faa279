"""Fixtures of the handlers' tests."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest
import structlog.testing

from bot.sandbox import acme
from bot.sandbox.slack import people
from tests.handlers import house as houses
from tests.handlers.service_double import ServiceDouble


@pytest.fixture
async def house() -> AsyncIterator[houses.House]:
    """Return the running app; what it sent that Slack refuses fails the test."""
    async with houses.opened() as opened:
        yield opened
        opened.service.released.set()
        assert opened.slack.complaints == []


@pytest.fixture
def service(house: houses.House) -> ServiceDouble:
    """Return the service behind the app."""
    return house.service


@pytest.fixture
def ana(house: houses.House) -> people.Person:
    """Return the requester."""
    return house.person(acme.ANA)


@pytest.fixture
def ben(house: houses.House) -> people.Person:
    """Return an approver."""
    return house.person(acme.BEN)


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    """Return what we and every library have logged so far, at DEBUG."""
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as events:
        yield lambda: "\n".join([caplog.text, *map(str, events)])


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    """Return a plain HTTP client."""
    async with httpx.AsyncClient(timeout=10) as client:
        yield client
