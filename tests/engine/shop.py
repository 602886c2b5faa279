"""A store with requests in it, and workers that all do the same with them."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

from bot import clock, errors, lease, model, ports, recorder, worker
from tests import builders, fakes
from tests.engine import parts

LEASE_S = 1.0  # for tests that wait for one to lapse; on a busy machine it may lapse by itself
PATIENT_S = 60.0  # longer than any test: what happens sooner did not wait for it
Attended = Callable[[lease.Lease], Awaitable[None]]


@dataclass
class Shop:
    """A store with requests in it, and workers that all do the same with them."""

    real: ports.Store
    act: Attended | None = None
    begun: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    fences: list[int] = field(default_factory=list)
    active: Counter[str] = field(default_factory=Counter)
    overlaps: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)  # until it is set, work takes for ever
    journal: fakes.Journal = field(default_factory=fakes.Journal)

    def __post_init__(self) -> None:
        self.frail = parts.FrailStore(self.real, self.journal)
        self.store = cast("ports.Store", self.frail)

    def fail(self, call: str) -> None:
        """Let the store be away for one call."""
        self.journal.faults.append(fakes.Fault(call, errors.NotAccepted("The store is away.")))

    async def attend(self, held: lease.Lease) -> lease.Settlement:
        """Work on a request until the gate opens; nothing more is due then."""
        self.begun.append(held.request_id)
        self.fences.append(held.fence)
        self.active[held.request_id] += 1
        self.overlaps += self.active[held.request_id] > 1
        try:
            await (self.act(held) if self.act else self.gate.wait())
            self.ended.append(held.request_id)
        finally:
            self.active[held.request_id] -= 1
        return lease.Settlement(builders.now() + dt.timedelta(hours=1), seen=1)

    def worker(self, **settings: Any) -> worker.Worker:
        """Return a worker that would wait long wherever a test does not say otherwise."""
        patient = {"lease_s": PATIENT_S, "renew_s": 0.25, "poll_s": PATIENT_S, "drain_s": PATIENT_S}
        return worker.Worker(self.store, self.attend, clock.SystemClock(), "tests", **(patient | settings))

    async def keep(self, number: int = 0) -> model.Request:
        """Put a pending request into the store, due at once."""
        spec = builders.a_spec(name=f"acr-{number}", login_server=f"acme{number}.azurecr.io")
        request = builders.a_request(spec=spec)
        record = recorder.Recorder(self.store, parts.TRAIL, clock.SystemClock())
        written = await record.create(request, op=request.id)
        assert written.outcome is ports.Outcome.OK
        return request

    async def taken_over(self, held: lease.Lease) -> int:
        """Give a lease away behind its holder's back; return the new fence."""
        await self.store.settle(held.request_id, fence=held.fence, seen=0, due=builders.now())
        claims = await self.store.claim("somebody else", lease_s=60, limit=1)
        return claims.taken[0].fence


@contextlib.asynccontextmanager
async def running(*workers: worker.Worker) -> AsyncIterator[None]:
    """Run workers, and drain them in the end."""
    async with asyncio.TaskGroup() as group:
        for one in workers:
            group.create_task(one.run())
        yield
        for one in workers:
            one.stop()
