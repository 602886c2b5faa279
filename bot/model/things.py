"""What requests are about: workspaces, registries, credentials."""

from __future__ import annotations

import datetime as dt
import enum

from bot.model.base import Record, RequestId, Slot
from bot.model.people import Principal


class Workspace(Record):
    """A Tower workspace. `org` is None for the personal workspace of the bot's account."""

    id: int
    org: str | None
    name: str

    @property
    def full_name(self) -> str:
        """Return `org/name`, as Tower's own command line writes it."""
        return f"{self.org}/{self.name}" if self.org else f"{self.name} (personal)"


class Registry(Record):
    """An Azure container registry, as ARM describes it. `login_server` is lower case."""

    login_server: str
    name: str
    resource_group: str
    sku: str
    anonymous_pull: bool = False
    public: bool = True  # reachable by the hosted Wave: no firewall, no private endpoint only
    abac: bool = False  # roleAssignmentMode AbacRepositoryPermissions


def host_claim(workspace_id: int, login_server: str) -> str:
    """Return the claim on a registry's host in a workspace: Wave can use only one credential for it."""
    return f"host:{workspace_id}:{login_server}"


def name_claim(workspace_id: int, name: str) -> str:
    """Return the claim on a credential's name in a workspace."""
    return f"name:{workspace_id}:{name}"


class CredentialState(enum.StrEnum):
    """Where a credential stands."""

    ACTIVE = "active"
    ROTATING = "rotating"
    REVOKING = "revoking"
    REVOKED = "revoked"
    DRIFTED = "drifted"


class Credential(Record):
    """What exists once a request is done: one ACR token, its scope map, one Tower credential.

    Whoever writes it proves to have seen the `version` before, and seals it: who can write to Redis
    alone cannot point it at another token.
    """

    id: RequestId  # of the request that issued it
    version: int = 1
    name: str
    workspace: Workspace
    login_server: str
    repositories: tuple[str, ...]
    token: str
    scope_map: str
    slot: Slot
    tower_id: str
    owner: Principal
    state: CredentialState = CredentialState.ACTIVE
    busy: RequestId | None = None  # the request that is changing it now
    by: RequestId | None = None  # the request that changed it last
    created: dt.datetime
    minted: dt.datetime | None = None  # when its password was made
    validity_days: int | None = None  # of each of its passwords
    expires: dt.datetime | None = None
    verified: dt.datetime | None = None
    drift: str | None = None  # what reconciling found, while it is so
    adopted: bool = False  # Tower's part was made by hand
    seal: str = ""

    @property
    def claims(self) -> tuple[str, ...]:
        """Return what it holds until it is revoked."""
        return host_claim(self.workspace.id, self.login_server), name_claim(self.workspace.id, self.name)
