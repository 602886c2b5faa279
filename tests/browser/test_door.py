"""Who may talk to the page's server, and what the page may do in a browser."""

from __future__ import annotations

import re

import httpx
from playwright.async_api import expect

from tests.browser.conftest import Sandbox
from tests.browser.desk import Desk

FOREIGN = (
    {"Origin": "https://elsewhere.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Content-Type": "text/plain"},  # what a form can send without asking
)
PLANT = """
() => {
  const planted = document.createElement("script");
  planted.textContent = "window.ran = 1";
  document.body.append(planted);
}
"""


async def test_a_foreign_host_is_refused(sandbox: Sandbox) -> None:
    """A name that somebody else owns and points to this machine opens nothing."""
    foreign = {"Host": f"sandbox.example:{sandbox.page.port}"}

    async with httpx.AsyncClient(base_url=sandbox.page.url, headers=foreign, trust_env=False) as client:
        answers = [await client.get(path) for path in ("", "api/stream", "js/main.js")]

    assert [one.status_code for one in answers] == [421, 421, 421]
    assert all("loopback" in one.text for one in answers)


async def test_a_foreign_page_can_do_nothing(sandbox: Sandbox) -> None:
    """A page in another tab cannot make people of the sandbox do things."""
    async with httpx.AsyncClient(base_url=sandbox.page.url, trust_env=False) as client:
        answers = [
            await client.post(
                "api/bot/kill", headers={"Content-Type": "application/json", **headers}, content="{}"
            )
            for headers in FOREIGN
        ]

    assert [one.status_code for one in answers] == [403, 403, 415]
    assert sandbox.on.bot.running


async def test_the_content_policy_lets_nothing_in_from_elsewhere(sandbox: Sandbox) -> None:
    """Scripts and styles come from files of the page's own, and there is none inside of it."""
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(sandbox.page.url)

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|javascript:", answer.text) == []


async def test_the_policy_is_enforced(desk: Desk) -> None:
    """A script that somebody managed to put into the page would not run."""
    desk.provoked.append("Content Security Policy")

    await desk.page.evaluate(PLANT)

    assert await desk.page.evaluate("window.ran") is None


async def test_nothing_is_loaded_from_outside(desk: Desk) -> None:
    """Every file of the page comes from its own server."""
    loaded = await desk.page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")

    assert [one for one in loaded if not one.startswith(desk.address)] == []
    assert any(one.endswith("/js/main.js") for one in loaded)


async def test_dark_is_a_switch_that_stays(desk: Desk) -> None:
    """Somebody who prefers the dark gets it by a switch, and still has it after a reload."""
    dark = desk.page.get_by_role("switch", name="Dark")
    await expect(dark).not_to_be_checked()
    light_paper = await _paper(desk)

    await dark.click()
    await desk.reload()

    await expect(dark).to_be_checked()
    assert await _paper(desk) != light_paper


async def _paper(desk: Desk) -> str:
    colour: str = await desk.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return colour
