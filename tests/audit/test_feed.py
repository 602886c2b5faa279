"""The audit channel: every entry, in order, at least once, as plain text."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Sequence

import pytest

from bot import errors, ports
from bot.ledger import feed
from handlers import log_lines
from tests import fakes
from tests.audit.scene import TRAIL, Scene
from tests.waiting import wait_until


class Channel:
    """A channel that keeps what it was told, and can be away."""

    def __init__(self) -> None:
        self.told: list[Sequence[ports.Line]] = []
        self.faults: list[BaseException] = []

    async def tell(self, lines: Sequence[ports.Line]) -> None:
        """Take lines, or fail."""
        if self.faults:
            raise self.faults.pop()
        self.told.append(lines)

    @property
    def numbers(self) -> list[int | None]:
        """Return the numbers in the order of telling."""
        return [line.sequence for lines in self.told for line in lines]


@pytest.fixture
def channel() -> Channel:
    """Return an empty channel."""
    return Channel()


def feeder(scene: Scene, channel: Channel, clock: ports.Clock | None = None) -> feed.Feeder:
    """Return one replica's feeder."""
    return feed.Feeder(scene.store.log, scene.store, TRAIL, channel, clock or scene.time)


async def test_a_new_channel_is_told_what_happens_from_then_on(past: Scene, channel: Channel) -> None:
    """Not the years before."""
    one = feeder(past, channel)
    await one.turn()
    await past.refuse(None)
    await one.turn()

    assert channel.numbers == [13]


async def test_an_empty_log_is_told_from_its_first_entry(scene: Scene, channel: Channel) -> None:
    """A deployment that has its channel from the start."""
    one = feeder(scene, channel)
    await one.turn()
    await scene.request()
    await one.turn()

    assert channel.numbers == [1]


async def test_entries_come_in_order_and_few_messages(past: Scene, channel: Channel) -> None:
    """However many at once; nothing twice."""
    one = feeder(past, channel)
    await one.turn()
    for _ in range(30):
        await past.refuse(None)

    counts = [await one.turn() for _ in range(4)]

    assert counts == [25, 5, 0, 0]
    assert channel.numbers == list(range(13, 43))


async def test_a_restart_goes_on_where_it_was(past: Scene, channel: Channel) -> None:
    """Another process has the cursor from Redis."""
    await feeder(past, channel).turn()
    await past.refuse(None)
    await feeder(past, channel).turn()
    await past.refuse(None)
    await feeder(past, channel).turn()

    assert channel.numbers == [13, 14]


async def test_replicas_do_not_tell_twice(past: Scene, channel: Channel) -> None:
    """Whoever claims what follows a cursor tells it."""
    ones = [feeder(past, channel) for _ in range(5)]
    await ones[0].turn()
    for _ in range(5):
        await past.refuse(None)
        await asyncio.gather(*(one.turn() for one in ones))

    assert channel.numbers == list(range(13, 18))


async def test_what_did_not_get_out_is_told_again(
    past: Scene, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever claims it once the first claim is over."""
    monkeypatch.setattr(feed, "CLAIM_S", 0.001)
    one = feeder(past, channel)
    await one.turn()
    await past.refuse(None)
    channel.faults.append(errors.Throttled("Slack asks to slow down.", service="Slack"))
    with pytest.raises(errors.Throttled):
        await one.turn()

    await wait_until(one.turn, "the claim is over")

    assert channel.numbers == [13]


async def test_it_runs_until_it_is_cancelled(
    past: Scene, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through a chat that is away, and a store that is."""
    monkeypatch.setattr(feed, "CLAIM_S", 0.001)
    channel.faults += [errors.NotAccepted("away"), errors.Unknown("Slack did not answer.", service="Slack")]
    clock = fakes.FakeClock()
    task = asyncio.ensure_future(feeder(past, channel, clock).run())
    await wait_until(lambda: past.store.log.mark(ports.Mark.TOLD), "the feeder has begun")
    await past.refuse(None)
    await wait_until(lambda: channel.told, "the third try")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert (channel.numbers, set(clock.slept)) == ([13], {feed.PAUSE_S})


async def test_a_tampered_entry_is_told_as_such(past: Scene, channel: Channel) -> None:
    """Nobody is shown as an actor whom the bot did not seal."""
    one = feeder(past, channel)
    await one.turn()
    await past.refuse(None)
    await past.rewrite(lambda all_: [*all_[:-1], all_[-1].saying("U0CLEO", "U0BEN")])
    await one.turn()

    (line,) = channel.told[0]
    assert (line.event, line.actor) == ("tampered", None)
    assert log_lines.TAMPERED in log_lines.line(line)


LINE = ports.Line(
    sequence=7,
    time=dt.datetime(2026, 10, 18, 9, 30, 1, tzinfo=dt.UTC),
    request="r" * 22,
    event="request:decision:denied",
    actor="slack:T1:U1",
    before="pending",
    after="denied",
    data={"digest": "d", "reason": "no\nway  <!channel>", "code": None},
)


def test_a_line_says_what_happened() -> None:
    """On one line, whatever people typed."""
    assert log_lines.line(LINE) == (
        "#7 · 2026-10-18 09:30:01 UTC · request e6a312 · request:decision:denied · pending → denied · "
        "by slack:T1:U1 · digest: d, reason: no way <!channel>"
    )


def test_a_line_says_only_what_is_known() -> None:
    """Of an entry without a request, a state, or even a number."""
    bare = ports.Line(None, None, None, "x", None, None, None, {})
    new = dataclasses.replace(LINE, before=None, data={}, actor=None)

    assert log_lines.line(bare) == "#? · at an unknown time · deployment · x"
    assert log_lines.line(new).endswith("new → denied")
