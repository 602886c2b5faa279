"""Teams on the page's server: what it shows, and what people do there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot import wiring
from bot.sandbox import acme, pace, play, stage, world
from bot.sandbox.page import teams
from bot.sandbox.teams import people, tenant
from tests.e2e import inside
from tests.page.conftest import PUBLIC_URL, Browser, Json
from tests.waiting import wait_until

ANA = tenant.ANA.id


@pytest.fixture
async def on() -> AsyncIterator[stage.Stage]:
    """Return the stage of a fresh world with Teams beside Slack."""
    manifest = wiring.slack_manifest(PUBLIC_URL)
    outside = world.World(manifest, speed=pace.FAST, policy=tenant.POLICY, teams=True)
    async with stage.Stage(outside, kind=inside.InsideBot) as opened:
        yield opened


async def do(browser: Browser, deed: str, *, by: str = ANA, **body: Any) -> tuple[int, Json]:
    """Let somebody do something in Teams."""
    return await browser.post(f"api/teams/{by}/{deed}", body)


async def _launcher(browser: Browser, on: stage.Stage) -> str:
    assert on.world.teams
    await do(browser, "say", where=tenant.GENOMICS, text="registry")
    ana = people.Person(on.world.teams, ANA)
    await wait_until(lambda: len(ana.sees(tenant.HOME)) > 1, "the bot answers")
    return ana.sees(tenant.HOME)[-1].id


async def test_the_snapshot_has_teams(browser: Browser) -> None:
    """Who opens the page sees who is in Teams, who they are on Slack, and everybody's conversations."""
    shown = (await browser.shown())["teams"]

    twins = {one["name"]: one["slack"] for one in shown["people"]}
    names = [one["name"] for one in shown["conversations"] if ANA in one["members"]]
    assert twins["Ana Ruiz"] == acme.ANA
    assert names == [tenant.HOME, tenant.APPROVERS, ""]


async def test_a_form_from_the_launcher_to_the_approvers(browser: Browser, on: stage.Stage) -> None:
    """A dialog is opened by a button's number, searched in, and sent with what was typed."""
    message = await _launcher(browser, on)
    await do(browser, "press", where=tenant.GENOMICS, message=message, button=0)
    _, found = await do(browser, "search", field="repository", text="align")
    typed = {
        "name": "aligner",
        "workspace": str(acme.RESEARCH),
        "repository": found["options"][0]["value"],
        "reason": "Why not",
    }

    status, outcome = await do(browser, "submit", typed=typed)

    assert (status, outcome["errors"], outcome["notice"]) == (200, {}, None)
    assert "waits for" in (await browser.shown())["teams"]["windows"][ANA]["told"]
    await do(browser, "close")
    assert (await browser.shown())["teams"]["windows"][ANA] is None


async def test_changes_come_with_the_stream(browser: Browser, on: stage.Stage) -> None:
    """Each message of the bot's is told to every open page."""
    events = browser.events()
    await anext(events)
    message = await _launcher(browser, on)

    told: set[str] = set()
    async for _, kind, data in events:
        if kind == "teams" and "message" in data:
            told.add(data["message"]["id"])
        if message in told:
            break
    await events.aclose()

    assert message in told


async def test_the_apps_command(browser: Browser) -> None:
    """Beside the compose box the app's command opens the same dialog."""
    status, _ = await do(browser, "compose", where=tenant.GENOMICS)

    assert status == 200
    assert (await browser.shown())["teams"]["windows"][ANA]["title"]


@pytest.mark.parametrize(
    ("by", "deed", "body", "status"),
    [
        ("nobody", "say", {"where": tenant.GENOMICS, "text": "x"}, 404),
        (ANA, "fly", {}, 404),
        (ANA, "say", {"where": tenant.GENOMICS}, 400),
        (ANA, "press", {"where": tenant.GENOMICS, "message": "1", "button": 0}, 409),
        (tenant.DAN.id, "say", {"where": tenant.APPROVALS, "text": "x"}, 409),
        (ANA, "submit", {"typed": {"name": "x"}}, 409),
    ],
)
async def test_what_cannot_be_done(
    browser: Browser, by: str, deed: str, body: dict[str, Any], status: int
) -> None:
    """What is not on somebody's screen is refused in words."""
    answered, said = await do(browser, deed, by=by, **body)

    assert (answered, bool(said["error"])) == (status, True)


def test_buttons_are_numbered_in_the_order_in_which_people_find_them() -> None:
    """Two buttons of one title are told apart: a number is the place in `reading.actions`."""
    inner = {"type": "AdaptiveCard", "actions": [{"type": "Action.Execute", "title": "No", "data": {}}]}
    card = {
        "type": "AdaptiveCard",
        "actions": [
            {"type": "Action.Execute", "title": "No", "data": {"type": "Action.Execute"}},
            {"type": "Action.ShowCard", "title": "No", "card": inner},
        ],
    }

    shown = teams.numbered(card)

    first, behind = shown["actions"]
    assert (first["press"], behind["card"]["actions"][0]["press"]) == (0, 1)
    assert "press" not in behind
    assert "press" not in first["data"]


def test_twins_are_the_policys_people() -> None:
    """The page's switch goes from a person to that person."""
    assert set(teams.TWINS) == {one.id for one in tenant.PEOPLE}
    assert play.HOME.lower() == tenant.HOME.lower()
