"""What ARM says, however it writes it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from azure.mgmt.containerregistry import models

from bot import errors, ports
from bot.clients import azure_parse

CASES = (str, str.lower, str.upper)


@pytest.mark.parametrize("case", CASES)
def test_the_case_of_a_provisioning_state_means_nothing(case: Callable[[str], str]) -> None:
    """A state written in another case neither stalls the work nor hides a failure."""

    def token(state: str) -> azure_parse.Provisioned[ports.Token]:
        properties = {"provisioningState": case(state), "status": case("enabled")}
        return azure_parse.token(models.Token({"name": "t", "properties": properties}))

    assert token("Succeeded").done
    assert token("Failed").broken
    assert token("Canceled").broken
    assert token("Deleting").going
    creating = token("Creating")
    assert (creating.done, creating.broken, creating.going) == (False, False, False)


@pytest.mark.parametrize("case", CASES)
def test_the_case_of_a_registrys_words_means_nothing(case: Callable[[str], str]) -> None:
    """Tier, reach and permission mode are understood however ARM writes them."""

    def registry(**properties: object) -> models.Registry:
        return models.Registry(
            {
                "id": "/subscriptions/s/resourceGroups/g/providers/p/registries/one",
                "name": "one",
                "sku": {"name": case("Premium")},
                "properties": {"loginServer": "one.azurecr.io", **properties},
            }
        )

    going = azure_parse.registry(registry(provisioningState=case("Deleting")))
    usual = azure_parse.registry(
        registry(publicNetworkAccess=case("Enabled"), roleAssignmentMode=case("AbacRepositoryPermissions"))
    )
    walled = azure_parse.registry(registry(networkRuleSet={"defaultAction": case("Deny")}))
    assert going is None
    assert usual is not None
    assert (usual.public, usual.abac) == (True, True)
    assert azure_parse.LIMITS[usual.sku] == azure_parse.LIMITS["Premium"]
    assert walled is not None
    assert not walled.public


@pytest.mark.parametrize("case", CASES)
def test_a_disabled_token_is_one_in_any_case(case: Callable[[str], str]) -> None:
    """A token that somebody switched off is never taken for one that works."""
    found = models.Token({"name": "t", "properties": {"status": case("disabled")}})
    assert not azure_parse.token(found).value.enabled


@pytest.mark.parametrize("case", CASES)
def test_an_operation_is_under_way_or_over_in_any_case(case: Callable[[str], str]) -> None:
    """A status monitor that answers in another case is followed all the same."""

    def said(status: str) -> object:
        body = json.dumps({"status": case(status)}).encode()
        return azure_parse.minted(body, user="t", slot="password1", expires=None)

    assert said("InProgress") is None
    assert said("Creating") is None
    assert isinstance(said("Failed"), errors.Temporary)
