"""Looking people up: never from memory, shared by those who ask at once, and not known if not answered."""

from __future__ import annotations

import asyncio

import pytest

from bot import errors, membership, model, rules
from tests import builders, fakes

LEADS = rules.Group(name="leads", slack_usergroups=frozenset({"S0LEADS"}))
MIXED = rules.Group(name="mixed", members=frozenset({"slack:U0ANA"}), slack_usergroups=LEADS.slack_usergroups)


class Slack:
    """A directory, what operators were told of it, and who asks it."""

    def __init__(self) -> None:
        self.journal = fakes.Journal()
        self.directory = fakes.FakeDirectory(self.journal)
        self.directory.usergroups["S0LEADS"] = frozenset({"U0BEN"})
        self.told: list[str] = []
        self.people = membership.Membership({model.Platform.SLACK: self.directory}, alert=self.told.append)


@pytest.fixture
def slack() -> Slack:
    """Return a directory that knows one user group."""
    return Slack()


async def test_a_group_is_who_is_listed_and_who_slack_says(slack: Slack) -> None:
    """Both ways of being in a group count the same."""
    found = await slack.people.groups([LEADS, MIXED])

    assert {name: set(members or ()) for name, members in found.items()} == {
        "leads": {"slack:U0BEN"},
        "mixed": {"slack:U0ANA", "slack:U0BEN"},
    }


async def test_nothing_is_remembered(slack: Slack) -> None:
    """Two looks after one another ask twice."""
    await slack.people.groups([LEADS])
    slack.directory.usergroups["S0LEADS"] = frozenset()

    assert await slack.people.groups([LEADS]) == {"leads": frozenset()}


async def test_a_crowd_asks_once(slack: Slack) -> None:
    """Two hundred clicks at one moment are one call of what Slack limits to twenty a minute."""
    await asyncio.gather(*(slack.people.groups([LEADS]) for _ in range(200)))

    assert slack.journal.count("usergroup") == 1


async def test_one_who_gives_up_takes_nothing_from_the_others(slack: Slack) -> None:
    """A caller whose time is up leaves; the answer still comes for whoever waits."""
    waiting = [asyncio.create_task(slack.people.standing(builders.BEN)) for _ in range(2)]
    await asyncio.sleep(0)

    waiting[0].cancel()

    assert await waiting[1] is model.Standing.MEMBER
    assert (await asyncio.gather(waiting[0], return_exceptions=True))[0].__class__ is asyncio.CancelledError


async def test_when_nobody_waits_the_call_ends(slack: Slack) -> None:
    """No call outlives those who wanted it."""
    waiting = asyncio.create_task(slack.people.standing(builders.BEN))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert slack.people._standings._flights == {}
    assert await slack.people.standing(builders.BEN) is model.Standing.MEMBER


async def test_a_silent_slack_is_not_an_empty_group(slack: Slack) -> None:
    """What a retry may mend is not known, and nobody is woken for it."""
    away = errors.Throttled("Slack asked to wait.", service="Slack")
    slack.journal.faults += [fakes.Fault("usergroup", away), fakes.Fault("standing", away)]

    assert await slack.people.groups([MIXED]) == {"mixed": None}
    assert await slack.people.standing(builders.BEN) is model.Standing.UNKNOWN
    assert slack.told == []


async def test_a_slack_that_refuses_to_say_is_said_why(slack: Slack) -> None:
    """Who asks and operators read which scope to add; once Slack answers, nothing is left of it."""
    lacks = errors.Forbidden("The app lacks a permission.", service="Slack", remedy="Add users:read.")
    slack.journal.faults.append(fakes.Fault("standing", lacks))

    assert await slack.people.standing(builders.BEN) is model.Standing.UNKNOWN
    said = "The app lacks a permission. An administrator can mend it: Add users:read."
    assert slack.people.trouble(builders.BEN) == said
    assert slack.told == [f"Nobody can ask or decide on Slack. {said}"]

    await slack.people.standing(builders.BEN)

    assert slack.people.trouble(builders.BEN) is None


async def test_a_group_that_slack_does_not_know_is_an_operators_business(slack: Slack) -> None:
    """Group, user group, what is wrong and what to change are said."""
    gone = errors.Permanent("Slack does not know it.", service="Slack", remedy="Correct its id.")
    slack.journal.faults.append(fakes.Fault("usergroup", gone))

    await slack.people.groups([LEADS])

    assert slack.told == [
        (
            "Nobody of the policy's group “leads” can ask or decide: its user group S0LEADS cannot be "
            "looked up. Slack does not know it. Correct its id."
        )
    ]


async def test_a_platform_without_a_directory_knows_nobody() -> None:
    """Teams is not there yet: whoever comes from it is unknown, and a Slack group without Slack too."""
    alone = membership.Membership({}, alert=print)
    teams = builders.a_principal("1", platform=model.Platform.TEAMS)

    assert await alone.standing(teams) is model.Standing.UNKNOWN
    assert await alone.groups([LEADS]) == {"leads": None}
