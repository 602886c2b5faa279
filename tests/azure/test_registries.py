"""Registries and the room in them, through the real SDK."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from bot import errors, model, ports
from bot.clients import azure
from bot.sandbox import arm_state
from tests import fakes
from tests.azure.conftest import House, opened


async def test_registries_come_as_arm_describes_them(house: House, client: azure.AzureRegistries) -> None:
    """A registry's host, tier, reach and mode of permissions come from the API, page after page."""
    listed = await client.registries()

    described = {
        one.name: (one.sku, one.resource_group, one.anonymous_pull, one.public, one.abac) for one in listed
    }
    assert described == {
        "acmegenomics": ("Standard", "rg-registries", False, True, False),
        "acmeproteomics": ("Premium", "rg-registries", False, True, True),
        "acmepublic": ("Standard", "rg-public", True, False, False),
    }
    assert {one.login_server for one in listed} == {
        one.login_server for one in house.state.registries.values()
    }


async def test_a_login_server_is_lower_case(house: House, client: azure.AzureRegistries) -> None:
    """Hosts are compared for equality by Wave, so their letters are of one case."""
    house.genomics.login_server = "acmegenomics-h7x2.azurecr.io"  # shown by ARM with capitals

    found = await client.registry("ACMEGENOMICS-H7X2.azurecr.io")

    assert found.login_server == "acmegenomics-h7x2.azurecr.io"


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ({"AZURE_RESOURCE_GROUP": "rg-public"}, ["acmepublic"]),
        ({"AZURE_RESOURCE_GROUP": "RG-Registries"}, ["acmegenomics", "acmeproteomics"]),
    ],
)
async def test_a_resource_group_narrows_the_list(
    house: House, setting: dict[str, str], names: list[str]
) -> None:
    """AZURE_RESOURCE_GROUP leaves the registries of one group."""
    async with opened(house.settings(**setting)) as client:
        listed = await client.registries()

    assert sorted(one.name for one in listed) == names


async def test_only_named_registries_are_served(house: House) -> None:
    """REGISTRY_BOT_REGISTRIES leaves the hosts that it names; another is as good as absent."""
    host = house.genomics.login_server
    other = house.state.registries["acmepublic"].login_server

    async with opened(house.settings(REGISTRY_BOT_REGISTRIES=host.upper())) as client:
        listed = await client.registries()
        with pytest.raises(errors.NotFound) as refused:
            await client.registry(other)

    assert [one.login_server for one in listed] == [host]
    assert "REGISTRY_BOT_REGISTRIES" in str(refused.value.remedy)


async def test_a_list_is_asked_for_once(house: House, client: azure.AzureRegistries) -> None:
    """Many who ask for the registries at once, and again, cost one request."""
    host = house.genomics.login_server
    await client.registries()
    pages = len(house.sent("GET /subscriptions"))

    for _ in range(3):
        await client.registry(host)

    assert len(house.sent("GET /subscriptions")) == pages


async def test_a_list_is_renewed_after_minutes(
    house: House, hasty: azure.AzureRegistries, time: fakes.FakeClock
) -> None:
    """What changed in Azure is seen five minutes later without anybody's doing."""
    await hasty.registries()
    house.genomics.sku = "Premium"
    time.shift += dt.timedelta(minutes=6)

    found = await hasty.registry(house.genomics.login_server)

    assert found.sku == "Premium"


async def test_an_old_list_serves_while_arm_is_away(
    house: House, hasty: azure.AzureRegistries, time: fakes.FakeClock
) -> None:
    """A form still opens while ARM answers nothing; a probe and a fresh look tell the truth."""
    before = await hasty.registries()
    house.fault("GET", times=None, status=503)
    time.shift += dt.timedelta(minutes=6)

    after = await hasty.registries()

    assert after == before
    with pytest.raises(errors.Temporary):
        await hasty.ping()
    with pytest.raises(errors.Temporary):
        await hasty.registry(house.genomics.login_server, fresh=True)


async def test_a_fresh_look_sees_the_present(house: House, client: azure.AzureRegistries) -> None:
    """Before anything is made, the registry is looked at as it is now."""
    host = house.genomics.login_server
    await client.registry(host)
    house.genomics.anonymous_pull = True

    cached, fresh = await client.registry(host), await client.registry(host, fresh=True)

    assert (cached.anonymous_pull, fresh.anonymous_pull) == (False, True)


async def test_an_unknown_host_is_not_asked_for_again_and_again(
    house: House, client: azure.AzureRegistries
) -> None:
    """Somebody who makes up hosts does not make the bot ask ARM each time."""
    for number in range(5):
        with pytest.raises(errors.NotFound):
            await client.registry(f"made-up-{number}.example.org")

    assert len(house.sent("GET /subscriptions")) == 2  # one list, of two pages


async def test_room_counts_what_is_fuller(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """A registry is as full as the fuller of its tokens and scope maps, whatever listUsages says."""
    for number in range(5):
        name = f"token-{number}"
        house.genomics.tokens[name] = arm_state.Token(name, house.state.now(), 0.0)

    room = await client.room(registry)

    assert room == ports.Room(used=5, limit=500)


@pytest.mark.parametrize(("sku", "limit"), [("Basic", 100), ("Premium", 50_000), ("Classic", 100)])
async def test_room_depends_on_the_tier(
    client: azure.AzureRegistries, registry: model.Registry, sku: str, limit: int
) -> None:
    """Each tier has its limit; an unknown one is taken for the smallest."""
    room = await client.room(registry.model_copy(update={"sku": sku}))

    assert room == ports.Room(used=3, limit=limit)  # the three scope maps that every registry has


async def test_a_client_that_is_closed_leaves_nothing(house: House) -> None:
    """Closing cancels a list that is under way, though nobody waits for it any more."""
    house.fault("GET", delay_s=0.3)
    config = house.settings()

    async with opened(config) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.registries()

    assert house.arm.faults[0].times == 0
