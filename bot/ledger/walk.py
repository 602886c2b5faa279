"""Goes along the audit stream once, entry by entry, and finds what does not belong.

Pure, and flat in memory: it keeps a line for each request, none for an entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from bot import audit, ports
from bot.ledger import entries
from bot.ledger.findings import Finding, Findings, What, moment
from bot.ledger.order import Order

SKEW_MS = 60_000  # between the two, where the server stops in the middle of a script


class Written(NamedTuple):
    """What an entry says of a credential: see `audit.stamp`."""

    id: str
    version: int
    state: str
    digest: str
    sequence: int | None

    @classmethod
    def read(cls, said: str, sequence: int | None) -> Written:
        """Read it from a genuine entry."""
        id_, version, state, digest = said.split(":")
        return cls(id_, int(version), state, digest, sequence)


class Watcher(Protocol):
    """Sees each entry of a walk."""

    def take(self, logged: ports.Logged, line: bytes) -> None:
        """See the next entry, and what seals take in of it."""
        ...

    def finish(self, last: int, /) -> None:
        """Know that there are no more; `last` is the highest number."""
        ...


class Walk:
    """One walk. `after` is the number before the first entry, None where that is not known.

    Up to `floor` entries may be missing, since they were exported and trimmed.
    """

    def __init__(
        self,
        trail: audit.Trail,
        findings: Findings,
        *,
        after: int | None = 0,
        floor: int = 0,
        watchers: Iterable[Watcher] = (),
    ) -> None:
        self._trail = trail
        self._findings = findings
        self._order = Order(findings, after=after, floor=floor)
        self._whole = after == 0 and floor == 0  # then every chain begins in sight
        self._watchers = tuple(watchers)
        # The MAC of each chain's newest entry, and the state it left its request in.
        self.heads: dict[str | None, tuple[str, str | None]] = {}
        # What each credential's newest entry says of it.
        self.written: dict[str, Written] = {}
        # MACs of entries that were changed: what follows them may still be genuine.
        self._doubtful: dict[str | None, set[str]] = {}
        self._previous_ms = -1
        self.position = ""
        self.count = 0
        self.first_ms: int | None = None
        self.last_ms: int | None = None

    @property
    def last(self) -> int:
        """Return the highest number so far (0 for none)."""
        return self._order.newest or 0

    @property
    def first(self) -> int:
        """Return the first number (0 for none)."""
        return self._order.first or 0

    def take(
        self,
        page: Iterable[ports.Logged],
        see: Callable[[ports.Logged, entries.Opened | None, bytes], None] | None = None,
    ) -> None:
        """Take the next entries; `see` is shown each, opened, with its line."""
        for logged in page:
            self._count(logged)
            opened = entries.opened(self._trail, logged)
            line = entries.line(logged, opened.mac if opened else logged.text)
            self._order.take(logged)
            if opened is None:
                self._say(What.UNREADABLE, "is not what the bot writes", logged, None)
            elif not opened.genuine:
                self._say(What.CHANGED, "was changed, or written without the key", logged, opened.request)
                self._doubtful.setdefault(opened.request, set()).add(opened.mac)
            else:
                self._link(logged, opened)
            for watcher in self._watchers:
                watcher.take(logged, line)
            if see:
                see(logged, opened, line)

    def finish(self) -> None:
        """Say what only the end shows."""
        self._order.finish()
        for watcher in self._watchers:
            watcher.finish(self.last)

    def _count(self, logged: ports.Logged) -> None:
        self.count += 1
        if self.count == 1:
            self.first_ms = logged.time_ms
        self.last_ms = logged.time_ms
        if logged.position:
            self.position = logged.position
            self._time(logged)

    def _time(self, logged: ports.Logged) -> None:
        """Compare the entry's time with that of its place, which Redis gives from the same clock."""
        placed = int(logged.position.partition("-")[0])
        time = logged.time_ms
        # A place is never before the one before it: after the clock was set back many share one time.
        early = time is not None and time < placed - SKEW_MS and placed != self._previous_ms
        if time is None or time > placed + SKEW_MS or early:
            self._say(What.MISTIMED, "has another time than its place in the stream", logged, None)
        self._previous_ms = placed

    def _link(self, logged: ports.Logged, opened: entries.Opened) -> None:
        before, state = self.heads.get(opened.request, ("", None))
        self.heads[opened.request] = (opened.mac, opened.after or state)
        said = opened.body.get("credential")
        if said is not None:
            self._wrote(Written.read(str(said), logged.sequence), logged, opened)
        if logged.head == before or logged.head in self._doubtful.get(opened.request, ()):
            return
        if before or (self._whole and logged.head):
            whose = "request" if opened.request else "deployment"
            what = f"does not follow the {whose}'s entry before: one was removed, moved or put in"
            self._say(What.UNLINKED, what, logged, opened.request)

    def _wrote(self, written: Written, logged: ports.Logged, opened: entries.Opened) -> None:
        """Keep what an entry says of a credential: whoever writes one has seen the version before."""
        newest = self.written.get(written.id)
        if newest and written.version <= newest.version:
            why = f"wrote version {written.version} of the credential of request {written.id}, though entry "
            why += f"{newest.sequence} had written version {newest.version}: an earlier record was put back"
            self._say(What.CREDENTIAL, why, logged, opened.request)
        self.written[written.id] = written

    def _say(self, what: What, why: str, logged: ports.Logged, request: str | None) -> None:
        name = f"Entry {logged.sequence}" if logged.sequence is not None else f"An entry at {logged.position}"
        self._findings.add(
            Finding(what, f"{name} {why}.", logged.sequence, request=request, time=moment(logged.time_ms))
        )
