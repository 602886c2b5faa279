"""A Tower and a Wave on loopback beside a made-up Azure, and clients of ours that speak to them."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import stamina
from pydantic import SecretStr

from bot import clock, settings
from bot.clients import tower as tower_client
from bot.clients import wave as wave_client
from bot.sandbox import arm_state, emulator, tower, tower_state, wave

TOKEN = "tower-token-0f3b8a61c2"
LAUNCH_TOKEN = "tower-launch-token-77d1"
HOST = "acmegenomics.azurecr.io"
RESEARCH, PRODUCTION, TEACHING, HIDDEN = 101, 102, 103, 104

BOT = tower_state.User(7, "registry-bot", TOKEN, {RESEARCH: "owner", PRODUCTION: "admin", TEACHING: "launch"})
VERIFIER = tower_state.User(8, "registry-verifier", LAUNCH_TOKEN, {RESEARCH: "launch", PRODUCTION: "view"})


@pytest.fixture(autouse=True)
def no_backoff() -> Iterator[None]:
    """Repeat without waiting."""
    with stamina.set_testing(testing=True, attempts=3, cap=True):
        yield


@pytest.fixture
def specs() -> Path:
    """Return Tower's own API description; skip where the vendor's files are not beside the checkout."""
    beside = Path(__file__).parents[3] / "shared" / "vendor-specs"
    folder = Path(os.environ.get("VENDOR_SPECS", beside))  # noqa: TID251  # only tests read this variable
    path = folder / "tower" / "subset-1.187.0.json"
    if not path.is_file():
        pytest.skip("the vendors' API descriptions are not here: set VENDOR_SPECS")
    return path


@pytest.fixture
def azure() -> arm_state.AzureState:
    """Return an Azure with one registry, one repository with a tag, and one without."""
    registry = arm_state.Registry("acmegenomics", login_server=HOST)
    registry.repositories = {"team/app": ["1.0"], "team/empty": []}
    return arm_state.AzureState([registry])


def issue(azure: arm_state.AzureState, repository: str = "team/app", *, name: str = "bot-token") -> str:
    """Make an ACR token for a repository and return its password."""
    registry = azure.registries["acmegenomics"]
    actions = (f"repositories/{repository}/content/read",)
    now = dt.datetime.now(dt.UTC)
    registry.scope_maps[name] = arm_state.ScopeMap(name, now, 0.0, actions=actions)
    registry.tokens[name] = arm_state.Token(name, now, 0.0, scope_map=name, status="enabled")
    return azure.generate(registry.tokens[name], "password1", None)


@pytest.fixture(name="tower")
async def running_tower(azure: arm_state.AzureState) -> AsyncIterator[tower.TowerEmulator]:
    """Start a Tower of today."""
    workspaces = [
        tower_state.Workspace(RESEARCH, "research", 1, "acme"),
        tower_state.Workspace(PRODUCTION, "production", 1, "acme"),
        tower_state.Workspace(TEACHING, "teaching", 1, "acme"),
        tower_state.Workspace(HIDDEN, "hidden", 1, "acme"),
    ]
    double = tower.TowerEmulator(
        emulator.Journal(), workspaces=workspaces, users=[BOT, VERIFIER], login=azure.login
    )
    async with double:
        yield double


@pytest.fixture(name="wave")
async def running_wave(
    tower: tower.TowerEmulator, azure: arm_state.AzureState
) -> AsyncIterator[wave.WaveEmulator]:
    """Start a Wave that is paired with the Tower."""
    async with wave.WaveEmulator(tower.journal, tower=tower, registries=azure) as double:
        yield double


def configured(tower_url: str, wave_url: str = "http://127.0.0.1:9", **more: str) -> settings.Settings:
    """Return settings for these endpoints; `more` by environment name."""
    values = {
        "REDIS_URL": "redis://127.0.0.1:6379",
        "SLACK_BOT_TOKEN": "xoxb-unused",
        "SLACK_SIGNING_SECRET": "unused",
        "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-00000000acce",
        "TOWER_ACCESS_TOKEN": TOKEN,
        "TOWER_API_ENDPOINT": tower_url,
        "WAVE_API_ENDPOINT": wave_url,
        "REGISTRY_BOT_APPROVERS": "U0BEN",
        "REGISTRY_BOT_APPROVAL_CHANNEL": "C0APPROVALS",
        "REGISTRY_BOT_AUDIT_KEY": "k" * 32,
    }
    return settings.Settings.model_validate(values | more)


@pytest.fixture
async def client(tower: tower.TowerEmulator) -> AsyncIterator[tower_client.TowerClient]:
    """Open the bot's client of the Tower."""
    async with opened(tower) as client:
        yield client


@contextlib.asynccontextmanager
async def opened(tower: tower.TowerEmulator, **more: str) -> AsyncIterator[tower_client.TowerClient]:
    """Open a client of the Tower with other settings."""
    async with tower_client.connect(configured(tower.endpoint, **more), clock.SystemClock()) as client:
        yield client


@pytest.fixture
async def inspector(
    tower: tower.TowerEmulator, wave: wave.WaveEmulator
) -> AsyncIterator[wave_client.WaveClient]:
    """Open the bot's client of the Wave."""
    config = configured(tower.endpoint, wave.url)
    async with wave_client.connect(config, clock.SystemClock()) as client:
        yield client


@pytest.fixture(params=list(tower_state.Era))
def era(request: pytest.FixtureRequest, tower: tower.TowerEmulator) -> tower_state.Era:
    """Make the Tower an old one, and one of today."""
    tower.switches.era = request.param
    return tower.switches.era


@pytest.fixture
def password(azure: arm_state.AzureState) -> SecretStr:
    """Return a password that the registry accepts for bot-token."""
    return SecretStr(issue(azure))


def tower_fault(match: str, *, status: int) -> emulator.Fault:
    """Return a fault that stays."""
    return emulator.Fault(match, times=None, status=status)


async def create(client: tower_client.TowerClient, password: SecretStr, name: str = "genomics") -> str:
    """Create a credential in the research workspace."""
    return await client.create(RESEARCH, name=name, registry=HOST, user="bot-token", password=password)
