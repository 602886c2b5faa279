"""What a verification says in the end, for people and for programs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.ledger.findings import Findings, moment, numbers


@dataclass(slots=True)
class Report:
    """What was looked at, and what was found. `sound` is the auditor's answer."""

    findings: Findings = field(default_factory=Findings)
    entries: int = 0
    first: int = 0
    last: int = 0
    since: int | None = None  # the server's milliseconds at the first entry, and at the last
    until: int | None = None
    requests: int = 0
    checkpoints: int = 0  # that fit
    trimmed: int = 0  # that only an export can be held against
    absent: int = 0  # that were made, and that no line of the given ones has
    foreign: int = 0  # of another key
    covered: int = 0  # the highest number that a fitting one vouches for

    @property
    def sound(self) -> bool:
        """Tell whether nothing was found."""
        return not self.findings.count


def lines(report: Report) -> Iterator[str]:
    """Yield a report for people."""
    if report.entries:
        what = numbers(report.first, report.last) if report.first else "without a number"
        yield f"{report.entries} entries ({what}), {_stamp(report.since)} to {_stamp(report.until)}."
    else:
        yield "No entries."
    if report.requests:
        yield f"{report.requests} requests with their records and trails."
    yield from _seals(report)
    for finding in report.findings.said:
        when = f"  [{finding.time:%Y-%m-%d %H:%M:%S} UTC]" if finding.time else ""
        whose = f" Request {finding.request}." if finding.request not in {None, ""} else ""
        whose = "" if finding.sentence.startswith("Request") else whose
        yield f"✗ {finding.what}: {finding.sentence}{whose}{when}"
    if report.findings.count > len(report.findings.said):
        yield f"… and {report.findings.count - len(report.findings.said)} more."
    yield "The log is whole and unchanged." if report.sound else "THE LOG WAS TAMPERED WITH."


def _seals(report: Report) -> Iterator[str]:
    if report.covered:
        yield f"Checkpoints vouch for all up to entry {report.covered} ({report.checkpoints} fit)."
    open_ones = report.last - report.covered
    if report.entries and open_ones > 0:
        yield f"No checkpoint given here vouches for the last {open_ones}: a cut there would not show."
    if report.trimmed:
        yield f"{report.trimmed} checkpoints are over entries that were trimmed: verify their export."
    if report.absent:
        yield f"{report.absent} checkpoints between those given are not among them."
    if report.foreign:
        yield f"{report.foreign} checkpoints were made with another key, and not looked at."


def document(report: Report) -> dict[str, object]:
    """Return a report for programs."""
    return {
        "sound": report.sound,
        "entries": report.entries,
        "first": report.first,
        "last": report.last,
        "since": _stamp(report.since),
        "until": _stamp(report.until),
        "requests": report.requests,
        "covered": report.covered,
        "checkpoints": {
            "fit": report.checkpoints,
            "trimmed": report.trimmed,
            "absent": report.absent,
            "other_key": report.foreign,
        },
        "problems": report.findings.count,
        "findings": [
            {
                "what": one.what.value,
                "sentence": one.sentence,
                "sequence": one.sequence,
                "last": one.last,
                "request": one.request,
                "time": one.time.isoformat() if one.time else None,
            }
            for one in report.findings.said
        ],
    }


def _stamp(time_ms: int | None) -> str | None:
    time: dt.datetime | None = moment(time_ms)
    return time.isoformat(timespec="seconds").replace("+00:00", "Z") if time else None
