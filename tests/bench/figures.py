"""A measured figure and the table it goes into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: what was measured, the bar, what came out, and whether that is within the bar."""

    what: str
    target: str
    measured: str
    ok: bool


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[round(percent / 100 * (len(ordered) - 1))]


def table(rows: Sequence[Figure]) -> str:
    """Return the rows as Markdown."""
    lines = ["| what | target | measured | |", "|---|---|---|---|"]
    lines += [f"| {row.what} | {row.target} | {row.measured} | {'✓' if row.ok else '✗'} |" for row in rows]
    return "\n".join(lines)
