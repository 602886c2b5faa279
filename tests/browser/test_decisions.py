"""Who may decide, what people are told, and what happens when two do it at once."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Locator, expect

from tests.browser import desk as desks
from tests.browser.conftest import Sandbox
from tests.browser.desk import Desk, Slack


async def test_a_denial_carries_its_reason_to_whoever_asked(desk: Desk) -> None:
    """Ben says why he denies it; Ana reads it, and nothing was made."""
    asked = await desk.ana.ask()
    card = (await desk.ben.here()).request(desks.WISH.repository, desks.APPROVALS)
    await card.get_by_role("button", name="Deny").click()
    await desk.ben.window.get_by_label("Why do you deny it?").fill("Please ask for the production workspace.")
    await desk.ben.window.get_by_role("button", name="Deny").click()

    await expect(asked).to_contain_text("was denied by @Ben")
    await expect(card).to_contain_text("Please ask for the production workspace.")
    thread = await desk.ana.open_thread(asked)
    await expect(thread).to_contain_text("Please ask for the production workspace.")
    await expect(desk.way).to_have_text(["0made by Azure", "0delivered to Tower", "0anywhere else"])


async def test_a_request_is_cancelled_only_after_a_question(desk: Desk) -> None:
    """The question can be answered with no; with yes the request ends everywhere."""
    asked = await desk.ana.ask()
    cancel = asked.get_by_role("button", name="Cancel request")
    await cancel.click()
    await expect(desk.ana.question.get_by_role("button", name="Keep it")).to_be_focused()
    await desk.ana.question.get_by_role("button", name="Keep it").click()
    await expect(cancel).to_be_focused()

    await cancel.click()
    await desk.ana.question.get_by_role("button", name="Cancel it").click()

    await expect(asked).to_contain_text("was cancelled by the requester")
    card = desk.ben.request(desks.WISH.repository, desks.APPROVALS)
    await expect(card).to_contain_text("cancelled")
    await expect(card.get_by_role("button", name="Approve")).to_have_count(0)


@pytest.mark.parametrize(("who", "why"), [("Ana", "own"), ("Dan", "approv")])
async def test_who_may_not_decide_is_told_privately(desk: Desk, who: str, why: str) -> None:
    """The requester and an outsider are refused where only they can read it, and the request stays open."""
    await desk.ana.ask()
    slack = desk.ana if who == "Ana" else await desk.ana.become(who)
    await slack.go(desks.APPROVALS)

    await slack.request(desks.WISH.repository, desks.APPROVALS).get_by_role("button", name="Approve").click()

    private = slack.messages(desks.APPROVALS).filter(has_text="Only visible to you")
    await expect(private).to_contain_text(why)
    others = desk.ben.messages(desks.APPROVALS)
    await expect(others.filter(has_text="Only visible to you")).to_have_count(0)
    await expect(others.get_by_role("button", name="Approve")).to_be_enabled()


async def test_two_approvers_at_once_decide_once(desk: Desk, sandbox: Sandbox) -> None:
    """Ben and Cleo press Approve in the same moment: one decision, and one credential."""
    await desk.ana.ask()
    cleo = await desk.ana.become("Cleo")
    cards = [one.messages(desks.APPROVALS).filter(has_text="Requested by") for one in (desk.ben, cleo)]
    for card in cards:
        await expect(card.get_by_role("button", name="Approve")).to_be_visible()

    await asyncio.gather(*(_press_approve(card) for card in cards))

    for card in cards:
        await expect(card).to_contain_text("is in Tower")
        await expect(card.get_by_text("Approved by")).to_have_count(1)
    assert len(sandbox.world.tokens()) == 1


async def test_nobody_decides_and_the_request_expires(desk: Desk) -> None:
    """Four days later the request has expired, and its buttons are gone."""
    asked = await desk.ana.ask()

    await desk.move_clock("+4 days")

    await expect(asked).to_contain_text("expired")
    await expect(desk.ben.messages(desks.APPROVALS).get_by_role("button", name="Approve")).to_have_count(0)


@pytest.mark.parametrize("look", ["wide"])
async def test_a_third_person_sees_the_same(desk: Desk) -> None:
    """On a wide screen a third Slack opens, and shows what its person may see."""
    await desk.page.get_by_role("button", name="Third person").click()
    cleo = Slack(desk, "Cleo")
    await desk.ana.ask()

    card = cleo.request(desks.WISH.repository, desks.APPROVALS)

    await expect(card.get_by_role("button", name="Approve")).to_be_visible()


async def _press_approve(card: Locator) -> None:
    # As people do: the button may be gone by the time that the finger comes down.
    await card.get_by_role("button", name="Approve").dispatch_event("click")
