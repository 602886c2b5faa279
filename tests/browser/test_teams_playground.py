"""Microsoft's Agents Playground in front of the bot, where npx can fetch it: Microsoft's own cards."""

from __future__ import annotations

import re
import shutil

import pytest
from playwright.async_api import Page, expect

from bot import errors, wiring
from bot.sandbox import acme, command, pace
from bot.sandbox.teams import trial

WAITS_S = 150


@pytest.mark.timeout(240)
async def test_the_journey_in_the_playground(page: Page) -> None:
    """The form in the chat, Ben's approval from the terminal, and the result: drawn by Microsoft."""
    if shutil.which("npx") is None:
        pytest.skip("npx, which fetches the Agents Playground, is not on the PATH")
    manifest = wiring.slack_manifest(command.PUBLIC_URL)
    try:
        async with trial.opened(manifest, speed=pace.FAST) as (ground, on):
            await page.goto(ground.url)
            await _ask(page)
            refused = await ground.approve()

            await page.get_by_role("treeitem", name=re.compile("Personal Chat")).click()
            await expect(page.get_by_text("is in Tower").first).to_be_visible()

            assert refused is None
            assert len(on.world.tokens()) == 1
            assert (await on.report()).findings == ()
    except errors.ConfigurationError as error:
        pytest.skip(str(error))


async def _ask(page: Page) -> None:
    writing = page.locator("[role=textbox][data-lexical-editor=true]")
    await writing.click()
    await page.keyboard.type("registry")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Fill it in here").last.click()
    name, workspace, repository = (page.locator("input[id^=__ac]").nth(place) for place in range(3))
    await name.fill("aligner")
    await workspace.click()
    await page.get_by_role("option", name=f"{acme.ORG}/{acme.WORKSPACES[acme.RESEARCH]}").click()
    await repository.click()
    await repository.fill(acme.REPOSITORY)
    offered = page.get_by_role("menuitemcheckbox").or_(page.get_by_role("option"))
    await offered.filter(has_text=acme.REPOSITORY).first.click()
    await page.get_by_role("button", name="Ask for it").last.click()
    await expect(page.get_by_text("waits for").first).to_be_visible()
