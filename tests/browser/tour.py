"""A walk through every state that the page has, for whoever wants to look at each of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from playwright.async_api import expect

from bot.sandbox import emulator, world
from tests.browser import desk as desks
from tests.browser.desk import Desk

Look = Callable[[str], Awaitable[None]]


async def walk(desk: Desk, outside: world.World, look: Look) -> None:
    """Play one request from the first look to its end, and call `look` with the name of each state."""
    await look("start")
    await _ask(desk, look)
    await _decide(desk, look)
    await _work(desk, outside, look)
    await _end(desk, look)
    await _life(desk, look)
    await _weather(desk, look)


async def _ask(desk: Desk, look: Look) -> None:
    ana = desk.ana
    writing = (await ana.here()).node.get_by_role("combobox", name=f"Message #{desks.GENOMICS}")
    await writing.press_sequentially(desks.COMMAND)
    await look("command")
    await writing.press("Enter")
    await expect(ana.field("Repository")).to_be_visible()
    await look("form")
    await ana.submit.click()
    await expect(ana.field("Repository")).to_have_attribute("aria-invalid", "true")
    await look("form-errors")
    await ana.field("Repository").fill("align")
    await expect(ana.options()).not_to_have_count(0)
    await look("form-search")
    await desk.page.keyboard.press("Escape")
    await ana.fill(desks.WISH)
    await look("form-preview")
    await ana.submit.click()
    await expect(ana.window).to_have_count(0)


async def _decide(desk: Desk, look: Look) -> None:
    ana, ben = desk.ana, desk.ben
    await (
        (await ana.here()).request(desks.WISH.repository).get_by_role("button", name="Cancel request").click()
    )
    await expect(ana.question).to_be_visible()
    await look("cancel-question")
    await ana.question.get_by_role("button", name="Keep it").click()
    card = (await ben.here()).request(desks.WISH.repository, desks.APPROVALS)
    await expect(card.get_by_role("button", name="Deny")).to_be_visible()
    await look("approval")
    await card.get_by_role("button", name="Deny").click()
    await expect(ben.window).to_be_visible()
    await look("denial")
    await ben.window.get_by_role("button", name="Back").click()


async def _work(desk: Desk, outside: world.World, look: Look) -> None:
    # Tower's answer is held back, so that there is time to look at the middle of the work.
    held = emulator.Fault(r"^(GET|POST) .*/credentials", times=None, status=503, headers={"Retry-After": "1"})
    outside.tower.faults.append(held)
    await desk.ben.approve()
    thread = await desk.ana.open_thread(desk.ana.request(desks.WISH.repository))
    await expect(thread).to_contain_text("Now:")
    await look("working")
    outside.tower.faults.remove(held)
    await expect(thread).to_contain_text("What to do next")
    await expect(thread).to_contain_text("Done: result written down")
    await look("done")


async def _end(desk: Desk, look: Look) -> None:
    await desk.open_request("Tower got the password")
    await look("request")
    await desk.page.keyboard.press("Escape")
    await expect(desk.detail).to_have_count(0)
    await desk.turn_to("Password")
    await desk.traffic.get_by_role("button", name="Search everything").click()
    await expect(desk.traffic).to_contain_text("None is where it must not be.")
    await look("searched")
    await desk.ana.go("registry-bot")
    await expect(desk.ana.request(desks.WISH.repository, "registry-bot")).to_contain_text("is in Tower")
    await look("direct-messages")


async def _life(desk: Desk, look: Look) -> None:
    ana = desk.ana
    await ana.go(desks.GENOMICS)
    await ana.say(f"{desks.COMMAND} list credentials")
    listed = ana.messages().filter(has_text="Only visible to you")
    await expect(listed.get_by_role("button", name="Details")).to_be_visible()
    await look("list")
    home = await ana.home()
    await expect(home).to_contain_text(f"{desks.WISH.name} in {desks.WISH.workspace}")
    await look("home")
    await home.get_by_role("button", name="Revoke").click()
    await expect(ana.window).to_contain_text("What stops working")
    await look("revoke-window")
    await ana.window.get_by_role("button", name="Cancel").click()
    await expect(ana.window).to_have_count(0)


async def _weather(desk: Desk, look: Look) -> None:
    await desk.switch("Azure is slow")
    await desk.bot.click()
    await expect(desk.guide).to_contain_text("The bot is gone")
    await look("weather")
    await desk.ana.go(desks.GENOMICS)
    await desk.ana.say(desks.COMMAND)
    await expect(desk.ana.node).to_contain_text("Slackbot")
    await look("bot-is-gone")
