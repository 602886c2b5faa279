"""What goes wrong between us and ARM: retried if it is a read, sent once if it is a write, explained."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot import errors, model
from bot.clients import azure, azure_pipeline
from bot.sandbox import arm_state
from tests import fakes
from tests.azure.conftest import INSTANT, House, opened

Act = Callable[[azure.AzureRegistries, model.Registry], Awaitable[object]]
MAKES: dict[str, tuple[str, Act]] = {
    "scope map": ("PUT .*/scopeMaps/", lambda client, on: client.put_scope_map(on, "new-map", ["rna-seq"])),
    "token": ("PUT .*/tokens/", lambda client, on: client.put_token(on, "new-token", "bot-map")),
    "token's end": ("DELETE .*/tokens/", lambda client, on: client.delete_token(on, "bot-token")),
    "scope map's end": (
        "DELETE .*/scopeMaps/",
        lambda client, on: client.delete_scope_map(on, "_repositories_push"),
    ),
}
CHANGES: dict[str, tuple[str, Act]] = {
    "passwords": ("PATCH .*/tokens/", lambda client, on: client.keep_only(on, "bot-token", slot="password1")),
    "status": (
        "PATCH .*/tokens/",
        lambda client, on: client.set_token_status(on, "bot-token", enabled=False),
    ),
    "actions": (
        "PATCH .*/scopeMaps/",
        lambda client, on: client.patch_scope_map(on, "bot-map", ["rna-seq", "team/aligner"]),
    ),
}
WRITES = MAKES | CHANGES
pytestmark = pytest.mark.usefixtures("filled")
each_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
each_make = pytest.mark.parametrize("write", MAKES.values(), ids=MAKES)
each_change = pytest.mark.parametrize("write", CHANGES.values(), ids=CHANGES)


@pytest.fixture
def filled(house: House, ready: arm_state.Token) -> arm_state.Token:
    """Give the token a password in each slot."""
    for slot in arm_state.SLOTS:
        house.state.generate(ready, slot, None)
    return ready


@each_write
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 500}, errors.Temporary),
        ({"status": 503, "headers": {"Retry-After": "1"}}, errors.Temporary),
        ({"status": 429, "headers": {"Retry-After": "1"}}, errors.Throttled),
        ({"status": 409, "body": '{"error": {"code": "OperationInProgress"}}'}, errors.NotYet),
        ({"status": 409, "body": '{"error": {"code": "ScopeLocked"}}'}, errors.Permanent),
        ({"status": 400, "body": '{"error": {"code": "InvalidRequestContent"}}'}, errors.Permanent),
        ({"status": 401}, errors.Forbidden),
    ],
    ids=lambda value: str(value.get("status")) if isinstance(value, dict) else "",
)
async def test_a_refused_write_is_sent_once(
    house: House,
    client: azure.AzureRegistries,
    registry: model.Registry,
    *,
    write: tuple[str, Act],
    fault: dict[str, Any],
    kind: type[errors.ServiceError],
) -> None:
    """The SDK would send it again for 500, 503, 504 and for any Retry-After; the worker decides, not it."""
    match, act = write
    house.fault(match, times=None, **fault)

    with pytest.raises(errors.ServiceError) as failed:
        await act(client, registry)

    method, _, path = match.partition(" .*")
    sent = [one for one in house.sent(f"{method} ") if path in one.path]
    assert (type(failed.value), len(sent)) == (kind, 1)


@each_make
@pytest.mark.parametrize("fault", [{"after": True}, {"cut": True}], ids=["after", "before"])
async def test_a_lost_answer_is_unknown(
    house: House,
    client: azure.AzureRegistries,
    registry: model.Registry,
    *,
    write: tuple[str, Act],
    fault: dict[str, bool],
) -> None:
    """A connection that broke says nothing about the action, before or after it."""
    house.fault(write[0], times=None, **fault)

    with pytest.raises(errors.Unknown):
        await write[1](client, registry)


@each_change
async def test_a_change_that_was_not_made_is_unknown(
    house: House, client: azure.AzureRegistries, registry: model.Registry, write: tuple[str, Act]
) -> None:
    """Where the connection broke and nothing changed, the worker decides about another try."""
    house.fault(write[0], times=None, cut=True)

    with pytest.raises(errors.Unknown):
        await write[1](client, registry)

    assert len(house.sent("PATCH ")) == 1


@each_change
async def test_a_change_that_was_made_is_seen(
    house: House, client: azure.AzureRegistries, registry: model.Registry, write: tuple[str, Act]
) -> None:
    """A lost answer is no failure where ARM shows what was asked for."""
    house.fault(write[0], after=True)

    await write[1](client, registry)

    assert len(house.sent("PATCH ")) == 1


@each_write
@pytest.mark.parametrize(
    "fault", [{"after": True}, {"cut": True}, {"status": 500}], ids=["after", "before", "500"]
)
async def test_trying_again_mends_it(
    house: House,
    client: azure.AzureRegistries,
    registry: model.Registry,
    *,
    write: tuple[str, Act],
    fault: dict[str, Any],
) -> None:
    """Every step looks before it writes, so the second try ends where the first would have."""
    house.fault(
        write[0], times=2, **fault
    )  # aiohttp sends a PUT or DELETE that broke off once more by itself

    for _ in range(2):
        try:
            await write[1](client, registry)
        except errors.Temporary:
            continue
    await write[1](client, registry)

    assert house.arm.faults[0].times in {0, 1}


async def test_acted_and_answered_500(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """A token that was made although ARM said 500 is found by the next try."""

    async def make() -> None:
        house.genomics.tokens["new-token"] = arm_state.Token(
            "new-token", house.state.now(), 0.0, scope_map="bot-map"
        )

    house.fault("PUT ", status=500, hook=make)
    with pytest.raises(errors.Temporary):
        await client.put_token(registry, "new-token", "bot-map")

    made = await client.put_token(registry, "new-token", "bot-map")

    assert (made.scope_map, len(house.sent("PUT "))) == ("bot-map", 1)


@pytest.mark.parametrize(
    ("action", "act"),
    [
        ("read", lambda client, _: client.ping()),
        ("scopeMaps/read", lambda client, on: client.scope_map(on, "bot-map")),
        ("scopeMaps/write", WRITES["scope map"][1]),
        ("scopeMaps/delete", WRITES["scope map's end"][1]),
        ("tokens/read", lambda client, on: client.room(on)),
        ("tokens/write", WRITES["token"][1]),
        ("tokens/delete", WRITES["token's end"][1]),
        (
            "generateCredentials/action",
            lambda client, on: client.mint(on, "bot-token", slot="password1", expires=None),
        ),
    ],
)
async def test_a_missing_action_is_named(
    house: House, client: azure.AzureRegistries, registry: model.Registry, *, action: str, act: Act
) -> None:
    """An operator reads which action is missing, and on what."""
    house.state.denied.add(f"Microsoft.ContainerRegistry/registries/{action}")

    with pytest.raises(errors.Forbidden, match="AuthorizationFailed") as refused:
        await act(client, registry)

    where = "the subscription" if action == "read" else "acmegenomics (resource group rg-registries)"
    assert f"Microsoft.ContainerRegistry/registries/{action} on" in str(refused.value.remedy)
    assert where in str(refused.value.remedy)


async def test_a_policy_is_no_missing_role(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """A 403 by Azure Policy is not mended by a role."""
    house.fault("PUT ", status=403, body='{"error": {"code": "RequestDisallowedByPolicy"}}')

    with pytest.raises(errors.Forbidden) as refused:
        await client.put_scope_map(registry, "new-map", ["rna-seq"])

    assert "Azure Policy" in str(refused.value.remedy)


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"status": 429}, {"cut": True}], ids=str)
async def test_a_read_is_tried_three_times(
    house: House, hasty: azure.AzureRegistries, registry: model.Registry, fault: dict[str, Any]
) -> None:
    """Two failures of a read are nobody's business."""
    house.fault("GET .*/tokens/bot-token", times=2, **fault)

    found = await hasty.token(registry, "bot-token")

    assert found is not None


async def test_a_read_is_given_up(
    house: House, hasty: azure.AzureRegistries, registry: model.Registry, time: fakes.FakeClock
) -> None:
    """The third failure is told; all in all that takes about a second."""
    house.fault("GET .*/tokens/bot-token", times=None, status=503)

    with pytest.raises(errors.Temporary):
        await hasty.token(registry, "bot-token")

    assert (len(house.sent("GET ")) - 1, tuple(time.slept)) == (
        3,
        azure_pipeline.PAUSES_S,
    )  # one for the identity


@pytest.mark.parametrize(("wish", "slept"), [("2", [2.0, 2.0]), ("0", [0.2, 0.8]), ("nonsense", [0.2, 0.8])])
async def test_a_short_wish_is_obeyed(
    house: House,
    hasty: azure.AzureRegistries,
    registry: model.Registry,
    time: fakes.FakeClock,
    *,
    wish: str,
    slept: list[float],
) -> None:
    """Seconds that a service asks for are waited before the next read."""
    house.fault("GET .*/tokens/bot-token", times=2, status=429, headers={"Retry-After": wish})

    await hasty.token(registry, "bot-token")

    assert time.slept == slept


async def test_a_long_wish_is_told(
    house: House, hasty: azure.AzureRegistries, registry: model.Registry, time: fakes.FakeClock
) -> None:
    """A minute is for the worker to wait, not for a call."""
    house.fault("GET .*/tokens/bot-token", status=429, headers={"Retry-After": "60"})

    with pytest.raises(errors.Throttled) as failed:
        await hasty.token(registry, "bot-token")

    assert (failed.value.retry_after_s, time.slept) == (60, [])


async def test_waiting_for_arm_obeys_and_ends(
    house: House, hasty: azure.AzureRegistries, registry: model.Registry, time: fakes.FakeClock
) -> None:
    """What never settles is given up after two minutes, with the steps of the way."""
    house.genomics.tokens["bot-token"].force("Creating", seconds=3600)

    with pytest.raises(errors.Temporary, match="two minutes"):
        await hasty.put_token(registry, "bot-token", "bot-map")

    assert 110 < sum(time.slept) <= 121
    assert max(time.slept) == 1.0


@pytest.mark.parametrize("shape", [INSTANT])
async def test_a_throttled_look_is_not_the_end(
    house: House, hasty: azure.AzureRegistries, registry: model.Registry, time: fakes.FakeClock
) -> None:
    """A 429 while a token settles costs the wait that it asks for, and nothing else."""
    house.genomics.tokens["bot-token"].force("Creating", seconds=0.01)
    await hasty.token(registry, "bot-token")
    house.fault("GET .*/tokens/bot-token", times=1, status=429, headers={"Retry-After": "40"})

    with pytest.raises(errors.Throttled):
        await hasty.put_token(registry, "bot-token", "bot-map")  # the first look, before anything is sent

    async def busy() -> None:
        house.fault("GET .*/tokens/bot-token", times=1, status=429, headers={"Retry-After": "41"})

    house.fault("PATCH", after=False, hook=busy)
    await hasty.keep_only(registry, "bot-token", slot="password1")

    assert 41 in time.slept


@pytest.mark.parametrize("body", ["<html>", "", "[]", '{"value": "none"}'])
async def test_an_unreadable_list_is_temporary(
    house: House, client: azure.AzureRegistries, body: str
) -> None:
    """A page of some proxy in place of ARM's answer breaks nothing."""
    house.fault("GET ", status=200, body=body)

    with pytest.raises(errors.Temporary):
        await client.ping()


async def test_no_redirect_is_followed(house: House, client: azure.AzureRegistries) -> None:
    """The bearer goes to ARM alone."""
    house.fault("GET ", status=302, headers={"Location": f"{house.identity.url}/elsewhere"})

    with pytest.raises(errors.Permanent, match="HTTP 302"):
        await client.ping()

    assert house.sent("/elsewhere") == []


async def test_a_bearer_needs_tls_or_loopback(house: House) -> None:
    """The option for plain http is given to loopback addresses only."""
    over_tls = house.settings(AZURE_RESOURCE_MANAGER_URL=f"https://127.0.0.1:{house.arm.port}")

    async with opened(over_tls) as client:
        with pytest.raises(errors.Temporary, match="could not be reached"):
            await client.ping()
