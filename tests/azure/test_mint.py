"""generateCredentials: sent once, whatever happens, and its value goes to the caller alone."""

from __future__ import annotations

import datetime as dt
import json
from urllib.parse import urlsplit

import pytest

from bot import errors, model
from bot.clients import azure
from bot.sandbox import arm_state
from tests import fakes
from tests.azure.conftest import INSTANT, OPERATIONS, RECORDED, House, opened

GENERATE = "POST .*/generateCredentials"
STATUS = "GET .*/operationStatuses/registries-"
pytestmark = pytest.mark.usefixtures("ready")
both_shapes = pytest.mark.parametrize("shape", [OPERATIONS, RECORDED], ids=["operations", "recorded"])


def answer(*passwords: dict[str, str], **more: object) -> str:
    """Write a result of generateCredentials."""
    return json.dumps({"username": "bot-token", "passwords": passwords} | more)


ONE = answer({"name": "password1", "value": "only-one"}, {"name": "password2"})


async def mint(client: azure.AzureRegistries, registry: model.Registry, slot: str = "password1") -> str:
    """Mint and return what the password says."""
    minted = await client.mint(registry, "bot-token", slot=slot, expires=None)
    return minted.password.get_secret_value()


@both_shapes
async def test_a_password_opens_the_registry(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """The value of the named slot comes back, with its expiry, and logs in at once."""
    expires = house.state.now().replace(microsecond=0) + dt.timedelta(days=30)

    minted = await client.mint(registry, "bot-token", slot="password1", expires=expires)

    value = minted.password.get_secret_value()
    assert (minted.user, minted.slot, minted.expires) == ("bot-token", "password1", expires)
    assert house.state.login(registry.login_server, minted.user, value)
    assert list(house.token.slots) == ["password1"]  # password2 stays empty, for a rotation


@both_shapes
@pytest.mark.parametrize("slot", arm_state.SLOTS)
async def test_the_slot_decides_which_value(
    house: House, client: azure.AzureRegistries, registry: model.Registry, slot: str
) -> None:
    """Both slots are listed; the one that was asked for has the value, wherever it stands."""
    for one in arm_state.SLOTS:
        house.state.generate(house.token, one, None)

    value = await mint(client, registry, slot)

    assert house.token.slots[slot].values[-1].opens(value, house.state.now() + dt.timedelta(minutes=2))


async def test_a_password_may_last_for_ever(client: azure.AzureRegistries, registry: model.Registry) -> None:
    """Without a validity the answer has no expiry, and so has ours."""
    minted = await client.mint(registry, "bot-token", slot="password1", expires=None)

    assert minted.expires is None


@pytest.mark.parametrize(
    "result",
    [
        answer({"name": "password2", "value": "wrong-slot"}, {"name": "password1"}),
        answer({"name": "password1", "value": "one"}, {"name": "password2", "value": "two"}),
        answer({"name": "password1", "value": "one"}, {"name": "password1", "value": "two"}),
        answer({"name": "password1"}, {"name": "password2"}),
        answer({"name": "password1", "value": ""}),
        answer(),
        '{"passwords": "none"}',
        "{}",
    ],
)
async def test_anything_but_one_value_is_refused(
    house: House, client: azure.AzureRegistries, registry: model.Registry, result: str
) -> None:
    """A value is taken only if it is the only one and of the slot that was asked for."""
    house.fault(GENERATE, status=200, body=result)

    with pytest.raises(errors.Permanent, match="exactly one new password, for password1"):
        await mint(client, registry)


@pytest.mark.parametrize("result", ["", "null", "<html>", '"text"'])
async def test_an_unreadable_answer_is_a_lost_one(
    house: House, client: azure.AzureRegistries, registry: model.Registry, result: str
) -> None:
    """A success that cannot be read may have minted: look before doing it again."""
    house.fault(GENERATE, status=200, body=result)

    with pytest.raises(errors.Unknown):
        await mint(client, registry)


@pytest.mark.parametrize(
    "result",
    [
        json.dumps({"status": "Succeeded", "properties": json.loads(ONE)}),
        answer({"name": "Password1", "value": "only-one"}),
        json.dumps({"passwords": [{"name": "password1", "value": "only-one", "expiry": "not a date"}]}),
    ],
)
async def test_liberties_of_the_answer_are_accepted(
    house: House, client: azure.AzureRegistries, registry: model.Registry, result: str
) -> None:
    """A result wrapped in its operation, another spelling, a missing user name: the value is plain."""
    house.fault(GENERATE, status=200, body=result)

    assert await mint(client, registry) == "only-one"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"after": True}, errors.Unknown),
        ({"cut": True}, errors.Unknown),
        ({"status": 500}, errors.Unknown),
        ({"status": 503, "headers": {"Retry-After": "1"}}, errors.Unknown),
        ({"status": 429, "headers": {"Retry-After": "17"}}, errors.Throttled),
        ({"status": 409, "body": '{"error": {"code": "TokenNotActive"}}'}, errors.NotYet),
        ({"status": 404, "body": '{"error": {"code": "TokenNotFound"}}'}, errors.NotFound),
        ({"status": 403, "body": '{"error": {"code": "AuthorizationFailed"}}'}, errors.Forbidden),
        ({"status": 307, "headers": {"Location": "http://127.0.0.1:9/elsewhere"}}, errors.Permanent),
    ],
    ids=str,
)
async def test_a_request_is_never_sent_twice(
    house: House,
    client: azure.AzureRegistries,
    registry: model.Registry,
    *,
    fault: dict[str, object],
    error: type[errors.ServiceError],
) -> None:
    """On a connection that was used before, so that aiohttp would send an idempotent method again."""
    await client.token(registry, "bot-token")
    house.fault(GENERATE, times=None, **fault)

    with pytest.raises(errors.ServiceError) as failed:
        await mint(client, registry)

    assert (type(failed.value), len(house.sent("/generateCredentials"))) == (error, 1)


async def test_a_wish_to_wait_is_told(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """The service's own Retry-After reaches the worker."""
    house.fault(GENERATE, status=429, headers={"Retry-After": "17"})

    with pytest.raises(errors.Throttled) as failed:
        await mint(client, registry)

    assert failed.value.retry_after_s == 17


async def test_nothing_was_sent_to_a_closed_door(house: House, registry: model.Registry) -> None:
    """A connection that never came about minted nothing: that is no lost answer."""
    config = house.settings(AZURE_RESOURCE_MANAGER_URL="http://127.0.0.1:9")

    async with opened(config) as client:
        with pytest.raises(errors.Temporary) as failed:
            await mint(client, registry)

    assert type(failed.value) is errors.Temporary


@pytest.mark.parametrize("shape", [INSTANT])
@pytest.mark.parametrize("status", [429, 503])
async def test_a_status_address_may_ask_to_wait(
    house: House,
    hasty: azure.AzureRegistries,
    registry: model.Registry,
    time: fakes.FakeClock,
    *,
    status: int,
) -> None:
    """A Retry-After of a refused read is obeyed to the second, and the value still found."""
    house.fault(STATUS, status=status, headers={"Retry-After": "30"})

    value = await mint(hasty, registry)

    assert (value, max(time.slept)) == (house.state.minted[-1], 30)


@pytest.mark.parametrize("body", ['{"status": "Failed"}', '{"status": "Canceled"}'])
async def test_an_operation_may_fail(
    house: House, client: azure.AzureRegistries, registry: model.Registry, body: str
) -> None:
    """ARM's verdict ends the waiting, and may be another next time."""
    house.fault(STATUS, status=200, body=body)

    with pytest.raises(errors.Temporary, match="gave up"):
        await mint(client, registry)


async def test_an_operation_goes_on(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """A status that says so in a 200 is waited for as well as a 202."""
    house.fault(STATUS, status=200, body='{"status": "InProgress"}', times=2)

    assert await mint(client, registry) == house.state.minted[-1]


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 404}, {"cut": True}], ids=str)
async def test_a_value_out_of_reach_is_lost(
    house: House, hasty: azure.AzureRegistries, registry: model.Registry, fault: dict[str, object]
) -> None:
    """Minted but not to be had: the worker must mint into the other slot."""
    house.fault(STATUS, times=None, **fault)

    with pytest.raises(errors.Unknown):
        await mint(hasty, registry)


async def test_a_missing_right_to_look_is_named(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """The role's action for operations is easily forgotten: the error names it."""
    house.state.denied.add("Microsoft.ContainerRegistry/registries/operationStatuses/read")

    with pytest.raises(errors.Forbidden) as failed:
        await mint(client, registry)

    assert "registries/operationStatuses/read" in str(failed.value.remedy)


@pytest.mark.parametrize(
    "location",
    ["", "https://evil.example/value", "http://evil.example/value", "http://127.0.0.1.evil.example/value"],
)
async def test_a_location_elsewhere_is_not_followed(
    house: House, client: azure.AzureRegistries, registry: model.Registry, location: str
) -> None:
    """The bearer goes to ARM alone, and nobody else brings a password."""
    house.fault(GENERATE, status=202, headers={"Location": location} if location else {})

    with pytest.raises(errors.Unknown):
        await mint(client, registry)


async def test_a_location_may_be_relative(
    house: House, client: azure.AzureRegistries, registry: model.Registry
) -> None:
    """A path alone is one of ARM's own, and another name of this machine is this machine."""
    path = "/subscriptions/x/operationStatuses/registries-1?api-version=2025-11-01"
    house.fault(GENERATE, status=202, headers={"Location": path})
    house.fault(f"GET {path.split('?', maxsplit=1)[0]}", status=200, body=ONE)

    assert await mint(client, registry) == "only-one"


async def test_another_name_of_this_machine_is_followed(house: House, registry: model.Registry) -> None:
    """An override with `localhost` meets addresses with 127.0.0.1."""
    port = urlsplit(house.arm.url).port

    async with opened(house.settings(AZURE_RESOURCE_MANAGER_URL=f"http://localhost:{port}")) as client:
        value = await mint(client, registry)

    assert value == house.state.minted[-1]
