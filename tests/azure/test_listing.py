"""Going through a registry's tokens and scope maps: page by page, and only at ARM."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from bot import errors, model, ports
from bot.clients import azure
from bot.sandbox import arm_state
from tests.azure.conftest import House

pytestmark = pytest.mark.usefixtures("ready")


def add_tokens(house: House, number: int) -> None:
    """Give the registry more tokens."""
    for each in range(number):
        name = f"token-{each}"
        house.genomics.tokens[name] = arm_state.Token(name, house.state.now(), 0.0, scope_map="bot-map")


async def test_tokens_come_with_what_reconcile_compares(
    house: House, client: azure.AzureRegistries, registry: model.Registry, ready: arm_state.Token
) -> None:
    """Scope map, status, age, and of each password its slot, age and expiry."""
    expires = dt.datetime(2027, 3, 1, tzinfo=dt.UTC)
    house.state.generate(ready, "password2", expires)
    ready.status = "disabled"

    listed = [one async for one in client.tokens(registry)]

    filled = ports.Password("password2", ready.slots["password2"].created, expires)
    assert listed == [
        ports.Token("bot-token", "bot-map", enabled=False, passwords=(filled,), created=ready.created)
    ]


async def test_scope_maps_come_with_their_actions(
    client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """Azure's own ones too: whoever compares tells them by their names."""
    listed = {one.name: one.actions async for one in client.scope_maps(registry)}

    assert listed["bot-map"] == ("repositories/rna-seq/content/read",)
    assert set(listed) == {"bot-map", *arm_state.SYSTEM_SCOPE_MAPS}


async def test_every_page_is_read(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """The list is followed to its end, in order."""
    add_tokens(house, 6)

    listed = [one.name async for one in client.tokens(registry)]

    assert listed == ["bot-token", *(f"token-{each}" for each in range(6))]
    assert len(house.sent("/tokens?")) == 4


async def test_a_page_is_asked_for_when_it_is_needed(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """Memory holds one page, so the next one is not read ahead."""
    add_tokens(house, 6)
    going = client.tokens(registry)

    for _ in range(2):
        await anext(going)
    early = len(house.sent("/tokens?"))
    await anext(going)

    assert (early, len(house.sent("/tokens?"))) == (1, 2)


async def test_what_is_being_deleted_is_left_out(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """A token on its way out is nobody's concern any more."""
    add_tokens(house, 1)
    house.genomics.tokens["token-0"].force("Deleting", seconds=60)

    assert [one.name async for one in client.tokens(registry)] == ["bot-token"]


@pytest.mark.parametrize(
    "where",
    [
        "https://evil.example/tokens?page=2",
        "http://evil.example/tokens?page=2",
        "http://127.0.0.1:9/tokens?page=2",
        "http://127.0.0.1:port/tokens?page=2",
        "http://127.0.0.1.evil.example/tokens",
        "ftp://127.0.0.1/tokens",
    ],
)
async def test_a_next_page_elsewhere_is_not_read(
    house: House, client: azure.AzureRegistries, registry: model.Registry, where: str
) -> None:
    """The bearer goes to ARM alone, whatever an answer says."""
    house.fault("GET .*/tokens", status=200, body=json.dumps({"value": [], "nextLink": where}))

    with pytest.raises(errors.ServiceError):
        [one async for one in client.tokens(registry)]

    assert len(house.sent("/tokens")) == 1


async def test_a_next_page_at_another_port_of_this_machine_is_not_read(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """Another server on loopback is another host too."""
    link = f"{house.identity.url}/tokens"
    house.fault("GET .*/tokens", status=200, body=json.dumps({"value": [], "nextLink": link}))

    with pytest.raises(errors.Permanent, match="not Azure Resource Manager"):
        [one async for one in client.tokens(registry)]

    assert [one for one in house.journal.exchanges if one.to == "identity" and "tokens" in one.path] == []


async def test_a_page_that_leads_to_itself_is_told(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """A list without an end is no list."""
    add_tokens(house, 4)
    path = f"{house.arm.url}/subscriptions/{house.state.subscription}/resourceGroups/rg-registries"
    link = (
        f"{path}/providers/Microsoft.ContainerRegistry/registries/acmegenomics/tokens?api-version=2025-11-01"
    )
    house.fault("GET .*/tokens", times=None, status=200, body=json.dumps({"value": [], "nextLink": link}))

    with pytest.raises(errors.Temporary):
        [one async for one in client.tokens(registry)]

    assert len(house.sent("/tokens")) == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 403, "body": '{"error": {"code": "AuthorizationFailed"}}'}, errors.Forbidden),
        ({"status": 404, "body": '{"error": {"code": "ParentResourceNotFound"}}'}, errors.NotFound),
        ({"status": 404, "body": '{"error": {"code": "ResourceNotFound"}}'}, errors.NotFound),
        ({"status": 429, "headers": {"Retry-After": "60"}}, errors.Throttled),
        ({"status": 200, "body": "<html>"}, errors.Temporary),
        ({"status": 200, "body": '{"value": [7]}'}, errors.Temporary),
        ({"cut": True}, errors.Temporary),
    ],
    ids=str,
)
async def test_a_list_that_fails_is_not_an_empty_one(
    house: House,
    client: azure.AzureRegistries,
    registry: model.Registry,
    *,
    fault: dict[str, object],
    kind: type[errors.ServiceError],
) -> None:
    """Reconcile must not take a refusal for a registry without tokens."""
    house.fault("GET .*/tokens", times=None, **fault)

    with pytest.raises(kind):
        [one async for one in client.tokens(registry)]


async def test_a_second_page_that_fails_once_is_read_again(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """Reads are repeated, each page by itself."""
    add_tokens(house, 3)
    house.fault("GET .*skiptoken", status=503)

    assert len([one async for one in client.tokens(registry)]) == 4
