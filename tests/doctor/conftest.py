"""A whole made-up world, and a doctor who looks at it: who must not change it, nor tell its secrets."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import pytest
import stamina

from bot import checkup, doctor, ports, settings, wiring
from bot.doctor import report
from bot.sandbox import acme, arm_state, emulator, valkey, world
from bot.sandbox.slack import entities
from bot.store import connection

OK, WARNING, FAILURE = ports.Level
# POST without a change: a token is exchanged for another, a token is asked whose it is, a socket's address.
LOOKS = {"/oauth2/exchange", "/oauth2/token", "/api/auth.test", "/api/apps.connections.open"}


@dataclasses.dataclass(slots=True)
class Clinic:
    """A world and what is wrong with it. `extra` are settings over the world's own; "" unsets one."""

    outside: world.World
    extra: dict[str, str] = dataclasses.field(default_factory=dict)
    found: list[doctor.Report] = dataclasses.field(default_factory=list)

    def environment(self) -> dict[str, str]:
        """Return the settings by environment name."""
        return {name: value for name, value in (self.outside.environment() | self.extra).items() if value}

    async def examine(self, **extra: str) -> doctor.Report:
        """Examine the world with settings changed."""
        self.extra |= extra
        config = settings.Settings.model_validate(self.environment())
        self.found.append(await checkup.examined(config))
        return self.found[-1]

    async def line(self, area: str, check: str, **extra: str) -> report.Line:
        """Examine, and return the one line of a check."""
        return only(await self.examine(**extra), area, check)

    @property
    def genomics(self) -> arm_state.Registry:
        """Return the registry that most tests use."""
        return self.outside.azure.registries[acme.REGISTRY]

    def grant(self, *scopes: str) -> None:
        """Install the Slack app with more scopes."""
        state = self.outside.slack.state
        state.app = dataclasses.replace(state.app, scopes=state.app.scopes | set(scopes))

    def revoke(self, *scopes: str) -> None:
        """Install the Slack app with fewer scopes."""
        state = self.outside.slack.state
        state.app = dataclasses.replace(state.app, scopes=state.app.scopes - set(scopes))

    def change_user(self, user: str, **how: object) -> None:
        """Change an account in Slack."""
        users = self.outside.slack.state.users
        users[user] = dataclasses.replace(users[user], **how)  # type: ignore[arg-type]  # a test's own keywords

    def change_channel(self, channel: str, **how: object) -> None:
        """Change a channel in Slack."""
        channels = self.outside.slack.state.board.channels
        channels[channel] = dataclasses.replace(channels[channel], **how)  # type: ignore[arg-type]  # the same

    def usergroup(self, usergroup: str, *users: str) -> None:
        """Make a user group in Slack."""
        self.outside.slack.state.groups[usergroup] = entities.Usergroup(usergroup, "leads", "Leads", users)

    def changes(self) -> list[str]:
        """Return every exchange that is more than a look."""
        return [
            f"{one.to} {one.method} {one.path}"
            for one in self.outside.journal.exchanges
            if one.method != "GET" and urlsplit(one.path).path not in LOOKS
        ]

    def secrets(self) -> list[str]:
        """Return everything that must never be shown."""
        kept = (getattr(self.outside.secrets, one.name) for one in dataclasses.fields(self.outside.secrets))
        named = ("TOKEN", "SECRET", "KEY", "REDIS_URL")
        own = (value for name, value in self.extra.items() if any(part in name for part in named))
        return [one for one in (*kept, *own, *self.outside.azure.bearers) if one]


def only(found: doctor.Report, area: str, check: str) -> report.Line:
    """Return the one line of a check."""
    lines = [line for line in found.lines if (line.area, line.check) == (area, check)]
    assert len(lines) == 1, [*lines, found.as_text()]
    return lines[0]


def bad(found: doctor.Report) -> set[tuple[str, str, ports.Level]]:
    """Return what is not all right."""
    return {(line.area, line.check, line.level) for line in found.lines if line.level is not OK}


@pytest.fixture(autouse=True)
def no_backoff() -> Iterator[None]:
    """Repeat without waiting."""
    with stamina.set_testing(testing=True, attempts=2, cap=True):
        yield


@pytest.fixture
async def clinic(embedded: valkey.Valkey, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Clinic]:
    """Return a world to break; afterwards nothing in it was changed, and no report told a secret."""
    async with world.World(
        wiring.slack_manifest("https://registry-bot.example"), redis_url=embedded.url
    ) as outside:
        opened = Clinic(outside)
        for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):  # azure-identity reads them itself
            monkeypatch.setenv(name, opened.environment()[name])
        yield opened
        assert opened.changes() == []
        for found in opened.found:
            assert all(bool(line.change) is (line.level is not OK) for line in found.lines), found.as_text()
            told = found.as_text() + found.as_json()
            assert [secret for secret in opened.secrets() if secret in told] == []
            assert json.loads(found.as_json())["exit_code"] == found.exit_code


@pytest.fixture
async def redis(clinic: Clinic) -> AsyncIterator[connection.Client]:
    """Return a client of a Redis that this test may break; the clinic's settings lead to it."""
    async with valkey.Valkey() as server:
        clinic.extra["REDIS_URL"] = server.url
        client = connection.connect(server.url)
        yield client
        await client.aclose()


def fault(on: emulator.Emulator, match: str, **how: object) -> emulator.Fault:
    """Let something go wrong for good."""
    made = emulator.Fault(match, **({"times": None} | how))  # type: ignore[arg-type]  # a test's own keywords
    on.faults.append(made)
    return made
