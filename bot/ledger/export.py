"""Exports the log with what proves the file later, and verifies such a file without any server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bot import audit, ports
from bot.ledger import entries, files, seals
from bot.ledger.cover import Cover
from bot.ledger.findings import Finding, Findings, What
from bot.ledger.report import Report
from bot.ledger.walk import Walk


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, by the server's clock; None is the start, or now."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None


@dataclass(slots=True)
class Exported:
    """What a file has: entries after one position and up to another."""

    after: str
    upto: str = ""
    run: seals.Run = field(default_factory=seals.Run)
    findings: Findings = field(default_factory=Findings)


async def export(
    log: ports.AuditLog, trail: audit.Trail, span: Span, write: Callable[[files.Row], None]
) -> Exported:
    """Write the entries of a span, row by row; `footer` belongs after them."""
    done = Exported(after=log.before(span.since) if span.since else "")
    done.upto = done.after
    rest = seals.read(await log.mark(ports.Mark.TRIMMED))
    if rest:  # says which numbers a reader will not find
        write(files.seal_row(rest))
    walk = Walk(trail, done.findings, after=None, floor=rest.last if rest else 0)

    def see(logged: ports.Logged, opened: entries.Opened | None, line: bytes) -> None:
        done.run.add(logged, line)
        done.upto = logged.position
        write(files.row(logged, opened))

    while page := await log.page(after=done.upto):
        inside = [one for one in page if _inside(one, span.until)]
        walk.take(inside, see)
        if len(inside) < len(page):
            break
    walk.finish()
    return done


def _inside(logged: ports.Logged, until: dt.datetime | None) -> bool:
    # By the place in the stream, which is in order even where somebody has changed a time.
    return until is None or int(logged.position.partition("-")[0]) < int(until.timestamp() * 1000)


async def footer(
    log: ports.AuditLog, trail: audit.Trail, done: Exported, at: dt.datetime
) -> tuple[files.Row, ...]:
    """Return the rows that end a file: the newest checkpoint there is, then the file's own seal."""
    newest = seals.read(await log.mark(ports.Mark.CHECKPOINT))
    own = seals.over(trail, done.run, kind=seals.Kind.EXPORT, before=None, at=at)
    return tuple(files.seal_row(seal) for seal in (newest, own) if seal)


def verify(trail: audit.Trail, lines: Iterable[str], kept: Iterable[seals.Seal] = ()) -> Report:
    """Verify a file by its own seal, and by the checkpoints that lie wholly inside it."""
    return _File(trail, tuple(kept)).read(lines)


class _File:
    """One reading of a file."""

    def __init__(self, trail: audit.Trail, kept: tuple[seals.Seal, ...]) -> None:
        self._trail = trail
        self._kept = kept
        self._report = Report()
        self._run = seals.Run()
        self._floor = 0
        self._own: seals.Seal | None = None
        self._cover: Cover | None = None
        self._walk: Walk | None = None

    def read(self, lines: Iterable[str]) -> Report:
        """Read all of it."""
        for found in files.read(lines):
            if isinstance(found, seals.Seal):
                self._seal(found)
            elif self._own:
                self._say(What.REPEATED, "Something stands after the end of the file.")
            else:
                self._entry(found)
        return self._finish()

    def _entry(self, logged: ports.Logged) -> None:
        if self._walk is None:
            first = logged.sequence or 0
            inside = (seal for seal in self._kept if seal.first >= first)
            self._cover = Cover(inside, self._report.findings, floor=self._floor, ends=False)
            self._walk = Walk(
                self._trail, self._report.findings, after=None, floor=self._floor, watchers=(self._cover,)
            )
        self._walk.take((logged,), lambda one, _, line: self._run.add(one, line))

    def _seal(self, seal: seals.Seal) -> None:
        if not seals.genuine(self._trail, seal):
            self._say(What.CHECKPOINT, f"The {seal.event} in the file was changed, or made without the key.")
        elif seal.event is seals.Kind.REST and self._walk is None:
            self._floor = seal.last
        elif seal.event is seals.Kind.EXPORT:
            self._own = seal

    def _finish(self) -> Report:
        report, walk = self._report, self._walk
        if walk:
            walk.finish()
            report.entries, report.first, report.last = walk.count, walk.first, walk.last
            report.since, report.until = walk.first_ms, walk.last_ms
        if self._cover:
            report.checkpoints, report.trimmed = self._cover.tally.fit, self._cover.tally.trimmed
        if self._own is None:
            self._say(What.CUT, "The file does not end with its own seal: its end was cut off.")
        elif (self._run.hash, self._run.entries) != (self._own.hash, self._own.entries):
            self._say(
                What.UNLIKE,
                f"The file was made with {self._own.entries} entries, {self._own.first} to {self._own.last}; "
                f"the {self._run.entries} in it are not those.",
            )
        else:
            report.covered = self._own.last
        return report

    def _say(self, what: What, sentence: str) -> None:
        self._report.findings.add(Finding(what, sentence))
