"""What happens around the bot: time, bad weather, its own death; and the guide that watches."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot import wiring
from bot.sandbox import acme, pace, play, stage, story, world
from bot.sandbox.page import guide, server, shift, weather
from tests.page.conftest import PUBLIC_URL, Browser
from tests.waiting import wait_until


@pytest.mark.parametrize("switch", [one.id for one in weather.SWITCHES])
async def test_switch(browser: Browser, on: stage.Stage, switch: str) -> None:
    """A switch makes a service misbehave until it is turned back, and turning it twice is turning it once."""
    doubles = on.world.emulators

    for _ in range(2):
        await browser.post(f"api/faults/{switch}", {"on": True})
    shown = [one["id"] for one in (await browser.shown())["stage"]["faults"] if one["on"]]
    faults = [fault for double in doubles for fault in double.faults]
    for _ in range(2):
        await browser.post(f"api/faults/{switch}", {"on": False})

    assert shown == [switch]
    assert len({id(fault) for fault in faults}) == 1
    assert [fault for double in doubles for fault in double.faults] == []


@pytest.mark.parametrize(("switch", "body"), [("meteor", {"on": True}), ("wave-down", {"on": "yes"})])
async def test_no_switch(browser: Browser, switch: str, body: Any) -> None:
    """A switch that is not there is not turned."""
    status, _ = await browser.post(f"api/faults/{switch}", body)

    assert status == 400


async def test_recovery(browser: Browser, people: play.Play) -> None:
    """Wave is down during the work, comes back, and the work is done."""
    asked = await people.ask()
    await browser.post("api/faults/azure-429", {"on": True})
    await people.approve(asked)
    await wait_until(lambda: any(row.status == 429 for row in browser.page.ledger.rows), "Azure throttles")

    await browser.post("api/faults/azure-429", {"on": False})

    await people.done(asked)


async def test_clock(browser: Browser, on: stage.Stage) -> None:
    """Time passes in the whole world, and in the file that the bot's clock follows."""
    status, _ = await browser.post("api/clock", {"seconds": 3600})
    followed = shift.FollowedClock(on.world.folder / stage.CLOCK)

    assert status == 200
    assert followed.shift == on.world.slack.shift == dt.timedelta(hours=1)
    assert (await browser.shown())["stage"]["shift"] == 3600


@pytest.mark.parametrize("body", [{}, {"seconds": -5}, {"seconds": "1"}, {"seconds": 10**9}, [1]])
async def test_no_time(browser: Browser, body: Any) -> None:
    """Time only goes forward, and not for ever."""
    status, _ = await browser.post("api/clock", body)

    assert status == 400


async def test_followed_clock(tmp_path: Path) -> None:
    """A clock without a file is the real one, and nonsense in the file changes nothing."""
    path = tmp_path / "clock"
    clock = shift.FollowedClock(path)

    before = clock.shift
    shift.tell(path, dt.timedelta(days=4))
    moved = clock.now() - dt.datetime.now(dt.UTC)
    path.write_text("soon")
    await clock.sleep(0)

    assert before == dt.timedelta()
    assert moved.days in {3, 4}
    assert clock.shift == dt.timedelta(days=4)


@pytest.fixture
async def outdoors() -> AsyncIterator[server.Page]:
    """Return a page whose bot is a process of its own, as `registry-bot sandbox` starts it."""
    manifest = wiring.slack_manifest(PUBLIC_URL)
    async with (
        stage.Stage(world.World(manifest, speed=pace.FAST), kind=stage.on_the_clock) as on,
        server.Page(on, manifest) as page,
    ):
        yield page


async def test_expiry(outdoors: server.Page) -> None:
    """The bot's own process follows the page's clock: what nobody decided expires."""
    people = play.Play(outdoors._stage, story.Story())
    asked = await people.ask()

    outdoors._move_clock(dt.timedelta(days=4))

    await people.agree("expired", asked)


async def test_death_and_life(outdoors: server.Page) -> None:
    """The bot is killed and started again; asking twice for either is asking once."""
    outdoors.life.kill()
    dead = outdoors.life.state
    outdoors.life.start()
    outdoors.life.start()
    starting = outdoors.life.state
    await wait_until(lambda: outdoors.life.state == "up", "the bot is back")
    await outdoors.life.end()

    assert (dead, starting) == ("stopped", "starting")
    assert not outdoors._stage.bot.running


async def test_death_is_noticed(outdoors: server.Page) -> None:
    """A bot that dies by itself is shown as gone."""
    outdoors._stage.bot.kill()

    await wait_until(lambda: outdoors.life.state == "stopped", "the page knows")


async def test_bot_switch(outdoors: server.Page) -> None:
    """The page's button kills the bot, and starts it."""
    async with aiohttp.ClientSession() as http:
        browser = Browser(outdoors, http)

        _, killed = await browser.post("api/bot/kill")
        _, started = await browser.post("api/bot/start")

    assert (killed["bot"], started["bot"]) == ("stopped", "starting")


async def test_guide(browser: Browser, people: play.Play) -> None:
    """The guide notices each step, and begins again when asked to."""
    asked = await people.ask()
    half = [one["done"] for one in browser.page.guide.shown()]
    await people.approve(asked)
    await people.done(asked)
    whole = [one["done"] for one in (await browser.shown())["guide"]]

    await browser.post("api/guide/again")

    assert half == [True, True, False, False]
    assert whole == [True, True, True, True]
    assert not browser.page.guide.done


def test_steps_have_names() -> None:
    """Each step has an id that the page plays it by."""
    player = (server.STATIC / "js" / "play.js").read_text()

    assert all(f"async {id_}()" in player for id_, _, _ in guide.STEPS)


async def test_read_marks(browser: Browser) -> None:
    """What somebody has read stays read, whatever comes late."""
    for ts in ("2.0", "1.0"):
        await browser.post(f"api/people/{acme.ANA}/read", {"where": acme.GENOMICS, "ts": ts})
    wrong, _ = await browser.post(f"api/people/{acme.ANA}/read", {"where": acme.GENOMICS})

    assert (await browser.shown())["reads"] == {acme.ANA: {acme.GENOMICS: "2.0"}}
    assert wrong == 400


async def test_sweep(browser: Browser, people: play.Play) -> None:
    """Everything is searched on request: requests, Redis, logs, files."""
    await people.ask()

    status, report = await browser.post("api/sweep")

    assert status == 200
    assert (report["findings"], report["exchanges"] > 0, report["keys"] > 0) == ([], True, True)


async def test_notices_and_complaints(browser: Browser, on: stage.Stage) -> None:
    """What Slack tells people, and what it refuses of the app, both come to the page."""
    await browser.do(acme.ANA, "command", command="/nothing", channel=acme.GENOMICS)
    on.world.slack.state.complain("views.open: invalid_blocks")
    shown = await browser.shown()
    on.world.slack.state.complaints.clear()

    assert shown["notices"][0]["text"] == "/nothing is not a valid command."
    assert shown["complaints"] == ["views.open: invalid_blocks"]


async def test_deleted_message(browser: Browser, on: stage.Stage) -> None:
    """A message that is deleted goes from the page."""
    _, said = await browser.do(acme.ANA, "say", channel=acme.GENOMICS, text="oops")
    events = browser.events()
    await anext(events)

    on.world.slack.state.board.delete(acme.GENOMICS, said["ts"])
    _, kind, gone = await anext(events)
    await events.aclose()

    assert (kind, gone["ts"]) == ("message_gone", said["ts"])


async def test_home_is_shown(browser: Browser, on: stage.Stage) -> None:
    """An App Home comes to the page as soon as the app publishes it."""
    body = {"type": "home", "blocks": [{"type": "divider"}]}

    on.world.slack.state.screens.publish(acme.ANA, body)

    assert (await browser.shown())["homes"][acme.ANA]["blocks"][0]["type"] == "divider"
