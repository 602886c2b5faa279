"""What a request gets when it is due: it expires, is worked on or follows its credential, and is shown."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from dataclasses import dataclass

import structlog

from bot import alerts, audit, copies, errors, following, lease, machine, model, ports, recorder
from bot.provision import saga

log = structlog.get_logger()

LOOK_S = 1.0  # how often a request that is being shown is looked at: another replica may change it
AHEAD_S = 60.0  # how far the store's clock may run ahead of ours
WORKED_ON = frozenset({model.State.APPROVED, model.State.RUNNING})
_TIMES = {
    machine.Event.REMIND: (audit.Event.REMINDED, "reminded"),
    machine.Event.ESCALATE: (audit.Event.ESCALATED, "escalated"),
    machine.Event.EXPIRE: (audit.Event.EXPIRED, None),
}
SILENT = "The message could not be shown: the bot failed each time it tried."


@dataclass(frozen=True, slots=True)
class Attention:
    """Attends to one request under its lease; this is what a worker runs.

    Work never waits for chat: the copies are brought up to date beside it, and a platform that
    fails is tried again later. What is shown is what was committed.
    """

    record: recorder.Recorder
    provisioning: saga.Saga
    following: following.Following
    chat: copies.Chat
    clock: ports.Clock
    alerts: alerts.Alerts

    async def __call__(self, held: lease.Lease) -> lease.Settlement:
        """Do all that can be done now, and say when to come again."""
        snapshot = await self.chat.store.load(held.request_id)
        if snapshot is None:
            return lease.Settlement(None, seen=0)
        display = copies.Display(self.chat, held, snapshot)
        if held.spent or (held.last_try and snapshot.request.state in WORKED_ON):
            return await self._give_up(held, display, snapshot.request)
        async with display:
            rest = await self._until_quiet(held, display, snapshot)
        if rest.alert:
            await self.alerts.alert(rest.alert)
        if display.unasked:
            short = model.short_id(held.request_id)
            await self.alerts.alert(f"Request {short} waits, but nobody was asked. {display.unasked}")
        if display.unheard:
            await self.following.unheard(rest.request)
        return self._settlement(rest, display.due())

    async def _until_quiet(
        self, held: lease.Lease, display: copies.Display, found: ports.Snapshot | None
    ) -> saga.Rest:
        """Work and show until nothing is left to do at once.

        A decision may come while messages are being shown, and its work starts then and there.
        """
        rest = None
        while found is not None:
            display.learn(found.duplicates)
            if rest is None or rest.request.version != found.request.version:
                rest = await self._move(held, found.request, display)
                display.tell(rest.request)
            if rest.request.state is model.State.RUNNING and rest.due and rest.due <= self.clock.now():
                display.hush()
            if await display.caught_up(unless=held.woken, within_s=LOOK_S):
                return rest
            held.woken.clear()
            found = await self.chat.store.load(held.request_id)
        raise errors.LeaseLost(held.request_id)

    async def _move(self, held: lease.Lease, request: model.Request, display: copies.Display) -> saga.Rest:
        """Move a request on as far as it goes."""
        if request.state in WORKED_ON:
            rest = await self.provisioning.run(held, request, lambda now: display.tell(now, working=True))
            return await self._follow(held, rest)
        if request.state is not model.State.PENDING:
            return await self._follow(held, saga.Rest(request))
        at, event = machine.next_event(request)
        early = (at - self.clock.now()).total_seconds()
        if early > 0 and not display.behind:
            # Nothing to do: the store's clock may run ahead of ours. Better wait than ask again at once.
            await _first(held.woken, min(early, LOOK_S))
        if self.clock.now() < at:
            return saga.Rest(request, at)
        return await self._pass_time(held, request, event)

    async def _pass_time(self, held: lease.Lease, request: model.Request, event: machine.Event) -> saga.Rest:
        """Commit that a time of a pending request has come: it is shown once it is so."""
        now = self.clock.now()
        said, update = _TIMES[event]

        def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
            after = machine.advance(snapshot.request, event, at=now, **({update: now} if update else {}))
            return recorder.Proposal(after, said)

        op = f"{event}:{request.id}:{held.fence}"
        try:
            request = await self.record.apply(request.id, propose, op=op, fence=held.fence)
        except errors.Refused:
            return saga.Rest(request)  # somebody decided at the last moment, which makes it due again
        return saga.Rest(request, None if request.ended else machine.next_event(request)[0])

    async def _follow(self, held: lease.Lease, rest: saga.Rest) -> saga.Rest:
        """Bring a request that left a credential behind up to what has become of that."""
        request = rest.request
        if request.state is not model.State.DONE or request.spec.kind not in model.FRESH:
            return rest
        followed = await self.following.follow(held, request)
        early = (followed.due - self.clock.now()).total_seconds() if followed.due else 0.0
        if 0 < early < AHEAD_S:
            await _first(held.woken, min(early, LOOK_S))
        return dataclasses.replace(rest, request=followed.request, due=followed.due)

    async def _give_up(
        self, held: lease.Lease, display: copies.Display, request: model.Request
    ) -> lease.Settlement:
        """Give up in order what was tried too often: the work if there is any, else the messages."""
        log.error("too many tries", request_id=request.id, attempts=held.attempts, state=request.state.value)
        rest = await self._move(held, request, display)
        if request.state not in WORKED_ON:
            await display.abandon(SILENT)
        elif rest.due is None:
            # Its end is shown by the next attendance, which has tries of its own.
            rest = dataclasses.replace(rest, due=self.clock.now())
        if rest.alert or request.state not in WORKED_ON:
            await self.alerts.alert(rest.alert or f"Request {model.short_id(request.id)}: {SILENT}")
        return self._settlement(rest, None)

    def _settlement(self, rest: saga.Rest, again: dt.datetime | None) -> lease.Settlement:
        # A message that failed waits with the work, whose back-off it must not cut short.
        if again and rest.request.state is not model.State.RUNNING:
            again = min(again, rest.due) if rest.due else again
        else:
            again = rest.due
        return lease.Settlement(again, seen=rest.request.version, reset=rest.reset)


async def _first(event: asyncio.Event, within_s: float) -> None:
    try:
        async with asyncio.timeout(within_s):
            await event.wait()
    except TimeoutError:
        return
