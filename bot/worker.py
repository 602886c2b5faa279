"""Claims what is due, keeps its lease while somebody attends to it, and gives it back.

Knows nothing of what the work is. Two workers never hold one request: each claim has a higher
fence, and whatever is written under an older one is refused.
"""

from __future__ import annotations

import asyncio
import datetime as dt

import structlog

from bot import errors, lease, ports

log = structlog.get_logger()

CLAIM_S = 5.0  # how long a claim may take: `stop` waits for it
HAND_OVER_S = 2.0  # how long giving a lease back may take while the process is ending


class Worker:
    """Runs `attend` for each request that is due, up to `concurrency` at once.

    A lease lasts `lease_s` and is renewed every `renew_s`; other replicas' work is looked for
    every `poll_s`. From `max_attempts` on, an attendance is told to give up in order.
    """

    def __init__(  # noqa: PLR0913  # time spans are settings of one thing, each named at the call
        self,
        store: ports.Store,
        attend: lease.Attend,
        clock: ports.Clock,
        owner: str,
        *,
        lease_s: float = 15.0,
        renew_s: float = 5.0,
        poll_s: float = 1.0,
        drain_s: float = 20.0,
        concurrency: int = 64,
        max_attempts: int = 20,
    ) -> None:
        self._store = store
        self._attend = attend
        self._clock = clock
        self._owner = owner
        self._lease_s = lease_s
        self._renew_s = renew_s
        self._poll_s = poll_s
        self._drain_s = drain_s
        self._concurrency = concurrency
        self._max_attempts = max_attempts
        self._held: dict[asyncio.Task[None], lease.Lease] = {}
        self._look = asyncio.Event()
        self._stopping = False
        self._outages = 0

    @property
    def held(self) -> int:
        """Return how many requests are attended to in this process now."""
        return len(self._held)

    def wake(self, request_id: str) -> None:
        """Look at once: somebody in this process has just changed this request."""
        for one in self._held.values():
            if one.request_id == request_id:
                one.woken.set()
        self._look.set()

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is held has ended or was handed over."""
        self._stopping = True
        self._look.set()

    async def run(self) -> None:
        """Work until `stop`, then wait for what is held, and hand over what takes too long."""
        async with asyncio.TaskGroup() as group:
            while not self._stopping:
                # Before claiming: a wake that comes during the claim must not be lost.
                self._look.clear()
                await self._idle(await self._claim(group))
            await self._drain()

    async def _claim(self, group: asyncio.TaskGroup) -> float:
        """Claim what there is room for, and return for how long nothing is due."""
        room = self._concurrency - len(self._held)
        if room <= 0:
            return self._poll_s
        asked = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(CLAIM_S):
                claims = await self._store.claim(self._owner, lease_s=self._lease_s, limit=room)
        except (errors.NotAccepted, TimeoutError) as error:
            return self._outage(error)
        self._recovered()
        for claimed in claims.taken:
            self._start(group, claimed, asked)
        return self._poll_s if claims.next_in_s is None else min(self._poll_s, claims.next_in_s)

    def _start(self, group: asyncio.TaskGroup, claimed: ports.Claimed, asked: float) -> None:
        held = lease.Lease(
            self._store, claimed, lease_s=self._lease_s, max_attempts=self._max_attempts, asked=asked
        )
        task = group.create_task(self._serve(held), name=f"request {claimed.request_id}")
        self._held[task] = held
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._held[task]
        # There is room again, and what was settled may be due at once.
        self._look.set()

    async def _idle(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._look.wait()
        except TimeoutError:
            return

    async def _drain(self) -> None:
        tasks = set(self._held)
        if tasks:
            log.info("worker draining", held=len(tasks))
            await asyncio.wait(tasks, timeout=self._drain_s)
        for task in self._held:
            task.cancel()

    async def _serve(self, held: lease.Lease) -> None:
        try:
            settlement = await self._attended(held)
            if settlement is not None:
                await self._settle(held, settlement)
        except errors.NotAccepted as error:
            self._outage(error)  # the lease runs out, and then somebody claims the request again
        except asyncio.CancelledError:
            await self._hand_over(held)
            raise

    async def _attended(self, held: lease.Lease) -> lease.Settlement | None:
        """Attend under a lease that is kept alive; return None if it was lost."""
        settlement, failed = None, False
        try:
            async with asyncio.TaskGroup() as group:
                keeping = group.create_task(self._keep(held))
                settlement = await self._attend(held)
                keeping.cancel()
        except* errors.LeaseLost:
            log.warning("lease lost", request_id=held.request_id, fence=held.fence)
        except* errors.NotAccepted as outage:
            self._outage(outage.exceptions[0])
        except* Exception:  # the rim: one request that fails in a new way must not stop the others
            log.exception("attendance failed", request_id=held.request_id, attempts=held.attempts)
            failed = True
        return await self._put_off(held) if failed else settlement

    async def _keep(self, held: lease.Lease) -> None:
        """Renew a lease for ever; raise LeaseLost as soon as it cannot be relied on."""
        loop = asyncio.get_running_loop()
        while True:
            await self._clock.sleep(max(0.0, min(self._renew_s, held.until - loop.time())))
            try:
                async with asyncio.timeout_at(held.until):
                    await held.confirm()
            except (errors.NotAccepted, TimeoutError) as error:
                if loop.time() >= held.until:
                    raise errors.LeaseLost(held.request_id) from error

    async def _put_off(self, held: lease.Lease) -> lease.Settlement:
        snapshot = await self._store.load(held.request_id)
        due = self._clock.now() + dt.timedelta(seconds=lease.backoff_s(held.attempts))
        return lease.Settlement(due, seen=snapshot.request.version if snapshot else 0, reset=False)

    async def _settle(self, held: lease.Lease, settlement: lease.Settlement) -> None:
        outcome = await self._store.settle(
            held.request_id,
            fence=held.fence,
            seen=settlement.seen,
            due=settlement.due,
            reset=settlement.reset,
        )
        log.debug("request settled", request_id=held.request_id, outcome=outcome.value)

    async def _hand_over(self, held: lease.Lease) -> None:
        """Make a request due for another replica; version 0 was never seen, so that is at once."""
        try:
            async with asyncio.timeout(HAND_OVER_S):
                await self._settle(held, lease.Settlement(self._clock.now(), seen=0, reset=False))
        except (errors.NotAccepted, TimeoutError):
            log.warning("request not handed over", request_id=held.request_id)

    def _outage(self, error: Exception) -> float:
        """Say once that the store is away, and return when to try again."""
        self._outages += 1
        if self._outages == 1:
            log.warning("store away", error=str(error) or type(error).__name__)
        return lease.backoff_s(self._outages, first_s=self._poll_s / 8, longest_s=self._poll_s)

    def _recovered(self) -> None:
        if self._outages:
            log.info("store back", failures=self._outages)
        self._outages = 0
