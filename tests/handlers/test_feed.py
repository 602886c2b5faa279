"""The audit channel on Slack: lines of plain text, one message for several."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import AsyncIterator

import pytest

from bot import errors, ports
from bot.sandbox import acme
from bot.sandbox.emulator import Fault
from handlers.slack import feed
from tests.handlers import house as houses
from tests.handlers.house import House

LINE = ports.Line(
    sequence=7,
    time=dt.datetime(2026, 10, 18, 9, 30, 1, tzinfo=dt.UTC),
    request="r" * 22,
    event="request:decision:denied",
    actor="slack:T1:U1",
    before="pending",
    after="denied",
    data={"reason": "<!channel> *no* <https://evil.example|way> " + "x" * 5000},
)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """Return a Slack and a client, without a server."""
    async with houses.emulator() as slack, houses.built(slack) as built:
        yield built
        assert slack.complaints == []


async def test_entries_are_lines_of_one_message(house: House) -> None:
    """As many as the core gives at once; Slack finds nothing to complain about."""
    lines = [dataclasses.replace(LINE, sequence=number) for number in range(1, 26)]

    await feed.SlackFeed(house.web, channel=acme.OPERATORS).tell(lines)

    (message,) = house.person(acme.CLEO).sees(acme.OPERATORS)
    shown = message.text.splitlines()
    assert [line.split(" · ")[0] for line in shown] == [f"#{number}" for number in range(1, 26)]
    assert max(len(line) for line in shown) <= 300


async def test_what_people_typed_is_no_markup(house: House) -> None:
    """It calls nobody, links nowhere, and is not bold."""
    await feed.SlackFeed(house.web, channel=acme.OPERATORS).tell([LINE])

    (message,) = house.person(acme.CLEO).sees(acme.OPERATORS)
    assert "<!channel> *no* <https://evil.example|way>" in message.text


async def test_a_channel_that_refuses_is_an_error_of_ours(house: House) -> None:
    """So that the core tries again, and says why."""
    with pytest.raises(errors.ServiceError):
        await feed.SlackFeed(house.web, channel="C0NOWHERE").tell([LINE])


async def test_a_slack_that_is_throttled_is_tried_later(house: House) -> None:
    """The feeder's cursor stays where it was."""
    house.slack.faults.append(Fault("/api/chat.postMessage$", 1, 429, {"Retry-After": "7"}))

    with pytest.raises(errors.Throttled):
        await feed.SlackFeed(house.web, channel=acme.OPERATORS).tell([LINE])
