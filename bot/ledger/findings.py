"""What verifying found, and where."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass, field

MOST = 100  # said in full; of a replaced stream every entry is one


class What(enum.StrEnum):
    """What is wrong."""

    UNREADABLE = "unreadable"  # not what the bot writes
    CHANGED = "changed"  # its MAC is not that of its content
    MISSING = "missing"  # numbers that nothing has
    CUT = "cut"  # missing at the end, or at the start
    REPEATED = "repeated"  # a number that two entries have
    MOVED = "moved"  # a number after a higher one
    UNLINKED = "unlinked"  # does not follow from its request's entry before
    MISTIMED = "mistimed"  # its time cannot be that of its place in the stream
    UNLIKE = "unlike_checkpoint"  # each entry may be genuine, but they are not those that were sealed
    CHECKPOINT = "checkpoint"  # a checkpoint itself is wrong
    RECORD = "record"  # a request's record says what its trail does not
    CREDENTIAL = "credential"  # a credential's record is not what a sealed entry says
    TRAIL = "trail"  # a request's own trail is broken, or another one than the stream's


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: where, and in a sentence."""

    what: What
    sentence: str
    sequence: int | None = None
    last: int | None = None  # with `sequence`: from which number to which
    request: str | None = None
    time: dt.datetime | None = None


@dataclass(slots=True)
class Findings:
    """The first hundred findings, and how many there were."""

    said: list[Finding] = field(default_factory=list)
    count: int = 0

    def add(self, finding: Finding) -> None:
        """Keep a finding, or only count it."""
        self.count += 1
        if len(self.said) < MOST:
            self.said.append(finding)


def moment(time_ms: int | None) -> dt.datetime | None:
    """Return the server's milliseconds as a moment, or None for none or an impossible one."""
    if time_ms is None:
        return None
    try:
        return dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(milliseconds=time_ms)
    except OverflowError:
        return None


def numbers(first: int, last: int) -> str:
    """Return `entry 4` or `entries 4 to 6`."""
    return f"entry {first}" if first == last else f"entries {first} to {last}"
