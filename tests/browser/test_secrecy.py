"""The promise about the password, held against everything that a browser ever gets to see."""

from __future__ import annotations

from playwright.async_api import Page, Response, expect

from bot.sandbox import canary, sweep
from tests.browser.conftest import Sandbox
from tests.browser.desk import Desk

DELIVERED, MADE = "Tower got the password", "Azure made the password"
# The page as it is, with what stands in its fields.
EVERYTHING = """
() => {
  const typed = [...document.querySelectorAll("input, textarea")].map((one) => one.value);
  return [document.documentElement.outerHTML, ...typed].join();
}
"""
FETCH_DETAIL = "(number) => fetch(`/api/traffic/${number}`).then((answer) => answer.text())"


class Received:
    """What a browser was sent, from `listen` on: answers and the events of the stream."""

    def __init__(self) -> None:
        self.answers: list[Response] = []
        self.events: list[str] = []

    async def listen(self, page: Page) -> None:
        """Begin with the next request. Only the debugger hears the events of a stream."""
        page.on("response", self._hear)
        debugger = await page.context.new_cdp_session(page)
        debugger.on("Network.eventSourceMessageReceived", lambda event: self.events.append(event["data"]))
        await debugger.send("Network.enable")

    def _hear(self, answer: Response) -> None:
        self.answers.append(answer)

    async def places(self) -> list[canary.Place]:
        """Return all that came with the newest document and after it, to be searched."""
        # What an earlier document asked for last may still be answered, to nobody.
        began = max(at for at, one in enumerate(self.answers) if one.request.is_navigation_request())
        ended = [one for one in self.answers[began:] if not one.url.endswith("/api/stream")]
        bodies = [canary.Place(one.url, await one.body()) for one in ended]
        return [*bodies, canary.Place("the stream", "\n".join(self.events).encode())]


async def test_no_secret_reaches_the_browser(desk: Desk, sandbox: Sandbox) -> None:
    """Not in an answer, not in the stream, not on the page: neither the password nor any token."""
    received, shown = Received(), ""
    await received.listen(desk.page)
    await desk.reload()
    await desk.ana.ask()
    await desk.ben.approve()
    await expect(desk.ana.request("is in Tower")).to_be_visible()
    for number in range(1, 1 + len(sandbox.page.ledger.rows)):
        await desk.page.evaluate(FETCH_DETAIL, number)
    for marked in (MADE, DELIVERED):
        await expect(await desk.open_request(marked)).to_contain_text("registry password, hidden")
        shown += await desk.page.evaluate(EVERYTHING)
        await desk.page.keyboard.press("Escape")

    secrets = sweep.secrets_of(sandbox.world)
    places = [*await received.places(), canary.Place("the page", shown.encode())]

    assert canary.Canary(secrets).search(places) == []
    assert {secret.kind for secret in secrets} >= {canary.Kind.PASSWORD, canary.Kind.TOWER_TOKEN}
    # Else nothing was listened to.
    assert min(sum("aligner" in one for one in received.events), len(received.answers) - 100) > 0


async def test_a_request_is_opened_and_closed_again(desk: Desk) -> None:
    """One click shows what was sent and answered; closing it leads back to where one was."""
    await desk.ana.ask()
    await desk.ben.approve()

    detail = await desk.open_request(DELIVERED)

    await expect(detail.get_by_role("heading", name="Sent")).to_be_visible()
    await expect(detail).to_contain_text("container-reg")
    await expect(detail).to_contain_text("Tower token, hidden")
    await detail.get_by_role("button", name="Close").click()
    await expect(desk.detail).to_have_count(0)


async def test_the_requests_with_the_password_can_be_picked_out(desk: Desk) -> None:
    """A tick leaves the two requests that had the password, and hides all others."""
    await desk.ana.ask()
    await desk.ben.approve()
    await expect(desk.way).to_have_text(["1made by Azure", "1delivered to Tower", "0anywhere else"])

    await desk.traffic.get_by_label("Password only").check()

    await expect(desk.rows).to_have_count(3)  # the head is one


async def test_everything_is_searched_on_demand(desk: Desk) -> None:
    """A button looks for every secret everywhere, and says what it looked through."""
    await desk.ana.ask()
    await desk.ben.approve()
    await expect(desk.ana.request("is in Tower")).to_be_visible()

    await desk.traffic.get_by_role("button", name="Search everything").click()

    await expect(desk.traffic).to_contain_text("None is where it must not be.")
    await expect(desk.traffic).to_contain_text("Redis keys")
