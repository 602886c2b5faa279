"""A small team in Slack, and apps that are connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import emulator, slack
from tests.slack_emulator import apps

SCOPES = frozenset(
    {
        "commands",
        "chat:write",
        "im:write",
        "users:read",
        "users:read.email",
        "usergroups:read",
        "channels:read",
    }
)


def a_slack(
    *, team: slack.Team | None = None, scopes: frozenset[str] = SCOPES, **app: object
) -> slack.SlackEmulator:
    """Return an emulator that is not started yet."""
    return slack.SlackEmulator(
        emulator.Journal(),
        team=team or slack.Team("T0SANDBOX", "Acme Genomics"),
        people=[
            slack.User("U0ANA", "Ana", email="ana@acme.example"),
            slack.User("U0BEN", "Ben", email="ben@acme.example"),
            slack.User("U0GUS", "Gus", guest=True),
            slack.User("U0STRANGER", "Sam", email="sam@other.example", team_id="T0OTHER"),
            slack.User("U0GONE", "Gone", deleted=True),
        ],
        channels=[
            slack.Channel("C0GENOMICS", "genomics", frozenset({"U0ANA", "U0GUS", "U0STRANGER", "U0BOT"})),
            slack.Channel("C0APPROVALS", "approvals", frozenset({"U0BEN", "U0BOT"})),
            slack.Channel("C0OPEN", "open", frozenset({"U0ANA"})),
            slack.Channel("C0SECRET", "secret", frozenset({"U0ANA"}), private=True),
            slack.Channel("C0TEAM", "team", frozenset({"U0ANA", "U0BOT"}), private=True),
            slack.Channel("C0OLD", "old", frozenset({"U0ANA", "U0BOT"}), archived=True),
        ],
        groups=[slack.Usergroup("S0APPROVERS", "approvers", "Approvers", ("U0BEN",))],
        app=slack.App(
            bot_token="xoxb-test",
            signing_secret="signing-secret",
            app_token="xapp-test",
            scopes=scopes,
            commands=frozenset({"/registry", "/say", "/wait", "/crash"}),
            shortcuts={"new": "New credential"},
            **app,  # type: ignore[arg-type]  # whatever a test changes
        ),
    )


@pytest.fixture(name="slack")
async def started() -> AsyncIterator[slack.SlackEmulator]:
    """Return a running emulator without an app."""
    async with a_slack() as running:
        yield running


@pytest.fixture
async def client(slack: slack.SlackEmulator) -> AsyncWebClient:
    """Return Slack's own client with the bot's token."""
    return AsyncWebClient(token="xoxb-test", base_url=f"{slack.api_url}/")


@pytest.fixture
async def raw(slack: slack.SlackEmulator) -> AsyncIterator[apps.RawApp]:
    """Return an app that answers as it is told, connected by HTTP."""
    app = apps.RawApp(slack)
    await app.start()
    yield app
    await app.stop()


@pytest.fixture(params=["http", "socket"])
async def app(request: pytest.FixtureRequest, slack: slack.SlackEmulator) -> AsyncIterator[apps.BoltApp]:
    """Return a real bolt app, connected by HTTP and, a second time, by Socket Mode."""
    bolt = apps.BoltApp(slack)
    await (bolt.serve() if request.param == "http" else bolt.listen())
    yield bolt
    await bolt.stop()


@pytest.fixture
def ana(slack: slack.SlackEmulator) -> slack.Person:
    """Return Ana, who asks."""
    return slack.person("U0ANA")


@pytest.fixture
def ben(slack: slack.SlackEmulator) -> slack.Person:
    """Return Ben, who approves."""
    return slack.person("U0BEN")
