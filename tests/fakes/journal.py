"""Calls of the fakes in order, the faults that wait for them, and a clock that takes no time."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from bot import clock


class Crash(BaseException):
    """The process dies here: nothing of ours may catch this."""


@dataclass(slots=True)
class Fault:
    """What goes wrong with calls of a name, or with the n-th call of all, or of those `among` some names.

    `after` lets the call act first. `times` None means always. A `hook` runs instead of raising.
    """

    at: str | int
    error: BaseException | None = None
    after: bool = False
    times: int | None = 1
    hook: Callable[[], object] | None = None
    among: frozenset[str] = frozenset()

    def strikes(self, name: str, before: Sequence[str]) -> bool:
        """Tell whether this fault is for a call after some others, and count it."""
        counted = [one for one in before if one in self.among] if self.among else before
        number = len(counted) if not self.among or name in self.among else None
        if self.times == 0 or self.at not in {name, number}:
            return False
        self.times = None if self.times is None else self.times - 1
        return True

    def strike(self) -> None:
        """Do the damage."""
        if self.hook:
            self.hook()
        if self.error:
            raise self.error


@dataclass(slots=True)
class Journal:
    """Every call of the fakes that share it, in order, and the faults that wait for some of them.

    `watch` looks at the world after each call, whatever comes of it.
    """

    calls: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    watch: Callable[[], None] | None = None

    def count(self, name: str) -> int:
        """Return how often something was called."""
        return self.calls.count(name)

    @contextlib.asynccontextmanager
    async def call(self, name: str) -> AsyncIterator[None]:
        """Note a call, and let what is inside act unless a fault strikes first."""
        before = self.calls.copy()
        self.calls.append(name)
        await clock.SystemClock().sleep(0)  # a real call gives others a turn
        fault = next((one for one in self.faults if one.strikes(name, before)), None)
        if fault and not fault.after:
            fault.strike()
        yield
        if self.watch:
            self.watch()
        if fault and fault.after:
            fault.strike()


class FakeClock(clock.SystemClock):
    """The real time, plus what was slept: waiting takes none. `slept` lists the waits."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.slept.append(seconds)
        self.shift += dt.timedelta(seconds=seconds)
        await super().sleep(0)
