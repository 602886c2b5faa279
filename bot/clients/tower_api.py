"""Seqera Platform's API as values: builds calls, reads answers, touches no network.

From 22.4 to today; where the two differ, both are understood. Sources: the API description of
Seqera Cloud 1.187.0 (https://github.com/seqeralabs/terraform-provider-seqera,
specs/seqera-api-cloud.yaml) and tower-cli (https://github.com/seqeralabs/tower-cli).

Workspace id 0 stands for the personal workspace of the bot's account: then no workspaceId is
sent, which is how the API spells it. Every other call carries its workspaceId.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

from pydantic import AliasPath, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from bot import model, ports
from bot.clients import http, moments

TOWER = http.Service("Seqera Tower", "TOWER_API_ENDPOINT")
PERSONAL = 0
PAGE = 100
_SAVE_S = 20.0  # Tower tries the login through Wave before it answers a save
CONTAINER_REGISTRY = "container-reg"
_DEFAULT_HOST = "docker.io"  # what Wave takes an empty registry for (wave: CredentialsDescription)
# Terraform's rule (overlays/credentials-container-registry.yaml), for a Tower that has no call to ask.
_NAME = re.compile(r"[A-Za-z0-9_-]{2,99}")
_TAKEN = re.compile(r"already|duplicate|in use|not unique", re.IGNORECASE)
_WRITERS = frozenset({"owner", "admin"})
_READERS = frozenset({"maintain", "launch", "connect", "view"})
_ORG_ROLES = frozenset({"member", "collaborator"})  # say nothing about a workspace


class _Shape(BaseModel):
    """Part of an answer that we read; everything else in it is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class User(_Shape):
    """Whose token it is."""

    id: int = Field(validation_alias=AliasPath("user", "id"))
    name: str = Field(validation_alias=AliasPath("user", "userName"))
    email: str | None = Field(None, validation_alias=AliasPath("user", "email"))


class _Row(_Shape):
    """One row of a user's workspaces: an organization where there is no workspace."""

    org_id: int | None = Field(None, alias="orgId")
    org: str | None = Field(None, alias="orgName")
    id: int | None = Field(None, alias="workspaceId")
    name: str | None = Field(None, alias="workspaceName")
    roles: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace and our roles there; `roles` None means a Tower too old to list them."""

    org_id: int
    workspace: model.Workspace
    roles: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Keys:
    """What a container-registry credential is made of."""

    name: str
    registry: str
    user: str
    password: SecretStr
    description: str | None = None


class Participant(_Shape):
    """Somebody in a workspace, or a team there (then `user` is None)."""

    user: str | None = Field(None, alias="userName")
    email: str | None = None
    role: str | None = Field(None, alias="wspRole")

    def stands_for(self, account: User) -> bool:
        """Tell whether this is the account, by either of its names."""
        return self.user == account.name or (self.email is not None and self.email == account.email)


class Participants(_Shape):
    """One page of a workspace's participants."""

    participants: tuple[Participant, ...]
    total: int | None = Field(None, alias="totalSize")

    def ends_at(self, seen: int) -> bool:
        """Tell whether this is the last page, with `seen` participants so far."""
        return len(self.participants) < PAGE if self.total is None else seen >= self.total


class Credential(_Shape):
    """A credential as listed. `keys` may be missing from a list."""

    id: str
    name: str | None = None
    provider: str | None = None
    keys: Mapping[str, object] | None = None
    deleted: bool | None = None
    updated: object = Field(None, alias="lastUpdated")
    used: object = Field(None, alias="lastUsed")
    description: object = None

    def told(self) -> ports.TowerCredential:
        """Return it as the port has it; a host may have been typed in capitals."""
        keys = self.keys or {}
        ours = self.provider == CONTAINER_REGISTRY
        return ports.TowerCredential(
            id=self.id,
            name=self.name or "",
            provider=self.provider or "",
            registry=(_text(keys.get("registry")) or _DEFAULT_HOST).lower() if ours else None,
            user=_text(keys.get("userName")) if ours else None,
            updated=None if self.updated is None else str(self.updated),
            used=moments.read(self.used),
            description=_text(self.description),
        )


class _Rows(_Shape):
    rows: tuple[_Row, ...] = Field(alias="orgsAndWorkspaces")


class _Listed(_Shape):
    credentials: tuple[Credential, ...]


class _Described(_Shape):
    credentials: Credential


class _Created(_Shape):
    id: str = Field(alias="credentialsId", min_length=1)


def _text(value: object) -> str | None:
    return value.strip() if isinstance(value, str) else None


# --- calls


def build_user() -> http.Call:
    """Ask whose token it is."""
    return http.Call("GET", "/user-info")


def build_workspaces(user_id: int) -> http.Call:
    """Ask for a user's organizations and workspaces."""
    return http.Call("GET", f"/user/{user_id}/workspaces")


def build_participants(place: Place, *, offset: int) -> http.Call:
    """Ask for one page of a workspace's participants."""
    path = f"/orgs/{place.org_id}/workspaces/{place.workspace.id}/participants"
    return http.Call("GET", path, {"max": str(PAGE), "offset": str(offset)})


def build_credentials(workspace_id: int) -> http.Call:
    """Ask for a workspace's credentials."""
    return http.Call("GET", "/credentials", _at(workspace_id))


def build_credential(workspace_id: int, credential_id: str) -> http.Call:
    """Ask for one credential."""
    return http.Call("GET", _path(credential_id), _at(workspace_id))


def build_name_check(workspace_id: int, name: str) -> http.Call:
    """Ask whether a name is free."""
    return http.Call("GET", "/credentials/validate", {"name": name} | _at(workspace_id))


def build_create(workspace_id: int, keys: Keys) -> http.Call:
    """Make a credential. The password is in the call's body from here on, and nowhere else."""
    return http.Call("POST", "/credentials", _at(workspace_id), _body(keys), _SAVE_S)


def build_update(workspace_id: int, credential_id: str, keys: Keys) -> http.Call:
    """Replace a credential's keys in place; all of them, since Tower does not document partial ones."""
    body = _body(keys, id=credential_id)
    return http.Call("PUT", _path(credential_id), _at(workspace_id), body, _SAVE_S)


def build_delete(workspace_id: int, credential_id: str, *, checked: bool = False) -> http.Call:
    """Delete a credential; `checked` asks Tower to refuse while running jobs depend on it."""
    only_unused = {"checked": "true"} if checked else {}
    return http.Call("DELETE", _path(credential_id), _at(workspace_id) | only_unused)


def _at(workspace_id: int) -> dict[str, str]:
    return {} if workspace_id == PERSONAL else {"workspaceId": str(workspace_id)}


def _path(credential_id: str) -> str:
    return f"/credentials/{quote(credential_id, safe='')}"


def _body(keys: Keys, **more: str) -> bytes:
    # no `discriminator`: tower-cli sends none, the provider decides (its ContainerRegistryProviderTest)
    password = keys.password.get_secret_value()
    secret = {"registry": keys.registry, "userName": keys.user, "password": password}
    made = {**more, "name": keys.name, "provider": CONTAINER_REGISTRY, "keys": secret}
    if keys.description is not None:
        made["description"] = keys.description
    return json.dumps({"credentials": made}).encode()


# --- answers

_S = TypeVar("_S", bound=_Shape)


def _shaped(shape: type[_S], answer: http.Answer, *, changes: bool = False) -> _S:
    """Read a body; raise for one that is not of the documented shape, without quoting it."""
    try:
        return shape.model_validate(answer.document())
    except ValidationError:
        failure = http.unreadable(TOWER, changes=changes)
    raise failure  # outside the handler: the cause would quote the body


def parse_user(answer: http.Answer) -> User:
    """Read /user-info."""
    return _shaped(User, answer)


def parse_workspaces(answer: http.Answer) -> tuple[Place, ...]:
    """Read a user's workspaces. An organization's owner owns its workspaces as well."""
    rows = _shaped(_Rows, answer).rows
    owned = {row.org_id for row in rows if row.id is None and "owner" in (row.roles or ())}
    return tuple(
        Place(
            row.org_id,
            model.Workspace(id=row.id, org=row.org, name=row.name),
            ("owner", *(row.roles or ())) if row.org_id in owned else row.roles,
        )
        for row in rows
        if row.id and row.name and row.org_id and row.org
    )


def parse_participants(answer: http.Answer) -> Participants:
    """Read one page of participants."""
    return _shaped(Participants, answer)


def parse_credentials(answer: http.Answer) -> tuple[Credential, ...]:
    """Read a list of credentials, in Tower's order, without those marked as deleted."""
    return tuple(each for each in _shaped(_Listed, answer).credentials if not each.deleted)


def parse_credential(answer: http.Answer) -> Credential:
    """Read one credential."""
    return _shaped(_Described, answer).credentials


def parse_created(answer: http.Answer) -> str:
    """Read the id of a new credential; without one it is unknown what was made."""
    return _shaped(_Created, answer, changes=True).id


def parse_name_check(answer: http.Answer) -> ports.NameCheck | None:
    """Read Tower's word on a name; None where Tower refused to say, as one without this call does."""
    if answer.ok:
        return ports.NameCheck.FREE
    return ports.NameCheck.TAKEN if answer.status == HTTPStatus.CONFLICT else None


def well_formed(name: str) -> bool:
    """Tell whether Tower's rule allows a name."""
    return _NAME.fullmatch(name) is not None


def says_taken(answer: http.Answer) -> bool:
    """Tell whether a refused save speaks of a duplicate; its text is a hint and nothing more."""
    return answer.status == HTTPStatus.CONFLICT or _TAKEN.search(answer.message()) is not None


def may_write(roles: tuple[str, ...]) -> bool | None:
    """Judge roles by whether they may write credentials; None where they do not tell.

    Admin and Owner may, the lesser roles may not
    (https://docs.seqera.io/platform-cloud/orgs-and-teams/roles). A role with another name is a
    custom one, which may hold `credentials:write`: only the write itself can tell.
    """
    known = {role.lower() for role in roles} - _ORG_ROLES
    if known & _WRITERS or known - _READERS:
        return True
    return False if known else None
