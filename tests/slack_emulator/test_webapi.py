"""The Web API's ways: tokens, scopes, bodies, unknown methods, rate limits."""

from __future__ import annotations

import datetime as dt

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import slack
from tests.slack_emulator import calling, conftest, corpus
from tests.slack_emulator.corpus import Json


async def post(url: str, **request: object) -> Json:
    """Post and return the decoded answer."""
    async with aiohttp.ClientSession() as session, session.post(url, **request) as response:  # type: ignore[arg-type]  # aiohttp's own keywords
        assert response.status == 200
        return dict(await response.json())


async def test_auth_test(client: AsyncWebClient) -> None:
    """The bot learns who it is."""
    answer = await client.auth_test()

    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T0SANDBOX", "U0BOT", "B0BOT")


@pytest.mark.parametrize(
    ("token", "expected"),
    [("", "not_authed"), ("xoxb-other", "invalid_auth"), ("xapp-test", "not_allowed_token_type")],
)
async def test_token(slack: slack.SlackEmulator, token: str, expected: str) -> None:
    """A missing, unknown or unfit token is refused in three different words."""
    assert (
        await calling.error(AsyncWebClient(token=token, base_url=f"{slack.api_url}/").auth_test()) == expected
    )


async def test_revoked_token(slack: slack.SlackEmulator, client: AsyncWebClient) -> None:
    """A token can be revoked while the app runs."""
    slack.api.revoked = "token_revoked"

    assert await calling.error(client.auth_test()) == "token_revoked"


async def test_token_in_the_body(slack: slack.SlackEmulator) -> None:
    """A form may carry the token instead of a header."""
    answer = await post(f"{slack.api_url}/auth.test", data={"token": "xoxb-test"})

    assert answer["ok"] is True


async def test_unknown_method(client: AsyncWebClient) -> None:
    """A method that is not there is named as such."""
    assert await calling.error(client.api_call("chat.whisper")) == "unknown_method"


@pytest.mark.parametrize(
    ("method", "args", "needed"),
    [
        ("chat.postMessage", {"channel": "C0GENOMICS", "text": "x"}, "chat:write"),
        ("conversations.open", {"users": "U0ANA"}, "im:write"),
        ("conversations.info", {"channel": "C0GENOMICS"}, "channels:read"),
        ("conversations.info", {"channel": "C0TEAM"}, "groups:read"),
        ("conversations.members", {"channel": "C0GENOMICS"}, "channels:read"),
        ("conversations.replies", {"channel": "C0GENOMICS", "ts": "1.1"}, "channels:history"),
        ("conversations.list", {"types": "private_channel"}, "groups:read"),
        ("users.info", {"user": "U0ANA"}, "users:read"),
        ("usergroups.users.list", {"usergroup": "S0APPROVERS"}, "usergroups:read"),
        ("team.info", {}, "team:read"),
    ],
)
async def test_missing_scope(method: str, args: Json, needed: str) -> None:
    """Without its scope a method names what it needs and what there is."""
    async with conftest.a_slack(scopes=frozenset({"commands"})) as poor:
        client = AsyncWebClient(token="xoxb-test", base_url=f"{poor.api_url}/")

        answer = await calling.answer(client.api_call(method, params=args))

    assert answer == {"ok": False, "error": "missing_scope", "needed": needed, "provided": "commands"}


async def test_scopes_in_the_headers(slack: slack.SlackEmulator, client: AsyncWebClient) -> None:
    """Each answer tells the scopes of the token and of the method."""
    answer = await client.users_info(user="U0ANA")

    assert answer.headers["x-accepted-oauth-scopes"] == "users:read"
    assert answer.headers["x-oauth-scopes"] == ",".join(sorted(slack.state.app.scopes))


@pytest.mark.parametrize(
    ("body", "expected"), [(b"{", "invalid_json"), (b"[1]", "json_not_object"), (b"\xff", "invalid_json")]
)
async def test_body_that_is_no_object(slack: slack.SlackEmulator, body: bytes, expected: str) -> None:
    """A JSON body must be an object."""
    headers = {"Content-Type": "application/json", "Authorization": "Bearer xoxb-test"}

    answer = await post(f"{slack.api_url}/auth.test", data=body, headers=headers)

    assert answer["error"] == expected


async def test_form_body_with_nested_json(slack: slack.SlackEmulator) -> None:
    """In a form, blocks come as JSON text."""
    form = {"channel": "C0GENOMICS", "text": "x", "blocks": '[{"type":"divider"}]'}

    answer = await post(
        f"{slack.api_url}/chat.postMessage", data=form, headers={"Authorization": "Bearer xoxb-test"}
    )

    assert [block["type"] for block in answer["message"]["blocks"]] == ["divider"]


async def test_missing_argument(client: AsyncWebClient) -> None:
    """A missing argument is pointed at."""
    answer = await calling.answer(client.api_call("users.info"))

    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] missing required field: user [json-pointer:/user]"
    ]


async def test_posts_are_limited_by_channel(client: AsyncWebClient) -> None:
    """A burst of five passes; the sixth post to the same channel has to wait a second."""
    for _ in range(5):
        await client.chat_postMessage(channel="C0GENOMICS", text="x")

    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel="C0GENOMICS", text="x")

    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "1"
    assert await calling.error(client.chat_postMessage(channel="C0APPROVALS", text="x")) is None


async def test_limit_refills(slack: slack.SlackEmulator, client: AsyncWebClient) -> None:
    """The sandbox's time refills what was used up."""
    for _ in range(5):
        await client.chat_postMessage(channel="C0GENOMICS", text="x")

    slack.shift += dt.timedelta(seconds=2)

    assert await calling.error(client.chat_postMessage(channel="C0GENOMICS", text="x")) is None


async def test_tier(client: AsyncWebClient) -> None:
    """A method of tier 2 takes twenty calls a minute."""
    words = [await calling.error(client.usergroups_list()) for _ in range(21)]

    assert words == [None] * 20 + ["ratelimited"]


async def test_limits_switched_off(slack: slack.SlackEmulator, client: AsyncWebClient) -> None:
    """Without limits everything passes."""
    slack.limits.on = False

    words = {await calling.error(client.usergroups_list()) for _ in range(30)}

    assert words == {None}


async def test_throttle(slack: slack.SlackEmulator, client: AsyncWebClient) -> None:
    """A method can be made to answer 429; Slack's own retry handler then gets through."""
    slack.throttle("users.info", retry_after_s=0)
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))

    answer = await client.users_info(user="U0ANA")

    assert answer["ok"] is True
    assert [one.status for one in slack.journal.exchanges] == [429, 200]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"blocks": [{"type": "divider"}]}, None),
        ({"blocks": [{"type": "nope"}]}, "invalid_blocks"),
        ({"view": corpus.GOOD_VIEWS["a form"]}, None),
        ({"view": {"type": "modal"}}, "invalid_view"),
        ({"message": {"blocks": []}}, None),
        ({"message": {"blocks": {}}}, "invalid_message"),
        ({}, "invalid_arguments"),
        ({"blocks": [], "view": {}}, "invalid_arguments"),
    ],
)
async def test_blocks_validate(slack: slack.SlackEmulator, given: Json, expected: str | None) -> None:
    """blocks.validate checks exactly one of three things, without a token."""
    answer = await post(f"{slack.api_url}/blocks.validate", json=given)

    assert answer.get("error") == expected
    assert answer["ok"] is (expected is None)


async def test_team_and_bot() -> None:
    """team.info and bots.info describe what is installed where."""
    async with conftest.a_slack(scopes=frozenset({"team:read", "users:read"})) as emulator:
        client = AsyncWebClient(token="xoxb-test", base_url=f"{emulator.api_url}/")

        team, bot = await client.team_info(), await client.bots_info(bot="B0BOT")
        other = await calling.error(client.bots_info(bot="B0OTHER"))

    assert team["team"]["name"] == "Acme Genomics"
    assert bot["bot"]["app_id"] == "A0BOT"
    assert other == "bot_not_found"


async def test_api_test(client: AsyncWebClient) -> None:
    """api.test answers with what it was given."""
    assert (await client.api_test(foo="bar"))["args"] == {"foo": "bar"}
