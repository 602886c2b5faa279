"""The whole product with Teams: form, approval and result, on one platform and across two."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from bot.sandbox import acme, play, stage, story
from bot.sandbox.teams import activities
from bot.sandbox.teams.connector import Reaction, TeamsEmulator
from bot.sandbox.teams.entities import Message, User
from handlers import replies, text
from tests.e2e import inside
from tests.e2e.conftest import a_world
from tests.teams import reading, scenery
from tests.waiting import wait_until

POLICY = f"""
[defaults]
approval_channel = "{scenery.APPROVALS}"

[[people]]
name = "Ana"
slack = "{acme.ANA}"
teams = "{scenery.ANA.id}"

[[people]]
name = "Ben"
slack = "{acme.BEN}"
teams = "{scenery.BEN.id}"

[groups.platform]
people = ["Ben", "Ana"]
slack = "{acme.CLEO}"
teams = "{scenery.CLEO.id}"
"""
BY_LIST = POLICY + '[[rules]]\nname = "all"\napprovers = "platform"\n'
ON_SLACK = BY_LIST.replace(scenery.APPROVALS, acme.APPROVALS)
BY_ROSTER = f"""
[groups.approvers]
teams_channels = "https://teams.microsoft.com/l/channel/{scenery.APPROVALS}/Approvals?groupId=x&tenantId=y"
[[rules]]
name = "all"
approvers = "approvers"
approval_channel = "{scenery.APPROVALS}"
"""


@dataclass
class Both:
    """A bot with Teams beside Slack, and the people of both."""

    teams: TeamsEmulator
    slack: play.Play

    def scene(self, by: User, where: str, root: str | None = None) -> activities.Scene:
        """Return who acts, and where."""
        return activities.Scene(by, self.teams.conversations[where], scenery.APP.id, root)

    async def asked(self, by: User = scenery.ANA) -> None:
        """Open the form by its launcher in the channel, fill it and send it."""
        said = activities.message(self.scene(by, scenery.GENOMICS), "registry")
        self.teams.receive(by, self.teams.conversations[scenery.GENOMICS], said, None)
        await self.teams.deliver(said)
        (launcher,) = self.written(scenery.GENOMICS)
        here = self.scene(by, scenery.GENOMICS, launcher.root)
        value = activities.submitted(reading.action(launcher.card, replies.OPEN_FORM), {})
        opened = await self.teams.deliver(activities.invoke(here, "task/fetch", value, reply_to=launcher.id))
        sent = await self.sent(here, reading.shown(opened.body))
        assert "waits for" in str(sent.body["task"])

    async def sent(self, here: activities.Scene, form: Mapping[str, Any], **changes: object) -> Reaction:
        """Fill a form and send it."""
        host = self.slack.world.login_server()
        typed = {
            "name": "aligner",
            "workspace": str(acme.RESEARCH),
            "repository": f"{host}/{acme.REPOSITORY}",
            "validity": "90",
            "reason": "For *everybody*, see <at>Ben</at> [here](https://x.example)",
            **changes,
        }
        value = activities.submitted(reading.action(form, replies.FORM_SUBMIT), typed)
        return await self.teams.deliver(activities.invoke(here, "task/submit", value))

    async def approval(self) -> Message:
        """Wait for the card in the approvers' channel."""
        await wait_until(lambda: self.written(scenery.APPROVALS), "the approvers are asked")
        return self.written(scenery.APPROVALS)[0]

    async def pressed(
        self, by: User, card: Message, title: str, typed: Mapping[str, object] | None = None
    ) -> Reaction:
        """Press a button in the approvers' channel."""
        value = activities.pressed(reading.action(card.card, title), typed or {})
        here = self.scene(by, scenery.APPROVALS, card.root)
        return await self.teams.deliver(
            activities.invoke(here, "adaptiveCard/action", value, reply_to=card.id)
        )

    async def says(self, where: str, words: str) -> Message:
        """Wait for a message that says something, and return it."""

        def found() -> list[Message]:
            return [one for one in self.written(where) if words in reading.text(one.card)]

        await wait_until(found, f"somewhere in {where[:12]}: {words}", within_s=20.0)
        return found()[0]

    def written(self, where: str) -> list[Message]:
        """Return the bot's cards somewhere."""
        every = self.teams.conversations[where].messages.values()
        return [one for one in every if one.by == "bot" and one.card]

    def judged(self) -> list[str]:
        """Return what is wrong with any card that is shown anywhere."""
        every = [one for where in self.teams.conversations for one in self.written(where)]
        return [problem for one in every for problem in reading.problems(one.card)]


@contextlib.asynccontextmanager
async def opened(policy: str, **extra: str) -> AsyncIterator[Both]:
    """Return a bot on both platforms; afterwards no secret may have leaked."""
    async with scenery.emulator() as teams:
        on = stage.Stage(
            a_world(policy=policy), extra={**scenery.environment(teams), **extra}, kind=inside.InsideBot
        )
        async with on:
            teams.endpoint = f"{on.bot.url}/api/messages"
            yield Both(teams, play.Play(on, story.Story()))
            report = await on.report()
            assert [str(finding) for finding in report.findings] == []
            assert teams.complaints == []


async def test_the_journey_on_teams() -> None:
    """Ana asks in a dialog, Ben approves a card, the thread tells the result; every card is a good one."""
    async with opened(BY_LIST, SLACK_BOT_TOKEN="", REGISTRY_BOT_OPERATORS_CHANNEL="") as both:
        await both.asked()
        card = await both.approval()
        reaction = await both.pressed(scenery.BEN, card, text.APPROVE)
        result = await both.says(scenery.GENOMICS, "What to do next")
        await both.says(scenery.APPROVALS, "is done: the credential aligner is in Tower")
        direct = both.teams.personal(scenery.ANA).id
        await both.says(direct, "Your request for")

        shown = reading.shown(reaction.body)
        assert "was approved by Ben" in reading.text(shown)
        assert (reading.buttons(shown), reaction.took_s < 1.0) == ([], True)
        assert result.root == both.written(scenery.GENOMICS)[0].root
        every = both.teams.conversations[scenery.GENOMICS].messages.values()
        assert [one.text for one in every if one.by == "bot" and not one.card] == ["<at>Ana Ruiz</at>"]
        assert both.judged() == []
        assert len(both.slack.world.tokens()) == 1


async def test_what_slack_asked_is_approved_in_teams() -> None:
    """The approvers' channel is in Teams: a request from Slack is decided there, and told in Slack."""
    async with opened(BY_LIST) as both:
        ana = both.slack.person(acme.ANA)
        await both.slack.open_form(ana)
        await both.slack.fill(ana, play.Wish())
        await ana.submit()
        card = await both.approval()
        await both.pressed(scenery.BEN, card, text.APPROVE)

        told = await ana.awaits(play.HOME, "is in Tower")

        assert "Ana on Slack" in reading.text(card.card)
        assert "approved by" in reading.text((await both.approval()).card).lower()
        assert told.text
        assert both.judged() == []


async def test_what_teams_asked_is_approved_in_slack() -> None:
    """The approvers' channel is in Slack: a request from Teams is decided there, and told in Teams."""
    async with opened(ON_SLACK) as both:
        await both.asked()
        ben = both.slack.person(acme.BEN)
        asked = await both.slack.open_message(ben, play.APPROVERS, "aligner")
        await ben.click(asked, play.APPROVE)

        result = await both.says(scenery.GENOMICS, "What to do next")

        assert "Ana on Teams asks for a credential" in asked.text
        assert "Ana Ruiz" in reading.text(result.card)
        assert both.judged() == []


async def test_nobody_approves_their_own_request_with_another_account() -> None:
    """Ana asks in Slack; her account in Teams is linked to her, and is refused."""
    async with opened(BY_LIST) as both:
        ana = both.slack.person(acme.ANA)
        await both.slack.open_form(ana)
        await both.slack.fill(ana, play.Wish())
        await ana.submit()
        card = await both.approval()

        reaction = await both.pressed(scenery.ANA, card, text.APPROVE)

        assert "Nobody decides on their own request" in str(reaction.body["value"])
        assert both.slack.world.tokens() == ()


async def test_who_is_not_linked_decides_nothing_across_platforms() -> None:
    """Cleo approves in Teams what was asked there, and nothing that came from Slack."""
    async with opened(BY_LIST) as both:
        ana = both.slack.person(acme.ANA)
        await both.slack.open_form(ana)
        await both.slack.fill(ana, play.Wish())
        await ana.submit()
        card = await both.approval()

        reaction = await both.pressed(scenery.CLEO, card, text.APPROVE)

        assert "asked on another platform" in str(reaction.body["value"])


async def test_a_denial_has_its_reason_everywhere() -> None:
    """The reason that was typed on the card stands in every copy, as it was typed."""
    async with opened(BY_LIST, SLACK_BOT_TOKEN="", REGISTRY_BOT_OPERATORS_CHANNEL="") as both:
        await both.asked()
        card = await both.approval()
        await both.pressed(
            scenery.CLEO, card, replies.DENIAL_SUBMIT, {"reason": "Use *ours*, <at>Ana Ruiz</at>!"}
        )

        result = await both.says(scenery.GENOMICS, "You can ask again with")
        await both.says(scenery.APPROVALS, "was denied by Cleo Marsh")

        assert "Use *ours*, <at>Ana Ruiz</at>!" in reading.text(result.card)
        assert both.judged() == []
        assert both.slack.world.tokens() == ()


@pytest.mark.parametrize(
    ("who", "words"),
    [(scenery.GUS, "Guests cannot use this bot"), (scenery.ANA, "own request")],
)
async def test_a_channels_people_decide(who: User, words: str) -> None:
    """A group may be a Teams channel: its full members decide, and guests in it do not."""
    async with opened(BY_ROSTER, SLACK_BOT_TOKEN="", REGISTRY_BOT_OPERATORS_CHANNEL="") as both:
        await both.asked()
        card = await both.approval()

        refused = await both.pressed(who, card, text.APPROVE)
        taken = await both.pressed(scenery.CLEO, card, text.APPROVE)

        assert words in str(refused.body["value"])
        assert "was approved by Cleo Marsh" in reading.text(reading.shown(taken.body))
