"""What an auditor does: verify the log, save it to a file, trim it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bot import audit, ports
from bot.ledger import export, files, kept, verify
from bot.ledger.findings import Findings
from bot.ledger.keeper import Keeper
from bot.ledger.report import Report
from bot.ledger.sink import Sink
from bot.ledger.trim import Trim, Trimmed


@dataclass(frozen=True, slots=True)
class Auditor:
    """What an auditor works with. `write` takes checkpoint lines, to be kept like those of the bot."""

    store: ports.Store
    log: ports.AuditLog
    trail: audit.Trail
    clock: ports.Clock
    write: Callable[[str], None]

    async def verify(self, lines: Iterable[str] = ()) -> Report:
        """Verify the whole deployment, against checkpoints in lines of a log too."""
        return await verify.deployment(self.log, self.trail, lines)

    async def print(self, span: export.Span, form: files.Form, write: Callable[[str], object]) -> Findings:
        """Write an export to something that cannot be trusted to keep it."""
        done = await self._export(span, files.writer(form, write))
        return done.findings

    async def save(
        self, span: export.Span, form: files.Form, path: Path, *, trim: bool = False
    ) -> tuple[export.Exported, Trimmed | None]:
        """Save an export to a file, and then, if asked to, remove what is in it from Redis.

        Raises OSError where the file cannot be written, and Stopped where nothing may be trimmed.
        """
        work = Trim(self.store, self.log, self.trail, self.clock, self._keeper())
        with Sink(path) as sink:
            done = await self._export(span, files.writer(form, sink.write), work if trim else None)
            sink.keep()
        return done, await work.remove(done) if trim else None

    async def _export(
        self, span: export.Span, write: Callable[[files.Row], None], trim: Trim | None = None
    ) -> export.Exported:
        done = await export.export(self.log, self.trail, span, write)
        if trim:
            await trim.prepare()
        for row in await export.footer(self.log, self.trail, done, self.clock.now()):
            write(row)
        return done

    def _keeper(self) -> Keeper:
        return Keeper(self.log, self.trail, self.clock, write=self.write, alert=_nobody)


def verify_file(trail: audit.Trail, lines: Iterable[str], checkpoints: Iterable[str] = ()) -> Report:
    """Verify an export without any server."""
    findings = Findings()
    found = kept.read(trail, checkpoints, findings)
    report = export.verify(trail, lines, found.seals)
    for finding in findings.said:
        report.findings.add(finding)
    report.absent, report.foreign = found.absent, found.foreign
    return report


async def _nobody(_: str) -> None:
    """Alert nobody: who runs the command reads the log of it."""
