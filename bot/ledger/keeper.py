"""Makes the checkpoints while the bot runs. Any number of replicas may: they share one chain.

A checkpoint is printed to standard output whatever the log is set to. Kept in a place that the
bot's Redis does not lead to, the lines prove what the log was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable

import structlog

from bot import audit, errors, ports
from bot.ledger import entries, seals
from bot.ledger.findings import Findings
from bot.ledger.walk import Walk

MOST = ports.PAGE  # entries of a checkpoint, and how many new ones make the next one due at once
LOOKS = 20  # in one period, for whether that many are there
LONGEST_LOOK_S = 15.0
SET_BACK = (
    "The checkpoint that Redis keeps is gone, was set back, or was changed by somebody without the key."
)
UNSOUND = (
    "The audit log was tampered with: of entries {first} to {last}, {problems} things are wrong. Run "
    "`registry-bot audit verify` with the checkpoints that you kept."
)


class Keeper:
    """Makes checkpoints over the log. `write` takes a line; `alert` tells operators."""

    def __init__(
        self,
        log: ports.AuditLog,
        trail: audit.Trail,
        clock: ports.Clock,
        *,
        write: Callable[[str], None],
        alert: Callable[[str], Awaitable[None]],
        every: dt.timedelta = dt.timedelta(minutes=5),
    ) -> None:
        self._log = log
        self._trail = trail
        self._clock = clock
        self._write = write
        self._alert = alert
        self._every = every
        self._seen: seals.Seal | None = None  # the newest that this process knows to be genuine
        self._written = ""  # MAC of the last line written
        self._alerted = ""
        self._says = structlog.get_logger(__name__)

    async def run(self) -> None:
        """Make checkpoints until cancelled; what the store or the output refuses is tried again."""
        look_s = min(LONGEST_LOOK_S, self._every.total_seconds() / LOOKS)
        while True:
            try:
                await self.turn()
            except (errors.NotAccepted, OSError) as error:
                self._says.warning("audit_checkpoint_late", error=type(error).__name__)
            await self._clock.sleep(look_s)

    async def turn(self) -> None:
        """Make a checkpoint if one is due."""
        before = await self._newest()
        new = (await self._log.tail()).sequence - (before.last if before else 0)
        waited = before is None or self._clock.now() - before.at >= self._every
        if new > 0 and (waited or new >= MOST):
            await self.catch_up()

    async def catch_up(self) -> seals.Seal | None:
        """Make checkpoints until the newest entry is covered; return the last one, None for an empty log."""
        while True:
            stored = await self._log.mark(ports.Mark.CHECKPOINT)
            before = await self._genuine(stored)
            page = await self._log.page(after=before.position if before else "", limit=MOST)
            if not page:
                return before
            seal, findings = self._seal(page, before)
            line = seal.model_dump_json()
            self._again(before)
            # Of two replicas with the same thought, one is late here, and prints nothing.
            if await self._log.move(ports.Mark.CHECKPOINT, seen=stored, value=line):
                self._seen = seal
                self._print(seal)
                await self._tell(seal, findings)

    async def _newest(self) -> seals.Seal | None:
        return await self._genuine(await self._log.mark(ports.Mark.CHECKPOINT))

    async def _genuine(self, stored: str | None) -> seals.Seal | None:
        """Return the checkpoint to go on from: the stored one, unless it cannot be the newest."""
        seal, known = seals.read(stored), self._seen
        if seal and seal.event is seals.Kind.CHECKPOINT and seals.genuine(self._trail, seal):
            if known is None or seal.number > known.number or seal == known:
                self._seen = seal
                return seal
        elif stored is None and known is None:
            return None
        await self._shout("audit_checkpoint_set_back", SET_BACK)
        return known

    def _seal(self, page: tuple[ports.Logged, ...], before: seals.Seal | None) -> tuple[seals.Seal, Findings]:
        run, findings = seals.Run(), Findings()
        walk = Walk(self._trail, findings, after=before.last if before else 0)

        def see(logged: ports.Logged, _: entries.Opened | None, line: bytes) -> None:
            run.add(logged, line)

        walk.take(page, see)
        walk.finish()
        seal = seals.over(self._trail, run, kind=seals.Kind.CHECKPOINT, before=before, at=self._clock.now())
        seal = seals.sealed(self._trail, seal.model_copy(update={"problems": findings.count}))
        return seal, findings

    def _again(self, before: seals.Seal | None) -> None:
        """Write the one before, if this process has not: whoever made it may have died before it did."""
        if before and before.mac != self._written:
            self._print(before)

    def _print(self, seal: seals.Seal) -> None:
        self._write(seal.model_dump_json())
        self._written = seal.mac

    async def _tell(self, seal: seals.Seal, findings: Findings) -> None:
        if findings.count:
            for finding in findings.said[:10]:
                self._says.error("audit_tampered", what=finding.what.value, finding=finding.sentence)
            said = UNSOUND.format(first=seal.first, last=seal.last, problems=findings.count)
            await self._shout("audit_tampered", said)

    async def _shout(self, event: str, sentence: str) -> None:
        if sentence == self._alerted:
            return  # once: it stays true at every look
        self._alerted = sentence
        self._says.error(event, finding=sentence)
        try:
            await self._alert(sentence)
        except errors.ServiceError as error:
            self._says.warning("audit_alert_undelivered", service=error.service)
