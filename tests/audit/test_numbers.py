"""Small parts by themselves: numbers, gaps, cells, ranges of positions."""

from __future__ import annotations

import datetime as dt

import pytest

from bot import ports
from bot import store as stores
from bot.ledger import findings, order, report
from bot.ledger.findings import Findings, What
from bot.store import log


def logged(sequence: int) -> ports.Logged:
    """Return an entry with a number."""
    return ports.Logged("1-1", sequence, 1, "", "")


def said(*sequences: int, after: int | None = 0, floor: int = 0) -> list[tuple[What, int | None, int | None]]:
    """Return what is found in a row of numbers."""
    found = Findings()
    row = order.Order(found, after=after, floor=floor)
    for sequence in sequences:
        row.take(logged(sequence))
    row.finish()
    return [(one.what, one.sequence, one.last) for one in found.said]


@pytest.mark.parametrize(
    ("sequences", "expected"),
    [
        ((1, 2, 3), []),
        ((), []),
        ((3,), [(What.CUT, 1, 2)]),
        ((1, 5), [(What.MISSING, 2, 4)]),
        ((1, 5, 3), [(What.MOVED, 3, None), (What.MISSING, 2, 2), (What.MISSING, 4, 4)]),
        ((1, 5, 2, 3, 4), [(What.MOVED, 2, None), (What.MOVED, 3, None), (What.MOVED, 4, None)]),
        ((1, 2, 2), [(What.REPEATED, 2, None)]),
        ((1, 4, 7, 8, 5), [(What.MOVED, 5, None), (What.MISSING, 2, 3), (What.MISSING, 6, 6)]),
        ((1, 2, 3, 1), [(What.REPEATED, 1, None)]),
    ],
)
def test_numbers_go_up_by_one(
    sequences: tuple[int, ...], expected: list[tuple[What, int | None, int | None]]
) -> None:
    """What is missing is said in the end, since it may come yet."""
    assert said(*sequences) == expected


def test_gaps_below_the_floor_are_none() -> None:
    """They were trimmed; one that reaches above it begins there."""
    assert said(2, 4, 9, floor=5) == [(What.MISSING, 6, 8)]


def test_a_file_may_begin_anywhere() -> None:
    """Its first number is the first."""
    assert said(7, 8, after=None) == []


def test_too_many_gaps_are_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody makes the verifier remember a million."""
    monkeypatch.setattr(order, "MOST_GAPS", 1)

    assert said(1, 3, 5, 4) == [(What.MISSING, 4, 4), (What.REPEATED, 4, None), (What.MISSING, 2, 2)]


def test_a_moment_that_cannot_be_is_none() -> None:
    """Somebody may plant any number."""
    assert findings.moment(10**19) is None
    assert findings.moment(0) == dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def test_a_report_without_numbers_reads_well() -> None:
    """Of a log in which nothing has one."""
    bare = report.Report(entries=1)
    bare.findings.add(findings.Finding(What.UNREADABLE, "An entry has no number."))

    assert list(report.lines(bare)) == [
        "1 entries (without a number), None to None.",
        "✗ unreadable: An entry has no number.",
        "THE LOG WAS TAMPERED WITH.",
    ]


@pytest.mark.parametrize(
    ("position", "expected"),
    [("5-0", "5-1"), ("5-41", "5-42"), (f"5-{2**64 - 1}", "6-0")],
)
def test_the_next_position_is_the_smallest_after(position: str, expected: str) -> None:
    """Redis 6.0 knows no exclusive ranges."""
    assert log._next(position) == expected


async def test_a_position_before_a_moment_is_never_negative(store: stores.RedisStore) -> None:
    """Nothing happened before 1970."""
    assert store.log.before(dt.datetime(1969, 1, 1, tzinfo=dt.UTC)).startswith("0-")


@pytest.mark.parametrize("text", ["", "01", "-1", "+1", "1.0", "\u0661", "9" * 20])
def test_only_plain_numbers_are_numbers(text: str) -> None:
    """As the bot writes them."""
    assert log._number(text) is None
