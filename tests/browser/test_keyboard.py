"""The whole journey without a mouse."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser import desk as desks
from tests.browser.desk import Desk

FARTHEST = 60  # steps to any control of the page


async def test_everything_can_be_done_with_the_keyboard_alone(desk: Desk) -> None:
    """Ana asks and Ben approves with Tab, F6, arrows, Enter and letters, and with nothing else."""
    keys = desk.page.keyboard
    await _ask(desk)

    await keys.press("F6")
    approve = desk.ben.messages(desks.APPROVALS).get_by_role("button", name="Approve")
    await expect(approve).to_be_visible()
    await _walk(desk, "Shift+Tab", approve)
    await keys.press("Enter")

    await expect(desk.ana.request(desks.WISH.repository)).to_contain_text("is in Tower")
    replies = desk.ana.messages().get_by_role("button", name=re.compile(r"^\d+ repl(y|ies)")).first
    await keys.press("Shift+F6")
    await _walk(desk, "Shift+Tab", replies)
    await keys.press("Enter")
    await expect(desk.ana.thread).to_contain_text("What to do next")
    await keys.press("Escape")
    await expect(replies).to_be_focused()


async def _ask(desk: Desk) -> None:
    keys = desk.page.keyboard
    await keys.press("F6")
    await expect(desk.ana.node.get_by_role("combobox", name=f"Message #{desks.GENOMICS}")).to_be_focused()
    await keys.type(desks.COMMAND)
    await keys.press("Enter")
    await expect(desk.ana.field("Name")).to_be_focused()
    await keys.press("Control+a")
    await keys.type("aligner")
    for label, typed in (("Tower workspace", "research"), ("Repository", "genomics/aligner")):
        await _walk(desk, "Tab", desk.ana.field(label))
        await keys.press("ArrowDown")
        await expect(desk.ana.options()).not_to_have_count(0)
        await keys.type(typed)
        await expect(desk.ana.options()).to_have_count(1)
        await keys.press("Enter")
    await expect(desk.ana.window).to_contain_text("Will ask:")
    await _walk(desk, "Tab", desk.ana.submit)
    await keys.press("Enter")
    await expect(desk.ana.window).to_have_count(0)


async def test_tab_stays_inside_an_open_form(desk: Desk) -> None:
    """Going round with Tab never leaves the window, and every stop of it can be seen."""
    await desk.ana.open_form()
    await expect(desk.ana.field("Name")).to_be_focused()

    for _ in range(12):
        await desk.page.keyboard.press("Tab")
        await expect(desk.ana.window.locator(":focus")).to_be_in_viewport()


@pytest.mark.parametrize("look", ["light", "phone"])
async def test_what_a_thread_covers_is_out_of_reach(desk: Desk) -> None:
    """Where a thread lies over its channel, Tab goes to nothing that cannot be seen."""
    await desk.ana.say("Who knows how to ask for a credential?")
    message = desk.ana.messages().last
    await message.hover()
    await message.get_by_role("button", name="Reply in thread").click()
    await expect(desk.ana.thread).to_be_visible()

    await expect(desk.ana.messages()).to_have_count(0)
    await desk.page.keyboard.press("F6")
    await desk.page.keyboard.press("Shift+F6")
    await expect(desk.ana.thread.get_by_role("combobox", name="Reply in thread")).to_be_focused()


async def test_the_first_tab_offers_to_skip(desk: Desk) -> None:
    """Whoever uses the keyboard gets past the head of the page with one key."""
    await desk.page.keyboard.press("Tab")

    await expect(desk.page.get_by_role("link", name=re.compile("Skip"))).to_be_focused()
    await desk.page.keyboard.press("Enter")
    await expect(desk.ana.node).to_be_focused()


async def _walk(desk: Desk, key: str, there: Locator) -> None:
    for _ in range(FARTHEST):
        await desk.page.keyboard.press(key)
        if await there.evaluate("(node) => node === document.activeElement"):
            return
    pytest.fail(f"{key} does not lead to {there}")
