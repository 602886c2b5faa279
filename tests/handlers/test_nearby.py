"""Proxies of the environment: for Slack itself, never for this machine or what NO_PROXY names."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from handlers.slack import app as slack_app
from handlers.slack import nearby, socket_mode
from tests.handlers import house as houses
from tests.waiting import wait_until

NOWHERE = "http://127.0.0.1:9"  # the discard port: whoever is sent there fails


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):  # a developer's own machine may have them
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"])
async def test_a_slack_on_this_machine_is_called_directly(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A stand-in on loopback works behind a company's proxy too, and no token goes past it."""
    monkeypatch.setenv(name, NOWHERE)

    async with houses.emulator() as slack, houses.built(slack) as house:
        found = await slack_app.installation(house.web)

    assert found.team


async def test_socket_mode_connects_directly_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address of a stand-in's socket is this machine's own as well."""
    monkeypatch.setenv("HTTPS_PROXY", NOWHERE)

    async with (
        houses.emulator(socket=True) as slack,
        houses.built(slack) as house,
        socket_mode.SocketMode(house.app, app_token=SecretStr(houses.APP_TOKEN)) as connection,
    ):
        await wait_until(lambda: slack.socket.connections, "the app is connected")
        wrong = await connection.problem()

    assert wrong is None


def test_no_proxy_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What NO_PROXY names is near, and nothing else but this machine."""
    monkeypatch.setenv("NO_PROXY", "slack.example.com,.internal")

    near = [
        host
        for host in ("localhost", "::1", "slack.example.com", "a.internal", "slack.com", None)
        if nearby.is_near(host)
    ]

    assert near == ["localhost", "::1", "slack.example.com", "a.internal"]
