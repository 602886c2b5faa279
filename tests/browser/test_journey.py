"""The whole journey, with two people side by side."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser import desk as desks
from tests.browser.desk import Desk


@pytest.mark.parametrize("look", ["light", "phone"])
async def test_a_credential_is_asked_for_approved_and_delivered(desk: Desk) -> None:
    """Ana asks, Ben approves, and the thread tells Ana what to do next, on a desk and on a phone."""
    asked = await desk.ana.ask()
    await desk.ben.approve()

    await desk.ana.here()

    await expect(asked).to_contain_text(re.compile(r"is done: .*Verified: Wave read"))
    thread = await desk.ana.open_thread(asked)
    await expect(thread).to_contain_text("What to do next")
    await expect(thread).to_contain_text("Done: result written down")


async def test_every_copy_of_a_request_comes_to_say_the_same(desk: Desk) -> None:
    """The channel, the approvers and Ana's direct messages all say that it is in Tower."""
    asked = await desk.ana.ask()
    decided = await desk.ben.approve()

    await expect(asked).to_contain_text("is in Tower")
    await expect(decided).to_contain_text("is in Tower")
    await desk.ana.go("registry-bot")
    await expect(desk.ana.request(desks.WISH.repository, "registry-bot")).to_contain_text("is in Tower")


async def test_the_page_says_where_the_password_went(desk: Desk) -> None:
    """The password is made once by Azure, delivered once to Tower, and is nowhere else."""
    await expect(desk.way).to_have_text(["0made by Azure", "0delivered to Tower", "0anywhere else"])
    await desk.ana.ask()
    await desk.ben.approve()

    await expect(desk.way).to_have_text(["1made by Azure", "1delivered to Tower", "0anywhere else"])
    await expect(desk.traffic.get_by_role("status").first).to_contain_text("seen nowhere else")
    assert await desk.rows.filter(has_text="Tower got the password").count() == 1


async def test_the_guide_notices_what_was_done(desk: Desk) -> None:
    """Each of the four steps is ticked once it was done, and not before."""
    done = desk.guide.get_by_role("heading", name=re.compile(r"\(done\)"))
    await desk.ana.open_form()
    await expect(done).to_have_text(["Ana asks (done)"])
    await desk.ana.fill(desks.WISH)
    await desk.ana.submit.click()
    await expect(done).to_have_count(2)

    await desk.ben.approve()

    await expect(done).to_have_count(4)


@pytest.mark.timeout(180)
async def test_the_guide_plays_everything_by_itself(desk: Desk) -> None:
    """“Show me all of it” asks, fills, approves and opens the result."""
    await desk.guide.get_by_role("button", name="Show me all of it").click()

    await expect(desk.guide.get_by_role("heading", name=re.compile(r"\(done\)"))).to_have_count(
        4, timeout=90_000
    )
    await expect(desk.ana.thread).to_contain_text("What to do next")
    await expect(desk.guide.get_by_role("button", name="Show me all of it")).to_be_disabled()
