"""The sandbox's page over a fast world, with a bot inside the test's own process."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bot import wiring
from bot.sandbox import acme, pace, play, stage, story, world
from bot.sandbox.page import server
from tests.e2e import inside
from tests.waiting import wait_until

PUBLIC_URL = "https://registry-bot.example"
Json = dict[str, Any]


@dataclass
class Browser:
    """What a browser does with the page, without drawing it."""

    page: server.Page
    http: aiohttp.ClientSession

    async def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Json]:
        """Post JSON and return status and answer."""
        async with self.http.post(self.page.url + path, json=body or {}, headers=headers) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str = "", **headers: str) -> tuple[int, str]:
        """Get something and return status and body."""
        async with self.http.get(self.page.url + path, headers=headers) as answer:
            return answer.status, await answer.text()

    async def do(self, person: str, deed: str, **body: Any) -> tuple[int, Json]:
        """Let somebody do something."""
        return await self.post(f"api/people/{person}/{deed}", body)

    async def events(self, *, after: str = "") -> AsyncGenerator[tuple[str, str, Any], None]:
        """Go through the stream: number, kind and data of each event."""
        headers = {"Last-Event-ID": after} if after else {}
        async with self.http.get(self.page.url + "api/stream", headers=headers) as answer:
            found: dict[str, str] = {}
            async for line in answer.content:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    found[name] = value
                elif "data" in found:
                    yield found["id"], found["event"], json.loads(found["data"])
                    found = {}

    async def shown(self) -> Json:
        """Return what a page shows that is opened now."""
        events = self.events()
        _, _, everything = await anext(events)
        await events.aclose()
        return dict(everything)


@pytest.fixture
async def on() -> AsyncIterator[stage.Stage]:
    """Return the stage of a fresh world."""
    outside = world.World(wiring.slack_manifest(PUBLIC_URL), speed=pace.FAST)
    async with stage.Stage(outside, kind=inside.InsideBot) as opened:
        yield opened


@pytest.fixture
async def page(on: stage.Stage) -> AsyncIterator[server.Page]:
    """Return the page of that stage."""
    async with server.Page(on, wiring.slack_manifest(PUBLIC_URL)) as opened:
        yield opened


@pytest.fixture
async def browser(page: server.Page) -> AsyncIterator[Browser]:
    """Return a browser on that page."""
    connector = aiohttp.TCPConnector(force_close=True, limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=15)) as http:
        yield Browser(page, http)


@pytest.fixture
def people(on: stage.Stage) -> play.Play:
    """Return the people of that world, for what a test takes for granted."""
    return play.Play(on, story.Story())


@pytest.fixture
async def form(browser: Browser, on: stage.Stage) -> str:
    """Open Ana's form, and return her id."""
    await browser.do(acme.ANA, "command", command="/registry", channel=acme.GENOMICS)
    ana = on.world.slack.person(acme.ANA)
    await wait_until(lambda: (top := ana.modal()) and "Repository" in top.text, "the form is filled")
    return acme.ANA
