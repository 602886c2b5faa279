"""What changes in place: a scope map's actions, a token's status, and which passwords a token has."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest

from bot import errors, model
from bot.clients import azure
from bot.sandbox import arm_state, emulator
from tests import fakes
from tests.azure.conftest import INSTANT, OPERATIONS, RECORDED, House

Act = Callable[[azure.AzureRegistries, model.Registry], Awaitable[object]]
BOTH = ["rna-seq", "team/aligner"]
ACTIONS = ("repositories/rna-seq/content/read", "repositories/team/aligner/content/read")
both_shapes = pytest.mark.parametrize("shape", [OPERATIONS, RECORDED], ids=["operations", "recorded"])
CHANGES: dict[str, Act] = {
    "actions": lambda client, on: client.patch_scope_map(on, "bot-map", BOTH),
    "status": lambda client, on: client.set_token_status(on, "bot-token", enabled=False),
    "passwords": lambda client, on: client.keep_only(on, "bot-token", slot="password1"),
}
each_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


@pytest.fixture(autouse=True)
def filled(house: House, ready: arm_state.Token) -> arm_state.Token:
    """Give the token a password in each slot."""
    for slot in arm_state.SLOTS:
        house.state.generate(ready, slot, None)
    return ready


def patched(house: House) -> list[object]:
    """Return the bodies of what was changed."""
    return [json.loads(one.body) for one in house.sent("PATCH ")]


@both_shapes
async def test_actions_replace_those_before(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """An extended scope map reads what it names now and nothing else, once the call returns."""
    wider = await client.patch_scope_map(registry, "bot-map", ["team/aligner", "RNA-seq", "rna-seq"])
    granted = house.genomics.scope_maps["bot-map"].granted
    narrower = await client.patch_scope_map(registry, "bot-map", ["team/aligner"])

    assert (wider.actions, granted) == (ACTIONS, ACTIONS)
    assert narrower.actions == ACTIONS[1:]
    assert patched(house)[1] == {"properties": {"actions": list(ACTIONS[1:])}}


@both_shapes
async def test_a_token_is_disabled_and_enabled(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """A disabled token logs nobody in; it keeps its passwords and its scope map."""
    password = house.state.minted[0]

    off = await client.set_token_status(registry, "bot-token", enabled=False)
    refused = house.state.login(registry.login_server, "bot-token", password)
    on = await client.set_token_status(registry, "bot-token", enabled=True)

    assert (off.enabled, refused, on.enabled) == (False, False, True)
    assert (len(on.passwords), on.scope_map) == (2, "bot-map")
    assert house.state.login(registry.login_server, "bot-token", password)
    assert patched(house) == [{"properties": {"status": one}} for one in ("disabled", "enabled")]


@each_change
async def test_what_is_so_already_is_not_written(
    house: House, client: azure.AzureRegistries, registry: model.Registry, change: Act
) -> None:
    """A step that is run again looks, and leaves it at that."""
    for _ in range(2):
        await change(client, registry)

    assert len(house.sent("PATCH ")) == 1


@each_change
async def test_nothing_is_made_where_nothing_is(
    house: House, client: azure.AzureRegistries, registry: model.Registry, change: Act
) -> None:
    """A change never creates; what is not there is told."""
    house.genomics.tokens.clear()
    house.genomics.scope_maps.clear()

    with pytest.raises(errors.NotFound):
        await change(client, registry)

    assert (house.genomics.tokens, house.genomics.scope_maps) == ({}, {})


async def test_the_only_password_is_kept(
    house: House, client: azure.AzureRegistries, registry: model.Registry, ready: arm_state.Token
) -> None:
    """With one slot filled there is nothing to remove."""
    del ready.slots["password2"]

    await client.keep_only(registry, "bot-token", slot="password1")

    assert (list(ready.slots), patched(house)) == (["password1"], [])


async def test_a_token_without_passwords_stays_so(
    house: House, client: azure.AzureRegistries, registry: model.Registry, ready: arm_state.Token
) -> None:
    """An empty list is fine as well."""
    ready.slots.clear()

    await client.keep_only(registry, "bot-token", slot="password1")

    assert patched(house) == []


async def test_the_last_password_is_not_given_up_for_one_unseen(
    house: House, client: azure.AzureRegistries, registry: model.Registry, ready: arm_state.Token
) -> None:
    """A slot that Azure does not show may not be there: then the other one is all there is."""
    del ready.slots["password2"]

    with pytest.raises(errors.NotYet, match="password2"):
        await client.keep_only(registry, "bot-token", slot="password2")

    assert (list(ready.slots), patched(house)) == (["password1"], [])


async def test_a_password_that_was_removed_opens_nothing(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """The slot's value is dead when the call returns."""
    await client.keep_only(registry, "bot-token", slot="password2")

    host = registry.login_server
    assert [house.state.login(host, "bot-token", one) for one in house.state.minted] == [False, True]


@each_change
async def test_a_change_waits_for_the_one_under_way(
    house: House, client: azure.AzureRegistries, registry: model.Registry, change: Act
) -> None:
    """ARM refuses a change during another; nothing is sent before that one has ended."""
    for one in (house.genomics.scope_maps["bot-map"], house.token):
        one.force("Updating", seconds=0.1)

    await change(client, registry)

    assert [one.status for one in house.sent("PATCH ")] == [201]


@each_change
async def test_another_try_that_was_faster_is_enough(
    house: House, client: azure.AzureRegistries, registry: model.Registry, change: Act
) -> None:
    """A 409 is no failure where ARM shows what was asked for."""

    async def faster() -> None:
        ready, scope_map = house.token, house.genomics.scope_maps["bot-map"]
        ready.status, scope_map.actions = "disabled", ACTIONS
        ready.slots.pop("password2")

    house.fault("PATCH ", status=409, body='{"error": {"code": "OperationInProgress"}}', hook=faster)

    await change(client, registry)

    assert len(house.sent("PATCH ")) == 1


@pytest.mark.parametrize("shape", [INSTANT])
@pytest.mark.parametrize(
    ("state", "kind"),
    [("Failed", errors.Temporary), ("Deleting", errors.NotYet), ("Updating", errors.Temporary)],
)
@each_change
async def test_a_change_that_does_not_end_well_is_told(
    house: House,
    hasty: azure.AzureRegistries,
    registry: model.Registry,
    *,
    change: Act,
    state: str,
    kind: type[errors.ServiceError],
) -> None:
    """Failed, deleted meanwhile, or never finished: the worker decides about another try."""

    async def ends() -> None:
        for one in (house.genomics.scope_maps["bot-map"], house.token):
            one.force(state, seconds=60)

    house.fault("PATCH ", after=False, status=200, body="{}", hook=ends)

    with pytest.raises(kind) as failed:
        await change(hasty, registry)

    assert type(failed.value) is kind


@each_change
async def test_what_went_meanwhile_is_not_found(
    house: House, client: azure.AzureRegistries, registry: model.Registry, change: Act
) -> None:
    """A change of something that is deleted during it ends, and does not wait."""

    async def gone() -> None:
        house.genomics.tokens.clear()
        house.genomics.scope_maps.clear()

    house.fault("PATCH ", status=200, body="{}", hook=gone)

    with pytest.raises(errors.NotFound):
        await change(client, registry)


@pytest.mark.parametrize("shape", [INSTANT])
async def test_an_answer_from_before_is_not_taken(
    house: House, hasty: azure.AzureRegistries, registry: model.Registry, time: fakes.FakeClock
) -> None:
    """A read that is behind says Succeeded too, and the old actions: only the new ones end the wait."""
    await hasty.scope_map(registry, "bot-map")
    before = house.sent("GET ")[-1].answer.decode()

    async def behind() -> None:
        house.arm.faults.append(emulator.Fault("GET .*/scopeMaps/", times=3, status=200, body=before))

    house.fault("PATCH ", hook=behind)

    changed = await hasty.patch_scope_map(registry, "bot-map", BOTH)

    assert (changed.actions, len(time.slept)) == (ACTIONS, 4)


async def test_a_failed_change_is_tried_again(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """What ARM had given up on is changed once more, although it shows the content that is wanted."""
    held = house.genomics.scope_maps["bot-map"]
    held.actions = ACTIONS
    held.force("Failed", seconds=60)

    async def mended() -> None:
        held.forced = ("", 0.0)

    house.fault("PATCH ", hook=mended)

    changed = await client.patch_scope_map(registry, "bot-map", BOTH)

    assert (changed.actions, len(house.sent("PATCH "))) == (ACTIONS, 1)


async def test_a_full_scope_map_is_told(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """The limit of a scope map is the registry's, and names itself."""
    house.fault("PATCH ", status=400, body='{"error": {"code": "ScopeMapActionsLimitExceeded"}}')

    with pytest.raises(errors.LimitReached):
        await client.patch_scope_map(registry, "bot-map", BOTH)
