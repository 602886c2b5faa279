"""The form: what is typed into it stays, whatever happens around it."""

from __future__ import annotations

import re

from playwright.async_api import expect

from bot.sandbox import acme
from tests import waiting
from tests.browser import desk as desks
from tests.browser.conftest import Sandbox
from tests.browser.desk import Desk, Wish

MARKUP = (
    "<script>alert(1)</script> *bold* _slanted_ `code` <!channel> <@U0BEN> &amp; <https://a.example|here>"
)


async def test_a_field_that_is_empty_is_pointed_at(desk: Desk) -> None:
    """Sending an empty form marks what is required, and puts the cursor into the first of it."""
    await desk.ana.open_form()

    await desk.ana.submit.click()

    workspace = desk.ana.field("Tower workspace")
    await expect(workspace).to_be_focused()
    await expect(workspace).to_have_accessible_description(re.compile("required"))
    await expect(desk.ana.field("Repository")).to_have_attribute("aria-invalid", "true")


async def test_a_wrong_field_costs_nothing_that_was_typed(desk: Desk) -> None:
    """A name that Tower would refuse is explained beside it, and everything else stays."""
    await desk.ana.open_form()
    await desk.ana.fill(Wish(name="not a name!"))

    await desk.ana.submit.click()

    name = desk.ana.field("Name")
    await expect(name).to_have_attribute("aria-invalid", "true")
    await expect(name).to_be_focused()
    await expect(name).to_have_value("not a name!")
    await expect(desk.ana.field("Reason")).to_have_value(desks.WISH.reason)
    await desk.ana.holds("Repository", desks.WISH.repository)


async def test_a_mended_form_is_taken(desk: Desk) -> None:
    """After an error the same window is sent again, with the one field changed."""
    await desk.ana.open_form()
    await desk.ana.fill(Wish(name="not a name!"))
    await desk.ana.submit.click()
    await expect(desk.ana.field("Name")).to_have_attribute("aria-invalid", "true")

    await desk.ana.field("Name").fill("aligner")
    await desk.ana.submit.click()

    await expect(desk.ana.window).to_have_count(0)
    await expect(desk.ana.request(desks.WISH.repository)).to_contain_text("waits for")


async def test_a_repository_is_found_with_the_keyboard(desk: Desk) -> None:
    """Typing searches, arrows go through what was found, Enter takes it."""
    await desk.ana.open_form()
    search = desk.ana.field("Repository")
    await search.press_sequentially("genomics/variant")
    await expect(desk.ana.options()).to_have_count(2)
    wanted = await desk.ana.options().nth(1).inner_text()

    await search.press("ArrowDown")
    await expect(desk.ana.options().nth(1)).to_have_id(
        str(await search.get_attribute("aria-activedescendant"))
    )
    await search.press("Enter")

    await desk.ana.holds("Repository", wanted.strip())
    await search.press("Escape")  # it stays open for the next one until then
    await expect(search).to_have_attribute("aria-expanded", "false")


async def test_escape_leaves_the_menu_before_the_window(desk: Desk) -> None:
    """The first Escape shuts the menu and forgets what was searched, the second closes the form."""
    await desk.ana.open_form()
    search = desk.ana.field("Repository")
    await search.press_sequentially("align")
    await expect(desk.ana.options()).not_to_have_count(0)

    await search.press("Escape")

    await expect(desk.ana.options()).to_have_count(0)
    await expect(search).to_have_value("")
    await search.press("Escape")
    await expect(desk.ana.window).to_have_count(0)
    await expect(desk.ana.node.get_by_role("combobox", name=f"Message #{desks.GENOMICS}")).to_be_focused()


async def test_a_search_without_matches_says_so(desk: Desk) -> None:
    """Nobody has to wonder whether the search is still going on."""
    await desk.ana.open_form()

    await desk.ana.field("Repository").fill("no-such-thing")

    await expect(desk.ana.window.get_by_text("No results")).to_be_visible()


async def test_the_window_says_what_stands_in_the_way(desk: Desk) -> None:
    """A credential that somebody made by hand for the same registry is warned of before anything is sent."""
    await desk.ana.open_form()
    await desk.ana.pick("Tower workspace", "acme/production")

    await desk.ana.pick("Repository", "proteomics/fdr", search="fdr")

    await expect(desk.ana.window).to_contain_text("somebody made by hand")


async def test_a_reload_keeps_what_was_typed(desk: Desk, sandbox: Sandbox) -> None:
    """The form is still there after the page was reloaded, and so is what was typed into it."""
    await desk.ana.open_form()
    await desk.ana.field("Name").fill("kept-name")
    await desk.ana.pick("Repository", desks.WISH.repository, search="align")
    await waiting.wait_until(lambda: "kept-name" in _typed(sandbox), "what is typed has reached Slack")

    await desk.reload()

    await expect(desk.ana.field("Name")).to_have_value("kept-name")
    await desk.ana.holds("Repository", desks.WISH.repository)


async def test_what_people_write_is_never_markup(desk: Desk) -> None:
    """A reason full of markup is shown to the approvers letter by letter, and pings nobody."""
    await desk.ana.open_form()
    await desk.ana.fill(Wish(reason=MARKUP))
    await desk.ana.submit.click()

    card = desk.ben.request(desks.WISH.repository, desks.APPROVALS)

    quote = card.get_by_role("blockquote")
    await expect(quote).to_have_text(MARKUP)
    assert await quote.locator("strong, em, code, script, .mention, .link").count() == 0


async def test_a_message_is_never_markup(desk: Desk) -> None:
    """What somebody writes into a channel cannot become an element of the page."""
    await desk.ana.say("<img src=x onerror=alert(1)> <!channel>")

    message = desk.ana.messages().last
    await expect(message).to_contain_text("<img src=x onerror=alert(1)> <!channel>")
    assert await message.locator("img, .mention").count() == 0


def _typed(sandbox: Sandbox) -> str:
    screen = sandbox.world.slack.person(acme.ANA).modal()
    return str(screen.view.values) if screen else ""
