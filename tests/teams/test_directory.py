"""What Teams says of people, at the moment of a decision."""

from __future__ import annotations

import dataclasses

import pytest

from bot import errors, model, ports
from bot.model import Standing
from bot.sandbox.emulator import Fault
from bot.sandbox.teams.entities import User
from handlers.teams.directory import TeamsDirectory
from handlers.teams.seen import MOST, Seen, Sight
from tests.teams import scenery
from tests.teams.house import House

HOMES = frozenset({scenery.TENANT})


@pytest.mark.parametrize(
    ("who", "standing"),
    [
        (scenery.ANA, Standing.MEMBER),
        (scenery.GUS, Standing.GUEST),
        (scenery.STRANGER, Standing.OUTSIDER),
        (dataclasses.replace(scenery.ANA, id="aaaaaaaa-0000-4000-8000-00000000dead"), Standing.GONE),
        (dataclasses.replace(scenery.ANA, id=""), Standing.UNKNOWN),
    ],
)
async def test_somebody_who_was_not_seen_is_looked_up_personally(
    house: House, who: User, standing: Standing
) -> None:
    """A worker has seen nobody act: their personal chat tells who they are."""
    assert await house.platform.directory.standing(scenery.principal(who)) is standing


async def test_somebody_is_looked_up_where_they_acted(house: House) -> None:
    """One call about the conversation that the click came from, and no chat is opened."""
    await house.says(house.scene(scenery.GUS), "help")
    before = len(house.teams.journal.exchanges)

    standing = await house.platform.directory.standing(scenery.principal(scenery.GUS))

    asked = [one.path for one in house.teams.journal.exchanges[before:]]
    assert standing is Standing.GUEST
    assert [path.rpartition("/")[2] for path in asked] == [scenery.GUS.member]


async def test_who_left_the_conversation_is_looked_up_elsewhere(house: House) -> None:
    """The channel does not know them any more; their personal chat does."""
    await house.says(house.scene(scenery.BEN), "help")
    house.teams.conversations[scenery.GENOMICS].members.remove(scenery.BEN.id)

    assert await house.platform.directory.standing(scenery.principal(scenery.BEN)) is Standing.MEMBER


async def test_teams_that_does_not_answer_is_no_answer(house: House) -> None:
    """What could not be looked up refuses; a person without the app is nothing for operators."""
    ben = scenery.principal(scenery.BEN)
    house.teams.faults.append(Fault(r"^POST /v3/conversations$", times=1, status=403))
    with pytest.raises(errors.Permanent) as closed:
        await house.platform.directory.standing(ben)
    house.teams.faults.append(Fault(r"^POST /v3/conversations$", times=None, status=500))
    with pytest.raises(errors.Temporary):
        await house.platform.directory.standing(ben)

    assert not isinstance(closed.value, errors.Forbidden)


async def test_a_channels_group_has_full_members_alone(house: House) -> None:
    """Guests and strangers in a channel never decide, page after page."""
    many = [User(f"bbbbbbbb-0000-4000-8000-{one:012d}", f"P {one}", scenery.TENANT) for one in range(120)]
    house.teams.people |= {one.id: one for one in many}
    channel = house.teams.conversations[scenery.APPROVALS]
    channel.members[:] = [scenery.GUS.id, scenery.STRANGER.id, *(one.id for one in many)]

    members = await house.platform.directory.usergroup(scenery.APPROVALS)

    assert members == {one.id for one in many}


def a_member(**changes: str) -> ports.Member:
    """Return an entry of a roster."""
    fields = {
        "id": "29:1",
        "user": "u",
        "tenant": scenery.TENANT,
        "name": "N",
        "role": "user",
        "login": "a@b.c",
    }
    return ports.Member(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({}, Standing.MEMBER),
        ({"role": "owner"}, Standing.MEMBER),
        ({"role": ""}, Standing.MEMBER),
        ({"tenant": ""}, Standing.MEMBER),
        ({"role": "", "login": ""}, Standing.UNKNOWN),
        ({"role": "robot"}, Standing.UNKNOWN),
        ({"role": "guest"}, Standing.GUEST),
        ({"login": "a_b.c#ext#@d.e"}, Standing.GUEST),
        ({"role": "anonymous"}, Standing.OUTSIDER),
        ({"tenant": scenery.OTHER_TENANT}, Standing.OUTSIDER),
    ],
)
async def test_what_a_roster_leaves_out_counts_against_somebody(
    house: House, changes: dict[str, str], standing: Standing
) -> None:
    """Only who is clearly a full member of our own tenant is one."""
    directory = TeamsDirectory(house.client, Seen(), tenants=HOMES)

    assert directory.judge(a_member(**changes)) is standing


def test_only_so_many_people_are_remembered() -> None:
    """A large tenant does not fill the memory: who was seen longest ago is forgotten."""
    seen = Seen()
    people = [
        model.Principal(platform=model.Platform.TEAMS, tenant="t", user=str(one)) for one in range(MOST + 1)
    ]

    for who in people:
        seen.note(who, Sight("19:x", "29:x"), "")

    assert seen.sight(people[0]) is None
    assert seen.sight(people[-1]) == Sight("19:x", "29:x")
