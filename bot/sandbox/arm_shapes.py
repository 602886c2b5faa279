"""How ARM shows registries, scope maps, tokens and generated passwords, as JSON."""

from __future__ import annotations

import datetime as dt
from typing import TypeAlias

from bot.sandbox import arm_rules, arm_state

Json: TypeAlias = dict[str, object]


def stamp(moment: dt.datetime | None) -> str | None:
    """Return a moment as ARM writes it, with seven digits of a second's fraction."""
    return f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%f}0Z" if moment else None


def registry_id(state: arm_state.AzureState, registry: arm_state.Registry) -> str:
    """Return a registry's ARM id."""
    group = f"/subscriptions/{state.subscription}/resourceGroups/{registry.resource_group}"
    return f"{group}/providers/{arm_rules.PROVIDER}/{registry.name}"


def registry(state: arm_state.AzureState, one: arm_state.Registry) -> Json:
    """Show a registry; the login server with capitals, as a real one may come."""
    return {
        "id": registry_id(state, one),
        "name": one.name,
        "type": arm_rules.PROVIDER,
        "location": "westeurope",
        "tags": {},
        "sku": {"name": one.sku, "tier": one.sku},
        "properties": {
            "loginServer": one.login_server.replace("azurecr", "AzureCR"),
            "creationDate": "2024-06-15T21:38:26.1537861Z",
            "provisioningState": "Succeeded",
            "adminUserEnabled": False,
            "anonymousPullEnabled": one.anonymous_pull,
            "publicNetworkAccess": "Enabled" if one.public else "Disabled",
            "networkRuleSet": {"defaultAction": "Allow", "ipRules": []},
            "roleAssignmentMode": "AbacRepositoryPermissions" if one.abac else "LegacyRegistryPermissions",
        },
    }


def scope_map(state: arm_state.AzureState, of: arm_state.Registry, one: arm_state.ScopeMap) -> Json:
    """Show a scope map."""
    properties: Json = {
        "type": "SystemDefined" if one.system else "UserDefined",
        "creationDate": stamp(one.created),
        "actions": list(one.actions),
        "provisioningState": one.state,
    }
    if one.description is not None:
        properties["description"] = one.description
    return {
        "id": f"{registry_id(state, of)}/scopeMaps/{one.name}",
        "name": one.name,
        "type": f"{arm_rules.PROVIDER}/scopeMaps",
        "properties": properties,
    }


def token(state: arm_state.AzureState, of: arm_state.Registry, one: arm_state.Token) -> Json:
    """Show a token: its filled slots, never a value."""
    return {
        "id": f"{registry_id(state, of)}/tokens/{one.name}",
        "name": one.name,
        "type": f"{arm_rules.PROVIDER}/tokens",
        "properties": {
            "creationDate": stamp(one.created),
            "provisioningState": one.state,
            "scopeMapId": f"{registry_id(state, of)}/scopeMaps/{one.scope_map}",
            "credentials": {"passwords": [_slot(one.slots[name]) for name in sorted(one.slots)]},
            "status": one.status,
        },
    }


def generated(one: arm_state.Token, fresh: dict[str, str]) -> Json:
    """Show what generateCredentials made: every filled slot, the new ones with their value.

    Both entries come, and only the new one has a value
    (https://github.com/hashicorp/terraform-provider-azurerm/pull/13782).
    """
    slots = [_slot(one.slots[name]) for name in sorted(one.slots)]
    passwords = [
        slot | ({"value": fresh[str(slot["name"])]} if str(slot["name"]) in fresh else {}) for slot in slots
    ]
    return {"username": one.name, "passwords": passwords}


def _slot(slot: arm_state.Slot) -> Json:
    shown: Json = {"creationTime": stamp(slot.created), "name": slot.name}
    if slot.expires:
        shown["expiry"] = stamp(slot.expires)
    return shown
