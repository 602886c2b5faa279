"""Approvals under a policy file, through the front door: quorum, groups, changes while the bot runs."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
from pathlib import Path

import pytest

from bot.sandbox import acme, journeys, play, process, story
from bot.sandbox.slack import entities
from tests.e2e import inside
from tests.e2e.conftest import Opener, a_world

LEADS = entities.Usergroup("S0LEADS", "leads", "Leads", (acme.CLEO,))
BY_GROUP = f"""
[groups.leads]
slack_usergroups = "{LEADS.id}"
[[rules]]
name = "leads"
approvers = "leads"
approval_channel = "{acme.APPROVALS}"
"""


def write(path: Path, text: str) -> None:
    """Edit the policy file."""
    path.write_text(text)


async def opened(open_stage: Opener, policy: str) -> play.Play:
    """Return the people of a world with a policy file."""
    on = play.Play(await open_stage(a_world(policy=policy)), story.Story())
    on.world.slack.state.groups[LEADS.id] = LEADS
    return on


async def test_two_have_to_agree(open_stage: Opener) -> None:
    """The journey, with a bot inside the test."""
    on = await opened(open_stage, acme.BY_TWO)

    await journeys.JOURNEYS["quorum"].run(on)

    assert "Both approvals stand in the message." in [event.text for event in on.story.events]


async def test_a_user_group_is_asked_and_looked_up(open_stage: Opener) -> None:
    """The message calls the group; who is in it decides, and who was taken out does not."""
    on = await opened(open_stage, BY_GROUP)
    asked = await on.ask()
    ben = on.person(acme.BEN)

    await ben.click(asked.approval, play.APPROVE)
    told = await ben.awaits(play.APPROVERS, "only the group leads can decide")
    on.world.slack.state.groups[LEADS.id] = dataclasses.replace(LEADS, users=(acme.BEN,))
    await on.approve(asked)
    await on.done(asked)

    assert "@leads: please decide." in asked.approval.text
    assert told.message.only_for == acme.BEN


async def test_a_group_that_slack_does_not_know_is_told_to_operators(open_stage: Opener) -> None:
    """The click is refused, and whoever can correct the file reads which key."""
    on = await opened(open_stage, BY_GROUP)
    asked, cleo = await on.ask(), on.person(acme.CLEO)
    del on.world.slack.state.groups[LEADS.id]
    bot = on.stage.bot
    assert isinstance(bot, inside.InsideBot)
    watching = asyncio.create_task(bot.runtime.watches[0]())

    await cleo.click(asked.approval, play.APPROVE)
    await cleo.awaits(play.APPROVERS, "could not be looked up who may approve")
    told = await cleo.awaits(play.TOLD, "Nobody of the policy's group")
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)

    assert "Correct its id under slack_usergroups" in told.text.replace("`", "")
    assert on.world.tokens() == ()


async def test_who_may_not_deny_gets_no_window(open_stage: Opener) -> None:
    """Deny is refused at the click, before anybody writes a reason."""
    on = await opened(open_stage, acme.BY_TWO)
    asked, dan = await on.ask(), on.person(acme.DAN)

    await dan.click(asked.approval, play.DENY)
    told = await dan.awaits(play.APPROVERS, "You are not an approver")

    assert (dan.modal(), told.message.only_for) == (None, acme.DAN)


async def test_the_same_thing_is_asked_once(open_stage: Opener) -> None:
    """Who asks for what is asked for already is shown whose request that is, and loses nothing typed."""
    on = await opened(open_stage, acme.BY_TWO)
    await on.ask()
    dan = on.person(acme.DAN)
    await on.open_form(dan)
    await on.fill(dan, play.Wish(name="another"))

    await dan.submit()
    window = await dan.awaits_modal("This is asked for already")
    await dan.close()

    assert "by @Ana in #genomics" in window.text
    assert "another" in (await dan.awaits_modal("Will ask")).text


@pytest.mark.parametrize(
    ("who", "words"),
    [
        (acme.BEN, "To the policy you are Ben."),
        (acme.BEN, "workspace acme/* (rule everything, by two)."),
        (acme.DAN, "You are no approver by any rule."),
        (acme.GUS, "You are a guest here, and guests cannot use this bot."),
    ],
)
async def test_everybody_may_ask_who_they_are(open_stage: Opener, who: str, words: str) -> None:
    """What the bot knows of somebody is theirs to read, and nobody else reads it."""
    on = await opened(open_stage, acme.BY_TWO)
    person = on.person(who)
    if who not in on.world.slack.state.board.channels[acme.GENOMICS].members:
        on.world.slack.state.board.join(acme.GENOMICS, who)

    await person.command(play.COMMAND, "whoami", channel=play.HOME)

    assert words in person.ephemerals()[-1].text


@pytest.mark.timeout(120)
async def test_an_edited_policy_comes_into_force_at_a_signal(open_stage: Opener) -> None:
    """SIGHUP: a broken file is told and changes nothing, a good one decides from then on."""
    on = play.Play(await open_stage(a_world(policy=acme.BY_TWO), kind=process.BotProcess), story.Story())
    ops = on.person(acme.CLEO)
    write(on.world.policy_file, acme.BY_TWO.replace("quorum", "qourum"))
    on.stage.bot._signal(signal.SIGHUP)
    broken = await ops.awaits(play.TOLD, "The policy file is broken")
    asked = await on.ask()
    write(on.world.policy_file, acme.BY_TWO.replace("quorum = 2", "quorum = 1"))
    on.stage.bot._signal(signal.SIGHUP)
    await ops.awaits(play.TOLD, "A new policy is in force")

    await on.person(acme.BEN).click(asked.approval, play.APPROVE)
    told = await on.person(acme.BEN).awaits(play.APPROVERS, "rules for this request have changed")
    metrics = (await on.stage.bot.get("/metrics")).decode()

    assert "rules.1.qourum is not a key of a policy file" in broken.text
    assert told.message.only_for == acme.BEN
    assert "registry_bot_alerts_total 1.0" in metrics
