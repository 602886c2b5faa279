"""What we send and what our ARM answers, held against the vendor's own description and examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import referencing
import referencing.jsonschema
from azure.mgmt.containerregistry import models

from bot import model
from bot.clients import azure, azure_parse
from bot.sandbox import arm, arm_rules, arm_spec
from tests.azure.conftest import INSTANT, OPERATIONS, RECORDED, House

BASE = "https://vendor.example/"
R = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/myResourceGroup"
    "/providers/Microsoft.ContainerRegistry/registries"
)


@pytest.fixture
def description(specs: Path) -> arm_spec.Description:
    """Return the vendor's description."""
    return arm_spec.Description(specs)


@pytest.fixture
def documents(specs: Path) -> Any:
    """Return the description's files for a validator of somebody else's."""
    resources = [
        (
            f"{BASE}{one.name}",
            referencing.Resource.from_contents(
                json.loads(one.read_text()), default_specification=referencing.jsonschema.DRAFT4
            ),
        )
        for one in specs.glob("*.json")
    ]
    return referencing.Registry().with_resources(resources)


def example(specs: Path, name: str) -> Any:
    """Read one of the vendor's examples."""
    return json.loads((specs / "examples" / f"{name}.json").read_text())


async def play(client: azure.AzureRegistries, registry: model.Registry) -> None:
    """Do everything that the bot does to a registry."""
    await client.registries()
    await client.put_scope_map(registry, "bot-map", ["rna-seq"])
    await client.put_token(registry, "bot-token", "bot-map")
    for slot in ("password1", "password2"):
        await client.mint(registry, "bot-token", slot=slot, expires=None)
    await client.keep_only(registry, "bot-token", slot="password2")
    await client.patch_scope_map(registry, "bot-map", ["rna-seq", "team/aligner"])
    await client.set_token_status(registry, "bot-token", enabled=False)
    await client.room(registry)
    assert [one.name async for one in client.tokens(registry)] == ["bot-token"]
    assert len([one async for one in client.scope_maps(registry)]) == 4
    await client.delete_token(registry, "bot-token")
    await client.delete_scope_map(registry, "bot-map")


@pytest.fixture
async def played(house: House, client: azure.AzureRegistries, registry: model.Registry) -> House:
    """Return an Azure to which everything was done."""
    await play(client, registry)
    return house


@pytest.mark.parametrize("shape", [OPERATIONS, RECORDED], ids=["operations", "recorded"])
async def test_all_that_we_send_is_as_described(description: arm_spec.Description, played: House) -> None:
    """Paths, queries, names and bodies; the emulator looks too, but this does not depend on it."""
    wrong = [
        problem
        for one in played.sent("")
        if one.to == "arm" and "operationStatuses" not in one.path and "skiptoken" not in one.path
        for problem in description.request(
            one.method,
            one.path.partition("?")[0],
            dict(part.split("=") for part in one.path.partition("?")[2].split("&")),
            json.loads(one.body or b"null"),
        )
    ]

    assert wrong == []
    assert played.arm.violations == []


@pytest.mark.parametrize("shape", [OPERATIONS, RECORDED], ids=["operations", "recorded"])
async def test_all_that_our_arm_answers_is_as_described(
    description: arm_spec.Description, played: House
) -> None:
    """An emulator that answers what ARM never would proves nothing."""
    wrong = [
        problem
        for one in played.sent("")
        if one.to == "arm" and "operationStatuses" not in one.path and one.answer
        for problem in description.answer(
            one.method, one.path.partition("?")[0], one.status, json.loads(one.answer)
        )
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        ("Token", "/tokens/bot-token?"),
        ("ScopeMap", "/scopeMaps/bot-map?"),
        ("RegistryListResult", "/Microsoft.ContainerRegistry/registries?"),
        ("TokenListResult", "/tokens?"),
        ("ScopeMapListResult", "/scopeMaps?"),
    ],
)
async def test_a_real_validator_agrees(documents: Any, played: House, *, definition: str, path: str) -> None:
    """What was shown satisfies the description's schemas by another's reading of them too."""
    shown = [one for one in played.sent("GET ") if path in one.path and one.status == 200]
    validator = jsonschema.Draft4Validator(
        {"$ref": f"{BASE}{arm_spec.MAIN}#/definitions/{definition}"}, registry=documents
    )

    assert shown
    assert [
        problem.message for one in shown for problem in validator.iter_errors(json.loads(one.answer))
    ] == []


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "problem"),
    [
        ("PUT", "/x", {}, None, "no such operation"),
        ("GET", f"{R}/myRegistry/tokens/myToken", {}, None, "lacks api-version"),
        ("GET", f"{R}/r/tokens/myToken", {"api-version": "x"}, None, "registryName: too short"),
        ("GET", f"{R}/myRegistry/tokens/my_token", {"api-version": "x"}, None, "tokenName: not of the form"),
        (
            "GET",
            f"{R}/myRegistry/tokens/myToken",
            {"api-version": "x", "a": "b"},
            None,
            "unknown query parameter a",
        ),
        (
            "PUT",
            f"{R}/myRegistry/scopeMaps/myScopeMap",
            {"api-version": "x"},
            {"properties": {}},
            "lacks actions",
        ),
        (
            "PUT",
            f"{R}/myRegistry/scopeMaps/myScopeMap",
            {"api-version": "x"},
            {"properties": {"actions": "text"}},
            "not of type array",
        ),
        (
            "PUT",
            f"{R}/myRegistry/tokens/myToken",
            {"api-version": "x"},
            {"properties": {"provisioningState": "Succeeded"}},
            "provisioningState is read-only",
        ),
        (
            "PUT",
            f"{R}/myRegistry/tokens/myToken",
            {"api-version": "x"},
            {"properties": {"scopeMap": "m"}},
            "unknown field scopeMap",
        ),
        (
            "POST",
            f"{R}/myRegistry/generateCredentials",
            {"api-version": "x"},
            {"tokenId": "t", "expiry": "tomorrow"},
            "not a date-time",
        ),
    ],
)
def test_what_is_not_as_described_is_noticed(
    description: arm_spec.Description,
    *,
    method: str,
    path: str,
    query: dict[str, str],
    body: Any,
    problem: str,
) -> None:
    """Each kind of mistake is told."""
    assert any(problem in one for one in description.request(method, path, query, body))


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("RegistryGet", "GET", f"{R}/myRegistry"),
        ("RegistryListUsages", "GET", f"{R}/myRegistry/listUsages"),
        ("RegistryGenerateCredentials", "POST", f"{R}/myRegistry/generateCredentials"),
        ("ScopeMapCreate", "PUT", f"{R}/myRegistry/scopeMaps/myScopeMap"),
        ("ScopeMapList", "GET", f"{R}/myRegistry/scopeMaps"),
        ("TokenGet", "GET", f"{R}/myRegistry/tokens/myToken"),
        ("TokenList", "GET", f"{R}/myRegistry/tokens"),
    ],
)
def test_the_vendors_examples_are_as_described(
    description: arm_spec.Description, specs: Path, *, name: str, method: str, path: str
) -> None:
    """A checker that finds fault with the vendor's own examples would be wrong."""
    body = example(specs, name)["responses"]["200"]["body"]

    assert description.answer(method, path, 200, body) == []


def test_the_vendors_examples_can_be_read(specs: Path) -> None:
    """Registries, tokens and scope maps as the vendor shows them become ours."""
    registry = azure_parse.registry(
        models.Registry(example(specs, "RegistryGet")["responses"]["200"]["body"])
    )
    token = azure_parse.token(models.Token(example(specs, "TokenGet")["responses"]["200"]["body"]))
    scope_map = azure_parse.scope_map(
        models.ScopeMap(example(specs, "ScopeMapGet")["responses"]["200"]["body"])
    )

    assert registry is not None
    assert (registry.login_server, registry.resource_group) == ("myregistry.azurecr.io", "myResourceGroup")
    assert (token.value.name, token.value.scope_map, token.done, scope_map.done) == (
        "myToken",
        "myScopeMap",
        True,
        True,
    )


def test_the_recorded_token_can_be_read(specs: Path) -> None:
    """A real registry's answer, with seven digits of a second and an empty list of passwords."""
    recorded = json.loads((specs / "observed-traffic.json").read_text())["token_final_get"]["body"]

    seen = azure_parse.token(models.Token(recorded))

    assert (seen.value.name, seen.value.scope_map, seen.value.enabled) == (
        "acr-token",
        "acr-token-scope-map",
        True,
    )
    assert (seen.done, seen.value.passwords) == (True, ())


def test_versions_agree() -> None:
    """Client, emulator and description speak of one version."""
    assert azure_parse.API_VERSION == arm_rules.API_VERSION
    assert arm_rules.API_VERSION in arm_spec.MAIN


def test_no_description_is_no_error(tmp_path: Path) -> None:
    """A sandbox at a stranger's runs without the vendor's files."""
    assert arm_spec.Description.load(tmp_path) is None
    assert arm.ArmEmulator.name == "arm"
    assert INSTANT.generate_s == 0
