"""A Chromium for all of these tests, and for each one a sandbox of its own and a fresh profile."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright, expect

from bot import wiring
from bot.sandbox import command, pace, stage, world
from bot.sandbox.page import server
from tests.browser import axe, desk

WAIT_MS = 30_000  # for whatever is waited for: a busy machine is slow, and a condition ends the wait
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",  # containers of CI systems run as root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Whatever the page would load from elsewhere does not exist, and fails its test.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
LOOKS: dict[str, dict[str, Any]] = {
    "light": DESKTOP,
    "dark": {**DESKTOP, "color_scheme": "dark"},
    "wide": {"viewport": {"width": 1800, "height": 1000}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One sandbox: what stands around the bot, and the page's server."""

    on: stage.Stage
    page: server.Page

    @property
    def world(self) -> world.World:
        """Return everything outside of the bot."""
        return self.on.world


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this directory, and let them share one loop: the browser's."""
    for item in items:
        if item.path.parent == axe.HERE:
            item.add_marker(pytest.mark.browser)
            if inspect.iscoroutinefunction(getattr(item, "obj", None)):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(autouse=True)
def clean_loop() -> None:
    """Leave the loop alone: the tasks in it are the browser's, which outlives each test."""


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of the system's Chromium."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"none of {', '.join(NAMES)} is on the PATH")
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """Return a running browser."""
    expect.set_options(timeout=WAIT_MS)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield running
        await running.close()


@pytest.fixture(scope="session")
def axe_script() -> str:
    """Return axe-core."""
    return axe.installed()


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    """Return a sandbox with its page; afterwards no service may have had a complaint about the bot."""
    manifest = wiring.slack_manifest(command.PUBLIC_URL)
    outside = world.World(manifest, speed=pace.FAST)
    async with (
        stage.Stage(outside, kind=stage.on_the_clock) as on,
        server.Page(on, manifest) as page,
    ):
        yield Sandbox(on, page)
        assert [*outside.slack.complaints, *outside.arm.violations, *outside.tower.violations] == []


@pytest.fixture
def look() -> str:
    """Return how the page is looked at; tests choose by parametrizing it."""
    return "light"


@pytest_asyncio.fixture(name="page", loop_scope="session")
async def fresh_page(browser: Browser, look: str) -> AsyncIterator[Page]:
    """Return an empty page in a profile that nobody used before."""
    async with await browser.new_context(
        **LOOKS[look], locale="en-GB", timezone_id="UTC", reduced_motion="reduce"
    ) as context:
        context.set_default_timeout(WAIT_MS)
        yield await context.new_page()


@pytest_asyncio.fixture(name="desk", loop_scope="session")
async def opened_desk(sandbox: Sandbox, page: Page) -> AsyncIterator[desk.Desk]:
    """Return the opened page; afterwards the browser may have had nothing to complain about."""
    troubles: list[str] = []
    opened = desk.Desk(page, sandbox.page.url)
    page.on("pageerror", lambda error: troubles.append(f"script: {error}"))
    page.on("console", lambda message: troubles.extend(_complaint(message)))
    page.on("requestfailed", lambda request: troubles.extend(_failure(request)))
    yield await opened.open()
    # A violated content policy is said in the console, too.
    assert [one for one in troubles if not any(words in one for words in opened.provoked)] == []


def _complaint(message: ConsoleMessage) -> list[str]:
    return [f"console: {message.text}"] if message.type in {"error", "warning"} else []


def _failure(request: Request) -> list[str]:
    # Leaving the page ends the stream and whatever else is on its way.
    gone = request.failure == "net::ERR_ABORTED"
    return [] if gone else [f"{request.method} {request.url}: {request.failure}"]
