"""`make screenshots`: the README's pictures, taken from a sandbox of their own.

Each picture is of the page as people see it; nothing is drawn afterwards.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright, expect

from bot import wiring
from bot.sandbox import command, pace, stage, world
from bot.sandbox.page import server
from tests.browser import desk as desks

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
ARGUMENTS = (
    "--headless",
    "--no-sandbox",  # containers of CI systems run as root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WIDE: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
NARROW: dict[str, Any] = {"viewport": {"width": 390, "height": 780}, "device_scale_factor": 2}
STILL: dict[str, Any] = {"locale": "en-GB", "timezone_id": "UTC", "reduced_motion": "reduce"}


@asynccontextmanager
async def a_sandbox() -> AsyncIterator[str]:
    """Start a sandbox as `registry-bot sandbox` does, and return its page's address."""
    manifest = wiring.slack_manifest(command.PUBLIC_URL)
    outside = world.World(manifest, speed=pace.LIKE_LIFE)
    async with (
        stage.Stage(outside, kind=stage.on_the_clock) as on,
        server.Page(on, manifest) as page,
    ):
        yield page.url


async def take(folder: Path) -> list[Path]:
    """Play one request, and return the pictures taken of it."""
    taken: list[Path] = []
    async with a_sandbox() as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(ARGUMENTS)
        )

        async def look(page: Page, name: str) -> None:
            taken.append(folder / f"{name}.png")
            await page.screenshot(path=taken[-1])

        page = await browser.new_page(**WIDE, **STILL)
        await _journey(await desks.Desk(page, address).open(), look)
        dark = await browser.new_page(**WIDE, **STILL, color_scheme="dark")
        await _dark(await desks.Desk(dark, address).open(), look)
        phone = await browser.new_page(**NARROW, **STILL)
        await _phone(await desks.Desk(phone, address).open(), look)
        await browser.close()
    return taken


async def _journey(desk: desks.Desk, look: Any) -> None:
    ana, ben = desk.ana, desk.ben
    await ana.open_form()
    await ana.field("Name").fill(desks.WISH.name)
    await ana.pick("Tower workspace", desks.WISH.workspace)
    await ana.field("Repository").click()
    await ana.field("Repository").press_sequentially(desks.WISH.search)
    await expect(ana.options()).to_have_count(2)
    await look(desk.page, "form")
    await desk.page.keyboard.press("Escape")
    await ana.fill(desks.WISH)
    await ana.submit.click()
    message = ana.request(desks.WISH.repository)
    await expect(message.get_by_role("button", name="Cancel request")).to_be_visible()
    await ben.approve()
    thread = await ana.open_thread(message)
    await expect(thread).to_contain_text("What to do next", timeout=30_000)
    await expect(thread).to_contain_text("Done: result written down")
    await expect(ben.request(desks.WISH.repository, desks.APPROVALS)).to_contain_text("Verified")
    await desk.page.get_by_role("button", name="delivered to Tower").click()
    await look(desk.page, "journey")
    await desk.page.get_by_role("button", name="Tower got the password").click()
    await look(desk.page, "password")


async def _dark(desk: desks.Desk, look: Any) -> None:
    await desk.ana.open_thread(desk.ana.request(desks.WISH.repository))
    await desk.page.get_by_role("button", name="delivered to Tower").click()
    await look(desk.page, "journey-dark")


async def _phone(desk: desks.Desk, look: Any) -> None:
    await desk.ben.here()
    await look(desk.page, "phone")


def main() -> None:
    """Take the pictures, and say where they are."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    folder.mkdir(parents=True, exist_ok=True)
    for path in asyncio.run(take(folder)):
        print(path)  # noqa: T201  # a command prints


if __name__ == "__main__":
    main()
