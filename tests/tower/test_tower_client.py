"""The Tower client against a Tower over real HTTP."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest
from pydantic import SecretStr

from bot import errors, model, ports
from bot.clients import tower as tower_client
from bot.clients import tower_api
from bot.sandbox import arm_state, emulator, tower, tower_state
from tests.tower.conftest import (
    HOST,
    LAUNCH_TOKEN,
    PRODUCTION,
    RESEARCH,
    TEACHING,
    create,
    opened,
    tower_fault,
)


@pytest.mark.usefixtures("era")
async def test_only_workspaces_with_a_writing_role_are_listed(client: tower_client.TowerClient) -> None:
    """Owner and Admin may write; Launch may not, and another's workspace is not seen at all."""
    found = await client.workspaces()

    assert [each.full_name for each in found] == ["acme/research", "acme/production"]


async def test_an_old_tower_is_asked_for_the_participants(
    client: tower_client.TowerClient, tower: tower.TowerEmulator
) -> None:
    """Where the list has no roles, our own role is looked up in each workspace."""
    tower.switches.era = tower_state.Era.V22_4

    await client.workspaces()

    asked = [each.path for each in tower.journal.exchanges if "participants" in each.path]
    assert sorted(asked) == [
        f"/orgs/1/workspaces/{each}/participants?max=100&offset=0" for each in (101, 102, 103)
    ]


async def test_where_participants_may_not_be_read_the_write_itself_tells(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """An old Tower that refuses the list of participants leaves every workspace in."""
    tower.switches.era = tower_state.Era.V22_4
    tower.faults.append(tower_fault("participants", status=403))

    found = await client.workspaces()

    assert [each.id for each in found] == [RESEARCH, PRODUCTION, TEACHING]
    with pytest.raises(errors.Forbidden, match="acme/teaching"):
        await client.create(TEACHING, name="x1", registry=HOST, user="bot-token", password=password)


async def test_workspaces_are_remembered_and_looked_at_afresh_on_demand(
    client: tower_client.TowerClient, tower: tower.TowerEmulator
) -> None:
    """Ten callers at once share one look; `fresh` makes another."""
    await asyncio.gather(*(client.workspaces() for _ in range(10)))
    shared = len(tower.journal.exchanges)

    await client.workspaces(fresh=True)

    assert (shared, len(tower.journal.exchanges)) == (2, 4)


async def test_the_personal_workspace_is_listed_only_where_a_setting_allows(
    tower: tower.TowerEmulator,
) -> None:
    """It has the id 0, no organization, and the account's name."""
    async with opened(tower, REGISTRY_BOT_PERSONAL_WORKSPACE="true") as client:
        found = await client.workspaces()

    assert found[-1] == model.Workspace(id=0, org=None, name="registry-bot")
    assert found[-1].full_name == "registry-bot (personal)"


async def test_a_personal_credential_is_made_without_a_workspace_id(
    tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """The API spells the personal workspace by leaving workspaceId out."""
    async with opened(tower, REGISTRY_BOT_PERSONAL_WORKSPACE="true") as client:
        made = await client.create(0, name="mine", registry=HOST, user="bot-token", password=password)
        listed = await client.credentials(0)

    assert [each.id for each in listed] == [made]
    assert {each.path for each in tower.journal.exchanges} == {"/credentials"}


async def test_the_personal_workspace_is_closed_by_default(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """A 0 that slips in is refused before anything is sent."""
    with pytest.raises(errors.Forbidden) as refused:
        await client.create(0, name="mine", registry=HOST, user="bot-token", password=password)

    assert "REGISTRY_BOT_PERSONAL_WORKSPACE" in str(refused.value.remedy)
    assert tower.journal.exchanges == []


@pytest.mark.usefixtures("era")
async def test_a_credential_is_created_listed_updated_and_deleted(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """The id stays over an update, and each password arrives once for each save."""
    made = await create(client, password)

    await client.update(RESEARCH, made, name="genomics", registry=HOST, user="bot-token", password=password)

    (listed,) = await client.credentials(RESEARCH)
    expected = ports.TowerCredential(made, "genomics", "container-reg", HOST, "bot-token")
    assert dataclasses.replace(listed, updated=None) == expected
    assert tower.deliveries == {password.get_secret_value(): 2}
    await client.delete(RESEARCH, made)
    assert await client.credentials(RESEARCH) == ()


@pytest.mark.parametrize(("kept", "expected"), [(True, "whose it is"), (False, None)])
async def test_a_description_comes_with_the_password(
    client: tower_client.TowerClient,
    tower: tower.TowerEmulator,
    password: SecretStr,
    *,
    kept: bool,
    expected: str | None,
) -> None:
    """What an update says about a credential is listed, by a Tower that keeps it."""
    tower.switches.describes = kept
    made = await create(client, password)

    await client.update(
        RESEARCH,
        made,
        name="genomics",
        registry=HOST,
        user="bot-token",
        password=password,
        description="whose it is",
    )

    (listed,) = await client.credentials(RESEARCH)
    assert listed.description == expected


async def test_credentials_come_in_towers_own_order(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """The order decides which one Wave takes, so it is kept."""
    first, second = await create(client, password, "one"), await create(client, password, "two")
    tower.switches.newest_first = True

    listed = await client.credentials(RESEARCH)

    assert [each.id for each in listed] == [second, first]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("genomics-2", ports.NameCheck.FREE),
        ("genomics", ports.NameCheck.TAKEN),
        ("no spaces", ports.NameCheck.BAD),
        ("", ports.NameCheck.BAD),
        ("x" * 120, ports.NameCheck.BAD),
    ],
)
@pytest.mark.usefixtures("era")
async def test_a_name_is_checked(
    client: tower_client.TowerClient, password: SecretStr, name: str, expected: ports.NameCheck
) -> None:
    """An old Tower has no call for it: there the list and Tower's rule tell."""
    await create(client, password)

    actual = await client.check_name(RESEARCH, name)

    assert actual == expected


async def test_a_duplicate_told_as_400_by_the_name_check_is_taken(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """A 400 for a name that the list shows means taken, not malformed."""
    tower.switches.duplicate_status = 400
    await create(client, password)

    actual = await client.check_name(RESEARCH, "genomics")

    assert actual == ports.NameCheck.TAKEN


async def test_a_weaker_token_sees_no_workspace_to_write_to(tower: tower.TowerEmulator) -> None:
    """Launch and View are not enough."""
    async with opened(tower, TOWER_ACCESS_TOKEN=LAUNCH_TOKEN) as client:
        assert await client.workspaces() == ()


async def test_an_accepted_token_pings(client: tower_client.TowerClient, tower: tower.TowerEmulator) -> None:
    """One look at the account is enough."""
    await client.ping()

    assert [each.path for each in tower.journal.exchanges] == ["/user-info"]


async def test_an_enterprise_address_keeps_its_path(azure: arm_state.AzureState) -> None:
    """Of an own Tower the API is below /api."""
    users = [tower_state.User(7, "registry-bot", "t0ken")]
    async with (
        tower.TowerEmulator(
            emulator.Journal(), workspaces=[], users=users, login=azure.login, prefix="/api"
        ) as double,
        opened(double, TOWER_ACCESS_TOKEN="t0ken\n") as client,
    ):
        await client.ping()

    assert double.journal.exchanges[0].path == "/api/user-info"


async def test_an_address_without_the_api_is_explained(tower: tower.TowerEmulator) -> None:
    """A 404 for the account's own page is about the address."""
    tower.faults.append(tower_fault("user-info", status=404))
    async with opened(tower) as client:
        with pytest.raises(errors.NotFound) as refused:
            await client.ping()

    assert "TOWER_API_ENDPOINT" in str(refused.value.remedy)


async def test_a_burst_stays_within_towers_limit(
    client: tower_client.TowerClient, tower: tower.TowerEmulator
) -> None:
    """Sixty calls at once never see a 429 from a Tower that allows twenty a second."""
    await asyncio.gather(*(client.check_name(RESEARCH, f"name-{number}") for number in range(60)))

    assert {each.status for each in tower.journal.exchanges} == {204}
    assert len(tower.journal.exchanges) == 60


def test_a_save_may_take_longer_than_a_look(password: SecretStr) -> None:
    """Tower tries the login through Wave before it answers."""
    keys = tower_api.Keys("n1", HOST, "u", password)

    assert tower_api.build_create(RESEARCH, keys).read_s > tower_api.build_credentials(RESEARCH).read_s
