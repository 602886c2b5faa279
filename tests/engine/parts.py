"""The engine on a real store with everything else faked, and ways to drive it to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from bot import (
    alerts,
    attention,
    audit,
    authority,
    copies,
    following,
    inspection,
    lease,
    membership,
    messages,
    model,
    policy_source,
    ports,
    recorder,
    rules,
    service,
)
from bot.model import Role
from bot.provision import names, saga, work
from tests import builders, fakes

TRAIL = audit.Trail(b"a key that Redis does not hold, only these tests do")
OUTSIDE = frozenset(
    {"registry", "room", "scope_map", "put_scope_map", "token", "put_token", "mint", "keep_only"}
    | {"patch_scope_map", "set_token_status"}
    | {"delete_token", "delete_scope_map", "newest_tag", "credentials", "check_name"}
    | {"create", "update", "delete", "inspect"}
)
UNDO = frozenset({"delete_token", "delete_scope_map", "delete"})
TAG = "1.4.2"
LEASE_S, MAX_ATTEMPTS = 15.0, 20
DRIVEN_S = 20.0


class FrailStore:
    """A store whose calls stand in a journal among all others, so that a crash can come at each.

    It loads nothing of what is in `forgotten`, and a call's answer waits for its event in `slow`.
    """

    def __init__(self, store: ports.Store, journal: fakes.Journal) -> None:
        self._store = store
        self._journal = journal
        self.forgotten: set[str] = set()
        self.slow: dict[str, asyncio.Event] = {}

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._store, name)

        async def call(*args: Any, **named: Any) -> Any:
            async with self._journal.call(name):
                gone = name == "load" and args[0] in self.forgotten
                answer = None if gone else await method(*args, **named)
                if name in self.slow:
                    await self.slow[name].wait()
                return answer

        return call


# The copies of a plain request: nobody reminded, nobody told.
SHOWN = (Role.APPROVAL, Role.ORIGIN, Role.DIRECT, Role.PROGRESS, Role.RESULT)


class Engine:
    """One bot's core: people's clicks go in, what the fakes hold comes out."""

    def __init__(
        self,
        store: ports.Store,
        clock: fakes.FakeClock,
        *,
        policy: rules.Policy | None = None,
        wildcards: bool = False,
    ) -> None:
        self.clock = clock
        self.journal = fakes.Journal()
        self.frail = FrailStore(store, self.journal)
        self.store = cast("ports.Store", self.frail)
        self.healthy = store
        self.registries = fakes.FakeRegistries(self.journal, builders.a_registry())
        self.catalog = fakes.FakeCatalog(self.journal, {f"{builders.HOST}/team/tool": TAG})
        workspaces = builders.a_workspace(), builders.a_workspace(id=102, name="production")
        self.tower = fakes.FakeTower(self.journal, self.registries, *workspaces)
        self.wave = fakes.FakeWave(self.journal, self.tower)
        self.notifier = fakes.FakeNotifier(self.journal)
        self.source = policy_source.PolicySource(policy or builders.a_policy())
        slack = model.Platform.SLACK
        self.woken: list[str] = []
        self.alerts = 0
        self.record = recorder.Recorder(self.store, TRAIL, clock)
        self.attention = self.an_attention()
        self.service = service.RequestService(
            store=self.store,
            record=self.record,
            inspector=inspection.Inspector(
                self.store, self.registries, self.catalog, self.tower, wildcards=wildcards
            ),
            authority=authority.Authority(
                self.source,
                # Apart from the journal, which counts what the work asks.
                membership.Membership(
                    {slack: fakes.FakeDirectory(fakes.Journal())}, alert=self.notifier.alerts.append
                ),
                self.tower,
                {slack: frozenset({builders.TENANT})},
                self.store,
                clock,
            ),
            clock=clock,
            wake=self.woken.append,
        )

    def _count(self) -> None:
        self.alerts += 1

    def an_attention(self, **timing: float) -> attention.Attention:
        """Return an attention over the fakes, for example with other waiting times."""
        services = work.Services(self.registries, self.catalog, self.tower, self.wave)
        desk = work.Desk(self.record, services, lambda: self.source.policy, self.clock, work.Timing(**timing))
        chat = copies.Chat(self.store, self.notifier, self.clock)
        operators = alerts.Alerts(self.notifier, count=self._count)
        follow = following.Following(
            self.record, self.store, lambda: self.source.policy, self.clock, operators
        )
        return attention.Attention(self.record, saga.Saga(desk), follow, chat, self.clock, operators)

    async def submitted(self, **fields: Any) -> model.Request:
        """Return a request as Ana submitted it."""
        return await self.service.submit(builders.a_submission(**fields))

    async def approved(self, **fields: Any) -> model.Request:
        """Return a request that Ben approved, with a journal that begins here."""
        request = await self.submitted(**fields)
        approved = await self.service.approve(builders.a_click(request))
        self.journal.calls.clear()
        return approved

    async def snapshot(self, request: model.Request) -> ports.Snapshot:
        """Load what is stored."""
        found = await self.healthy.load(request.id)
        assert found is not None
        return found

    async def now(self, request: model.Request) -> model.Request:
        """Return a request as it is stored."""
        return (await self.snapshot(request)).request

    async def claimed(self, *, attempts: int | None = None) -> lease.Lease | None:
        """Claim what is due; with `attempts`, as if it had been tried that often."""
        claims = await self.healthy.claim("tests", lease_s=LEASE_S, limit=1)
        for one in claims.taken:
            counted = one if attempts is None else ports.Claimed(one.request_id, one.fence, attempts)
            return self.leased(counted)
        if claims.next_in_s is not None and claims.next_in_s > 0.0:
            await self.clock.sleep(claims.next_in_s)
        return None

    def leased(self, claimed: ports.Claimed) -> lease.Lease:
        """Return the lease that a claim brought."""
        asked = asyncio.get_running_loop().time()
        return lease.Lease(self.store, claimed, lease_s=LEASE_S, max_attempts=MAX_ATTEMPTS, asked=asked)

    async def attend(self, held: lease.Lease) -> lease.Settlement:
        """Attend once and settle."""
        settlement = await self.attention(held)
        await self.store.settle(
            held.request_id,
            fence=held.fence,
            seen=settlement.seen,
            due=settlement.due,
            reset=settlement.reset,
        )
        return settlement

    async def once(self, *, attempts: int | None = None) -> lease.Settlement:
        """Attend once to what is due next."""
        held = await self.claimed(attempts=attempts)
        while held is None:
            held = await self.claimed(attempts=attempts)
        return await self.attend(held)

    async def drive(self, request: model.Request) -> model.Request:
        """Attend, through crashes and waits, until a request has ended and is shown; return it."""
        async with asyncio.timeout(DRIVEN_S):
            while True:
                found = await self.snapshot(request)
                wanted = messages.wanted(found.request, found.copies)
                shown = all(one.shown == found.request.version for one in wanted)
                if found.request.ended and shown:
                    return found.request
                held = await self.claimed()
                if held:
                    await self.survive(held)

    async def survive(self, held: lease.Lease) -> None:
        """Attend as a process that a crash ends: it settles nothing, and its lease runs out."""
        crashed = False
        try:
            await self.attend(held)
        except* fakes.Crash:
            crashed = True
        if crashed:  # the wait is left out: nobody saw this version, so it is due at once
            await self.healthy.settle(
                held.request_id, fence=held.fence, seen=0, due=self.clock.now(), reset=False
            )

    @property
    def outside(self) -> list[str]:
        """Return the calls to Azure, Tower, Wave and the registries, in order."""
        return [name for name in self.journal.calls if name in OUTSIDE]

    def made(self, request: model.Request) -> list[str]:
        """Return what exists outside for a request."""
        name, spec = names.token(request), request.spec
        held = self.tower.held[spec.workspace.id]
        found = [f"scope map {one}" for one in self.registries.held_maps if one == name]
        found += [f"token {one}" for one in self.registries.held_tokens if one == name]
        return found + [f"credential {one.shown.name}" for one in held if one.shown.user == name]

    def everything(self, request: model.Request) -> list[str]:
        """Return what exists outside once a request is done."""
        name = names.token(request)
        return [f"scope map {name}", f"token {name}", f"credential {request.spec.name}"]

    def works(self, request: model.Request) -> bool:
        """Tell whether Tower's password opens the repository, and whether it is the only one that is left."""
        name, spec = names.token(request), request.spec
        (held,) = [one for one in self.tower.held[spec.workspace.id] if one.shown.user == name]
        opens = self.registries.opens(name, held.password.get_secret_value(), spec.repositories[0])
        return opens and len(self.registries.held_tokens[name].passwords) == 1
