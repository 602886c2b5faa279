"""What becomes of a credential, on the page: its buttons, its windows, the list and the home."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, expect

from bot.sandbox import acme, play, story
from tests import waiting
from tests.browser import desk as desks
from tests.browser.conftest import Sandbox
from tests.browser.desk import Desk, Slack

NAME = desks.WISH.name
FARTHEST = 80  # steps to any control of the page
MANY = 22  # requests: more than the twenty of one page of a list


async def issued(sandbox: Sandbox) -> play.Asked:
    """Let Ana have a credential."""
    people = play.Play(sandbox.on, story.Story())
    asked = await people.ask()
    await people.approve(asked)
    await people.done(asked)
    return asked


async def result_of(desk: Desk) -> Locator:
    """Open the thread of Ana's request, and return the message with what can be done now."""
    thread = await desk.ana.open_thread(desk.ana.request(desks.WISH.repository))
    return thread.get_by_role("listitem").filter(has_text="What to do next")


async def approve(ben: Slack, words: str) -> None:
    """Let Ben approve the newest request with these words."""
    card = (await ben.here()).request(words, desks.APPROVALS)
    await card.get_by_role("button", name="Approve").click()
    await expect(card.get_by_role("button", name="Approve")).to_have_count(0)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("look", ["light", "phone"])
async def test_a_password_is_replaced_from_the_result(desk: Desk, sandbox: Sandbox) -> None:
    """A button at the result opens the window; Ben approves, time passes, and the old password is gone."""
    await issued(sandbox)
    await (await result_of(desk)).get_by_role("button", name="Rotate password").click()
    await expect(desk.ana.window).to_contain_text("Tower gets it before the old one goes")
    await desk.ana.window.get_by_role("button", name="Ask for rotation").click()
    await expect(desk.ana.window).to_have_count(0)

    await approve(desk.ben, "New password for a credential")
    await waiting.wait_until(lambda: _said(sandbox, "Now: waiting until nobody uses"), "it waits for caches")
    await desk.move_clock("+1 hour")
    await desk.ana.here()
    await desk.ana.thread.get_by_role("button", name="Close thread").click()

    told = desk.ana.request("a new password of the credential")
    await expect(told).to_contain_text("the old one does not work any more")


@pytest.mark.timeout(120)
async def test_it_is_revoked_with_the_keyboard_alone(desk: Desk, sandbox: Sandbox) -> None:
    """Tab, Space and Enter open the window, tick its box, give a reason and send it."""
    await issued(sandbox)
    keys, ana = desk.page.keyboard, desk.ana
    revoke = (await result_of(desk)).get_by_role("button", name="Revoke")

    await walk(desk, "Tab", revoke)
    await keys.press("Enter")
    at_once = ana.window.get_by_role("checkbox", name=re.compile("at once"))
    await expect(at_once).to_be_visible()
    await expect(ana.window).to_contain_text("What stops working")
    await walk(desk, "Tab", at_once)
    await keys.press("Space")
    await walk(desk, "Tab", ana.field("Reason"))
    await keys.type("The laptop is gone")
    await walk(desk, "Tab", ana.window.get_by_role("button", name="Ask for revocation"))
    await keys.press("Enter")

    await expect(ana.window).to_have_count(0)
    await expect(desk.ben.request("Revocation of a credential", desks.APPROVALS)).to_contain_text(
        "at once, even while jobs use it"
    )
    await approve(desk.ben, "Revocation of a credential")
    await expect(ana.thread).to_contain_text("was revoked on")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("look", ["light", "phone"])
async def test_the_home_is_fresh_and_a_place_to_work(desk: Desk, sandbox: Sandbox) -> None:
    """Ana's home follows what happens while she looks at it, and Ben approves in his."""
    people = play.Play(sandbox.on, story.Story())
    home = await desk.ben.home()
    await expect(home).to_contain_text("Nothing waits for you.")
    await people.ask()

    await home.get_by_role("button", name="Approve").click()
    home = await desk.ana.home()

    await expect(home).to_contain_text(re.compile(rf"Active.*{NAME} in acme/research"))
    await home.get_by_role("button", name="New credential").click()
    await expect(desk.ana.field("Repository")).to_be_visible()


@pytest.mark.timeout(120)
async def test_what_changes_while_somebody_looks_does_not_move_the_keyboard(
    desk: Desk, sandbox: Sandbox
) -> None:
    """A home that is drawn anew keeps the focus on the same button."""
    await issued(sandbox)
    home = await desk.ana.home()
    rotate = home.get_by_role("button", name="Rotate password")
    await rotate.focus()

    ana = sandbox.world.slack.person(acme.ANA)
    screen = ana.home()
    assert screen is not None
    view = screen.view.body
    top = {"type": "section", "text": {"type": "plain_text", "text": "Something new"}}
    sandbox.world.slack.state.screens.publish(acme.ANA, {**view, "blocks": [top, *view["blocks"]]})

    await expect(home).to_contain_text("Something new")
    await expect(rotate).to_be_focused()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("look", ["light", "phone"])
async def test_a_list_is_paged_without_losing_the_place(desk: Desk, sandbox: Sandbox) -> None:
    """Next and Previous replace the list that only Ana sees, and stay under her keyboard."""
    people = play.Play(sandbox.on, story.Story())
    for _ in range(MANY):
        asked = await people.ask()
        await people.person(acme.ANA).click(asked.origin, play.CANCEL)
        await people.agree("was cancelled", asked)
    await desk.ana.here()
    await desk.ana.say("/registry list")
    shown = desk.ana.messages().filter(has_text="Only visible to you")
    await expect(shown.get_by_role("button", name="Next")).to_be_visible()
    first = await shown.get_by_role("button", name="Details").count()

    await shown.get_by_role("button", name="Next").press("Enter")
    await expect(shown.get_by_role("button", name="Previous")).to_be_visible()
    await expect(shown).to_be_focused()  # the last page has no Next: its message has the keyboard
    await expect(shown.get_by_role("button", name="Details")).to_have_count(MANY - first)
    await shown.get_by_role("button", name="Previous").press("Enter")

    await expect(shown.get_by_role("button", name="Details")).to_have_count(first)
    await expect(shown).to_have_count(1)


def _said(sandbox: Sandbox, words: str) -> bool:
    held = sandbox.world.slack.state.board.messages.values()
    return any(words in str(one.blocks) for messages in held for one in messages.values())


async def walk(desk: Desk, step: str, to: Locator) -> None:
    """Step from control to control until one has the focus."""
    for _ in range(FARTHEST):
        if await to.evaluate("node => node === document.activeElement"):
            return
        await desk.page.keyboard.press(step)
    raise AssertionError(f"{step} does not lead there")
