"""Removes from Redis what a file has. Only the stream is trimmed: a request's own trail stays whole.

The saga reads the trail, which goes with its request once that is over. What stays of the stream
up to the last checkpoint is sealed as the *rest*, again with each batch and in the same script: a
crash in the middle leaves a log that verifies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot import audit, errors, model, ports
from bot.ledger import entries, seals
from bot.ledger.cover import Rest, Sum
from bot.ledger.export import Exported
from bot.ledger.findings import Findings
from bot.ledger.keeper import Keeper
from bot.ledger.walk import Walk

TRIES = 40
UNSOUND = "Nothing was trimmed: the log does not verify. See `registry-bot audit verify`."
OTHER = "Nothing was trimmed: the log is not the one that was exported. Export it once more."
MEANWHILE = "Not all was trimmed: somebody else trims the log at this moment."


class Stopped(errors.BotError):
    """A trim was not done, or not to its end; the message says why. The log verifies all the same."""


@dataclass(frozen=True, slots=True)
class Trimmed:
    """How many entries were removed, and how many of the exported ones had to stay."""

    removed: int
    stayed: int


class Trim:
    """One trim: `prepare` before the file is closed, `remove` once it is safe."""

    def __init__(
        self, store: ports.Store, log: ports.AuditLog, trail: audit.Trail, clock: ports.Clock, keeper: Keeper
    ) -> None:
        self._store = store
        self._log = log
        self._trail = trail
        self._clock = clock
        self._keeper = keeper

    async def prepare(self) -> None:
        """Have checkpoints made over all that is there, so that one vouches for what will be gone."""
        await self._keeper.catch_up()

    async def remove(self, done: Exported) -> Trimmed:
        """Remove what was exported, but for requests that are open or whose credential lives."""
        mark = await self._log.mark(ports.Mark.TRIMMED)
        rest = await self._rest(done, mark)
        if rest is None:
            return Trimmed(0, 0)
        await self._note(done)
        mark, removed, seen, position = await self._move(mark, rest, ()), 0, 0, done.after
        while page := await self._log.page(after=position):
            inside = [one for one in page if _place(one.position) <= _place(done.upto)]
            gone = await self._free(inside, rest.last)
            if gone:
                rest = self._less(rest, gone)
                mark = await self._move(mark, rest, gone)
            removed, seen, position = removed + len(gone), seen + len(inside), page[-1].position
            if len(inside) < len(page):
                break
        return Trimmed(removed, seen - removed)

    async def _rest(self, done: Exported, mark: str | None) -> seals.Seal | None:
        """Go along the whole log: verify it, find what was exported, seal all up to the last checkpoint."""
        upto, before = seals.read(await self._log.mark(ports.Mark.CHECKPOINT)), seals.read(mark)
        if upto is None or not done.run.entries:
            return None
        findings, run = Findings(), seals.Run()
        total, check = Sum(self._trail, upto.last), Rest(self._trail, before, findings)
        floor = before.last if before else 0
        walk = Walk(self._trail, findings, floor=floor, watchers=(total, check))

        def see(logged: ports.Logged, _: entries.Opened | None, line: bytes) -> None:
            if _place(done.after) < _place(logged.position) <= _place(done.upto):
                run.add(logged, line)

        while page := await self._log.page(after=walk.position):
            walk.take(page, see)
        walk.finish()
        if findings.count or upto.last < done.run.last:
            raise Stopped(UNSOUND)
        if run.hash != done.run.hash:
            raise Stopped(OTHER)
        return self._seal(upto, before, total)

    def _seal(self, upto: seals.Seal, before: seals.Seal | None, total: Sum) -> seals.Seal:
        made = upto.model_copy(
            update={
                "event": seals.Kind.REST,
                "number": before.number + 1 if before else 1,
                "at": self._clock.now(),
                "first": 0,
                "entries": total.entries,
                "hash": total.hash,
                "previous": upto.mac,
            }
        )
        return seals.sealed(self._trail, made)

    def _less(self, rest: seals.Seal, gone: list[ports.Logged]) -> seals.Seal:
        """Return the seal over what is left without some entries."""
        shares = [-seals.share(self._trail, self._line(one)) for one in gone]
        left = {"hash": seals.total(shares, rest.hash), "entries": rest.entries - len(gone)}
        return seals.sealed(self._trail, rest.model_copy(update=left | {"number": rest.number + 1}))

    async def _free(self, page: list[ports.Logged], upto: int) -> list[ports.Logged]:
        """Return the entries that nobody needs in the stream any more."""
        owners = {one.position: self._owner(one) for one in page}
        needed = await self._log.needed({owner for owner in owners.values() if owner})
        return [
            one
            for one in page
            if owners[one.position] not in needed and one.sequence is not None and one.sequence <= upto
        ]

    def _owner(self, logged: ports.Logged) -> str | None:
        opened = entries.opened(self._trail, logged)
        return opened.request if opened else None

    def _line(self, logged: ports.Logged) -> bytes:
        opened = entries.opened(self._trail, logged)
        return entries.line(logged, opened.mac if opened else logged.text)

    async def _move(self, seen: str | None, rest: seals.Seal, gone: Sequence[ports.Logged]) -> str:
        value, remove = rest.model_dump_json(), [one.position for one in gone]
        if not await self._log.move(ports.Mark.TRIMMED, seen=seen, value=value, remove=remove):
            raise Stopped(MEANWHILE)
        return value

    async def _note(self, done: Exported) -> None:
        """Say in the log itself what will be gone from it."""
        op = f"trim:{model.new_id()}"
        data = {"first": done.run.first, "last": done.run.last, "entries": done.run.entries}
        for _ in range(TRIES):
            head = await self._store.deployment_head()
            draft = audit.draft(
                audit.Event.TRIMMED, request=None, actor=None, at=self._clock.now(), data=data
            )
            sealed = self._trail.seal(draft, head)
            if await self._store.note(sealed, head=head, op=op) is not ports.Outcome.CONFLICT:
                return
        raise errors.NotAccepted(MEANWHILE)


def _place(position: str) -> tuple[int, int]:
    first, _, second = position.partition("-")
    return int(first or -1), int(second or 0)
