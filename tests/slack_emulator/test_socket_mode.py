"""Socket Mode: tickets, several connections, refreshes, lost connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import slack
from bot.sandbox.slack import parcels, socket_mode
from tests import waiting
from tests.slack_emulator.apps import BoltApp
from tests.slack_emulator.corpus import Json


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Return a bare web socket client."""
    async with aiohttp.ClientSession() as opened:
        yield opened


async def connect(client: AsyncWebClient, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    """Open a connection as an app does."""
    answer = await client.apps_connections_open(app_token="xapp-test")
    return await session.ws_connect(str(answer["url"]))


async def test_hello(client: AsyncWebClient, session: aiohttp.ClientSession) -> None:
    """A connection starts with a hello."""
    socket = await connect(client, session)

    hello = await socket.receive_json()

    assert hello["type"] == "hello"
    assert hello["connection_info"] == {"app_id": "A0BOT"}


async def test_ticket_is_used_once(client: AsyncWebClient, session: aiohttp.ClientSession) -> None:
    """An address opens one connection only."""
    answer = await client.apps_connections_open(app_token="xapp-test")
    await session.ws_connect(str(answer["url"]))

    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await session.ws_connect(str(answer["url"]))

    assert refused.value.status == 403


async def test_bot_token_opens_no_connection(client: AsyncWebClient) -> None:
    """apps.connections.open takes the app's own token only."""
    with pytest.raises(SlackApiError) as refused:
        await client.apps_connections_open(app_token="xoxb-test")

    assert refused.value.response["error"] == "not_allowed_token_type"


async def test_envelope(
    client: AsyncWebClient, session: aiohttp.ClientSession, slack: slack.SlackEmulator
) -> None:
    """A payload comes in an envelope, and the acknowledgement's payload is the answer."""
    socket = await connect(client, session)
    await socket.receive_json()
    envelopes: list[Json] = []

    async def answer() -> None:
        envelopes.append(await socket.receive_json())
        await socket.send_str("junk")
        await socket.send_json({"envelope_id": "of nobody"})
        await socket.send_json({"envelope_id": envelopes[0]["envelope_id"], "payload": {"text": "done"}})

    parcel = parcels.Parcel(parcels.Kind.COMMAND, {"command": "/registry"})
    ack, _ = await asyncio.gather(slack.delivery.send(parcel), answer())

    assert ack.body == {"text": "done"}
    assert envelopes[0]["type"] == "slash_commands"
    assert envelopes[0]["accepts_response_payload"] is True
    assert next(one.body for one in slack.journal.exchanges if one.method == "FRAME") == b"junk"


async def test_eleventh_connection_is_turned_away(
    client: AsyncWebClient, session: aiohttp.ClientSession, slack: slack.SlackEmulator
) -> None:
    """An app may hold ten connections."""
    held = [await connect(client, session) for _ in range(socket_mode.MOST_CONNECTIONS)]
    for socket in held:
        await socket.receive_json()

    goodbye = await (await connect(client, session)).receive_json()

    assert goodbye["type"] == "disconnect"
    assert goodbye["reason"] == "too_many_websockets"
    assert len(slack.socket.connections) == socket_mode.MOST_CONNECTIONS


@pytest.fixture
async def two(slack: slack.SlackEmulator) -> AsyncIterator[list[BoltApp]]:
    """Return two replicas of the app, each with a connection."""
    replicas = [BoltApp(slack), BoltApp(slack)]
    for replica in replicas:
        await replica.listen()
    yield replicas
    for replica in replicas:
        await replica.stop()


async def test_any_connection_gets_a_payload(two: list[BoltApp], ana: slack.Person) -> None:
    """With two replicas, each payload goes to one of them, and both get some."""
    for _ in range(40):
        await ana.command("/registry", "", "C0GENOMICS")

    counts = [len(replica.of("/registry")) for replica in two]

    assert sum(counts) == 40
    assert min(counts) > 0


@pytest.mark.parametrize("same", [True, False])
async def test_duplicates(
    two: list[BoltApp], slack: slack.SlackEmulator, ana: slack.Person, *, same: bool
) -> None:
    """Copies may share the envelope's id or not; each is acknowledged."""
    slack.terms.duplicates = 1
    slack.terms.same_envelope = same

    reaction = await ana.command("/say", "hello", "C0GENOMICS")

    assert reaction.ok
    assert sum(len(replica.of("/say")) for replica in two) == 2
    assert [one.ack.ok for one in slack.delivery.log] == [True, True]


@pytest.fixture
async def listening(slack: slack.SlackEmulator) -> AsyncIterator[BoltApp]:
    """Return an app with one connection."""
    app = BoltApp(slack)
    await app.listen()
    yield app
    await app.stop()


@pytest.mark.usefixtures("listening")
@pytest.mark.parametrize("how", ["refresh", "drop"])
async def test_app_comes_back(slack: slack.SlackEmulator, ana: slack.Person, how: str) -> None:
    """After a refresh, or a lost connection, a real client connects again and goes on."""
    (first,) = slack.socket.connections

    await (slack.socket.refresh() if how == "refresh" else slack.socket.drop())
    await waiting.wait_until(
        lambda: slack.socket.connections and slack.socket.connections[0] is not first, "a new connection"
    )
    reaction = await ana.command("/registry", "", "C0GENOMICS")

    assert reaction.ok


async def test_connection_lost_while_waiting(
    client: AsyncWebClient, session: aiohttp.ClientSession, slack: slack.SlackEmulator, ana: slack.Person
) -> None:
    """An app that goes away without an answer leaves a time-out."""
    slack.terms.deadline_s = 0.1
    socket = await connect(client, session)
    await socket.receive_json()

    command = asyncio.ensure_future(ana.command("/registry", "", "C0GENOMICS"))
    await socket.receive_json()
    await socket.close()

    assert (await command).notice == '/registry failed with the error "operation_timeout"'


async def test_connection_that_breaks(
    client: AsyncWebClient, session: aiohttp.ClientSession, slack: slack.SlackEmulator, ana: slack.Person
) -> None:
    """A payload that cannot be written any more is dispatch_failed."""
    socket = await connect(client, session)
    await socket.receive_json()
    (held,) = slack.socket.connections
    await held.close()
    slack.socket.connections = [held]

    reaction = await ana.command("/registry", "", "C0GENOMICS")

    assert reaction.notice == '/registry failed with the error "dispatch_failed"'
