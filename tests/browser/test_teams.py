"""Teams on the page: the same people at another client, with the bot's own cards and dialogs."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from bot import wiring
from bot.sandbox import command, pace, stage, world
from bot.sandbox.page import server
from bot.sandbox.teams import tenant
from tests.browser import axe
from tests.browser.conftest import Sandbox
from tests.browser.desk import Desk, Wish

APPROVE = "Approve"
WISH = Wish(reason="For *everybody*, see <b>Ben</b> [here](https://x.example)")
PRODUCTION = Wish(
    name="variants",
    workspace="acme/production",
    repository="genomics/variant-caller",
    search="variant-c",
)


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    """Return a sandbox with Teams beside Slack; afterwards no service may have had a complaint."""
    manifest = wiring.slack_manifest(command.PUBLIC_URL)
    outside = world.World(manifest, speed=pace.FAST, policy=tenant.POLICY, teams=True)
    async with (
        stage.Stage(outside, kind=stage.on_the_clock) as on,
        server.Page(on, manifest) as page,
    ):
        yield Sandbox(on, page)
        assert outside.teams
        assert [*outside.slack.complaints, *outside.teams.complaints] == []
        assert (await on.report()).findings == ()


@dataclass
class Teams:
    """One person's Teams in a column."""

    node: Locator

    @property
    def window(self) -> Locator:
        """Return the open dialog."""
        return self.node.get_by_role("dialog")

    def messages(self) -> Locator:
        """Return what is shown of the conversation that is open."""
        return self.node.get_by_role("list", name=re.compile("^(Posts in|Chat with)")).get_by_role("listitem")

    def field(self, label: str) -> Locator:
        """Return a field of the dialog."""
        return self.window.get_by_label(label)

    async def go(self, place: str) -> None:
        """Open a conversation."""
        rail = self.node.get_by_role("navigation")
        await rail.get_by_role("button", name=place, exact=True).click()

    async def say(self, words: str) -> None:
        """Write to the bot."""
        writing = self.node.get_by_role("textbox", name=re.compile("^Write to"))
        await writing.fill(words)
        await writing.press("Enter")

    async def open_form(self) -> None:
        """Get the form's card from the bot, and open the dialog."""
        await self.say("registry")
        await self.messages().get_by_role("button", name="Open the form").last.click()
        await expect(self.field("Name")).to_be_visible()

    async def fill(self, wish: Wish) -> None:
        """Fill the dialog, the repository by typing a part of its name."""
        await self.field("Name").fill(wish.name)
        await self.field("Tower workspace").select_option(label=wish.workspace)
        await self.field("Repository").click()
        await self.field("Repository").fill(wish.search)
        await self.window.get_by_role("option").filter(has_text=wish.repository).first.click()
        await self.field("Reason").fill(wish.reason)

    async def ask(self, wish: Wish = WISH) -> None:
        """Ask for a credential."""
        await self.open_form()
        await self.fill(wish)
        await self.window.get_by_role("button", name="Ask for it").click()
        await expect(self.window.get_by_role("status")).to_contain_text("waits for")
        await self.window.get_by_role("button", name="Close").last.click()
        await expect(self.window).to_have_count(0)

    def approval(self, words: str = "genomics/aligner") -> Locator:
        """Return the approvers' card about a request."""
        return self.messages().filter(has_text=words).first


async def teams_of(desk: Desk, name: str, whole: str) -> Teams:
    """Turn a person's column to Teams."""
    await desk.turn_to(name)
    slack = desk.page.get_by_role("region", name=f"{name}'s Slack")
    await slack.get_by_role("button", name="Teams", exact=True).click()
    return Teams(desk.page.get_by_role("region", name=f"{whole}'s Teams"))


async def both(desk: Desk) -> tuple[Teams, Teams]:
    """Return Ana's and Ben's Teams."""
    return await teams_of(desk, "Ana", "Ana Ruiz"), await teams_of(desk, "Ben", "Ben Ortiz")


async def test_the_journey_in_teams(desk: Desk, sandbox: Sandbox) -> None:
    """Ana asks in a dialog, Ben approves a card, and the thread says that it is in Tower."""
    ana, ben = await both(desk)
    await ana.ask()
    card = ben.approval()
    await expect(card).to_contain_text(WISH.reason)  # as it was typed, and not as markup
    await card.get_by_role("button", name=APPROVE).click()

    await expect(card.get_by_role("button", name=APPROVE)).to_have_count(0)
    await expect(ana.messages().filter(has_text="What to do next")).to_have_count(1)
    await ana.go("registry-bot")

    await expect(ana.messages().filter(has_text="is in Tower")).to_have_count(1)
    assert len(sandbox.world.tokens()) == 1


async def test_asked_on_slack_and_approved_in_teams(desk: Desk) -> None:
    """One column is at Slack and the other at Teams, and they are about the same request."""
    ben = await teams_of(desk, "Ben", "Ben Ortiz")
    await desk.ana.open_form()
    await desk.ana.fill(PRODUCTION)
    await desk.ana.submit.click()

    await ben.approval(PRODUCTION.repository).get_by_role("button", name=APPROVE).click()

    await expect(desk.ana.request(PRODUCTION.repository)).to_contain_text("is in Tower")


async def test_what_was_typed_stays_when_something_is_wrong(desk: Desk) -> None:
    """The dialog comes back with the problem beside its field, and with everything that was typed."""
    ana = await teams_of(desk, "Ana", "Ana Ruiz")
    await ana.open_form()
    await ana.fill(Wish(name="a b!"))
    await ana.window.get_by_role("button", name="Ask for it").click()

    await expect(ana.window.get_by_role("alert").first).to_be_visible()
    await expect(ana.field("Name")).to_have_value("a b!")
    chosen = ana.window.get_by_role("listitem").filter(has_text="genomics/aligner")
    await expect(chosen).to_have_count(1)


async def test_a_denial_needs_its_reason(desk: Desk) -> None:
    """The reason stands in the card itself: without one nothing is sent, with one it is told."""
    ana, ben = await both(desk)
    await ana.ask()
    card = ben.approval()
    await card.get_by_role("button", name="Deny").first.click()
    await card.get_by_role("button", name="Deny").last.click()
    await expect(card).to_contain_text("Say why")
    await card.get_by_label("Why do you deny it?").fill("Use <i>ours</i>.")

    await card.get_by_role("button", name="Deny").last.click()

    await expect(ana.messages().filter(has_text="Use <i>ours</i>.")).not_to_have_count(0)


async def test_who_asked_is_told_why_not(desk: Desk) -> None:
    """A refusal is shown below the card, to who pressed, and to nobody else."""
    ana, ben = await both(desk)
    await ana.ask()
    await ana.go("Registry approvals")

    await ana.approval().get_by_role("button", name=APPROVE).click()

    await expect(ana.approval()).to_contain_text("own request")
    await expect(ben.approval()).not_to_contain_text("own request")


async def test_asking_beside_the_compose_box(desk: Desk) -> None:
    """The app's own command opens the same dialog, without a message to the bot."""
    ana = await teams_of(desk, "Ana", "Ana Ruiz")
    await ana.go("Registry credential")

    await expect(ana.field("Reason")).to_be_visible()
    await ana.window.press("Escape")

    await expect(ana.window).to_have_count(0)


async def test_by_keyboard_alone(desk: Desk) -> None:
    """The whole form can be filled and sent without a pointer, and the focus is never lost."""
    ana = await teams_of(desk, "Ana", "Ana Ruiz")
    await ana.say("registry")
    opener = ana.messages().get_by_role("button", name="Open the form")
    await opener.focus()
    await desk.page.keyboard.press("Enter")
    await expect(ana.field("Name")).to_be_focused()
    await desk.page.keyboard.type("aligner")
    await desk.page.keyboard.press("Tab")
    await desk.page.keyboard.type("acme/research")
    await desk.page.keyboard.press("Tab")
    await desk.page.keyboard.type("aligner")
    found = ana.window.get_by_role("listbox").get_by_role("option")
    await expect(found.first).to_contain_text("genomics/aligner")
    await desk.page.keyboard.press("Enter")
    await ana.window.get_by_role("button", name="Ask for it").press("Enter")
    await expect(ana.window.get_by_role("button", name="Close").last).to_be_focused()
    await desk.page.keyboard.press("Enter")

    await expect(opener).to_be_focused()


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
async def test_everybody_can_use_it(desk: Desk, axe_script: str) -> None:
    """Cards and dialogs hold what accessibility rules ask, in both colours and on a phone."""
    ana = await teams_of(desk, "Ana", "Ana Ruiz")
    await ana.ask()
    closed = await axe.violations(desk.page, axe_script)
    await ana.open_form()

    opened = await axe.violations(desk.page, axe_script)

    assert (closed, opened) == ([], [])
    assert await desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
