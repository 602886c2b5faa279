"""The service over a real store, with stand-ins for Azure and Tower."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from bot import audit, authority, inspection, membership, model, policy_source, recorder, rules, service
from bot import store as stores
from tests import builders, fakes

KEY = b"k" * 32


@dataclass(slots=True)
class Desk:
    """A service, and everything a test looks at behind it."""

    service: service.RequestService
    store: stores.RedisStore
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
    made = service.RequestService(
        store=store,
        record=recorder.Recorder(store, trail, clock, observe=lambda entry, _: events.append(entry.event)),
        inspector=inspection.Inspector(store, registries, catalog, tower),
        authority=judge,
        clock=clock,
        wake=woken.append,
    )
    return Desk(
        made, store, trail, registries, catalog, tower, journal, people, source, clock, woken, events, told
    )
