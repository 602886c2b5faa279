"""Menus of several and check boxes, drawn from any view that Slack would take: by mouse and by keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, expect

from bot.sandbox import acme
from tests import waiting
from tests.browser import axe
from tests.browser.conftest import Sandbox
from tests.browser.desk import Desk

NAMES = ("genomics/aligner", "genomics/annotator", "genomics/variant-caller", "proteomics/fdr")


def plain(text: str) -> dict[str, Any]:
    """Return a plain_text object."""
    return {"type": "plain_text", "text": text}


def option(text: str) -> dict[str, Any]:
    """Return an option."""
    return {"text": plain(text), "value": text}


WINDOW: dict[str, Any] = {
    "type": "modal",
    "title": plain("Remove repositories"),
    "submit": plain("Ask for it"),
    "blocks": [
        {
            "type": "input",
            "block_id": "several",
            "label": plain("Repositories"),
            "element": {
                "type": "multi_static_select",
                "action_id": "several",
                "options": [option(name) for name in NAMES],
                "initial_options": [option(NAMES[3])],
                "max_selected_items": 3,
            },
        },
        {
            "type": "input",
            "block_id": "boxes",
            "optional": True,
            "label": plain("How"),
            "element": {
                "type": "checkboxes",
                "action_id": "boxes",
                "options": [{**option("At once"), "description": plain("Even while jobs use it")}],
            },
        },
    ],
}


class Window:
    """The window with a menu of several, open in Ana's Slack."""

    def __init__(self, desk: Desk, sandbox: Sandbox) -> None:
        self.desk = desk
        self.menu = desk.ana.field("Repositories")
        self.chosen = desk.ana.window.get_by_role("list", name="Chosen").get_by_role("listitem")
        self._screens = sandbox.world.slack.state.screens
        self._screens.open(acme.ANA, WINDOW)

    def option(self, name: str) -> Locator:
        """Return one of the options that are shown."""
        return self.desk.ana.options().filter(has_text=name)

    async def knows(self, *names: str) -> None:
        """Wait until Slack itself knows that exactly these are chosen."""

        def known() -> bool:
            view = self._screens.top(acme.ANA)
            entry = view.values["several"]["several"] if view else {}
            return [one["value"] for one in entry.get("selected_options", ())] == list(names)

        await waiting.wait_until(known, f"Slack has {names}")


@pytest.fixture
def window(desk: Desk, sandbox: Sandbox) -> Window:
    """Return the open window."""
    return Window(desk, sandbox)


async def test_several_are_chosen_with_the_mouse(window: Window) -> None:
    """The menu stays open for the next one, and each chosen one has a button that takes it out."""
    await window.menu.click()
    await window.option(NAMES[0]).click()
    await window.option(NAMES[2]).click()
    await window.knows(NAMES[3], NAMES[0], NAMES[2])

    await window.chosen.get_by_role("button", name=f"Remove {NAMES[0]}").click()

    await expect(window.chosen).to_have_text([NAMES[3], NAMES[2]])
    await window.knows(NAMES[3], NAMES[2])


async def test_several_are_chosen_with_the_keyboard(window: Window) -> None:
    """Letters search, Enter takes one and lets it go again, Backspace takes back the last one."""
    keys = window.desk.page.keyboard
    await window.menu.focus()

    await window.menu.press_sequentially("ann")
    await expect(window.option(NAMES[1])).to_be_visible()
    await keys.press("Enter")
    await window.knows(NAMES[3], NAMES[1])
    await window.menu.fill("")
    await expect(window.desk.ana.options()).to_have_count(len(NAMES))
    await keys.press("Backspace")

    await window.knows(NAMES[3])
    await keys.press("Escape")
    await expect(window.menu).to_have_attribute("aria-expanded", "false")
    await expect(window.desk.ana.window).to_be_visible()  # Escape closed the menu, not the window


async def test_no_more_than_the_most(window: Window) -> None:
    """A menu that takes three says so at the fourth, and keeps the three."""
    await window.menu.click()
    for name in NAMES[:3]:
        await window.option(name).click()

    await expect(window.desk.ana.window).to_contain_text("At most 3: take one out first.")
    await window.knows(NAMES[3], NAMES[0], NAMES[1])


async def test_a_chip_is_taken_out_without_losing_the_place(window: Window) -> None:
    """After the last one went, the keyboard stands in the menu again."""
    remove = window.chosen.get_by_role("button", name=f"Remove {NAMES[3]}")
    await remove.focus()

    await window.desk.page.keyboard.press("Enter")

    await window.knows()
    await expect(window.menu).to_be_focused()


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
async def test_nobody_is_shut_out_of_it(window: Window, axe_script: str, look: str) -> None:
    """axe-core finds nothing serious in it, closed, open and with a box ticked."""
    found = await axe.violations(window.desk.page, axe_script)
    await window.menu.click()
    found += await axe.violations(window.desk.page, axe_script)
    await window.desk.page.keyboard.press("Escape")
    box = window.desk.ana.window.get_by_role("checkbox", name="At once")

    await box.check()

    await expect(box).to_be_checked()
    assert {look: found + await axe.violations(window.desk.page, axe_script)} == {look: []}
