"""The Connector's REST interface and its login server, as a bot meets them."""

from __future__ import annotations

import pytest

from bot.sandbox import emulator
from bot.sandbox.teams import tenant
from tests.teams_emulator import apps

HERE = f"/v3/conversations/{tenant.GENOMICS}"


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({}, 200, None),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "another"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "https://graph.microsoft.com/.default"}, 400, "invalid_scope"),
    ],
)
async def test_a_token_is_given_for_the_right_words(
    bot: apps.Bot, changes: dict[str, str], status: int, error: str | None
) -> None:
    """The login server gives its token to this app alone, and for the Connector alone."""
    answered, body = await bot.login(**changes)

    assert (answered, body.get("error")) == (status, error)


@pytest.mark.parametrize("path", [f"{HERE}/members", f"{HERE}/pagedmembers", f"{HERE}/members/x"])
async def test_nobody_gets_in_without_a_token(bot: apps.Bot, path: str) -> None:
    """A token that the login server did not give opens nothing."""
    status, body = await bot.call("GET", path, token="made-up")

    assert (status, body["error"]["code"]) == (401, "Unauthorized")


async def test_a_message_is_posted_replied_to_and_deleted(bot: apps.Bot) -> None:
    """A reply names its thread, and what was deleted is gone."""
    root = await bot.post(apps.card(apps.TEXT))
    ana = bot.person()

    thread = f"{HERE};messageid={root}/activities"
    await bot.call("POST", f"{thread}/{root}", apps.message(apps.card({**apps.TEXT, "text": "Reply"})))
    await bot.call("DELETE", f"{HERE}/activities/{root}")
    gone, _ = await bot.call("PUT", f"{HERE}/activities/{root}", apps.message(apps.card()))

    assert [(one.text, one.root) for one in ana.sees(tenant.HOME)] == [("Reply", root)]
    assert gone == 404


async def test_a_personal_chat_is_opened_once(bot: apps.Bot) -> None:
    """The same person's chat is the same one each time; whom Teams does not know has none."""
    wanted = {"members": [{"id": tenant.ANA.id}], "tenantId": tenant.TENANT, "isGroup": False}

    _, first = await bot.call("POST", "/v3/conversations", wanted)
    _, second = await bot.call("POST", "/v3/conversations", wanted)
    unknown, _ = await bot.call("POST", "/v3/conversations", {**wanted, "members": [{"id": "nobody"}]})

    assert first == second
    assert unknown == 404


@pytest.mark.parametrize(
    ("activity", "complaint"),
    [
        ({"type": "message"}, "nothing in it"),
        ({"type": "typing"}, "activity of type typing"),
        (apps.message({"type": "AdaptiveCard", "version": "1.2"}), "version 1.5"),
        ({**apps.message(apps.card(apps.TEXT)), "text": "<at>Ben</at>"}, "are two messages"),
    ],
)
async def test_what_teams_would_not_show_is_noted(bot: apps.Bot, activity: apps.Json, complaint: str) -> None:
    """Whatever the bot sends is looked at."""
    await bot.call("POST", f"{HERE}/activities", activity)

    assert complaint in bot.teams.complaints[0]


@pytest.mark.parametrize("status", [412, 429, 502])
async def test_faults(bot: apps.Bot, status: int) -> None:
    """Any call can be made to fail as it does in life."""
    bot.teams.faults.append(emulator.Fault("POST .*/activities", status=status, headers={"Retry-After": "1"}))

    failed, _ = await bot.call("POST", f"{HERE}/activities", apps.message(apps.card(apps.TEXT)))
    await bot.post(apps.card(apps.TEXT))

    assert failed == status


async def test_more_than_seven_messages_in_a_second_are_too_many(bot: apps.Bot) -> None:
    """Teams counts by conversation, and says how long to wait."""
    bot.teams.limits.on = True

    sent = [
        (await bot.call("POST", f"{HERE}/activities", apps.message(apps.card(apps.TEXT))))[0]
        for _ in range(9)
    ]
    other = await bot.post(apps.card(apps.TEXT), tenant.APPROVALS)

    assert (sent[:7], sent[8], bool(other)) == ([201] * 7, 429, True)
