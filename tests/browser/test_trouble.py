"""Bad weather: what people see while something is wrong, and that it ends well."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from bot.sandbox import acme
from tests.browser import desk as desks
from tests.browser.conftest import Sandbox
from tests.browser.desk import Desk

RECOVERED_MS = 90_000  # a lease of 15 s runs out before another bot takes the work over


@pytest.mark.parametrize(
    "fault", ["Tower throttles", "Tower is down", "Azure throttles", "Azure is slow", "Wave is down"]
)
@pytest.mark.timeout(180)
async def test_a_fault_delays_the_work_and_spoils_nothing(desk: Desk, sandbox: Sandbox, fault: str) -> None:
    """While a service misbehaves the thread says how far it is; afterwards the work is finished."""
    asked = await desk.ana.ask()
    await desk.switch(fault)
    await desk.ben.approve()
    thread = await desk.ana.open_thread(asked)
    await expect(thread).to_contain_text("Now:")

    await desk.switch(fault)

    await expect(thread).to_contain_text("Verified: Wave read", timeout=RECOVERED_MS)
    assert len(sandbox.world.tokens()) == 1


@pytest.mark.timeout(180)
async def test_a_bot_killed_at_work_goes_on_where_it_was(desk: Desk, sandbox: Sandbox) -> None:
    """Killed in the middle and started again, the bot finishes, and makes nothing twice."""
    asked = await desk.ana.ask()
    await desk.switch("Tower is down")
    await desk.ben.approve()
    thread = await desk.ana.open_thread(asked)
    await expect(thread).to_contain_text("Now:")
    await desk.bot.click()
    await expect(desk.guide).to_contain_text("The bot is gone")
    await desk.switch("Tower is down")

    await desk.bot.click()

    await expect(desk.guide).to_contain_text("The bot is running")
    await expect(thread).to_contain_text("Verified: Wave read", timeout=RECOVERED_MS)
    made = len(sandbox.world.tokens()), len(sandbox.world.tower.state.credentials[acme.RESEARCH])
    assert made == (1, 1)


async def test_without_the_bot_slack_says_so(desk: Desk) -> None:
    """A command to a dead bot is answered by Slack; once the bot is back, the command works."""
    await desk.bot.click()
    await expect(desk.guide).to_contain_text("The bot is gone")
    await desk.ana.say(desks.COMMAND)
    await expect(desk.ana.messages().last).to_contain_text("failed")

    await desk.bot.click()
    await expect(desk.guide).to_contain_text("The bot is running")

    await desk.ana.open_form()
    await expect(desk.ana.submit).to_be_enabled()


async def test_a_reload_in_the_middle_of_the_work_loses_nothing(desk: Desk) -> None:
    """The thread is open again after a reload, shows where the work is, and goes on by itself."""
    asked = await desk.ana.ask()
    await desk.switch("Tower throttles")
    await desk.ben.approve()
    thread = await desk.ana.open_thread(asked)
    await expect(thread).to_contain_text("Now:")

    await desk.reload()

    await expect(thread).to_contain_text("Now:")
    await expect(desk.guide.get_by_role("switch", name="Tower throttles")).to_be_checked()
    await desk.switch("Tower throttles")
    await expect(thread).to_contain_text("What to do next")


async def test_what_slack_refuses_is_shown_loudly(desk: Desk, sandbox: Sandbox) -> None:
    """A complaint of Slack's about the app stands above everything until it is dismissed."""
    alerts = desk.page.get_by_role("region", name="What Slack refused")
    await expect(alerts).to_have_count(0)
    known = sandbox.world.slack.state

    known.complain("chat.postMessage: invalid_blocks")

    await expect(alerts.get_by_role("alert")).to_contain_text("invalid_blocks")
    await alerts.get_by_role("button", name="Dismiss").click()
    await expect(alerts).to_have_count(0)
    sandbox.world.slack.complaints.clear()
