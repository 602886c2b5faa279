"""Response URLs: five uses, half an hour, private or public answers, replacing and deleting."""

from __future__ import annotations

import datetime as dt

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox import slack
from tests.slack_emulator import corpus
from tests.slack_emulator.apps import RawApp
from tests.slack_emulator.corpus import Json


async def given(raw: RawApp, ana: slack.Person) -> AsyncWebhookClient:
    """Return a client for the response URL of a command."""
    await ana.command("/registry", "", "C0GENOMICS")
    return AsyncWebhookClient(raw.last.form["response_url"])


async def test_private_unless_said_otherwise(raw: RawApp, ana: slack.Person) -> None:
    """An answer is ephemeral by default and public on request."""
    url = await given(raw, ana)

    await url.send(text="for you")
    await url.send(text="for all", response_type="in_channel")

    assert [(seen.text, seen.message.only_for) for seen in ana.sees("C0GENOMICS")] == [
        ("for you", "U0ANA"),
        ("for all", None),
    ]


async def test_five_uses(raw: RawApp, slack: slack.SlackEmulator, ana: slack.Person) -> None:
    """The sixth use is refused."""
    url = await given(raw, ana)

    answers = [await url.send(text="x") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [404]
    assert "used_url" in answers[-1].body
    assert slack.complaints == ["response_url: used_url"]


async def test_original_of_a_command(raw: RawApp, ana: slack.Person) -> None:
    """A command has no original message: an answer that would replace or delete one is a new one."""
    url = await given(raw, ana)

    replaced = await url.send(text="hello", replace_original=True)
    deleted = await url.send(delete_original=True)

    assert (replaced.status_code, deleted.status_code) == (200, 400)
    assert [seen.text for seen in ana.sees("C0GENOMICS")] == ["hello"]


async def test_half_an_hour(raw: RawApp, slack: slack.SlackEmulator, ana: slack.Person) -> None:
    """After thirty minutes the address is dead."""
    url = await given(raw, ana)

    slack.shift += dt.timedelta(minutes=31)
    answer = await url.send(text="x")

    assert (answer.status_code, "expired_url" in answer.body) == (404, True)


async def test_address_of_nobody(slack: slack.SlackEmulator) -> None:
    """A made-up address is refused."""
    answer = await AsyncWebhookClient(f"{slack.url}/commands/T0SANDBOX/1/x").send(text="x")

    assert answer.status_code == 404


async def test_works_where_the_bot_is_not(raw: RawApp, ana: slack.Person) -> None:
    """A command may be answered in a channel that the bot is not in."""
    await ana.command("/registry", "", "C0SECRET")

    await AsyncWebhookClient(raw.last.form["response_url"]).send(text="hello", response_type="in_channel")

    assert [seen.text for seen in ana.sees("C0SECRET")] == ["hello"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"text": "x", "blocks": [{"type": "nope"}]}, 400),
        ({"text": "x", "blocks": [corpus.section()]}, 200),
    ],
)
async def test_content_is_checked(raw: RawApp, ana: slack.Person, body: Json, status: int) -> None:
    """What is posted there is checked like any message."""
    url = await given(raw, ana)

    answer = await url.send_dict(body)

    assert answer.status_code == status


async def clicked(
    client: AsyncWebClient, raw: RawApp, ana: slack.Person, *, only_for: bool
) -> AsyncWebhookClient:
    """Return a client for the response URL of a click on a message with a button."""
    blocks = [corpus.actions(corpus.button())]
    if only_for:
        await client.chat_postEphemeral(channel="C0GENOMICS", user="U0ANA", text="x", blocks=blocks)
    else:
        await client.chat_postMessage(channel="C0GENOMICS", text="x", blocks=blocks)
    await ana.click(ana.sees("C0GENOMICS")[-1], "Press")
    return AsyncWebhookClient(raw.last.payload["response_url"])


@pytest.mark.parametrize("only_for", [True, False])
async def test_replace_original(
    client: AsyncWebClient, raw: RawApp, ana: slack.Person, *, only_for: bool
) -> None:
    """The message that was clicked can be replaced, an ephemeral one too."""
    url = await clicked(client, raw, ana, only_for=only_for)

    await url.send(text="done", replace_original=True)

    assert [seen.text for seen in ana.sees("C0GENOMICS")] == ["done"]


@pytest.mark.parametrize("only_for", [True, False])
async def test_delete_original(
    client: AsyncWebClient, raw: RawApp, ana: slack.Person, *, only_for: bool
) -> None:
    """The message that was clicked can be deleted."""
    url = await clicked(client, raw, ana, only_for=only_for)

    await url.send(delete_original=True)

    assert ana.sees("C0GENOMICS") == []


async def test_click_on_ephemeral_carries_no_message(
    client: AsyncWebClient, raw: RawApp, ana: slack.Person
) -> None:
    """A click on an ephemeral message names its container, but the message is not there."""
    await clicked(client, raw, ana, only_for=True)

    payload = raw.last.payload

    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
