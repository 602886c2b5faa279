"""What the store's tests work with: valid values by default, and a desk that knows the newest heads."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from typing import Any

from bot import audit, machine, model, ports
from tests import builders, waiting

ANA = model.Principal(platform=model.Platform.SLACK, tenant="T0SANDBOX", user="U0ANA")
BEN = model.Principal(platform=model.Platform.SLACK, tenant="T0SANDBOX", user="U0BEN")
PLACE = model.Place(platform=model.Platform.SLACK, tenant="T0SANDBOX", channel="C0APPROVALS")
TRAIL = audit.Trail(b"a key that only these tests know about")
LEASE_S, SHORT_S = 15.0, 0.02


def now() -> dt.datetime:
    """Return the present moment."""
    return dt.datetime.now(dt.UTC)


def a_request(
    *, name: str = "acr-main", host: str = "acme.azurecr.io", by: model.Principal = ANA, **fields: Any
) -> model.Request:
    """Return a new pending request."""
    spec = model.Spec(
        kind=model.Kind.ISSUE,
        name=name,
        workspace=model.Workspace(id=101, org="acme", name="research"),
        login_server=host,
        repositories=("team/tool",),
    )
    made = now()
    values = {
        "id": model.new_id(),
        "spec": spec,
        "requester": by,
        "place": PLACE,
        "approval": PLACE,
        "policy_version": "1",
        "digest": spec.digest("1"),
        "created": made,
        "changed": made,
        "deadline": made + dt.timedelta(hours=72),
    }
    return model.Request(**(values | fields))


def requests(count: int) -> list[model.Request]:
    """Return new requests that want nothing of each other's."""
    return [a_request(name=f"acr-{n}", host=f"acme{n}.azurecr.io") for n in range(count)]


def a_copy(role: model.Role = model.Role.APPROVAL, **fields: Any) -> model.Copy:
    """Return a posted copy."""
    values = {"role": role, "platform": PLACE.platform, "channel": PLACE.channel, "message": "17.42"}
    return model.Copy(**(values | fields))


def change(after: model.Request, head: str, event: audit.Event, **fields: Any) -> ports.Change:
    """Return a sealed change."""
    entry = audit.draft(event, request=after.id, actor=BEN, at=now(), after=after.state)
    made = ports.Change(request=after, entry=TRAIL.seal(entry, head), head=head, op=model.new_id())
    return dataclasses.replace(made, **fields)


def new(request: model.Request, **fields: Any) -> ports.Change:
    """Return the change that keeps a new request."""
    return change(request, "", audit.Event.SUBMITTED, **fields)


def note(request_id: str | None, head: str) -> audit.Entry:
    """Return a sealed entry about a refused attempt."""
    draft = audit.draft(
        audit.Event.REFUSED, request=request_id, actor=BEN, at=now(), data={"action": "approve"}
    )
    return TRAIL.seal(draft, head)


class Desk:
    """Moves requests through a store, always from what is newest there."""

    def __init__(self, store: ports.Store) -> None:
        self.store = store
        self._tokens = itertools.count()

    async def submit(self, request: model.Request | None = None) -> model.Request:
        """Keep a new request."""
        request = request or a_request()
        written = await self.store.commit(new(request))
        assert written.outcome is ports.Outcome.OK, written
        return request

    async def read(self, request_id: str) -> ports.Snapshot:
        """Load a request that must be there."""
        snapshot = await self.store.load(request_id)
        assert snapshot is not None
        return snapshot

    async def next(self, request_id: str, event: machine.Event, **fields: Any) -> ports.Change:
        """Return the change that moves a request on."""
        snapshot = await self.read(request_id)
        after = machine.advance(snapshot.request, event, at=now())
        return change(after, snapshot.head, builders.EVENTS[event], **fields)

    async def move(self, request_id: str, *events: machine.Event, **fields: Any) -> ports.Outcome:
        """Move a request on, and return the last outcome."""
        outcome = ports.Outcome.MISSING
        for event in events:
            outcome = (await self.store.commit(await self.next(request_id, event, **fields))).outcome
        return outcome

    async def take(self, lease_s: float = LEASE_S) -> ports.Claimed:
        """Claim the one request that is due."""
        (claimed,) = (await self.store.claim("worker", lease_s=lease_s, limit=9)).taken
        return claimed

    async def give_back(
        self, claimed: ports.Claimed, due: dt.datetime | None = None, *, seen: int | None = None
    ) -> ports.Outcome:
        """Settle a claim, by default with the newest version seen and nothing more due."""
        if seen is None:
            seen = (await self.read(claimed.request_id)).request.version
        return await self.store.settle(claimed.request_id, fence=claimed.fence, seen=seen, due=due)

    async def close(self, request_id: str) -> None:
        """Let a worker see to an ended request for the last time."""
        claimed = await self.take()
        assert claimed.request_id == request_id
        assert await self.give_back(claimed) is ports.Outcome.OK

    async def lapsed(self) -> None:
        """Wait until a lease has lapsed; a claim of nothing tells when the next one does."""

        async def now_due() -> bool:
            return (await self.store.claim("watcher", lease_s=LEASE_S, limit=0)).next_in_s == 0

        await waiting.wait_until(now_due, "the lease lapses")
