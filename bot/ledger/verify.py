"""Verifies a whole deployment: the stream, its end, the checkpoints, every record and trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot import audit, model, ports
from bot.ledger import credentials, kept, records, seals
from bot.ledger.cover import Cover, Rest
from bot.ledger.findings import Finding, Findings, What, moment, numbers
from bot.ledger.report import Report
from bot.ledger.walk import Walk

ROUNDS = 5  # of looking again, where the bot wrote meanwhile
_OVER = frozenset(model.ENDED)


async def deployment(log: ports.AuditLog, trail: audit.Trail, lines: Iterable[str] = ()) -> Report:
    """Verify everything, against the checkpoints in `lines` too. The bot may go on meanwhile."""
    before = Findings()
    found = kept.read(trail, lines, before)
    while True:
        report, trimmed = Report(), await log.mark(ports.Mark.TRIMMED)
        report.findings = Findings(list(before.said), before.count)
        await _Verification(log, trail, found, _own(trail, trimmed, report, seals.Kind.REST), report).run()
        if await log.mark(ports.Mark.TRIMMED) == trimmed:
            report.absent, report.foreign = found.absent, found.foreign
            return report


def _own(trail: audit.Trail, text: str | None, report: Report, kind: seals.Kind) -> seals.Seal | None:
    """Read a seal that Redis keeps."""
    seal = seals.read(text)
    if text is None or (seal and seal.event is kind and seals.genuine(trail, seal)):
        return seal
    sentence = f"The {kind} that Redis keeps was changed, or made up without the key."
    report.findings.add(Finding(What.CHECKPOINT, sentence))
    return None


class _Verification:
    """One go at it."""

    def __init__(
        self,
        log: ports.AuditLog,
        trail: audit.Trail,
        found: kept.Kept,
        rest: seals.Seal | None,
        report: Report,
    ) -> None:
        self._log = log
        self._trail = trail
        self._report = report
        self._found = found
        self._rest = rest
        self._floor = rest.last if rest else 0
        self._checked: set[str] = set()
        self._with_credential: set[str] = set()

    async def run(self) -> None:
        """Walk along the stream, then look at what hangs on it."""
        report = self._report
        own = _own(self._trail, await self._log.mark(ports.Mark.CHECKPOINT), report, seals.Kind.CHECKPOINT)
        self._compare(own)
        sealed = {seal.mac: seal for seal in (*self._found.seals, *((own,) if own else ()))}
        cover = Cover(sealed.values(), report.findings, floor=self._floor)
        rest = Rest(self._trail, self._rest, report.findings)
        walk = Walk(self._trail, report.findings, floor=self._floor, watchers=(cover, rest))
        await self._go_on(walk)
        await self._records(walk)
        await self._end(walk)
        await self._gone(walk)
        walk.finish()
        report.entries, report.first, report.last = walk.count, walk.first, walk.last
        report.since, report.until = walk.first_ms, walk.last_ms
        report.requests = len(self._checked)
        tally = cover.tally
        report.checkpoints, report.trimmed, report.covered = tally.fit, tally.trimmed, tally.covered

    def _compare(self, own: seals.Seal | None) -> None:
        """Hold the checkpoint that Redis keeps against the newest that was kept elsewhere."""
        newest = self._found.seals[-1] if self._found.seals else None
        if newest is None or (own and (own.number > newest.number or own in self._found.seals)):
            return
        sentence = f"Redis keeps {f'checkpoint {own.number}' if own else 'no checkpoint'}, "
        sentence += f"though number {newest.number} was made: the log was replaced or set back."
        self._report.findings.add(Finding(What.CHECKPOINT, sentence, time=newest.at))

    async def _go_on(self, walk: Walk) -> None:
        while page := await self._log.page(after=walk.position):
            walk.take(page)

    async def _records(self, walk: Walk) -> None:
        """Check every request that is kept, and that the stream has its newest entry."""
        behind: set[str] = set()
        found: Mapping[str, ports.Evidence] = {}
        async for page in self._log.known():
            new = {one for one in page if one not in self._checked}
            self._checked |= new
            behind |= self._check(await self._log.evidence(new), walk)
        for _ in range(ROUNDS):
            if not behind:
                return
            found = await self._log.evidence(behind)
            await self._go_on(walk)
            behind = self._behind(found, walk)
        for request_id in sorted(behind):
            sentence = f"Request {request_id}: the stream has not the newest entry of its trail."
            unlike = self._unlike(found[request_id], walk)
            self._report.findings.add(unlike or Finding(What.TRAIL, sentence, request=request_id))

    def _check(self, found: Mapping[str, ports.Evidence], walk: Walk) -> set[str]:
        sound = {}
        for request_id, evidence in found.items():
            if evidence.record is None and not evidence.trail and evidence.credential is None:
                self._checked.discard(request_id)  # forgotten, in time or too soon: `_gone` knows
                continue
            if evidence.credential is not None:
                self._with_credential.add(request_id)
            credential = credentials.check(self._trail, evidence)
            wrong = [*records.check(self._trail, evidence), *((credential,) if credential else ())]
            for finding in wrong:
                self._report.findings.add(finding)
            if not wrong:
                sound[request_id] = evidence
        return self._behind(sound, walk)

    def _behind(self, found: Mapping[str, ports.Evidence], walk: Walk) -> set[str]:
        """Return those whose newest entry is not the stream's: written meanwhile, or hidden."""
        return {
            request_id
            for request_id, evidence in found.items()
            if self._unlike(evidence, walk)
            or (
                evidence.head != walk.heads.get(request_id, ("", None))[0]
                and not (self._floor and request_id not in walk.heads)
            )
        }

    def _unlike(self, evidence: ports.Evidence, walk: Walk) -> Finding | None:
        newest = walk.written.get(evidence.request_id)
        return credentials.compare(evidence, newest, trimmed=bool(self._floor))

    async def _end(self, walk: Walk) -> None:
        """Compare the stream's end with what the log says of it."""
        for _ in range(ROUNDS):
            tail = await self._log.tail()
            await self._go_on(walk)
            chain = walk.heads.get(None, ("", None))[0]
            if max(walk.last, self._floor) >= tail.sequence and (
                chain == tail.chain or (self._floor and not chain)
            ):
                break
        else:
            self._short(walk, tail)
        tail = await self._log.tail()
        if walk.last > tail.sequence:
            sentence = f"The counter was set back: it stands at {tail.sequence}, the log ends at {walk.last}."
            self._report.findings.add(Finding(What.REPEATED, sentence, walk.last))

    def _short(self, walk: Walk, tail: ports.Tail) -> None:
        last = max(walk.last, self._floor)
        if last < tail.sequence:
            finding = Finding(
                What.CUT,
                f"The log ends at {last}, though {numbers(last + 1, tail.sequence)} had been written.",
                last + 1,
                tail.sequence,
                time=moment(walk.last_ms),
            )
        else:
            finding = Finding(
                What.TRAIL, "The stream has not the newest entry of the deployment's own chain."
            )
        self._report.findings.add(finding)

    async def _gone(self, walk: Walk) -> None:
        """Say which requests and credentials have no record, though nothing says that they ended."""
        open_ = {
            request_id: state
            for request_id, (_, state) in walk.heads.items()
            if request_id and request_id not in self._checked and state and state not in _OVER
        }
        lasting = walk.written.keys() - self._with_credential
        # Once more: it may have been written since its page was read.
        found = await self._log.evidence(open_.keys() | lasting)
        for request_id, state in open_.items():
            if found[request_id].record is None:
                sentence = f"Request {request_id}: its record is gone, though it was {state}."
                self._report.findings.add(Finding(What.RECORD, sentence, request=request_id))
        for one in lasting:
            lost = credentials.missing(found[one], walk.written[one], trimmed=bool(self._floor))
            if lost:
                self._report.findings.add(lost)
