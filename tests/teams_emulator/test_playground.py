"""What stands between the bot and Microsoft's Agents Playground, without the Playground."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot import errors
from bot.sandbox import emulator
from bot.sandbox.teams import answers, playground, tenant
from tests.teams_emulator import apps

APPROVE: apps.Json = {
    **apps.press("Approve"),
    "verb": "approve",
    "data": {"action": "approve", "value": "1.1"},
}
POSTED = f"v3/conversations/{tenant.APPROVALS}/activities"


@pytest.fixture
async def ground(bot: apps.Bot, tmp_path: Path) -> AsyncIterator[playground.Playground]:
    """Return the relay between the two."""
    async with playground.Playground(tmp_path, emulator.Journal()) as opened:
        opened.lead(bot.teams.url, bot.teams.endpoint)
        yield opened


async def _post(ground: playground.Playground, path: str, body: object) -> tuple[int, apps.Json]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{ground.relay.url}/{path}", json=body) as got,
    ):
        return got.status, await got.json()


async def test_the_form_has_no_search_there(bot: apps.Bot, ground: playground.Playground) -> None:
    """A field that searches comes as the list that stands in for it."""
    shown = {"statusCode": 200, "type": answers.CARD, "value": apps.card(apps.FIND)}
    bot.answer("adaptiveCard/action", shown)

    _, answer = await _post(ground, "api/messages", {"type": "invoke", "name": "adaptiveCard/action"})

    (field,) = answer["value"]["body"]
    assert (field["choices"], "choices.data" in field) == (apps.FIND["choices"], False)


async def test_enter_approves_the_newest_request(bot: apps.Bot, ground: playground.Playground) -> None:
    """The relay remembers the card, and Ben presses its button, who is not at the page."""
    bot.answer("adaptiveCard/action", apps.told("Not you."))
    ground.relay.card = (f"{tenant.APPROVALS};messageid=7", "7", apps.card(actions=(APPROVE,)))

    told = await ground.approve()

    (got,) = bot.got
    assert told == "Not you."
    assert (got["from"]["aadObjectId"], got["replyToId"]) == (tenant.BEN.id, "7")
    assert got["value"]["action"]["verb"] == "approve"


async def test_what_is_posted_arrives(ground: playground.Playground) -> None:
    """The other side's refusal comes back as it is, and no card is remembered for it."""
    status, body = await _post(ground, POSTED, apps.message(apps.card(actions=(APPROVE,))))

    assert (status, body["error"]["code"], ground.relay.card) == (401, "Unauthorized", None)


async def test_nobody_waits_at_first(ground: playground.Playground) -> None:
    """Who presses Enter too early is told so."""
    assert await ground.approve() == "Nothing waits for approval yet."


def test_the_settings_name_enough_people() -> None:
    """The Playground wants five people beside the one at its page, and one channel beside the team's own."""
    said = playground.people()

    users, team = said["users"], said["team"]
    assert isinstance(users, list)
    assert isinstance(team, dict)
    assert (len(users), len(team["channels"])) == (5, 1)


def test_a_bot_for_it_is_told_to_believe_everybody(tmp_path: Path) -> None:
    """Nobody signs anything there, and there is no secret."""
    settings = playground.Playground(tmp_path, emulator.Journal()).environment()

    assert settings["REGISTRY_BOT_TEAMS_UNAUTHENTICATED"] == "true"
    assert "TEAMS_CLIENT_SECRET" not in settings


async def test_without_npx_it_says_what_is_missing(
    ground: playground.Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Playground cannot be fetched: that is one sentence."""
    monkeypatch.setenv("PATH", "")

    with pytest.raises(errors.ConfigurationError, match="npx"):
        await ground.start("http://127.0.0.1:9/api/messages")
