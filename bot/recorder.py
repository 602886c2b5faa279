"""The one way to write: load, propose, seal, commit; and once more when somebody was faster."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import hmac
import secrets
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot import audit, errors, model, ports

TRIES = 40  # four replicas at one request lose eight in a row one time in ten
COLLIDED = "Too many people acted on this request at the same moment. Please try again."
NO_CREDENTIAL = "This credential is not known any more."
FORGED_CREDENTIAL = "The record of this credential was changed by something else than the bot."
UNKNOWN = "This request is not known any more. It can be asked for again."


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a pure decision wants written: the next record, and the audit entry that explains it."""

    request: model.Request
    event: audit.Event
    actor: model.Principal | None = None
    data: Mapping[str, str | int | None] = field(default_factory=dict)
    not_after: dt.datetime | None = None
    credential: model.Credential | None = None  # as it is from now on, one version on


Propose = Callable[[ports.Snapshot], Proposal]


Observe = Callable[[audit.Entry, model.Request | None], None]


class Recorder:
    """Writes proposals and refusals through a store, sealed with the audit key."""

    def __init__(
        self, store: ports.Store, trail: audit.Trail, clock: ports.Clock, *, observe: Observe | None = None
    ) -> None:
        self._store = store
        self._trail = trail
        self._clock = clock
        self._observe = observe or _nobody
        # Writers of one request in this process queue up here instead of racing each other's
        # chain head; the head check in the script remains what decides between processes.
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    def _lock(self, request_id: str) -> asyncio.Lock:
        return self._locks.setdefault(request_id, asyncio.Lock())

    def id_for(self, op: str) -> str:
        """Return the id of the request that a sending makes: as good as random, but always the same.

        A form delivered twice, even to two replicas, is one request.
        """
        return self._trail.derive(op)

    async def create(
        self, request: model.Request, *, op: str, person: str | None = None, open_limit: int | None = None
    ) -> ports.Written:
        """Write a new request; TAKEN names the claim that another one holds.

        `person` is who has it open (None: the account that asks), whichever account asked. CROWDED:
        they have `open_limit` requests already that have not ended.
        """
        proposal = Proposal(request, audit.Event.SUBMITTED, request.requester, audit.conditions(request))
        change = self._change(proposal, None, op, None)
        return await self._commit(dataclasses.replace(change, open_key=person, open_limit=open_limit))

    async def apply(
        self,
        request_id: str,
        propose: Propose,
        *,
        op: str,
        fence: int | None = None,
        seen: ports.Snapshot | None = None,
    ) -> model.Request:
        """Write what `propose` makes of the newest snapshot, and return the record as it is then.

        `seen` is what the caller has just read: if it is the newest, nothing is read again. What is
        written on an older one, the store turns away.

        `propose` is pure, may be called several times, and may raise Refused. Raises Refused for an
        unknown request or one past `not_after`, LeaseLost for an old fence, NotAccepted when the
        store is away or writers keep colliding.
        """
        lock = self._lock(request_id)
        snapshot = None if lock.locked() else seen  # whoever has to queue up finds a newer one
        async with lock:
            for tries in range(TRIES):
                snapshot = snapshot or await self._load(request_id)
                proposal = propose(snapshot)
                written = await self._commit(self._change(proposal, snapshot, op, fence))
                if written.outcome is not ports.Outcome.CONFLICT:
                    return _settled(written, proposal)
                snapshot = None
                await self._step_back(tries)
        raise errors.NotAccepted(COLLIDED)

    async def refuse(
        self, request_id: str | None, actor: model.Principal, refusal: errors.Refused, *, action: str, op: str
    ) -> None:
        """Record a refused attempt: it changes nothing but the audit log."""
        data = {"action": action, "reason": refusal.reason.value}
        await self.note(audit.Event.REFUSED, actor, data, request_id=request_id, op=op)

    async def note(
        self,
        event: audit.Event,
        actor: model.Principal | None,
        data: Mapping[str, str | int | None],
        *,
        op: str,
        request_id: str | None = None,
    ) -> None:
        """Record what changes no state: on its request's chain, or else on the deployment's own."""
        known = request_id
        async with self._lock(request_id or ""):
            for tries in range(TRIES):
                snapshot = await self._store.load(known) if known else None
                known = snapshot.request.id if snapshot else None
                head = snapshot.head if snapshot else await self._store.deployment_head()
                entry = audit.draft(event, request=known, actor=actor, at=self._clock.now(), data=data)
                outcome = await self._store.note(self._trail.seal(entry, head), head=head, op=op)
                if outcome is not ports.Outcome.CONFLICT:
                    self._observe(entry, None)
                    return
                await self._step_back(tries)
        raise errors.NotAccepted(COLLIDED)

    async def verified(self, request_id: str) -> tuple[audit.Entry, ...]:
        """Return a request's audit entries after checking their chain; raise Refused if it is broken."""
        for _ in range(TRIES):
            snapshot = await self._load(request_id)
            entries = await self._store.trail(request_id)
            if self._trail.broken_at(entries) is not None:
                break
            if entries and entries[-1].mac == snapshot.head:
                return entries
            # Somebody may have added an entry between the two reads: a refused click, say.
        raise errors.Refused(
            errors.Reason.CHANGED, "The record of this request does not match its audit trail."
        )

    async def _step_back(self, tries: int) -> None:
        # For a random while: of two writers in step, the same one would win every time.
        await self._clock.sleep(secrets.SystemRandom().uniform(0, 0.002 * (tries + 1)))

    async def _commit(self, change: ports.Change) -> ports.Written:
        written = await self._store.commit(change)
        if written.outcome is ports.Outcome.OK:
            self._observe(change.entry, change.request)
        return written

    async def _load(self, request_id: str) -> ports.Snapshot:
        snapshot = await self._store.load(request_id)
        if snapshot is None:
            raise errors.Refused(errors.Reason.UNKNOWN_REQUEST, UNKNOWN)
        return snapshot

    def _change(
        self, proposal: Proposal, snapshot: ports.Snapshot | None, op: str, fence: int | None
    ) -> ports.Change:
        head = snapshot.head if snapshot else ""
        credential = self._sealed(proposal.credential) if proposal.credential else None
        entry = audit.draft(
            proposal.event,
            request=proposal.request.id,
            actor=proposal.actor,
            at=self._clock.now(),
            before=snapshot.request.state if snapshot else None,
            after=proposal.request.state,
            data=proposal.data,
            record=proposal.request,
            credential=credential,
        )
        return ports.Change(
            request=proposal.request,
            entry=self._trail.seal(entry, head),
            head=head,
            op=op,
            fence=fence,
            not_after=proposal.not_after,
            credential=credential,
            credential_seen=credential.version - 1 if credential else 0,
        )

    def _sealed(self, credential: model.Credential) -> model.Credential:
        return credential.model_copy(update={"seal": self._trail.seal_of(credential)})

    def genuine(self, credential: model.Credential) -> bool:
        """Tell whether a credential is as it was written: nobody but the bot can seal one."""
        return hmac.compare_digest(credential.seal, self._trail.seal_of(credential))

    async def credential(self, credential_id: str) -> model.Credential:
        """Read a credential; raise Refused for none, or for one that somebody else wrote or put back.

        An older record is as genuine as the newest: the request that made it tells them apart, since
        its own sealed record says which version its messages tell of.
        """
        # In this order: what is written in between only makes the credential newer.
        told = await self._told(credential_id)
        credential = await self._store.credential(credential_id)
        if credential is None:
            raise errors.Refused(errors.Reason.UNKNOWN_CREDENTIAL, NO_CREDENTIAL)
        genuine = credential.id == credential_id and self.genuine(credential)
        if not genuine or told is None or credential.version < told:
            raise errors.Refused(errors.Reason.CHANGED, FORGED_CREDENTIAL)
        return credential

    async def newest(self, credential: model.Credential) -> bool:
        """Tell whether a credential that was just read is as it was written, and no older one put back.

        One that was written anew since counts as well: whoever wrote it has seen this one.
        """
        if not self.genuine(credential):
            return False
        try:
            return (await self.credential(credential.id)).version >= credential.version
        except errors.Refused as refusal:
            return refusal.reason is errors.Reason.UNKNOWN_CREDENTIAL

    async def _told(self, credential_id: str) -> int | None:
        """Return the version that the request of a credential tells of; None for one that proves nothing."""
        for _ in range(TRIES):
            snapshot = await self._store.load(credential_id)
            if snapshot is None:
                return None
            entries = await self._store.trail(credential_id)
            if not entries or self._trail.broken_at(entries) is not None:
                return None
            if entries[-1].mac == snapshot.head:
                return _version(snapshot.request, entries)
            # Somebody wrote between the two reads.
        return None


def _nobody(_: audit.Entry, __: model.Request | None) -> None:
    """Observe nothing."""


def _version(request: model.Request, entries: Sequence[audit.Entry]) -> int | None:
    """Return the version of its credential that a record tells of; None for one that was never sealed."""
    sealed = next((one.record for one in reversed(entries) if one.record), None)
    if sealed not in {None, audit.digest(request), audit.digest(request, as_read=True)}:
        return None
    return request.life.version if request.life else 1


def _settled(written: ports.Written, proposal: Proposal) -> model.Request:
    match written.outcome:
        case ports.Outcome.OK:
            return proposal.request
        case ports.Outcome.STALE:
            raise errors.LeaseLost(proposal.request.id)
        case ports.Outcome.OVERTAKEN:
            raise errors.Overtaken("Another request changed this credential in the meantime.")
        case ports.Outcome.LATE:
            raise errors.Refused(errors.Reason.EXPIRED, "The deadline of this request has passed.")
        case _:
            raise errors.Refused(errors.Reason.UNKNOWN_REQUEST, UNKNOWN)
