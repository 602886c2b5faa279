"""Channels and people as the bot may see them."""

from __future__ import annotations

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import slack
from tests.slack_emulator import calling, conftest

READERS = frozenset({"channels:read", "groups:read", "im:read", "im:write", "channels:history", "chat:write"})


async def test_open_direct_messages(client: AsyncWebClient) -> None:
    """The first call opens direct messages with a person; later ones find them open."""
    first = await client.conversations_open(users="U0ANA")
    again = await client.conversations_open(users="U0ANA", return_im=True)

    assert again["channel"]["id"] == first["channel"]["id"]
    assert again["already_open"] is True
    assert again["channel"]["user"] == "U0ANA"


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ("", "users_list_not_supplied"),
        ("U0NOBODY", "user_not_found"),
        ("U0GONE", "user_disabled"),
        ("U0ANA,U0BEN", "missing_scope"),
    ],
)
async def test_open_that_is_refused(client: AsyncWebClient, users: str, expected: str) -> None:
    """Direct messages need exactly one living person; several need another scope."""
    assert await calling.error(client.api_call("conversations.open", json={"users": users})) == expected


async def test_channel_info(client: AsyncWebClient) -> None:
    """A channel tells whether the bot is in it, and whether strangers are."""
    info = await client.conversations_info(channel="C0GENOMICS", include_num_members=True)

    channel = info["channel"]
    assert (channel["is_member"], channel["is_ext_shared"], channel["num_members"]) == (True, True, 4)


async def test_public_channel_without_the_bot(client: AsyncWebClient) -> None:
    """A public channel can be looked at from outside."""
    info = await client.conversations_info(channel="C0OPEN")

    assert info["channel"]["is_member"] is False


async def test_private_channel_without_the_bot(client: AsyncWebClient) -> None:
    """A private channel without the bot does not exist for it."""
    assert await calling.error(client.conversations_info(channel="C0SECRET")) == "channel_not_found"


async def test_post_into_a_public_channel() -> None:
    """With chat:write.public the bot posts into public channels that it is not in, but not private ones."""
    async with conftest.a_slack(scopes=frozenset({"chat:write", "chat:write.public"})) as emulator:
        client = AsyncWebClient(token="xoxb-test", base_url=f"{emulator.api_url}/")

        words = [
            await calling.error(client.chat_postMessage(channel=channel, text="x"))
            for channel in ("C0OPEN", "C0SECRET")
        ]

    assert words == [None, "channel_not_found"]


async def test_members_by_pages(client: AsyncWebClient) -> None:
    """Members come in pages."""
    first = await client.conversations_members(channel="C0GENOMICS", limit=3)
    second = await client.conversations_members(
        channel="C0GENOMICS", limit=3, cursor=first["response_metadata"]["next_cursor"]
    )

    assert first["members"] + second["members"] == ["U0ANA", "U0BOT", "U0GUS", "U0STRANGER"]
    assert second["response_metadata"]["next_cursor"] == ""


@pytest.mark.parametrize(
    ("args", "expected"), [({"cursor": "x"}, "invalid_cursor"), ({"limit": "x"}, "invalid_limit")]
)
async def test_bad_page(client: AsyncWebClient, args: dict[str, str], expected: str) -> None:
    """A cursor or limit of nobody's making is refused."""
    call = client.api_call("conversations.members", params={"channel": "C0GENOMICS", **args})

    assert await calling.error(call) == expected


async def test_history_and_replies() -> None:
    """With its scope, the bot reads channels that it is in: newest first, threads oldest first."""
    async with conftest.a_slack(scopes=READERS) as emulator:
        client = AsyncWebClient(token="xoxb-test", base_url=f"{emulator.api_url}/")
        metadata = {"event_type": "a", "event_payload": {"b": 1}}
        root = (await client.chat_postMessage(channel="C0GENOMICS", text="1", metadata=metadata))["ts"]
        await client.chat_postMessage(channel="C0GENOMICS", text="2")
        await client.chat_postMessage(channel="C0GENOMICS", text="reply", thread_ts=root)

        history = await client.conversations_history(channel="C0GENOMICS")
        replies = await client.conversations_replies(channel="C0GENOMICS", ts=root, include_all_metadata=True)
        words = [
            await calling.error(client.conversations_replies(channel="C0GENOMICS", ts="1.1")),
            await calling.error(client.conversations_history(channel="C0OPEN")),
        ]

    assert [(one["text"], "metadata" in one) for one in history["messages"]] == [("2", False), ("1", False)]
    assert [(one["text"], "metadata" in one) for one in replies["messages"]] == [
        ("1", True),
        ("reply", False),
    ]
    assert words == ["thread_not_found", "not_in_channel"]


@pytest.mark.parametrize(
    ("bounds", "wanted"),
    [
        ({"oldest": "1"}, ["3"]),
        ({"oldest": "1", "inclusive": True}, ["3", "1"]),
        ({"latest": "3"}, ["1"]),
        ({"oldest": "1", "latest": "3"}, []),
    ],
)
async def test_history_of_a_time(bounds: dict[str, str | bool], wanted: list[str]) -> None:
    """Bounds are timestamps of messages, which count themselves only if that is asked for."""
    async with conftest.a_slack(scopes=READERS) as emulator:
        client = AsyncWebClient(token="xoxb-test", base_url=f"{emulator.api_url}/")
        posted = {
            text: (await client.chat_postMessage(channel="C0GENOMICS", text=text))["ts"] for text in "13"
        }
        reply = {"thread_ts": posted["3"], "text": "reply"}
        await client.chat_postMessage(channel="C0GENOMICS", **reply)
        given = {name: posted.get(str(value), value) for name, value in bounds.items()}

        found = await client.conversations_history(channel="C0GENOMICS", **given)
        thread = await client.conversations_replies(channel="C0GENOMICS", ts=posted["3"], latest=posted["1"])
        broken = await calling.error(client.conversations_history(channel="C0GENOMICS", oldest="yesterday"))

    assert [one["text"] for one in found["messages"]] == wanted
    assert [one["text"] for one in thread["messages"]] == ["3"]
    assert broken == "invalid_ts_oldest"


async def test_list() -> None:
    """Listed are the kinds asked for, private ones only with the bot in them."""
    async with conftest.a_slack(scopes=READERS) as emulator:
        client = AsyncWebClient(token="xoxb-test", base_url=f"{emulator.api_url}/")
        await client.conversations_open(users="U0ANA")

        found = await client.conversations_list(types="private_channel,im")

    assert [channel.get("name") for channel in found["channels"]] == ["team", None]


async def test_user_with_email(client: AsyncWebClient) -> None:
    """With its scope, a user's e-mail is there."""
    user = (await client.users_info(user="U0ANA"))["user"]

    assert user["profile"]["email"] == "ana@acme.example"
    assert (user["is_restricted"], user["is_bot"], user["team_id"]) == (False, False, "T0SANDBOX")


async def test_user_without_the_email_scope() -> None:
    """Without users:read.email there is no e-mail."""
    async with conftest.a_slack(scopes=frozenset({"users:read"})) as emulator:
        client = AsyncWebClient(token="xoxb-test", base_url=f"{emulator.api_url}/")

        user = (await client.users_info(user="U0ANA"))["user"]

    assert "email" not in user["profile"]


async def test_stranger(client: AsyncWebClient) -> None:
    """Somebody of another team is marked, carries that team's id, and has no e-mail."""
    user = (await client.users_info(user="U0STRANGER"))["user"]

    assert (user["team_id"], user["is_stranger"]) == ("T0OTHER", True)
    assert "email" not in user["profile"]


async def test_guest_and_bot(client: AsyncWebClient) -> None:
    """Guests and bots are marked."""
    guest = (await client.users_info(user="U0GUS"))["user"]
    bot = (await client.users_info(user="U0BOT"))["user"]

    assert guest["is_restricted"] is True
    assert (bot["is_bot"], bot["profile"]["bot_id"]) == (True, "B0BOT")


async def test_unknown_user(client: AsyncWebClient) -> None:
    """An id of nobody is user_not_found."""
    assert await calling.error(client.users_info(user="U0NOBODY")) == "user_not_found"


async def test_users_by_pages(client: AsyncWebClient) -> None:
    """Users come in pages."""
    found = await client.users_list(limit=2)

    assert [user["id"] for user in found["members"]] == ["U0ANA", "U0BEN"]
    assert found["response_metadata"]["next_cursor"] == "2"


async def test_user_groups(client: AsyncWebClient) -> None:
    """A user group tells who is in it."""
    groups = await client.usergroups_list(include_users=True)
    users = await client.usergroups_users_list(usergroup="S0APPROVERS")

    assert groups["usergroups"][0]["users"] == users["users"] == ["U0BEN"]
    assert await calling.error(client.usergroups_users_list(usergroup="S0NONE")) == "no_such_subteam"


async def test_user_groups_on_a_free_plan() -> None:
    """Without a paid plan there are no user groups."""
    async with conftest.a_slack(team=slack.Team("T0SANDBOX", "Acme", paid=False)) as emulator:
        client = AsyncWebClient(token="xoxb-test", base_url=f"{emulator.api_url}/")

        words = {
            await calling.error(client.usergroups_list()),
            await calling.error(client.usergroups_users_list(usergroup="S0APPROVERS")),
        }

    assert words == {"plan_upgrade_required"}
