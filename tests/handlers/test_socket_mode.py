"""Socket Mode: the same app over a connection of its own, acknowledged in every case."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
from pydantic import SecretStr

from bot import errors
from bot.forms import Field
from bot.sandbox import acme
from bot.sandbox.emulator import Fault
from bot.sandbox.slack import parcels, people
from handlers import replies
from handlers.slack import ids, socket_mode
from tests.handlers import house as houses
from tests.handlers import samples
from tests.handlers.house import House
from tests.waiting import wait_until


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """Return the app, connected to a Slack that delivers over sockets."""
    async with houses.emulator(socket=True) as slack, houses.built(slack) as built:
        async with socket_mode.SocketMode(built.app, app_token=SecretStr(houses.APP_TOKEN)) as connection:
            await wait_until(lambda: slack.socket.connections, "the app is connected")
            built.connection = connection
            yield built
            built.service.released.set()
        assert slack.complaints == []


async def test_a_command_opens_the_form(house: House, ana: people.Person) -> None:
    """The whole form works without a public address."""
    reaction = await ana.command(ids.COMMAND, channel=acme.GENOMICS)
    await ana.awaits_modal("Will ask")
    await ana.choose(replies.LABELS[Field.WORKSPACE], "acme/research")
    await ana.pick(replies.LABELS[Field.REPOSITORY], "aligner")
    sent = await ana.submit()

    assert (reaction.ok, sent.ok, sent.screen) == (True, True, None)
    assert [one.repositories for one in house.service.submissions] == [(samples.ALIGNER,)]


async def test_answers_come_back_over_the_socket(house: House, ana: people.Person) -> None:
    """Errors at fields and answers to words are part of the acknowledgement."""
    house.service.failing["submit"] = errors.BadInput({"name": "Taken."})
    await ana.command(ids.COMMAND, "help", channel=acme.GENOMICS)
    await ana.command(ids.COMMAND, channel=acme.GENOMICS)
    await ana.awaits_modal("Will ask")
    await ana.choose(replies.LABELS[Field.WORKSPACE], "acme/research")
    await ana.pick(replies.LABELS[Field.REPOSITORY], "aligner")

    reaction = await ana.submit()

    assert reaction.errors == {"Name": "Taken."}
    assert ana.ephemerals()[0].text.startswith("/registry opens a form.")


ODD = [
    {"type": "block_actions", "user": 5, "actions": "none", "team": 7},
    {"type": "block_actions", "user": {"id": "U0ANA"}, "actions": []},
    {
        "type": "block_actions",
        "user": {"id": "U0ANA"},
        "actions": [{"action_id": ids.APPROVE, "type": "button"}],
    },
    {"type": "something_new"},
    {},
]


@pytest.mark.parametrize("payload", ODD)
async def test_whatever_comes_is_acknowledged(
    house: House, payload: dict[str, object], everything_logged: Callable[[], str]
) -> None:
    """An envelope without an acknowledgement would show the person a time-out."""
    parcel = parcels.Parcel(parcels.Kind.INTERACTIVE, {"type": "odd", **payload})

    ack = await house.slack.socket.send(parcel)

    assert ack.ok
    assert "Traceback" not in everything_logged()


async def test_an_event_that_comes_again_acts_once(house: House) -> None:
    """A redelivered event is acknowledged, and known by its id."""
    payload = {"type": "event_callback", "event_id": "Ev9", "event": {"type": "message"}}
    parcels_ = [parcels.Parcel(parcels.Kind.EVENT, payload, retry) for retry in (0, 1)]

    acks = [await house.slack.socket.send(parcel) for parcel in parcels_]

    assert [ack.ok for ack in acks] == [True, True]
    assert house.service.marks == {"slack:event:Ev9"}


async def test_with_the_store_away_an_event_is_left_for_later(house: House) -> None:
    """An event without an acknowledgement is delivered again."""
    house.service.failing["first_time"] = errors.NotAccepted("away")
    house.slack.terms.deadline_s = 0.2
    payload = {"type": "event_callback", "event_id": "Ev9", "event": {"type": "message"}}

    ack = await house.slack.socket.send(parcels.Parcel(parcels.Kind.EVENT, payload))

    assert ack.fate is parcels.Fate.TIMEOUT


async def test_readiness_is_the_connection(house: House) -> None:
    """The bot is ready while it is connected."""
    connection = house.connection
    assert connection is not None

    assert await connection.problem() is None


async def test_it_comes_back_when_slack_asks(house: House, ana: people.Person) -> None:
    """Slack refreshes connections every few hours; the bot connects anew."""
    await house.slack.socket.refresh()
    await wait_until(lambda: house.slack.socket.connections, "the app is connected again")

    reaction = await ana.command(ids.COMMAND, "help", channel=acme.GENOMICS)

    assert reaction.ok


async def test_before_it_is_connected_it_is_not_ready() -> None:
    """A socket that was never opened is not ready, and closing it is harmless."""
    async with houses.emulator(socket=True) as slack, houses.built(slack) as built:
        socket = socket_mode.SocketMode(built.app, app_token=SecretStr(houses.APP_TOKEN))

        assert await socket.problem() == "not connected (Socket Mode)"
        await socket.__aexit__()


async def test_an_unreachable_slack_does_not_stop_the_start(everything_logged: Callable[[], str]) -> None:
    """Entering does not wait for the connection; leaving gives up on it."""
    async with houses.emulator(socket=True) as slack, houses.built(slack) as built:
        slack.faults.append(Fault("/api/apps.connections.open", None, 500, body="{}"))
        async with socket_mode.SocketMode(built.app, app_token=SecretStr(houses.APP_TOKEN)) as socket:
            assert await socket.problem() is not None

    assert houses.APP_TOKEN not in everything_logged()
