"""What operators hear: logged and counted always, and posted where that works."""

from __future__ import annotations

import asyncio

import pytest
import structlog.testing

from bot import alerts, errors
from tests import fakes
from tests.waiting import wait_until


class Ears:
    """Operators: what reached them, and how often it was counted."""

    def __init__(self) -> None:
        self.journal = fakes.Journal()
        self.notifier = fakes.FakeNotifier(self.journal)
        self.counted = 0
        self.alerts = alerts.Alerts(self.notifier, count=self._count)

    def _count(self) -> None:
        self.counted += 1


@pytest.fixture
def ears() -> Ears:
    """Return operators who listen."""
    return Ears()


async def test_alerts_are_counted_and_news_are_not(ears: Ears) -> None:
    """Both reach the channel; only what needs somebody's hand moves the metric."""
    await ears.alerts.alert("Something is wrong.")
    await ears.alerts.news("Something is new.")

    assert ears.notifier.alerts == ["Something is wrong.", "Something is new."]
    assert ears.counted == 1


async def test_a_channel_that_is_away_loses_nothing(ears: Ears) -> None:
    """Where chat fails, the log has the words, the count moves, and nothing raises."""
    away = errors.Temporary("Slack cannot answer at the moment.", service="Slack")
    ears.journal.faults.append(fakes.Fault("alert", away, times=None))

    with structlog.testing.capture_logs() as logs:
        await ears.alerts.alert("Something is wrong.")

    assert [line["event"] for line in logs] == ["alert", "operators not alerted"]
    assert (logs[0]["text"], ears.counted) == ("Something is wrong.", 1)


async def test_what_is_put_off_is_said_once(ears: Ears) -> None:
    """A hundred clicks that run into one mistake are one alert."""
    running = asyncio.create_task(ears.alerts.run())
    for _ in range(100):
        ears.alerts.soon("Group leads cannot be looked up.")

    await wait_until(lambda: ears.notifier.alerts, "the alert was posted")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert ears.notifier.alerts == ["Group leads cannot be looked up."]


async def test_what_was_said_long_ago_is_said_again(ears: Ears) -> None:
    """Memory is bounded: after many other sentences the first may come again."""
    for number in range(alerts.SAME_AGAIN + 1):
        ears.alerts.soon(str(number))

    ears.alerts.soon("0")

    assert ears.alerts._waiting.qsize() == alerts.SAME_AGAIN + 2


async def test_what_waits_at_the_end_is_logged(ears: Ears) -> None:
    """A process that stops says in its log what it did not get to post."""
    running = asyncio.create_task(ears.alerts.run())
    await asyncio.sleep(0)

    with structlog.testing.capture_logs() as logs:
        ears.alerts.soon("One.")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert [(line["event"], line["alert"]) for line in logs] == [("operators not alerted", "One.")]


async def test_endless_words_are_cut_for_chat(ears: Ears) -> None:
    """A file with a thousand problems still makes a message."""
    await ears.alerts.alert("x" * 100_000)

    assert len(ears.notifier.alerts[0]) == alerts.LONGEST + 1
