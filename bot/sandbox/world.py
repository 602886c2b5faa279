"""The sandbox's world: doubles of every outside service, a store, and one journal of what they were sent."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from bot.sandbox import (
    acme,
    acr,
    arm,
    arm_state,
    emulator,
    identity,
    pace,
    secrecy,
    tower,
    valkey,
    wave,
)
from bot.sandbox.slack import emulator as slack_emulator
from bot.sandbox.teams import tenant


class World:
    """Everything outside the bot, on loopback with ports of its own: `async with World(...) as world`.

    `manifest` is the Slack app's, as `registry-bot slack manifest` prints it. `redis_url` None
    starts a Valkey (or `binary`) for this world alone. `specs` is a folder with the vendors'
    own API descriptions; where it is given, requests are held against them. `policy` is the text
    of a policy file; without one, a list of approvers decides on everything. With `teams` the same
    people are in Teams as well.
    """

    def __init__(  # noqa: PLR0913  # what a world is made of, each named at the call
        self,
        manifest: Mapping[str, Any],
        *,
        speed: pace.Pace = pace.FAST,
        socket_mode: bool = False,
        redis_url: str | None = None,
        binary: Path | None = None,
        specs: Path | None = None,
        policy: str | None = None,
        teams: bool = False,
    ) -> None:
        self.pace = speed
        self.policy = policy
        self.socket_mode = socket_mode
        self.journal = emulator.Journal()
        self.azure = _azure(speed)
        self.identity = identity.IdentityEmulator(self.journal, self.azure)
        self.secrets = secrecy.Secrets(self.identity.header)
        described = specs / "arm" if specs else None
        self.arm = arm.ArmEmulator(self.journal, self.azure, shape=speed.shape, specs=described)
        held = self.azure.registries.values()
        self.registries = tuple(acr.AcrEmulator(self.journal, self.azure, one) for one in held)
        self.tower = self._tower(specs)
        self.wave = wave.WaveEmulator(
            self.journal, tower=self.tower, registries=self.azure, speed=speed.caches
        )
        self.slack = self._slack(manifest)
        secret = self.secrets.teams_client_secret
        self.teams = tenant.emulator_of(self.journal, secret=secret) if teams else None
        self.folder = Path()  # this world's own, gone when it ends
        self.server: valkey.Valkey | None = None
        self.redis_url = redis_url or ""
        # A Redis that was given may hold a real deployment: nothing of the sandbox's stays there.
        self.prefix = f"sandbox-{secrets.token_hex(4)}" if redis_url else "rb"
        self._binary = binary
        self._open = contextlib.AsyncExitStack()

    @property
    def emulators(self) -> Sequence[emulator.Emulator]:
        """Return every double, in the order in which they start."""
        chats = (self.slack, self.teams) if self.teams else (self.slack,)
        return (self.identity, self.arm, *self.registries, self.tower, self.wave, *chats)

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as unless_started:
            unless_started.push_async_callback(self._open.aclose)
            await self._start()
            unless_started.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    def environment(self) -> dict[str, str]:
        """Return what a real deployment sets; only endpoints and credentials differ from one."""
        keys = self.secrets
        slack = (
            {"SLACK_APP_TOKEN": keys.slack_app_token}
            if self.socket_mode
            else {"SLACK_SIGNING_SECRET": keys.slack_signing_secret}
        )
        return (
            slack
            | (tenant.environment(self.teams) if self.teams else {})
            | self._approvals()
            | {
                "REDIS_URL": self.redis_url,
                "REGISTRY_BOT_REDIS_PREFIX": self.prefix,
                "SLACK_API_URL": self.slack.api_url,
                "SLACK_BOT_TOKEN": keys.slack_bot_token,
                "IDENTITY_ENDPOINT": self.identity.endpoint,
                "IDENTITY_HEADER": self.identity.header,
                "AZURE_SUBSCRIPTION_ID": acme.SUBSCRIPTION,
                "AZURE_RESOURCE_MANAGER_URL": self.arm.url,
                "TOWER_API_ENDPOINT": self.tower.endpoint,
                "TOWER_ACCESS_TOKEN": keys.tower_token,
                "TOWER_VERIFY_ACCESS_TOKEN": keys.tower_verify_token,
                "WAVE_API_ENDPOINT": self.wave.url,
                "REGISTRY_BOT_OPERATORS_CHANNEL": acme.OPERATORS,
                "REGISTRY_BOT_AUDIT_KEY": keys.audit_key,
                "REGISTRY_BOT_LOG": "debug,json",
            }
        )

    @property
    def policy_file(self) -> Path:
        """Return where the policy file is, if there is one: who edits it changes the rules."""
        return self.folder / "policy.toml"

    def _approvals(self) -> dict[str, str]:
        if self.policy is not None:
            return {"REGISTRY_BOT_POLICY": str(self.policy_file)}
        return {
            "REGISTRY_BOT_APPROVERS": ",".join(acme.APPROVERS),
            "REGISTRY_BOT_APPROVAL_CHANNEL": acme.APPROVALS,
        }

    def move_clock(self, by: dt.timedelta) -> None:
        """Let time pass in the whole world at once: deadlines, expiries, caches."""
        self.azure.shift += by
        for double in self.emulators:
            double.shift += by

    def login_server(self, registry: str = acme.REGISTRY) -> str:
        """Return the host of a registry."""
        return self.azure.registries[registry].login_server

    def tokens(self, registry: str = acme.REGISTRY) -> tuple[str, ...]:
        """Return the names of the tokens that people asked for and that are there now."""
        held = self.azure.registries[registry].tokens.values()
        return tuple(one.name for one in held if one.gone is None)

    def scope_maps(self, registry: str = acme.REGISTRY) -> tuple[str, ...]:
        """Return the names of the scope maps that did not come with the registry."""
        held = self.azure.registries[registry].scope_maps.values()
        return tuple(one.name for one in held if one.gone is None and not one.system)

    def _tower(self, specs: Path | None) -> tower.TowerEmulator:
        keys = self.secrets
        return tower.TowerEmulator(
            self.journal,
            workspaces=acme.workspaces(),
            users=acme.accounts(
                token=keys.tower_token,
                verify_token=keys.tower_verify_token,
                person_token=keys.tower_person_token,
            ),
            login=self._login,
            specs=specs / "tower" / "subset-1.187.0.json" if specs else None,
        )

    def _slack(self, manifest: Mapping[str, Any]) -> slack_emulator.SlackEmulator:
        app = acme.app(
            manifest,
            bot_token=self.secrets.slack_bot_token,
            signing_secret=self.secrets.slack_signing_secret,
            app_token=self.secrets.slack_app_token if self.socket_mode else "",
        )
        return slack_emulator.SlackEmulator(
            self.journal, team=acme.TEAM, people=acme.people(), channels=acme.channels(), app=app
        )

    async def _start(self) -> None:
        enter = self._open.enter_context
        self.folder = Path(enter(tempfile.TemporaryDirectory(prefix="registry-bot-world-")))
        if self.policy is not None:
            self.policy_file.write_text(self.policy)
        for name, seconds in self._latencies():
            name.latency_s = seconds
        self.slack.limits.on = self.pace.limits
        if self.teams:
            self.teams.latency_s, self.teams.limits.on = self.pace.slack_s, self.pace.limits
        for double in self.emulators:
            await self._open.enter_async_context(double)
        if not self.redis_url:
            self.server = valkey.Valkey(self.folder / "store", binary=self._binary)
            await self._open.enter_async_context(self.server)
            self.redis_url = self.server.url
        self.tower.state.seed(
            acme.BY_HAND_WORKSPACE,
            name=acme.BY_HAND_NAME,
            registry=self.login_server(acme.BY_HAND_REGISTRY),
            user="somebody",
            password="made by hand",  # noqa: S106  # opens nothing: the registry does not know it
        )

    def _latencies(self) -> list[tuple[emulator.Emulator, float]]:
        slow = self.pace
        azure = [(double, slow.azure_s) for double in (self.identity, self.arm, *self.registries)]
        return [*azure, (self.slack, slow.slack_s), (self.tower, slow.tower_s), (self.wave, slow.wave_s)]

    async def _login(self, login_server: str, user: str, password: str) -> bool:
        await asyncio.sleep(self.pace.login_s)
        return self.azure.login(login_server, user, password)


def _azure(speed: pace.Pace) -> arm_state.AzureState:
    made = arm_state.AzureState(
        acme.registries(), subscription=acme.SUBSCRIPTION, replication_s=speed.replication_s
    )
    acme.fill(made)
    return made
