"""The service over a real store, with stand-ins for Azure and Tower."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from bot import (
    audit,
    authority,
    inspection,
    machine,
    membership,
    model,
    policy_source,
    ports,
    recorder,
    rules,
    service,
)
from bot import store as stores
from tests import builders, fakes

KEY = b"k" * 32


@dataclass(slots=True)
class Desk:
    """A service, and everything a test looks at behind it."""

    service: service.RequestService
    store: stores.RedisStore
    record: recorder.Recorder
    trail: audit.Trail
    registries: fakes.FakeRegistries
    catalog: fakes.FakeCatalog
    tower: fakes.FakeTower
    journal: fakes.Journal
    people: fakes.FakeDirectory
    source: policy_source.PolicySource
    clock: fakes.FakeClock
    woken: list[str] = field(default_factory=list)
    events: list[audit.Event] = field(default_factory=list)
    told: list[str] = field(default_factory=list)  # to operators

    async def history(self, request: model.Request) -> list[audit.Event]:
        """Return what was recorded of a request, after checking its chain."""
        entries = await self.store.trail(request.id)
        assert self.trail.broken_at(entries) is None
        return [entry.event for entry in entries]

    async def issued(self, request: model.Request | None = None, **fields: Any) -> model.Credential:
        """Return the credential of a request (else of Ana's) that was approved, and worked on as far as here.

        What `fields` say of it is so from the start.
        """
        request = request or await self.service.submit(builders.a_submission())
        if request.state is model.State.PENDING:
            await self.service.approve(builders.a_click(request))
        made = builders.a_credential(request, **fields)
        await self.moved(request, machine.Event.START, audit.Event.STARTED)
        await self.moved(request, machine.Event.FINISH, audit.Event.DONE, credential=made)
        return await self.record.credential(made.id)

    async def moved(
        self, request: model.Request, event: machine.Event, said: audit.Event, **changes: Any
    ) -> model.Request:
        """Move a request on, as its saga does, and write a credential with it."""

        def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
            after = machine.advance(snapshot.request, event, at=self.clock.now())
            return recorder.Proposal(after, said, **changes)

        return await self.record.apply(request.id, propose, op=f"{event}:{request.id}:{model.new_id()}")

    async def changed(self, credential: model.Credential, **changes: Any) -> model.Credential:
        """Write a credential anew, as another request's saga does."""
        now = await self.record.credential(credential.id)
        after = now.model_copy(update={"version": now.version + 1, **changes})
        request = (await self.store.requests([credential.id]))[0]
        assert request is not None
        life = model.Life(version=after.version)

        def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
            at = self.clock.now()
            moved = machine.advance(snapshot.request, machine.Event.FOLLOW, at=at, life=life)
            return recorder.Proposal(moved, audit.Event.FOLLOWED, credential=after)

        await self.record.apply(request.id, propose, op=f"changed:{model.new_id()}")
        return await self.record.credential(credential.id)


@pytest.fixture
def policy() -> rules.Policy:
    """Return a policy by which Ben and Cleo approve."""
    return builders.a_policy()


@pytest.fixture
def desk(store: stores.RedisStore, policy: rules.Policy) -> Desk:
    """Return a service at work."""
    journal, woken, events, told = fakes.Journal(), list[str](), list[audit.Event](), list[str]()
    registries = fakes.FakeRegistries(journal, builders.a_registry())
    catalog = fakes.FakeCatalog(
        journal, {f"{builders.HOST}/team/tool": "1.0", f"{builders.HOST}/team/other": None}
    )
    tower = fakes.FakeTower(journal, registries, builders.a_workspace())
    trail, clock = audit.Trail(KEY), fakes.FakeClock()
    people, source = fakes.FakeDirectory(journal), policy_source.PolicySource(policy)
    slack = model.Platform.SLACK
    judge = authority.Authority(
        source,
        membership.Membership({slack: people}, alert=told.append),
        tower,
        {slack: frozenset({builders.TENANT})},
        store,
        clock,
    )
    record = recorder.Recorder(store, trail, clock, observe=lambda entry, _: events.append(entry.event))
    made = service.RequestService(
        store=store,
        record=record,
        inspector=inspection.Inspector(store, registries, catalog, tower),
        authority=judge,
        clock=clock,
        wake=woken.append,
    )
    return Desk(
        made,
        store,
        record,
        trail,
        registries,
        catalog,
        tower,
        journal,
        people,
        source,
        clock,
        woken,
        events,
        told,
    )
