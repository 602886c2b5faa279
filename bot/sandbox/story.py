"""A journey as it is told: what people did, what they read, what became of it, and when."""

from __future__ import annotations

import enum
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import click

WIDTH = 96
_INDENT = " " * 10


class Sort(enum.StrEnum):
    """What an event is."""

    DID = "did"  # somebody, or something, acted
    READ = "read"  # what somebody has before their eyes
    HEARD = "heard"  # a line of the bot's progress
    HELD = "held"  # a check that went well
    BROKE = "broke"  # what went wrong


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, in seconds since the journey's start."""

    at_s: float
    sort: Sort
    text: str
    lines: tuple[str, ...] = ()


class Story:
    """Collects events, and hands each at once to `tell`, as lines for a terminal."""

    def __init__(self, tell: Callable[[str], None] | None = None) -> None:
        self.events: list[Event] = []
        self._tell = tell
        self._begun = time.perf_counter()

    @property
    def took_s(self) -> float:
        """Return the seconds since the journey began."""
        return time.perf_counter() - self._begun

    def begin(self) -> None:
        """Start counting anew."""
        self._begun = time.perf_counter()

    def did(self, text: str) -> None:
        """Tell what somebody did."""
        self._add(Sort.DID, text)

    def read(self, where: str, text: str) -> None:
        """Tell what somebody reads now, as they read it."""
        self._add(Sort.READ, where, *text.splitlines())

    def heard(self, text: str) -> None:
        """Tell a line of the bot's progress."""
        self._add(Sort.HEARD, text)

    def held(self, text: str) -> None:
        """Tell what was checked and is as it should be."""
        self._add(Sort.HELD, text)

    def broke(self, text: str) -> None:
        """Tell what went wrong."""
        self._add(Sort.BROKE, text)

    def document(self) -> list[dict[str, Any]]:
        """Return the events for a machine."""
        return [asdict(event) | {"at_s": round(event.at_s, 3)} for event in self.events]

    def _add(self, sort: Sort, text: str, *lines: str) -> None:
        event = Event(self.took_s, sort, text, lines)
        self.events.append(event)
        if self._tell:
            for line in shown(event):
                self._tell(line)


def shown(event: Event) -> Iterator[str]:
    """Go through the lines that a terminal shows for an event; `click.echo` takes colours away elsewhere."""
    stamp = click.style(f"{event.at_s:6.2f} s", dim=True)
    match event.sort:
        case Sort.DID:
            yield ""
            yield from _folded(event.text, f"{stamp}  ", bold=True)
        case Sort.HEARD:
            yield from _folded(event.text, f"{stamp}  {click.style('·', dim=True)} ", hang=2)
        case Sort.HELD:
            yield from _folded(event.text, f"{stamp}  {click.style('✓', fg='green')} ", hang=2)
        case Sort.BROKE:
            yield from _folded(event.text, f"{stamp}  {click.style('✗', fg='red')} ", hang=2, fg="red")
        case Sort.READ:
            yield f"{_INDENT}{click.style(event.text, dim=True)}"
            for line in event.lines:
                yield from _quoted(line)


def heading(text: str) -> str:
    """Return a heading."""
    return click.style(text, bold=True, underline=False)


def folded(text: str, indent: str = "") -> str:
    """Return a paragraph that fits the terminal."""
    return "\n".join(textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent))


def _folded(text: str, first: str, *, hang: int = 0, **style: Any) -> Iterator[str]:
    room = WIDTH - len(_INDENT) - hang
    for number, line in enumerate(textwrap.wrap(text, room) or [""]):
        yield (first if number == 0 else _INDENT + " " * hang) + click.style(line, **style)


def _quoted(line: str) -> Iterator[str]:
    bar = click.style("│", dim=True)
    for part in textwrap.wrap(line, WIDTH - len(_INDENT) - 2, break_on_hyphens=False) or [""]:
        yield f"{_INDENT}{bar} {part}"
