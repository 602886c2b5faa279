"""The numbers of the entries: each once, in order, none missing."""

from __future__ import annotations

from bot import ports
from bot.ledger.findings import Finding, Findings, What, moment, numbers

MOST_GAPS = 1000  # remembered, since what is missing may have been moved and come later


class Order:
    """Follows the numbers. `after` is the one before the first, None where it is not known."""

    def __init__(self, findings: Findings, *, after: int | None, floor: int) -> None:
        self._findings = findings
        self._floor = floor
        self._gaps: list[tuple[int, int, ports.Logged]] = []
        self._start = after
        self.newest = after
        self.first: int | None = None

    def take(self, logged: ports.Logged) -> None:
        """Take the next entry's number."""
        number = logged.sequence
        if number is None:
            self._say(What.UNREADABLE, "An entry has no number.", logged)
            return
        if self.first is None:
            self.first = number
        if self.newest is None or number == self.newest + 1:
            self.newest = number
        elif number > self.newest:
            self._gap(max(self.newest, self._floor) + 1, number - 1, logged)
            self.newest = number
        else:
            self._back(number, logged)

    def finish(self) -> None:
        """Say what is missing."""
        for first, last, logged in self._gaps:
            self._missing(first, last, logged)
        self._gaps.clear()

    def _gap(self, first: int, last: int, logged: ports.Logged) -> None:
        if first > last:
            return
        if len(self._gaps) < MOST_GAPS:
            self._gaps.append((first, last, logged))
        else:
            self._missing(first, last, logged)

    def _back(self, number: int, logged: ports.Logged) -> None:
        for index, (first, last, after) in enumerate(self._gaps):
            if first <= number <= last:
                parts = ((first, number - 1, after), (number + 1, last, after))
                self._gaps[index : index + 1] = [part for part in parts if part[0] <= part[1]]
                self._say(What.MOVED, f"Entry {number} stands after entry {self.newest}.", logged)
                return
        self._say(What.REPEATED, f"Number {number} was given before.", logged)

    def _missing(self, first: int, last: int, after: ports.Logged) -> None:
        cut = first == 1 and self._start == 0
        place = "at the start of the log" if cut else f"before entry {after.sequence}"
        verb = "is" if first == last else "are"
        self._findings.add(
            Finding(
                What.CUT if cut else What.MISSING,
                f"{numbers(first, last).capitalize()} {verb} missing {place}.",
                first,
                last,
                time=moment(after.time_ms),
            )
        )

    def _say(self, what: What, sentence: str, logged: ports.Logged) -> None:
        self._findings.add(Finding(what, sentence, logged.sequence, time=moment(logged.time_ms)))
