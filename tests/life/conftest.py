"""Fixtures of the years after an issue: a clock that is moved by hand, and a calendar to play."""

from __future__ import annotations

import pytest

from bot import ports
from tests import builders, fakes
from tests.engine import parts
from tests.life import calendar


@pytest.fixture
def store_clock() -> fakes.FakeClock:
    """Return the clock of store and engine."""
    return fakes.FakeClock()


@pytest.fixture
def engine(store: ports.Store, store_clock: fakes.FakeClock) -> parts.Engine:
    """Return an engine under a policy that rotates nothing by itself."""
    return parts.Engine(store, store_clock)


@pytest.fixture
def played(engine: parts.Engine) -> calendar.Calendar:
    """Return the calendar of a bot that warns and does not rotate."""
    return calendar.Calendar(engine)


@pytest.fixture
def rotating(store: ports.Store, store_clock: fakes.FakeClock) -> calendar.Calendar:
    """Return the calendar of a bot whose rule rotates ten days before a password expires."""
    policy = builders.a_policy(builders.a_rule(rotate_before_days=10))
    return calendar.Calendar(parts.Engine(store, store_clock, policy=policy))
