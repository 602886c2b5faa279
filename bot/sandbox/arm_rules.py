"""What ARM refuses: names, actions, versions and limits; each as the error it answers."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from aiohttp import web

from bot.sandbox import arm_state

API_VERSION = "2025-11-01"
One = TypeVar("One", bound=arm_state.Resource)
PROVIDER = "Microsoft.ContainerRegistry/registries"
_TOKEN = re.compile(r"[a-zA-Z0-9-]{5,50}")
_SCOPE_MAP = re.compile(r"[a-zA-Z0-9-_]{5,50}")
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
# One star, and only as the whole last part (docs: container-registry-token-based-repository-permissions).
_ACTION = re.compile(
    rf"repositories/(?:{_PART}(?:/{_PART})*(?:/\*)?|\*)"
    r"/(?:content/(?:read|write|delete)|metadata/(?:read|write))"
)
MOST_ACTIONS = 500


class ArmError(Exception):
    """An error in the shape of common-types v6: `{"error": {"code", "message"}}`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def answer(self) -> web.Response:
        """Return the error as ARM answers it."""
        body = {"error": {"code": self.code, "message": str(self)}}
        return web.json_response(body, status=self.status)


def name_of_scope_map(name: str) -> None:
    """Refuse a scope map's name that the description's pattern does not allow."""
    if not _SCOPE_MAP.fullmatch(name):
        raise ArmError(400, "InvalidScopeMapName", "The scope map name is invalid.")


def name_of_token(name: str) -> None:
    """Refuse a token's name that the description's pattern does not allow."""
    if not _TOKEN.fullmatch(name):
        raise ArmError(400, "InvalidTokenName", "The token name is invalid.")


def actions(given: object) -> tuple[str, ...]:
    """Return a scope map's actions, or refuse them."""
    if not isinstance(given, list) or not given:
        raise ArmError(400, "InvalidScopeMapActions", "A scope map needs actions.")
    bad = [action for action in given if not isinstance(action, str) or not _ACTION.fullmatch(action)]
    if bad or len(given) > MOST_ACTIONS:
        raise ArmError(400, "InvalidScopeMapActions", "The actions of the scope map are invalid.")
    return tuple(given)


def status(given: object) -> str:
    """Return a token's status, or refuse it."""
    if given not in {"enabled", "disabled"}:
        raise ArmError(400, "InvalidTokenStatus", "The status of the token is invalid.")
    return str(given)


def bound(registry: arm_state.Registry, given: object) -> str:
    """Return the name of the scope map that an id names, or refuse it."""
    name = str(given or "").rsplit("/", 1)[-1]
    held = registry.scope_maps.get(name)
    if held is None or held.gone is not None:
        raise ArmError(400, "ScopeMapNotFound", "The scope map does not exist.")
    return name


def kept(one: arm_state.Token, given: object) -> dict[str, arm_state.Slot]:
    """Return the slots that a token's PATCH keeps: those that it names and no others.

    The service is only ever seen to be sent filled ones (azure-cli, acr_token_credential_delete).
    """
    listed = given.get("passwords") if isinstance(given, dict) else None
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise ArmError(400, "InvalidTokenCredentials", "The credentials of the token are invalid.")
    names = [each.get("name") for each in listed]
    if len(set(names)) < len(names) or not set(names) <= set(one.slots):
        raise ArmError(400, "InvalidTokenCredentials", "The token has no such password.")
    return {name: slot for name, slot in one.slots.items() if name in names}


def settled(one: arm_state.Resource) -> None:
    """Refuse a change while another one of the same resource is under way."""
    if one.state in {"Creating", "Updating", "Deleting"}:
        raise ArmError(409, "OperationInProgress", "Another operation is in progress on this resource.")


def room(registry: arm_state.Registry, kind: str, held: Sequence[str]) -> None:
    """Refuse one more token or scope map than the registry's tier has room for."""
    limit = arm_state.LIMITS[registry.sku]
    if len(held) >= limit:
        raise ArmError(
            409, f"{kind}LimitReached", f"The registry has reached its limit of {limit} {kind.lower()}s."
        )


def may(state: arm_state.AzureState, action: str) -> None:
    """Refuse what the bot's role does not hold."""
    full = f"{PROVIDER}/{action}"
    if full in state.denied:
        raise ArmError(
            403, "AuthorizationFailed", f"The client does not have authorization to perform action '{full}'."
        )


def version(query: str | None) -> None:
    """Refuse a call without the api-version that the emulator knows."""
    if query is None:
        raise ArmError(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
    if query != API_VERSION:
        raise ArmError(400, "NoRegisteredProviderFound", f"No registered provider found for '{query}'.")


def bearer(state: arm_state.AzureState, header: str | None) -> None:
    """Refuse a call without one of the tokens that the identity endpoint gave out for ARM."""
    audience = state.bearers.get((header or "").removeprefix("Bearer "), "")
    if not audience.startswith("https://management."):
        raise ArmError(401, "InvalidAuthenticationToken", "The access token is missing, invalid or expired.")


async def properties(request: web.Request) -> dict[str, Any]:
    """Return a body's `properties`, or refuse the body."""
    try:
        found = json.loads(await request.read())["properties"]
    except (ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, dict):
        raise ArmError(400, "InvalidRequestContent", "The request content was invalid.")
    return found


def existing(held: dict[str, One], name: str) -> One:
    """Return a token or scope map, or say that there is none."""
    arm_state.sweep(held)
    if name not in held:
        raise ArmError(404, "ResourceNotFound", f"The Resource '{name}' was not found.")
    return held[name]
