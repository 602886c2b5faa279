"""Plays months: moves the clock on, and has everything attended to that is due by then."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

from bot import audit, errors, lease, machine, model, recorder
from bot.model import CredentialState, Kind, Role, State
from bot.provision import saga
from tests import builders
from tests.engine import parts

DAY = dt.timedelta(days=1)
DAYS = 90


class PlayedSaga(saga.Saga):
    """A saga that carries out everything but rotations, whose outcome a test chooses."""

    def __init__(self, engine: parts.Engine, real: saga.Saga) -> None:
        self._engine = engine
        self._real = real
        self.works = True
        self.stuck = False
        self.rotated: list[str] = []

    async def run(
        self, held: lease.Lease, request: model.Request, tell: Callable[[model.Request], None]
    ) -> saga.Rest:
        """Rotate as a saga would: the credential is busy meanwhile, and has another password then."""
        if request.spec.kind is not Kind.ROTATE:
            return await self._real.run(held, request, tell)
        now, credential = self._engine.clock.now(), await self._engine.record.credential(request.about)
        if request.state is State.APPROVED:
            credential = _next(credential, busy=request.id, state=CredentialState.ROTATING)
            request = await self._commit(held, request, machine.Event.START, credential)
        if self.stuck:
            return saga.Rest(request, now + DAY)
        after = _next(credential, busy=None, state=CredentialState.ACTIVE)
        if not self.works:
            return saga.Rest(await self._commit(held, request, machine.Event.FAIL, after))
        until = now + dt.timedelta(days=DAYS)
        after = after.model_copy(update={"minted": now, "expires": until, "by": request.id})
        self.rotated.append(request.id)
        return saga.Rest(await self._commit(held, request, machine.Event.FINISH, after))

    async def _commit(
        self,
        held: lease.Lease,
        request: model.Request,
        event: machine.Event,
        credential: model.Credential,
    ) -> model.Request:
        after = machine.advance(request, event, at=self._engine.clock.now())
        said = {"start": audit.Event.STARTED, "finish": audit.Event.DONE, "fail": audit.Event.FAILED}[event]
        proposal = recorder.Proposal(after, said, credential=credential)
        op = f"{event}:{request.id}"
        return await self._engine.record.apply(request.id, lambda _: proposal, op=op, fence=held.fence)


def _next(credential: model.Credential, **update: object) -> model.Credential:
    return credential.model_copy(update={"version": credential.version + 1, **update})


class Calendar:
    """One bot through the years. `restart` is what happens to its process; the store stays.

    Rotations are only played, unless `played` is off.
    """

    def __init__(self, engine: parts.Engine, *, played: bool = True) -> None:
        self.engine = engine
        self._played = played
        self.hands = self.restart()

    def restart(self) -> PlayedSaga:
        """Begin with a process that knows nothing but its store."""
        attention = self.engine.an_attention()
        self.hands = PlayedSaga(self.engine, attention.provisioning)
        if self._played:
            attention = dataclasses.replace(attention, provisioning=self.hands)
        self.engine.attention = attention
        return self.hands

    async def issued(self, **fields: object) -> model.Request:
        """Return a request that is done, with a password for 90 days unless said otherwise."""
        request = await self.engine.approved(**({"validity_days": DAYS} | fields))
        await self.settle()
        return await self.engine.now(request)

    async def settle(self) -> None:
        """Attend to everything that is due now."""
        while True:
            claims = await self.engine.healthy.claim("tests", lease_s=parts.LEASE_S, limit=1)
            for one in claims.taken:
                await self.engine.attend(self.engine.leased(one))
            if not claims.taken and (claims.next_in_s is None or claims.next_in_s > 1):
                return
            if not claims.taken:
                self.engine.clock.shift += dt.timedelta(seconds=claims.next_in_s or 0)

    async def until(self, when: dt.datetime, *, restarts: bool = False) -> None:
        """Live through the days to a moment, one look a day, in one process or in one a day."""
        while (left := when - self.engine.clock.now()) > dt.timedelta():
            self.engine.clock.shift += min(left, DAY)
            if restarts:
                works = self.hands.works
                self.restart().works = works
            await self.settle()

    async def away(self, when: dt.datetime) -> None:
        """Let time pass to a moment while no process runs."""
        self.engine.clock.shift += when - self.engine.clock.now()
        self.restart()
        await self.settle()

    async def credential(self, request: model.Request) -> model.Credential:
        """Return what a request issued, as it is now."""
        return await self.engine.record.credential(request.id)

    async def changed(self, request: model.Request, **update: object) -> model.Credential:
        """Change a credential as some request would, and let it be told."""
        after = _next(await self.credential(request), **update)

        async def commit() -> None:
            other = builders.a_request(
                spec=builders.a_spec(kind=Kind.NARROW, credential=request.id, name="changed")
            )
            await self.engine.record.create(other, op=other.id)
            cancelled = machine.advance(other, machine.Event.CANCEL, at=self.engine.clock.now())
            proposal = recorder.Proposal(cancelled, audit.Event.CANCELLED, credential=after)
            await self.engine.record.apply(other.id, lambda _: proposal, op=f"cancel:{other.id}")

        await commit()
        await self.settle()
        return after

    async def events(self, request: model.Request) -> list[audit.Event]:
        """Return what was recorded, after checking the chain."""
        return [entry.event for entry in await self.engine.record.verified(request.id)]

    async def warned(self, request: model.Request) -> list[object]:
        """Return the days of each warning that was recorded."""
        entries = await self.engine.record.verified(request.id)
        return [one.data["days"] for one in entries if one.event is audit.Event.WARNED]

    def warnings(self) -> dict[str, int]:
        """Return the messages that warn, and the version of the request that each shows."""
        said = self.engine.notifier.messages.items()
        return {message: version for message, (role, _, version) in said if role is Role.WARNING}

    async def rotations(self) -> list[model.Request]:
        """Return the rotations that were ever carried out, oldest first."""
        found = [await self.engine.healthy.load(one) for one in self.hands.rotated]
        return [one.request for one in found if one]


FAULT = errors.Permanent("It is broken.", service="Azure")
