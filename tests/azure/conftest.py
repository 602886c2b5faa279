"""A made-up Azure on loopback, and clients of ours that speak to it through the real libraries."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import stamina

from bot import clock, model, ports, settings
from bot.clients import azure, catalog, identity
from bot.sandbox import acr, arm, arm_state, emulator
from bot.sandbox import identity as identity_emulator
from tests import fakes

OPERATIONS = arm.Shape(scope_map_s=0.05, token_s=0.05, generate_s=0.05, delete_s=0.05)
RECORDED = arm.Shape(scope_map_s=0.02, token_s=0.05, generate_s=0.02, delete_s=0.05, recorded=True)
INSTANT = arm.Shape(0, 0, 0, 0)  # for clients whose clock waits in no time
GENOMICS = {"rna-seq": ["1.0", "1.1"], "team/aligner": ["latest"], "team/empty": []}


@dataclass(slots=True)
class House:
    """Everything of one made-up Azure; `acr` holds each registry's data plane by name."""

    state: arm_state.AzureState
    journal: emulator.Journal
    identity: identity_emulator.IdentityEmulator
    arm: arm.ArmEmulator
    acr: dict[str, acr.AcrEmulator]

    @property
    def genomics(self) -> arm_state.Registry:
        """Return the registry that most tests use."""
        return self.state.registries["acmegenomics"]

    @property
    def token(self) -> arm_state.Token:
        """Return the token that most tests use."""
        return self.genomics.tokens["bot-token"]

    def sent(self, start: str) -> list[emulator.Exchange]:
        """Return the exchanges whose `METHOD /path` has this in it."""
        return [one for one in self.journal.exchanges if start in f"{one.method} {one.path}"]

    def fault(self, match: str, **how: object) -> emulator.Fault:
        """Let something go wrong in ARM."""
        fault = emulator.Fault(match, **how)  # type: ignore[arg-type]  # a test's own keywords
        self.arm.faults.append(fault)
        return fault

    def settings(self, **more: str) -> settings.Settings:
        """Return settings that lead here; `more` by environment name."""
        return configured(**({"AZURE_RESOURCE_MANAGER_URL": self.arm.url} | more))


def configured(**more: str) -> settings.Settings:
    """Return settings that are whole; `more` by environment name."""
    values = {
        "REDIS_URL": "redis://127.0.0.1:6379",
        "SLACK_BOT_TOKEN": "xoxb-unused",
        "SLACK_SIGNING_SECRET": "unused",
        "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-00000000acce",
        "TOWER_ACCESS_TOKEN": "unused",
        "REGISTRY_BOT_APPROVERS": "U0BEN",
        "REGISTRY_BOT_APPROVAL_CHANNEL": "C0APPROVALS",
        "REGISTRY_BOT_AUDIT_KEY": "k" * 32,
    }
    return settings.Settings.model_validate(values | more)


def vendor_specs() -> Path | None:
    """Return the folder of ARM's own description, where it is beside the checkout."""
    beside = Path(__file__).parents[3] / "shared" / "vendor-specs"
    folder = Path(os.environ.get("VENDOR_SPECS", beside)) / "arm"  # noqa: TID251  # only tests read this
    return folder if folder.is_dir() else None


@pytest.fixture
def specs() -> Path:
    """Return ARM's own description; skip where the vendor's files are not beside the checkout."""
    folder = vendor_specs()
    if folder is None:
        pytest.skip("the vendors' API descriptions are not here: set VENDOR_SPECS")
    return folder


@pytest.fixture(autouse=True)
def no_backoff() -> Iterator[None]:
    """Let the httpx clients repeat without waiting."""
    with stamina.set_testing(testing=True, attempts=3, cap=True):
        yield


@pytest.fixture
def shape() -> arm.Shape:
    """Return how ARM answers writes; tests that care override this by a parameter."""
    return OPERATIONS


@pytest.fixture
async def house(shape: arm.Shape, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """Start a made-up Azure with three registries, and describe its managed identity."""
    journal = emulator.Journal()
    state = arm_state.AzureState(
        [
            arm_state.Registry(
                "acmegenomics", repositories={name: list(tags) for name, tags in GENOMICS.items()}
            ),
            arm_state.Registry("acmeproteomics", sku="Premium", abac=True, repositories={"maxquant": ["2"]}),
            arm_state.Registry("acmepublic", resource_group="rg-public", anonymous_pull=True, public=False),
        ]
    )
    double = House(
        state,
        journal,
        identity_emulator.IdentityEmulator(journal, state),
        arm.ArmEmulator(journal, state, shape=shape, specs=vendor_specs(), page=2),
        {one.name: acr.AcrEmulator(journal, state, one) for one in state.registries.values()},
    )
    async with contextlib.AsyncExitStack() as stack:
        for part in (double.identity, double.arm, *double.acr.values()):
            await stack.enter_async_context(part)
        monkeypatch.setenv("IDENTITY_ENDPOINT", double.identity.endpoint)
        monkeypatch.setenv("IDENTITY_HEADER", double.identity.header)
        yield double
    assert double.arm.violations == []


@pytest.fixture
def time() -> fakes.FakeClock:
    """Return a clock whose waits take no time, for what waits longer than ARM works."""
    return fakes.FakeClock()


@contextlib.asynccontextmanager
async def opened(
    config: settings.Settings, time: ports.Clock | None = None
) -> AsyncIterator[azure.AzureRegistries]:
    """Open a client of ARM with an identity of its own."""
    async with (
        identity.open_identity(config) as credential,
        azure.AzureRegistries(config, credential, time or clock.SystemClock()) as client,
    ):
        yield client


@contextlib.asynccontextmanager
async def searching(
    config: settings.Settings, time: ports.Clock, *, budget_s: float = 30
) -> AsyncIterator[catalog.AcrCatalog]:
    """Open a catalog over a client of ARM; it waits for what a busy machine takes."""
    async with (
        identity.open_identity(config) as credential,
        azure.AzureRegistries(config, credential, time) as registries,
        catalog.AcrCatalog(config, credential, registries, time, budget_s=budget_s) as client,
    ):
        yield client


@pytest.fixture
async def client(house: House) -> AsyncIterator[azure.AzureRegistries]:
    """Open a client of ARM, by the real clock."""
    async with opened(house.settings()) as client:
        yield client


@pytest.fixture
async def hasty(house: House, time: fakes.FakeClock) -> AsyncIterator[azure.AzureRegistries]:
    """Open a client of ARM that waits in no time."""
    async with opened(house.settings(), time) as client:
        yield client


@pytest.fixture
def registry(house: House) -> model.Registry:
    """Return the registry that most tests use, as the client knows it."""
    one = house.genomics
    return model.Registry(
        login_server=one.login_server, name=one.name, resource_group=one.resource_group, sku=one.sku
    )


@pytest.fixture
def ready(house: House) -> arm_state.Token:
    """Give the registry a token that is provisioned and has no password."""
    now = house.state.now()
    house.genomics.scope_maps["bot-map"] = arm_state.ScopeMap(
        "bot-map", now, 0.0, actions=("repositories/rna-seq/content/read",)
    )
    house.genomics.tokens["bot-token"] = arm_state.Token("bot-token", now, 0.0, scope_map="bot-map")
    return house.token


@pytest.fixture
async def search(house: House, time: fakes.FakeClock) -> AsyncIterator[catalog.AcrCatalog]:
    """Open a catalog over the whole made-up Azure."""
    async with searching(house.settings(), time) as client:
        yield client
