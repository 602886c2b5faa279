"""The made-up ARM behaves as the facts say: what it refuses, and how its writes come about."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.sandbox import arm_state
from tests.azure.conftest import INSTANT, RECORDED, House

VERSION = "?api-version=2025-11-01"
REPLICATED = dt.timedelta(seconds=61)


@pytest.fixture
async def arm(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """Return a plain client with a token for ARM, in the registry's own folder."""
    house.state.bearers["for-arm"] = "https://management.azure.com"
    path = f"/subscriptions/{house.state.subscription}/resourceGroups/rg-registries"
    base = f"{house.arm.url}{path}/providers/Microsoft.ContainerRegistry/registries/acmegenomics/"
    async with httpx.AsyncClient(base_url=base, headers={"Authorization": "Bearer for-arm"}) as client:
        yield client
    house.arm.violations.clear()  # this file sends what nobody should


def scope_map(*actions: str) -> dict[str, Any]:
    """Write a scope map's body."""
    return {"properties": {"actions": list(actions)}}


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("tokens", {}, (400, "MissingApiVersionParameter")),
        ("tokens?api-version=2019-05-01", {}, (400, "NoRegisteredProviderFound")),
        (f"tokens{VERSION}", {"Authorization": ""}, (401, "InvalidAuthenticationToken")),
        (f"tokens{VERSION}", {"Authorization": "Bearer other"}, (401, "InvalidAuthenticationToken")),
        (f"tokens/none-such{VERSION}", {}, (404, "ResourceNotFound")),
        (f"../acmenone/tokens/none-such{VERSION}", {}, (404, "ParentResourceNotFound")),
        (f"../acmenone{VERSION}", {}, (404, "ResourceNotFound")),
        (f"../acmepublic{VERSION}", {}, (404, "ResourceNotFound")),  # it is in another group
        (f"operationStatuses/none{VERSION}", {}, (404, "OperationNotFound")),
        (f"listUsages{VERSION}", {}, (200, None)),
        (VERSION, {}, (200, None)),
    ],
)
async def test_reads_are_refused_as_by_arm(
    arm: httpx.AsyncClient, *, path: str, headers: dict[str, str], expected: tuple[int, str | None]
) -> None:
    """Version, bearer, registry and resource are looked at in turn."""
    answer = await arm.get(str(arm.base_url).rstrip("/") + path if path == VERSION else path, headers=headers)

    assert (answer.status_code, answer.json().get("error", {}).get("code")) == expected


async def test_another_subscription_is_unknown(house: House, arm: httpx.AsyncClient) -> None:
    """The subscription is part of every address."""
    other = str(arm.base_url).replace(house.state.subscription, "00000000-0000-0000-0000-000000000000")

    answer = await arm.get(f"{other}tokens{VERSION}")

    assert answer.json()["error"]["code"] == "SubscriptionNotFound"


async def test_an_address_that_is_none_is_not_found(house: House, arm: httpx.AsyncClient) -> None:
    """What the emulator does not know is a plain 404, and it is in the journal."""
    answer = await arm.get(f"webhooks{VERSION}")

    assert (answer.status_code, len(house.sent("/webhooks"))) == (404, 1)


@pytest.mark.parametrize("shape", [RECORDED, INSTANT])
@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("repositories/rna-seq/content/read", 2),
        ("repositories/team/aligner/metadata/read", 2),
        ("repositories/team/*/content/read", 2),
        ("repositories/*/content/read", 2),
        ("repositories/a/*/b/content/read", 4),
        ("repositories/a*/content/read", 4),
        ("repositories/*/*/content/read", 4),
        ("repositories/Team/content/read", 4),
        ("repositories/team/content/pull", 4),
        ("repositories/x/contentWrite", 4),
        ("", 4),
    ],
)
async def test_actions_are_checked(arm: httpx.AsyncClient, *, action: str, status: int) -> None:
    """One star as the whole last part is a wildcard; nothing else is."""
    answer = await arm.put(f"scopeMaps/some-map{VERSION}", json=scope_map(action))

    assert answer.status_code // 100 == status


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("scopeMaps/a.b.c", scope_map("repositories/*/content/read"), "InvalidScopeMapName"),
        ("scopeMaps/some-map", scope_map(), "InvalidScopeMapActions"),
        ("scopeMaps/some-map", scope_map(*["repositories/*/content/read"] * 501), "InvalidScopeMapActions"),
        ("scopeMaps/some-map", {"actions": []}, "InvalidRequestContent"),
        ("scopeMaps/some-map", [], "InvalidRequestContent"),
        ("tokens/under_score", {"properties": {}}, "InvalidTokenName"),
        ("tokens/abcd", {"properties": {}}, "InvalidTokenName"),
        ("tokens/some-token", {"properties": {"scopeMapId": "/scopeMaps/none"}}, "ScopeMapNotFound"),
        ("tokens/bot-token", {"properties": {"scopeMapId": "/scopeMaps/bot-map"}}, "TokenAlreadyExists"),
    ],
)
@pytest.mark.usefixtures("ready")
async def test_writes_are_refused_as_by_arm(
    arm: httpx.AsyncClient, *, path: str, body: Any, code: str
) -> None:
    """Names, actions and references are held to the rules."""
    answer = await arm.put(f"{path}{VERSION}", json=body)

    assert answer.json()["error"]["code"] == code


def token(**properties: object) -> dict[str, Any]:
    """Write a token's body."""
    return {"properties": properties}


def keeping(*slots: object) -> dict[str, Any]:
    """Write what a token's change keeps."""
    return token(credentials={"passwords": [{"name": slot} for slot in slots]})


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("scopeMaps/none-such", scope_map("repositories/*/content/read"), "ResourceNotFound"),
        ("scopeMaps/bot-map", scope_map(), "InvalidScopeMapActions"),
        ("scopeMaps/bot-map", scope_map("repositories/a*/content/read"), "InvalidScopeMapActions"),
        ("scopeMaps/bot-map", {"properties": 5}, "InvalidRequestContent"),
        ("tokens/none-such", token(status="enabled"), "ResourceNotFound"),
        ("tokens/bot-token", token(status="off"), "InvalidTokenStatus"),
        ("tokens/bot-token", token(status=None), "InvalidTokenStatus"),
        ("tokens/bot-token", token(scopeMapId="/scopeMaps/none"), "ScopeMapNotFound"),
        ("tokens/bot-token", token(credentials=None), "InvalidTokenCredentials"),
        ("tokens/bot-token", token(credentials={"passwords": ["password1"]}), "InvalidTokenCredentials"),
        ("tokens/bot-token", keeping("password2"), "InvalidTokenCredentials"),
        ("tokens/bot-token", keeping("password1", "password1"), "InvalidTokenCredentials"),
    ],
)
async def test_changes_are_refused_as_by_arm(
    house: House, arm: httpx.AsyncClient, ready: arm_state.Token, *, path: str, body: Any, code: str
) -> None:
    """And then nothing has changed."""
    house.state.generate(ready, "password1", None)
    before = (ready.status, ready.scope_map, list(ready.slots), house.genomics.scope_maps["bot-map"].actions)

    answer = await arm.request("PATCH", f"{path}{VERSION}", json=body)

    after = (ready.status, ready.scope_map, list(ready.slots), house.genomics.scope_maps["bot-map"].actions)
    assert (answer.json()["error"]["code"], after) == (code, before)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (token(status="disabled"), ("disabled", "bot-map", ["password1"])),
        (
            token(scopeMapId="/x/scopeMaps/_repositories_pull"),
            ("enabled", "_repositories_pull", ["password1"]),
        ),
        (keeping(), ("enabled", "bot-map", [])),
        (keeping("password1"), ("enabled", "bot-map", ["password1"])),
    ],
)
async def test_a_token_is_changed_where_the_body_says_so(
    house: House, arm: httpx.AsyncClient, ready: arm_state.Token, *, body: Any, expected: tuple[object, ...]
) -> None:
    """What a PATCH leaves out stays, and the passwords that it does not name go."""
    house.state.generate(ready, "password1", None)

    answer = await arm.request("PATCH", f"tokens/bot-token{VERSION}", json=body)

    assert answer.json()["properties"]["provisioningState"] == "Updating"
    assert (ready.status, ready.scope_map, list(ready.slots)) == expected


@pytest.mark.parametrize("path", ["scopeMaps/bot-map", "tokens/bot-token"])
async def test_a_change_during_another_is_refused(
    house: House, arm: httpx.AsyncClient, ready: arm_state.Token, path: str
) -> None:
    """One operation at a time on each resource."""
    for one in (ready, house.genomics.scope_maps["bot-map"]):
        one.force("Updating", seconds=60)

    answer = await arm.request("PATCH", f"{path}{VERSION}", json={"properties": {}})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "OperationInProgress")


async def test_a_full_tier_refuses_a_token(house: House, arm: httpx.AsyncClient) -> None:
    """The tier's limit is counted over what is there."""
    house.genomics.sku = "Basic"
    for number in range(100):
        house.genomics.tokens[f"token-{number}"] = arm_state.Token(f"token-{number}", house.state.now(), 0.0)

    answer = await arm.put(
        f"tokens/one-more{VERSION}", json={"properties": {"scopeMapId": "/scopeMaps/_repositories_pull"}}
    )

    assert answer.json()["error"]["code"] == "TokenLimitReached"


@pytest.mark.usefixtures("ready")
async def test_a_scope_map_in_use_stays(arm: httpx.AsyncClient) -> None:
    """The token goes first, then its scope map."""
    answer = await arm.delete(f"scopeMaps/bot-map{VERSION}")

    assert answer.json()["error"]["code"] == "ScopeMapInUse"


async def test_a_new_token_is_not_active(
    house: House, arm: httpx.AsyncClient, ready: arm_state.Token
) -> None:
    """Before a token is provisioned it has no password, and cannot have one."""
    ready.force("Creating", seconds=60)

    answer = await arm.post(f"generateCredentials{VERSION}", json={"tokenId": "/tokens/bot-token"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "TokenNotActive")
    assert house.state.minted == []


@pytest.mark.parametrize("shape", [RECORDED])
@pytest.mark.usefixtures("ready")
async def test_without_a_name_both_slots_are_filled(arm: httpx.AsyncClient) -> None:
    """That is what azure-cli does, and why we name the slot."""
    answer = await arm.post(f"generateCredentials{VERSION}", json={"tokenId": "/tokens/bot-token"})

    assert [(one["name"], bool(one["value"])) for one in answer.json()["passwords"]] == [
        ("password1", True),
        ("password2", True),
    ]


@pytest.mark.usefixtures("ready")
async def test_a_value_is_shown_once(house: House, arm: httpx.AsyncClient, ready: arm_state.Token) -> None:
    """Neither the token nor the list shows what was generated."""
    house.state.generate(ready, "password1", None)

    one, listed = await arm.get(f"tokens/bot-token{VERSION}"), await arm.get(f"tokens{VERSION}")

    assert one.json()["properties"]["credentials"]["passwords"][0]["name"] == "password1"
    assert house.state.minted[0] not in one.text + listed.text


@pytest.mark.parametrize("shape", [dataclasses.replace(INSTANT, token_s=60, delete_s=60)])
@pytest.mark.usefixtures("ready")
async def test_the_sdks_poller_finds_its_way(house: House, arm: httpx.AsyncClient) -> None:
    """The bench compares with the plain SDK, which reads the addresses that writes answer with."""
    body = {"properties": {"scopeMapId": "/scopeMaps/bot-map", "status": "enabled"}}
    made = await arm.put(f"tokens/new-token{VERSION}", json=body)
    status = made.headers["Azure-AsyncOperation"]

    during = (await arm.get(status)).json()["status"]
    house.genomics.tokens["new-token"].ready = 0.0
    after = (await arm.get(status)).json()["status"]
    gone = await arm.delete(f"tokens/new-token{VERSION}")
    going = await arm.get(gone.headers["Location"])
    house.genomics.tokens["new-token"].gone = 0.1
    left = await arm.get(gone.headers["Location"])

    assert (made.status_code, during, after) == (201, "Creating", "Succeeded")
    assert (gone.status_code, going.status_code, left.status_code) == (202, 202, 204)


@pytest.mark.usefixtures("ready")
async def test_a_scope_map_may_be_changed(house: House, arm: httpx.AsyncClient) -> None:
    """PATCH replaces the actions, and they count once it is provisioned."""
    body, where = scope_map("repositories/team/*/content/read"), house.genomics.login_server

    answer = await arm.request("PATCH", f"scopeMaps/bot-map{VERSION}", json=body)
    during = house.state.may_pull(where, "bot-token", "team/aligner")
    house.genomics.scope_maps["bot-map"].ready = 0.0
    after = [house.state.may_pull(where, "bot-token", one) for one in ("team/aligner", "rna-seq")]

    assert answer.json()["properties"]["provisioningState"] == "Updating"
    assert (during, after) == (False, [True, False])


async def test_time_on_the_servers_side_is_counted(house: House, arm: httpx.AsyncClient) -> None:
    """The bench divides by it."""
    await arm.put(f"scopeMaps/some-map{VERSION}", json=scope_map("repositories/*/content/read"))
    await arm.delete(f"scopeMaps/some-map{VERSION}")

    assert house.state.server_seconds == pytest.approx(0.1)
