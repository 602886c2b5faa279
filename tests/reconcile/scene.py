"""A made-up Azure and Tower with credentials in them, the records of those, and the real clients."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from bot import audit, clock, machine, model, ports, reconcile, recorder, settings
from bot.clients import azure, identity
from bot.clients import tower as tower_client
from bot.model import Kind
from bot.provision import names
from bot.sandbox import arm, arm_state, emulator, tower, tower_state
from bot.sandbox import identity as identity_emulator
from tests import builders, fakes

KEY = "k" * 32
TRAIL = audit.Trail(KEY.encode())
TOWER_TOKEN = "tower-token-0f3b8a61c2"
RESEARCH, PRODUCTION = 101, 102
HOST = "acmegenomics.azurecr.io"
SHAPE = arm.Shape(scope_map_s=0.0, token_s=0.0, generate_s=0.0, delete_s=0.0)


PLAIN = {
    "SLACK_BOT_TOKEN": "xoxb-unused",
    "SLACK_SIGNING_SECRET": "unused",
    "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-00000000acce",
    "AZURE_RESOURCE_MANAGER_URL": "http://127.0.0.1:9",
    "IDENTITY_ENDPOINT": "http://127.0.0.1:9",
    "IDENTITY_HEADER": "unused",
    "TOWER_ACCESS_TOKEN": TOWER_TOKEN,
    "TOWER_API_ENDPOINT": "http://127.0.0.1:9",
    "WAVE_API_ENDPOINT": "http://127.0.0.1:9",
    "REGISTRY_BOT_APPROVERS": "U0BEN",
    "REGISTRY_BOT_APPROVAL_CHANNEL": "C0APPROVALS",
    "REGISTRY_BOT_AUDIT_KEY": KEY,
}


@dataclass(slots=True)
class Outside:
    """The emulators. `page` is how many things Azure lists at once."""

    azure: arm_state.AzureState
    arm: arm.ArmEmulator
    identity: identity_emulator.IdentityEmulator
    tower: tower.TowerEmulator
    journal: emulator.Journal

    @property
    def registry(self) -> arm_state.Registry:
        """Return the registry that everything is in."""
        return self.azure.registries["acmegenomics"]

    def settings(self) -> dict[str, str]:
        """Return the environment that leads here, less the store's part."""
        return PLAIN | {
            "AZURE_RESOURCE_MANAGER_URL": self.arm.url,
            "IDENTITY_ENDPOINT": self.identity.endpoint,
            "IDENTITY_HEADER": self.identity.header,
            "TOWER_API_ENDPOINT": self.tower.endpoint,
        }

    def written(self) -> list[str]:
        """Return every call that changed something, as `METHOD /path`."""
        return [
            f"{one.method} {one.path}"
            for one in self.journal.exchanges
            if one.method not in {"GET", "HEAD"} and one.status < 400
        ]


@contextlib.asynccontextmanager
async def outside(
    *, page: int = 2, workspaces: int = 2, registries: int = 1, journal: emulator.Journal | None = None
) -> AsyncIterator[Outside]:
    """Start an Azure with some registries, and a Tower with some workspaces."""
    journal = journal or emulator.Journal()
    hosts = [HOST, *(f"acme{number}.azurecr.io" for number in range(1, registries))]
    state = arm_state.AzureState(
        [arm_state.Registry(host.partition(".")[0], login_server=host, sku="Premium") for host in hosts]
    )
    kept = [tower_state.Workspace(RESEARCH + n, _name(n), 1, "acme") for n in range(workspaces)]
    bot = tower_state.User(7, "registry-bot", TOWER_TOKEN, {one.id: "owner" for one in kept})
    double = Outside(
        state,
        arm.ArmEmulator(journal, state, shape=SHAPE, page=page),
        identity_emulator.IdentityEmulator(journal, state),
        tower.TowerEmulator(journal, workspaces=kept, users=[bot], login=state.login),
        journal,
    )
    async with double.arm, double.identity, double.tower:
        yield double


def _name(number: int) -> str:
    return ("research", "production")[number] if number < 2 else f"w{number}"


@dataclass(slots=True)
class Scene:
    """A deployment's records beside its outside, and what compares them."""

    outside: Outside
    store: ports.Store
    record: recorder.Recorder
    registries: azure.AzureRegistries
    tower: tower_client.TowerClient
    clock: clock.SystemClock

    def reconciler(self, *, chunk: int = 500) -> reconcile.Reconciler:
        """Return what is tested."""
        return reconcile.Reconciler(
            self.store, self.record, self.registries, self.tower, self.clock, chunk=chunk
        )

    async def look(self) -> reconcile.Report:
        """Look without changing anything."""
        return await self.reconciler().run(fix=False)

    async def fix(self) -> reconcile.Report:
        """Look, mark and remove."""
        return await self.reconciler().run(fix=True)

    async def credential(self, request: model.Request) -> model.Credential:
        """Return a credential as it is now."""
        return await self.record.credential(request.id)

    async def events(self, request: model.Request) -> list[audit.Event]:
        """Return what was recorded, after checking the chain."""
        return [entry.event for entry in await self.record.verified(request.id)]

    async def asked(self, name: str = "acr-main", **fields: Any) -> model.Request:
        """Return a request that is being worked on."""
        spec = builders.a_spec(**({"name": name, "validity_days": 90} | fields))
        request = builders.a_request(spec=spec, id=model.new_id())
        await self.record.create(request, op=request.id)
        for event, said in (
            (machine.Event.APPROVE, audit.Event.APPROVED),
            (machine.Event.START, audit.Event.STARTED),
        ):
            request = await self.moved(request, event, said)
        return request

    async def moved(
        self,
        request: model.Request,
        event: machine.Event,
        said: audit.Event,
        credential: model.Credential | None = None,
    ) -> model.Request:
        """Move a request on, with what becomes of its credential."""

        def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
            after = machine.advance(snapshot.request, event, at=self.clock.now())
            return recorder.Proposal(after, said, credential=credential)

        return await self.record.apply(request.id, propose, op=model.new_id())

    async def issued(self, name: str = "acr-main", **fields: Any) -> model.Request:
        """Return a request that is done, with all that it made in Azure and Tower."""
        request = await self.asked(name, **fields)
        tower_id = self.plant(request)
        now, made = self.clock.now(), names.token(request)
        credential = model.Credential(
            id=request.id,
            name=name,
            workspace=request.spec.workspace,
            login_server=request.spec.login_server,
            repositories=request.spec.repositories,
            token=made,
            scope_map=made,
            slot=model.PASSWORD1,
            tower_id=tower_id,
            owner=request.requester,
            created=now,
            minted=now,
            validity_days=90,
            expires=now + dt.timedelta(days=90),
        )
        return await self.moved(request, machine.Event.FINISH, audit.Event.DONE, credential)

    async def failed(self, name: str = "acr-failed", **fields: Any) -> model.Request:
        """Return a request that failed and left all that it made behind."""
        request = await self.asked(name, **fields)
        if request.spec.kind is Kind.ISSUE:
            self.plant(request)
        return await self.moved(request, machine.Event.FAIL, audit.Event.FAILED)

    async def changed(self, request: model.Request, **update: Any) -> model.Credential:
        """Write a credential as one of its requests would."""
        before = await self.credential(request)
        after = before.model_copy(update={"version": before.version + 1, **update})
        await self.moved(request, machine.Event.FOLLOW, audit.Event.FOLLOWED, after)
        return after

    def plant(self, request: model.Request) -> str:
        """Make what a request asks for, as the bot would, and return its id in Tower."""
        name, spec = names.token(request), request.spec
        host = spec.login_server
        password = self.plant_token(name, actions=names.actions(request), host=host)
        place = spec.workspace.id
        return self.plant_credential(spec.name, user=name, password=password, workspace=place, host=host)

    def plant_token(self, name: str, *, actions: tuple[str, ...] = (), host: str = HOST) -> str:
        """Make a token with a scope map of its own; return its password."""
        registry, now = self.outside.azure.at(host), self.outside.azure.now()
        assert registry is not None
        registry.scope_maps[name] = arm_state.ScopeMap(name, now, 0.0, actions=actions)
        registry.tokens[name] = arm_state.Token(name, now, 0.0, scope_map=name)
        until = now + dt.timedelta(days=90)
        return self.outside.azure.generate(registry.tokens[name], model.PASSWORD1, until)

    def plant_credential(
        self,
        name: str,
        *,
        user: str,
        password: str = "made-up",
        workspace: int = RESEARCH,
        host: str = HOST,
    ) -> str:
        """Put a credential into Tower by hand; return its id."""
        seed = self.outside.tower.state.seed
        return seed(workspace, name=name, registry=host, user=user, password=password).id

    def held(self, workspace: int = RESEARCH) -> list[str]:
        """Return the names of what a workspace has."""
        return [one.name for one in self.outside.tower.state.credentials.get(workspace, [])]

    def change_in_tower(self, tower_id: str, **update: Any) -> None:
        """Edit a credential in Tower by hand."""
        state = self.outside.tower.state
        state.change(RESEARCH, dataclasses.replace(state.find(RESEARCH, tower_id), **update))


@contextlib.asynccontextmanager
async def opened(
    double: Outside, store: ports.Store, time: clock.SystemClock | None = None
) -> AsyncIterator[Scene]:
    """Open the real clients on a made-up outside. The environment has to describe its identity."""
    at = time or fakes.FakeClock()
    config = settings.Settings.model_validate({"REDIS_URL": "redis://127.0.0.1:6379"} | double.settings())
    async with (
        identity.open_identity(config) as bearer,
        azure.AzureRegistries(config, bearer, at) as registries,
        tower_client.connect(config, at) as tower_,
    ):
        yield Scene(double, store, recorder.Recorder(store, TRAIL, at), registries, tower_, at)
