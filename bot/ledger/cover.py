"""Holds the entries of a walk against seals that were made over them before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bot import audit, ports
from bot.ledger import seals
from bot.ledger.findings import Finding, Findings, What, numbers


@dataclass(slots=True)
class Tally:
    """What became of the checkpoints."""

    fit: int = 0
    trimmed: int = 0  # some of their entries were exported and removed
    covered: int = 0  # the highest number that a fitting one vouches for


@dataclass(slots=True)
class _Open:
    seal: seals.Seal
    run: seals.Run = field(default_factory=seals.Run)


class Cover:
    """Compares each checkpoint with the entries that have its numbers now.

    Up to `floor` some may be gone. `ends`: what comes after the last entry does not exist.
    """

    def __init__(
        self, kept: Iterable[seals.Seal], findings: Findings, *, floor: int = 0, ends: bool = True
    ) -> None:
        self._waiting = sorted(kept, key=lambda one: (one.first, one.number), reverse=True)
        self._open: list[_Open] = []
        self._findings = findings
        self._floor = floor
        self._ends = ends
        self.tally = Tally()

    def take(self, logged: ports.Logged, line: bytes) -> None:
        """Take in the next entry of the stream."""
        number = logged.sequence
        while number is not None and self._waiting and self._waiting[-1].first <= number:
            self._open.append(_Open(self._waiting.pop()))
        if not self._open:
            return
        for one in tuple(self._open):
            if number is not None and number > one.seal.last:
                self._close(one)
                continue
            one.run.add(logged, line)
            if number == one.seal.last:
                self._close(one)

    def finish(self, last: int, /) -> None:
        """Close what is left; `last` is the number of the stream's last entry."""
        for seal in (*(one.seal for one in self._open), *reversed(self._waiting)):
            if seal.last <= self._floor:
                self.tally.trimmed += 1
                continue
            if not self._ends:
                continue
            gone = numbers(max(last + 1, seal.first), seal.last)
            self._findings.add(
                Finding(
                    What.CUT,
                    f"Checkpoint {seal.number} covers {gone}, but the log ends at {last}.",
                    max(last + 1, seal.first),
                    seal.last,
                    time=seal.at,
                )
            )

    def _close(self, one: _Open) -> None:
        self._open.remove(one)
        seal, run = one.seal, one.run
        if run.hash == seal.hash and run.entries == seal.entries:
            self.tally.fit += 1
            self.tally.covered = max(self.tally.covered, seal.last)
        elif run.entries < seal.entries and seal.first <= self._floor:
            self.tally.trimmed += 1
        else:
            why = f"it took in {seal.entries} of them, and there are {run.entries}"
            if run.entries == seal.entries:
                why = "one of them was changed, exchanged or dated otherwise since"
            what = numbers(seal.first, seal.last).capitalize()
            self._findings.add(
                Finding(
                    What.UNLIKE,
                    f"{what} are not what checkpoint {seal.number} saw: {why}.",
                    seal.first,
                    seal.last,
                    time=seal.at,
                )
            )


class Sum:
    """Adds up the shares of the entries up to a number, as a rest is made of."""

    def __init__(self, trail: audit.Trail, upto: int) -> None:
        self._trail = trail
        self._upto = upto
        self._shares = 0
        self.entries = 0

    @property
    def hash(self) -> str:
        """Return the sum so far."""
        return seals.total([self._shares])

    def take(self, logged: ports.Logged, line: bytes) -> None:
        """Take in the next entry of the stream."""
        if logged.sequence is not None and logged.sequence <= self._upto:
            self._shares += seals.share(self._trail, line)
            self.entries += 1

    def finish(self, _: int, /) -> None:
        """Do nothing."""


class Rest(Sum):
    """Compares what the last trim left with what is there up to its number now."""

    def __init__(self, trail: audit.Trail, seal: seals.Seal | None, findings: Findings) -> None:
        super().__init__(trail, seal.last if seal else 0)
        self._seal = seal
        self._findings = findings

    def finish(self, _: int, /) -> None:
        """Compare."""
        seal = self._seal
        if seal and (self.hash, self.entries) != (seal.hash, seal.entries):
            self._findings.add(
                Finding(
                    What.UNLIKE,
                    f"Up to entry {seal.last} the log was trimmed and {seal.entries} entries were left; "
                    f"the {self.entries} that are there are not those.",
                    1,
                    seal.last,
                    time=seal.at,
                )
            )
