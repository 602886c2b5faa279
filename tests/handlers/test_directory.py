"""Who somebody is to Slack, and who is in its user groups: as of now, or not at all."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator

import pytest

from bot import errors
from bot.model import Standing
from bot.sandbox import acme
from bot.sandbox.emulator import Fault
from bot.sandbox.slack import entities
from handlers.slack import directory
from tests.handlers import house as houses
from tests.handlers import samples
from tests.handlers.house import House

LEADS = entities.Usergroup("S0LEADS", "leads", "Leads", (acme.CLEO, acme.BEN))


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """Return a Slack with a user group, and a client."""
    async with houses.emulator() as slack, houses.built(slack) as built:
        slack.state.groups[LEADS.id] = LEADS
        yield built


@pytest.fixture
def people(house: House) -> directory.SlackDirectory:
    """Return the directory."""
    return directory.SlackDirectory(house.web, team=acme.TEAM.id)


@pytest.mark.parametrize(
    ("user", "standing"),
    [
        (acme.BEN, Standing.MEMBER),
        (acme.GUS, Standing.GUEST),
        (acme.STRANGER, Standing.OUTSIDER),
        (acme.BOT, Standing.GONE),
    ],
)
async def test_an_account_is_what_slack_says(
    people: directory.SlackDirectory, user: str, standing: Standing
) -> None:
    """Members, guests, people of other organizations, and bots, which decide on nothing."""
    assert await people.standing(samples.person(user)) is standing


@pytest.mark.parametrize(
    ("ours", "theirs", "standing"),
    [
        ("E0ACME", "E0ACME", Standing.MEMBER),
        ("E0ACME", "E0OTHER", Standing.OUTSIDER),
        ("E0ACME", None, Standing.OUTSIDER),
        (None, "E0OTHER", Standing.OUTSIDER),
    ],
)
async def test_an_account_of_another_workspace_is_a_colleagues_only_in_our_organization(
    house: House, ours: str | None, theirs: str | None, standing: Standing
) -> None:
    """Slack gives `enterprise_user` for people of any organization, not of ours alone."""
    account = {"id": acme.BEN, "team_id": "T0ELSEWHERE"}
    grid = {"enterprise_user": {"id": "W0BEN", "enterprise_id": theirs}} if theirs else {}
    answer = json.dumps({"ok": True, "user": account | grid})
    house.slack.faults.append(Fault(r"/api/users\.info", 1, 200, {}, answer))
    people = directory.SlackDirectory(house.web, team=acme.TEAM.id, enterprise=ours)

    assert await people.standing(samples.BEN) is standing


async def test_who_left_is_gone_at_once(house: House, people: directory.SlackDirectory) -> None:
    """Nothing is remembered between two looks."""
    before = await people.standing(samples.BEN)
    house.slack.state.users[acme.BEN] = dataclasses.replace(house.slack.state.users[acme.BEN], deleted=True)

    assert (before, await people.standing(samples.BEN)) == (Standing.MEMBER, Standing.GONE)


async def test_a_user_group_has_its_members(house: House, people: directory.SlackDirectory) -> None:
    """Asked each time: who was taken out is out."""
    before = await people.usergroup(LEADS.id)
    house.slack.state.groups[LEADS.id] = dataclasses.replace(LEADS, users=(acme.BEN,))

    assert before == {acme.BEN, acme.CLEO}
    assert await people.usergroup(LEADS.id) == {acme.BEN}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ('{"ok":true}', errors.Temporary),
        ('{"ok":true,"users":null}', errors.Temporary),
        ('{"ok":false,"error":"plan_upgrade_required"}', errors.Permanent),
        ('{"ok":false,"error":"missing_scope","needed":"usergroups:read"}', errors.Forbidden),
    ],
)
async def test_an_answer_that_says_nothing_is_no_empty_group(
    house: House, people: directory.SlackDirectory, answer: str, kind: type[errors.ServiceError]
) -> None:
    """What Slack did not say is not known, and never taken for nobody or everybody."""
    house.slack.faults.append(Fault(r"/api/usergroups\.users\.list", 1, 200, {}, answer))

    with pytest.raises(kind):
        await people.usergroup(LEADS.id)


async def test_an_unknown_group_is_said_with_what_to_change(people: directory.SlackDirectory) -> None:
    """A wrong id in the policy file is an operator's to mend."""
    with pytest.raises(errors.Permanent, match="does not know this user group") as unknown:
        await people.usergroup("S0NOBODY")

    assert "slack_usergroups" in (unknown.value.remedy or "")


async def test_a_missing_scope_is_named(house: House, people: directory.SlackDirectory) -> None:
    """Without users:read nobody can be looked up: the error says what an administrator has to add."""
    state = house.slack.state
    state.app = dataclasses.replace(state.app, scopes=state.app.scopes - {"users:read"})

    with pytest.raises(errors.Forbidden) as refused:
        await people.standing(samples.BEN)

    assert refused.value.remedy == "Add the scope users:read to the Slack app and install it again."
