"""Scope maps and tokens through the real SDK, in both shapes of ARM's writes."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from bot import errors, model, ports
from bot.clients import azure
from bot.sandbox import arm_state
from tests.azure.conftest import OPERATIONS, RECORDED, House

ACTIONS = ("repositories/rna-seq/content/read", "repositories/team/aligner/content/read")
both_shapes = pytest.mark.parametrize("shape", [OPERATIONS, RECORDED], ids=["operations", "recorded"])


@both_shapes
async def test_a_scope_map_is_made(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """A scope map reads the repositories' content, and is provisioned when the call returns."""
    made = await client.put_scope_map(registry, "bot-map", ["team/aligner", "RNA-seq", "rna-seq"])

    held = house.genomics.scope_maps["bot-map"]
    assert made == ports.ScopeMap("bot-map", ACTIONS)
    assert (held.state, held.actions) == ("Succeeded", ACTIONS)
    assert await client.scope_map(registry, "bot-map") == made


@both_shapes
async def test_a_token_is_made(house: House, client: azure.AzureRegistries, registry: model.Registry) -> None:
    """A token is enabled, bound to its scope map, without passwords, and provisioned."""
    await client.put_scope_map(registry, "bot-map", ["rna-seq"])

    made = await client.put_token(registry, "bot-token", "bot-map")

    assert made == ports.Token(
        "bot-token", "bot-map", enabled=True, passwords=(), created=house.token.created
    )
    assert house.token.state == "Succeeded"


async def test_making_again_makes_nothing(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """A step that is run again takes what it made before; ARM would answer the token's PUT with 409."""
    for _ in range(2):
        await client.put_scope_map(registry, "bot-map", ["rna-seq"])
        await client.put_token(registry, "bot-token", "bot-map")

    assert len(house.sent("PUT ")) == 2


@pytest.mark.parametrize("state", ["Creating", "Updating"])
async def test_what_is_being_made_is_waited_for(
    house: House, client: azure.AzureRegistries, registry: model.Registry, ready: arm_state.Token, state: str
) -> None:
    """A token that an earlier try asked for is taken once it is provisioned, not asked for again."""
    ready.force(state, seconds=0.05)

    await client.put_token(registry, "bot-token", "bot-map")

    assert (ready.state, house.sent("PUT ")) == ("Succeeded", [])


@pytest.mark.usefixtures("ready")
async def test_another_scope_map_of_the_name_is_left_alone(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """A scope map with other actions was not made by this request: it stays as it is."""
    with pytest.raises(errors.AlreadyThere):
        await client.put_scope_map(registry, "bot-map", ["rna-seq", "team/aligner"])

    assert house.sent("PUT ") == []


@pytest.mark.parametrize(
    ("status", "scope_map"), [("disabled", "bot-map"), ("enabled", "_repositories_admin")]
)
async def test_another_token_of_the_name_is_left_alone(
    house: House,
    client: azure.AzureRegistries,
    registry: model.Registry,
    ready: arm_state.Token,
    *,
    status: str,
    scope_map: str,
) -> None:
    """A token that is switched off, or bound to something else, is not taken for ours."""
    ready.status, ready.scope_map = status, scope_map

    with pytest.raises(errors.AlreadyThere):
        await client.put_token(registry, "bot-token", "bot-map")

    assert house.sent("PUT ") == []


async def test_a_lost_race_is_looked_at_again(
    house: House, client: azure.AzureRegistries, registry: model.Registry, ready: arm_state.Token
) -> None:
    """A 409 means that somebody made it meanwhile: the same by us is fine."""
    unseen = house.fault(
        "GET .*/tokens/bot-token", status=404, body='{"error": {"code": "ResourceNotFound"}}'
    )

    made = await client.put_token(registry, "bot-token", "bot-map")

    assert (made.scope_map, unseen.times, len(house.sent("PUT "))) == (ready.scope_map, 0, 1)


async def test_a_conflict_with_nothing_there_is_for_later(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """A 409 while ARM is busy with the registry passes."""
    house.fault("PUT ", status=409, body='{"error": {"code": "OperationInProgress"}}')

    with pytest.raises(errors.NotYet, match="OperationInProgress"):
        await client.put_scope_map(registry, "bot-map", ["rna-seq"])


async def test_what_failed_is_made_anew(
    house: House, client: azure.AzureRegistries, registry: model.Registry, ready: arm_state.Token
) -> None:
    """A scope map that ARM gave up on is put again."""
    house.genomics.scope_maps["bot-map"].force("Failed", seconds=3600)
    assert ready.scope_map == "bot-map"

    made = await client.put_scope_map(registry, "bot-map", ["rna-seq"])

    assert made.actions == ACTIONS[:1]


@pytest.mark.parametrize("verdict", ["Failed", "Canceled"])
async def test_a_write_that_ends_badly_says_so(
    house: House, client: azure.AzureRegistries, registry: model.Registry, verdict: str
) -> None:
    """ARM's own verdict on a write reaches whoever waits for it."""
    doomed = arm_state.ScopeMap("bot-map", house.state.now(), 0.0, actions=ACTIONS[:1])
    doomed.force(verdict, seconds=3600)

    async def fail() -> None:
        house.genomics.scope_maps["bot-map"] = doomed

    house.fault("PUT ", status=201, body="{}", hook=fail)

    with pytest.raises(errors.Temporary, match=verdict):
        await client.put_scope_map(registry, "bot-map", ["rna-seq"])


async def test_what_is_going_is_not_taken(
    client: azure.AzureRegistries, registry: model.Registry, ready: arm_state.Token
) -> None:
    """A token that is being deleted is neither ours nor free."""
    ready.force("Deleting", seconds=3600)

    with pytest.raises(errors.NotYet, match="being deleted"):
        await client.put_token(registry, "bot-token", "bot-map")


@both_shapes
@pytest.mark.usefixtures("ready")
async def test_deleting_returns_when_it_is_gone(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """A token and then its scope map are gone when the calls return; again is fine."""
    for _ in range(2):
        await client.delete_token(registry, "bot-token")
        await client.delete_scope_map(registry, "bot-map")

    assert (await client.token(registry, "bot-token"), await client.scope_map(registry, "bot-map")) == (
        None,
        None,
    )
    assert "bot-map" not in house.genomics.scope_maps


async def test_a_name_with_nothing_behind_it_is_none(
    client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """Looking for a token or scope map that is not there is no error."""
    assert await client.token(registry, "bot-token") is None
    assert await client.scope_map(registry, "bot-map") is None


async def test_a_registry_that_is_gone_is_an_error(
    client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """A token cannot be missing from a registry that is missing itself."""
    gone = registry.model_copy(update={"name": "acmegone"})

    with pytest.raises(errors.NotFound):
        await client.token(gone, "bot-token")


async def test_a_full_registry_says_so(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """The limit that support cannot raise is told, with what to do."""
    for number in range(arm_state.LIMITS["Standard"]):
        house.genomics.scope_maps[f"map-{number}"] = arm_state.ScopeMap(
            f"map-{number}", house.state.now(), 0.0
        )

    with pytest.raises(errors.LimitReached) as refused:
        await client.put_scope_map(registry, "bot-map", ["rna-seq"])

    assert "higher tier" in str(refused.value.remedy)


async def test_a_hint_on_a_write_is_no_limit_on_reads(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """The 10 s that ARM suggests after a write are not waited for: its resource may be read at any time."""
    house.arm.shape = dataclasses.replace(OPERATIONS, retry_after_s=10)

    async with asyncio.timeout(5):
        await client.put_scope_map(registry, "bot-map", ["rna-seq"])
        made = await client.put_token(registry, "bot-token", "bot-map")
        minted = await client.mint(registry, made.name, slot="password1", expires=None)

    assert minted.password.get_secret_value() in house.state.minted


@pytest.mark.usefixtures("ready")
async def test_one_password_is_kept(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """Removing the others leaves the named slot, and what it opens."""
    for slot in arm_state.SLOTS:
        await client.mint(registry, "bot-token", slot=slot, expires=None)

    await client.keep_only(registry, "bot-token", slot="password2")

    shown = await client.token(registry, "bot-token")
    assert shown is not None
    assert [one.slot for one in shown.passwords] == ["password2"]
    assert [house.state.login(registry.login_server, "bot-token", one) for one in house.state.minted] == [
        False,
        True,
    ]
