"""What a caller may do at a registry, by Azure's own account: Microsoft.Authorization's permissions.

Another provider than the registries', with a version of its own
(https://learn.microsoft.com/rest/api/authorization/permissions/list-for-resource).
"""

from __future__ import annotations

from aiohttp import web

from bot.sandbox import arm_rules, arm_shapes, arm_state

PATH = "providers/Microsoft.Authorization/permissions"
VERSION = "2022-04-01"
READ = "Microsoft.Authorization/permissions/read"  # in `AzureState.denied`: the call is refused
# The custom role that the README has people make, and a built-in one beside it. Written out once more:
# a double that took the list from the doctor would agree with whatever that gets wrong.
ROLE = tuple(
    f"{arm_rules.PROVIDER}/{action}"
    for action in (
        "read",
        "operationStatuses/read",
        "generateCredentials/action",
        "scopeMaps/read",
        "scopeMaps/write",
        "scopeMaps/delete",
        "scopeMaps/operationStatuses/read",
        "tokens/read",
        "tokens/write",
        "tokens/delete",
        "tokens/operationStatuses/read",
    )
)
ACR_PULL = (f"{arm_rules.PROVIDER}/pull/read",)


def enter(state: arm_state.AzureState, request: web.Request) -> None:
    """Refuse a call that Azure would refuse."""
    arm_rules.bearer(state, request.headers.get("Authorization"))
    version = request.query.get("api-version")
    if version != VERSION:
        raise arm_rules.ArmError(
            400, "NoRegisteredProviderFound", f"No registered provider found for '{version}'."
        )
    if READ in state.denied:
        raise arm_rules.ArmError(
            403, "AuthorizationFailed", f"The client does not have authorization to perform action '{READ}'."
        )


def shown(state: arm_state.AzureState) -> list[arm_shapes.Json]:
    """Show the role assignments of the bot's identity, without what is denied."""
    held = [action for action in ROLE if action not in state.denied]
    return [_entry(held), _entry(list(ACR_PULL))]


def _entry(actions: list[str]) -> arm_shapes.Json:
    return {"actions": actions, "notActions": [], "dataActions": [], "notDataActions": []}
