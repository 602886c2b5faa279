"""The sandbox page as its user finds things on it: by role, label and words, never by class."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from playwright.async_api import Locator, Page, expect

COMMAND = "/registry"
FORM = "Registry credential"
GENOMICS, APPROVALS, APP = "genomics", "registry-approvals", "registry-bot"
NARROW = 760  # pixels; narrower pages show one thing at a time


@dataclass(frozen=True, slots=True)
class Wish:
    """What is typed and chosen in the form. `search` is what is typed to find the repository."""

    name: str = "aligner"
    workspace: str = "acme/research"
    repository: str = "genomics/aligner"
    search: str = "align"
    reason: str = "Nightly RNA-seq runs"


WISH = Wish()


class Slack:
    """One person's Slack. On a phone it is turned to before anything is done in it."""

    def __init__(self, desk: Desk, name: str) -> None:
        self.desk = desk
        self.name = name
        self.node = desk.page.get_by_role("region", name=f"{name}'s Slack")
        self.window = self.node.get_by_role("dialog")
        self.question = self.node.get_by_role("alertdialog")
        self.thread = self.node.get_by_role("complementary", name="Thread")
        self.submit = self.window.get_by_role("button", name="Ask for it")

    def messages(self, where: str = GENOMICS) -> Locator:
        """Return the messages of a channel, or of the app."""
        label = f"Messages from {where}" if where == "registry-bot" else f"Messages in #{where}"
        return self.node.get_by_role("list", name=label, exact=True).get_by_role("listitem")

    def request(self, words: str, where: str = GENOMICS) -> Locator:
        """Return the newest message with these words."""
        return self.messages(where).filter(has_text=words).last

    def place(self, name: str) -> Locator:
        """Return the entry of a channel, or of the app, in the sidebar."""
        rail = self.node.get_by_role("navigation", name=f"{self.name}'s channels")
        return rail.get_by_role("button", name=re.compile(rf"^{re.escape(name)}( ?\d+ unread)?$"))

    def field(self, label: str) -> Locator:
        """Return a field of the window that is open."""
        return self.window.get_by_label(label, exact=False).and_(self.window.locator("input, textarea"))

    def options(self) -> Locator:
        """Return what the open menu offers."""
        return self.window.get_by_role("listbox").get_by_role("option")

    async def here(self) -> Self:
        """Turn to this Slack, where only one thing is shown at a time."""
        await self.desk.turn_to(self.name)
        return self

    async def go(self, place: str) -> None:
        """Open a channel, or the app."""
        await self.here()
        # A thread covers the sidebar of a narrow Slack.
        if self.desk.narrow and await self.thread.is_visible():
            await self.thread.get_by_role("button", name="Close thread").click()
        await self.place(place).click()
        messages = self.node.get_by_role("button", name="Messages", exact=True)
        if place == APP and await messages.is_visible():
            await messages.click()

    async def home(self) -> Locator:
        """Open the app's home."""
        await self.here()
        await self.place(APP).click()
        tab = self.node.get_by_role("button", name="Home", exact=True)
        if await tab.get_attribute("aria-pressed") != "true":
            await tab.click()
        return self.node.get_by_role("region", name=f"Home of {APP}")

    async def say(self, words: str, where: str = GENOMICS) -> None:
        """Write into a channel and press Enter."""
        writing = (await self.here()).node.get_by_role("combobox", name=f"Message #{where}")
        await writing.fill(words)
        await writing.press("Enter")

    async def open_form(self) -> None:
        """Type the command, and wait until the form is there."""
        await self.say(COMMAND)
        await expect(self.field("Repository")).to_be_visible()

    async def pick(self, label: str, option: str, *, search: str | None = None) -> None:
        """Choose in a menu of the form, after typing `search` into it."""
        menu = self.field(label)
        await menu.click()
        if search is not None:
            await menu.fill(search)
        await self.options().filter(has_text=option).first.click()
        await self.holds(label, option)

    async def holds(self, label: str, option: str) -> None:
        """Wait until a menu shows that an option is chosen: in its field, or in front of it."""
        chosen = self.window.get_by_role("listitem").filter(has_text=option)
        menu = self.field(label).and_(self.window.locator("[data-several]"))
        if await menu.count():
            await expect(chosen).not_to_have_count(0)
        else:
            await expect(self.field(label)).to_have_value(re.compile(re.escape(option)))

    async def fill(self, wish: Wish) -> None:
        """Fill the form, and wait until it says who will be asked."""
        await self.field("Name").fill(wish.name)
        await self.pick("Tower workspace", wish.workspace)
        await self.pick("Repository", wish.repository, search=wish.search)
        await self.field("Reason").fill(wish.reason)
        await expect(self.window).to_contain_text(re.compile("Will ask:"))

    async def ask(self, wish: Wish = WISH) -> Locator:
        """Ask for a credential; return the message in the channel that shows where the request stands."""
        await self.open_form()
        await self.fill(wish)
        await self.submit.click()
        await expect(self.window).to_have_count(0)
        message = self.request(wish.repository)
        await expect(message.get_by_role("button", name="Cancel request")).to_be_visible()
        return message

    async def approve(self, repository: str = WISH.repository) -> Locator:
        """Approve what is asked for; return the approvers' message."""
        message = (await self.here()).request(repository, APPROVALS)
        await message.get_by_role("button", name="Approve").click()
        await expect(message.get_by_role("button", name="Approve")).to_have_count(0)
        return message

    async def open_thread(self, message: Locator) -> Locator:
        """Open the thread below a message."""
        await (await self.here()).node.page.wait_for_load_state()
        await message.get_by_role("button", name=re.compile("repl(y|ies)")).first.click()
        await expect(self.thread).to_be_visible()
        return self.thread

    async def become(self, name: str) -> Slack:
        """Let somebody else sit down at this Slack."""
        await (await self.here()).node.get_by_label("Whose Slack this is").select_option(label=name)
        return await Slack(self.desk, name).here()


class Desk:
    """The whole page: two people, the guide, the weather, and the requests that left the bot."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.narrow = page.viewport_size is not None and page.viewport_size["width"] < NARROW
        self.ana, self.ben = Slack(self, "Ana"), Slack(self, "Ben")
        self.guide = page.get_by_role("complementary", name="Guide and weather")
        self.bot = self.guide.get_by_role("button", name=re.compile("Kill it|Start it again"))
        self.traffic = page.get_by_role("region", name="Where did the password go?")
        self.way = self.traffic.get_by_role("list", name="The password's way").get_by_role("listitem")
        self.rows = self.traffic.get_by_role("row")
        self.detail = page.locator("dialog[open]")
        # Words that the console may say, since a test provokes them.
        self.provoked: list[str] = []

    async def open(self) -> Self:
        """Open the page and wait until it shows the sandbox."""
        await self.page.goto(self.address)
        await expect(self.page.locator("body.ready")).to_be_attached()
        return self

    async def reload(self) -> None:
        """Reload the page, as a browser does."""
        await self.page.reload()
        await expect(self.page.locator("body.ready")).to_be_attached()

    async def turn_to(self, what: str) -> None:
        """Show a part of the page where they take turns; where everything is shown, do nothing."""
        tabs = self.page.get_by_role("navigation", name="What to show")
        drawer = self.page.get_by_role("button", name="Guide", exact=True)
        if await tabs.is_visible():
            await tabs.get_by_role("button", name=what, exact=True).click()
        elif what == "Guide" and await drawer.is_visible() and not await self.guide.is_visible():
            await drawer.click()

    async def switch(self, fault: str) -> Locator:
        """Turn a fault on or off; return its switch."""
        await self.turn_to("Guide")
        switch = self.guide.get_by_role("switch", name=fault)
        was = await switch.get_attribute("aria-checked")
        await switch.click()
        await expect(switch).not_to_have_attribute("aria-checked", str(was))
        return switch

    async def move_clock(self, by: str) -> None:
        """Let time pass."""
        await self.turn_to("Guide")
        await self.guide.get_by_role("button", name=by).click()

    async def open_request(self, what: str) -> Locator:
        """Open one of the bot's requests, by what it was for; return the window with its details."""
        await self.turn_to("Password")
        await self.traffic.get_by_role("button", name=what).first.click()
        await expect(self.detail).to_be_visible()
        return self.detail
