"""One look at everything: compares, marks what differs, and removes leftovers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import structlog

from bot import errors, model, ports, recorder
from bot.reconcile import compare, strays
from bot.reconcile.findings import Finding, Kind
from bot.reconcile.marks import Marks
from bot.reconcile.pace import Pace
from bot.reconcile.report import Report
from bot.reconcile.survey import CHUNK, Sources, Survey, Unseen
from bot.reconcile.sweep import Kept, Sweep

log = structlog.get_logger(__name__)


class Reconciler:
    """Compares Azure and Tower with the store."""

    def __init__(
        self,
        store: ports.Store,
        record: recorder.Recorder,
        registries: ports.Registries,
        tower: ports.Tower,
        clock: ports.Clock,
        *,
        chunk: int = CHUNK,
    ) -> None:
        self._sources = Sources(store, registries, tower, Pace(clock))
        self._record = record
        self._clock = clock
        self._chunk = chunk
        self._marks = Marks(record, clock)

    async def run(self, *, fix: bool) -> Report:
        """Look at everything; without `fix` nothing is changed. Raises NotAccepted while the store is away.

        What cannot be looked at, of Azure or Tower, is a finding, and says nothing about the rest.
        """
        unseen = Unseen()
        stray = strays.Strays(self._sources, self._record, unseen)
        survey = Survey(self._sources, unseen, stray.visit, chunk=self._chunk)
        found: list[Finding] = []
        await stray.begin()
        async for chunk in survey.chunks():
            for evidence in chunk:
                found += await self._credential(survey, evidence, fix=fix)
        await stray.rest()
        found += stray.foreign.values()
        for leftover in stray.leftovers.values():
            found.append(await self._leftover(stray, leftover, fix=fix))
        report = Report((*found, *unseen.findings.values()), survey.looked_at, fix)
        log.info("reconciled", looked_at=report.looked_at, found=len(report.findings), fixed=fix)
        return report

    async def _credential(
        self, survey: Survey, evidence: compare.Evidence, *, fix: bool
    ) -> tuple[Finding, ...]:
        credential, now = evidence.credential, self._clock.now()
        if not await self._record.newest(credential):
            what = "its record was changed by something else than the bot."
            do = "Find out who can write to Redis, and run `registry-bot audit verify`."
            return (Finding(Kind.FORGED, compare.where(credential), what, do, credential=credential.id),)
        if not compare.findings(evidence, now) and credential.drift is None:
            return ()
        confirmed = await survey.confirmed(evidence, now)
        if confirmed is None:
            return ()
        confirmed = dataclasses.replace(confirmed, unfinished=await self._unfinished(credential))
        found = compare.findings(confirmed, now)
        # Nothing is called mended that could not be seen; and what a revocation left has said so itself.
        if fix and (found or confirmed.whole) and not confirmed.unfinished:
            await self._marks.mark(credential, " ".join(_sentences(found)) or None)
        return found

    async def _unfinished(self, credential: model.Credential) -> model.RequestId | None:
        """Return the revocation that changed a credential last, and yet it lives."""
        (last,) = await self._sources.store.requests((credential.by or credential.id,))
        return last.id if last and last.spec.kind is model.Kind.REVOKE else None

    async def _leftover(self, stray: strays.Strays, leftover: strays.Leftover, *, fix: bool) -> Finding:
        if not await stray.proven(leftover):
            return strays.found(leftover, why="It is left alone, because the record of that is not genuine.")
        if not fix:
            return strays.found(leftover)
        sweep = Sweep(self._sources, self._record)
        try:
            await sweep.remove(leftover, stray.users(leftover))
        except Kept as kept:
            return strays.found(leftover, why=str(kept))
        except errors.ServiceError as error:
            why = " ".join(part for part in ("It could not be removed.", str(error), error.remedy) if part)
            return strays.found(leftover, why=why)
        return strays.found(leftover, removed=True)


def _sentences(found: tuple[Finding, ...]) -> Iterator[str]:
    for one in found:
        yield one.what[:1].upper() + one.what[1:]
