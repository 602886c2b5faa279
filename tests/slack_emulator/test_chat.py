"""Messages: where the bot may post, what it may change, and how blocks are refused."""

from __future__ import annotations

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import slack
from tests.slack_emulator import calling, conftest, corpus
from tests.slack_emulator.corpus import Json


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("C0GENOMICS", None),
        ("#genomics", None),
        ("genomics", None),
        ("C0TEAM", None),
        ("U0ANA", None),
        ("C0OPEN", "not_in_channel"),
        ("C0SECRET", "channel_not_found"),
        ("C0NOWHERE", "channel_not_found"),
        ("C0OLD", "is_archived"),
        ("U0GONE", "channel_not_found"),
        ("U0BOT", "channel_not_found"),
        ("", "invalid_arguments"),
    ],
)
async def test_where_the_bot_may_post(client: AsyncWebClient, channel: str, expected: str | None) -> None:
    """The bot posts where it is a member and to people; a private channel without it does not exist."""
    assert await calling.error(client.chat_postMessage(channel=channel, text="hello")) == expected


async def test_post_to_a_person(client: AsyncWebClient, ana: slack.Person) -> None:
    """A post to a person's id lands in their direct messages, whose id the answer gives."""
    answer = await client.chat_postMessage(channel="U0ANA", text="hello")

    assert str(answer["channel"]).startswith("D")
    assert [seen.text for seen in ana.direct()] == ["hello"]


async def test_messages_tab_disabled() -> None:
    """An app without a messages tab cannot write to people."""
    async with conftest.a_slack(messages_tab=False) as emulator:
        client = AsyncWebClient(token="xoxb-test", base_url=f"{emulator.api_url}/")
        direct = await client.conversations_open(users="U0ANA")

        words = [
            await calling.error(client.chat_postMessage(channel=channel, text="x"))
            for channel in ("U0ANA", direct["channel"]["id"])
        ]

    assert words == ["messages_tab_disabled", "messages_tab_disabled"]


async def test_timestamps_are_unique(client: AsyncWebClient) -> None:
    """No two messages share a timestamp, and they grow."""
    found = [(await client.chat_postMessage(channel="C0GENOMICS", text="x"))["ts"] for _ in range(5)]

    assert found == sorted(set(found))


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({}, "no_text"),
        ({"blocks": []}, "no_text"),
        ({"text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"text": "x", "blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"text": "x", "blocks": [{"type": "nope"}]}, "invalid_blocks"),
        ({"text": "x", "metadata": {"event_type": 1, "event_payload": {}}}, "invalid_metadata_format"),
        ({"text": "x", "metadata": "{"}, "invalid_metadata_format"),
        (
            {"text": "x", "metadata": {"event_type": "a", "event_payload": {"b": "x" * 9000}}},
            "metadata_too_large",
        ),
        ({"text": "x", "attachments": [{}] * 101}, "too_many_attachments"),
        ({"attachments": [{"text": "x"}]}, None),
        ({"blocks": [{"type": "divider"}]}, None),
    ],
)
async def test_content(client: AsyncWebClient, args: Json, expected: str | None) -> None:
    """What a message says is checked, and refused in the word that Slack has for it."""
    assert (
        await calling.error(client.api_call("chat.postMessage", json={"channel": "C0GENOMICS", **args}))
        == expected
    )


async def test_invalid_blocks_are_explained(slack: slack.SlackEmulator, client: AsyncWebClient) -> None:
    """The refusal points at each broken rule in Slack's shape; the emulator keeps a complaint."""
    blocks = [corpus.section(text=corpus.mrkdwn(""))]

    answer = await calling.answer(client.chat_postMessage(channel="C0GENOMICS", text="x", blocks=blocks))

    assert answer == {
        "ok": False,
        "error": "invalid_blocks",
        "errors": ["must be more than 0 characters [json-pointer:/blocks/0/text/text]"],
        "response_metadata": {
            "messages": ["[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text/text]"]
        },
    }
    assert slack.complaints[0].startswith("chat.postMessage to genomics: invalid_blocks")


async def test_blocks_without_text_are_complained_about(
    slack: slack.SlackEmulator, client: AsyncWebClient
) -> None:
    """Slack takes blocks without a text; the emulator says what is wrong with that."""
    await client.api_call("chat.postMessage", json={"channel": "C0GENOMICS", "blocks": [{"type": "divider"}]})

    assert slack.complaints == ["chat.postMessage to genomics: blocks without a top-level text"]


async def test_long_text_is_cut(client: AsyncWebClient) -> None:
    """A post keeps 40,000 characters of text."""
    answer = await client.chat_postMessage(channel="C0GENOMICS", text="x" * 40_001)

    assert len(answer["message"]["text"]) == 40_000


async def test_message_looks_like_slacks(client: AsyncWebClient) -> None:
    """A message of the bot names bot, app and team, and keeps its metadata."""
    metadata = {"event_type": "request", "event_payload": {"id": "r1"}}

    answer = await client.chat_postMessage(channel="C0GENOMICS", text="hello", metadata=metadata)

    message = answer["message"]
    assert (message["user"], message["bot_id"], message["app_id"]) == ("U0BOT", "B0BOT", "A0BOT")
    assert message["metadata"] == metadata


async def test_thread(client: AsyncWebClient, ana: slack.Person) -> None:
    """A reply stands in its thread and not in the channel, unless it is broadcast."""
    root = (await client.chat_postMessage(channel="C0GENOMICS", text="root"))["ts"]
    await client.chat_postMessage(channel="C0GENOMICS", text="reply", thread_ts=root)
    await client.chat_postMessage(channel="C0GENOMICS", text="loud", thread_ts=root, reply_broadcast=True)

    assert [seen.text for seen in ana.sees("C0GENOMICS")] == ["root", "loud"]
    assert [seen.text for seen in ana.thread("C0GENOMICS", root)] == ["root", "reply", "loud"]


async def test_reply_to_a_reply(
    slack: slack.SlackEmulator, client: AsyncWebClient, ana: slack.Person
) -> None:
    """A reply to a reply joins the thread, and is complained about."""
    root = (await client.chat_postMessage(channel="C0GENOMICS", text="root"))["ts"]
    reply = (await client.chat_postMessage(channel="C0GENOMICS", text="reply", thread_ts=root))["ts"]

    await client.chat_postMessage(channel="C0GENOMICS", text="deeper", thread_ts=reply)

    assert [seen.text for seen in ana.thread("C0GENOMICS", root)][-1] == "deeper"
    assert len(slack.complaints) == 1


async def test_update(client: AsyncWebClient, ana: slack.Person) -> None:
    """An update replaces text and blocks and marks the message as edited."""
    ts = (await client.chat_postMessage(channel="C0GENOMICS", text="a", blocks=[corpus.section()]))["ts"]

    answer = await client.chat_update(channel="C0GENOMICS", ts=ts, text="b")

    assert "blocks" not in answer["message"]
    assert [seen.text for seen in ana.sees("C0GENOMICS")] == ["b (edited)"]


async def test_update_of_blocks_alone(client: AsyncWebClient, ana: slack.Person) -> None:
    """New blocks without a text leave no "(edited)"."""
    ts = (await client.chat_postMessage(channel="C0GENOMICS", text="a"))["ts"]

    await client.api_call(
        "chat.update", json={"channel": "C0GENOMICS", "ts": ts, "blocks": [corpus.section()]}
    )

    assert [seen.text for seen in ana.sees("C0GENOMICS")] == ["Text"]


async def test_update_that_is_refused(
    slack: slack.SlackEmulator, client: AsyncWebClient, ana: slack.Person
) -> None:
    """Only own messages that are there can be changed, with a text that is not too long."""
    mine = (await client.chat_postMessage(channel="C0GENOMICS", text="a"))["ts"]
    hers = (await ana.say("C0GENOMICS", "hi")).ts

    async def word(ts: str, **args: str) -> str | None:
        body = {"channel": "C0GENOMICS", "ts": ts, **args}
        return await calling.error(client.api_call("chat.update", json=body))

    assert await word("1.000001", text="x") == "message_not_found"
    assert await word(hers, text="x") == "cant_update_message"
    assert await word(mine, text="x" * 4001) == "msg_too_long"
    assert await word(mine) == "no_text"
    slack.state.board.archive("C0GENOMICS")
    assert await word(mine, text="x") == "is_inactive"


async def test_ephemeral(slack: slack.SlackEmulator, client: AsyncWebClient, ana: slack.Person) -> None:
    """Only one person sees it, until their client reloads; it cannot be changed or looked up."""
    sent = await client.chat_postEphemeral(channel="C0GENOMICS", user="U0ANA", text="psst")
    ts = str(sent["message_ts"])

    assert [str(seen) for seen in ana.sees("C0GENOMICS")] == ["Registry Bot (only visible to you): psst"]
    assert slack.person("U0GUS").sees("C0GENOMICS") == []
    assert (
        await calling.error(client.chat_update(channel="C0GENOMICS", ts=ts, text="x")) == "message_not_found"
    )
    ana.reload()
    assert ana.sees("C0GENOMICS") == []


@pytest.mark.parametrize(
    ("channel", "user", "text", "expected"),
    [
        ("C0GENOMICS", "U0BEN", "x", "user_not_in_channel"),
        ("C0OPEN", "U0ANA", "x", "not_in_channel"),
        ("C0GENOMICS", "U0ANA", "", "no_text"),
    ],
)
async def test_ephemeral_that_is_refused(
    client: AsyncWebClient, channel: str, user: str, text: str, expected: str
) -> None:
    """Bot and person must both be in the channel."""
    body = {"channel": channel, "user": user, "text": text}

    assert await calling.error(client.api_call("chat.postEphemeral", json=body)) == expected


async def test_delete(client: AsyncWebClient, ana: slack.Person) -> None:
    """The bot deletes its own messages only."""
    mine = (await client.chat_postMessage(channel="C0GENOMICS", text="a"))["ts"]
    hers = (await ana.say("C0GENOMICS", "hi")).ts

    await client.chat_delete(channel="C0GENOMICS", ts=mine)

    assert [seen.text for seen in ana.sees("C0GENOMICS")] == ["hi"]
    assert await calling.error(client.chat_delete(channel="C0GENOMICS", ts=mine)) == "message_not_found"
    assert await calling.error(client.chat_delete(channel="C0GENOMICS", ts=hers)) == "cant_delete_message"


async def test_permalink(client: AsyncWebClient) -> None:
    """A message has an address; a reply's leads into its thread."""
    root = (await client.chat_postMessage(channel="C0GENOMICS", text="root"))["ts"]
    reply = (await client.chat_postMessage(channel="C0GENOMICS", text="reply", thread_ts=root))["ts"]

    to_root = await client.chat_getPermalink(channel="C0GENOMICS", message_ts=root)
    to_reply = await client.chat_getPermalink(channel="C0GENOMICS", message_ts=reply)

    assert to_root["permalink"] == f"https://acme.slack.com/archives/C0GENOMICS/p{root.replace('.', '')}"
    assert str(to_reply["permalink"]).endswith(f"?thread_ts={root}&cid=C0GENOMICS")
    assert (
        await calling.error(client.chat_getPermalink(channel="C0GENOMICS", message_ts="1.1"))
        == "message_not_found"
    )
