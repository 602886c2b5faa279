"""Tower, which keeps the credential, and Wave, which uses it."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from bot import model


@dataclass(frozen=True, slots=True)
class TowerCredential:
    """A credential as Tower lists it. `registry` is None for other providers than container-reg.

    `updated` is Tower's own text, good for telling whether something changed and for nothing else.
    `description` is what people or we wrote about it; a Tower may leave it out.
    """

    id: str
    name: str
    provider: str
    registry: str | None
    user: str | None
    updated: str | None = None
    used: dt.datetime | None = None
    description: str | None = None


class NameCheck(enum.StrEnum):
    """Tower's word on a credential's name."""

    FREE = "free"
    TAKEN = "taken"
    BAD = "bad"


class Tower(Protocol):
    """Seqera Platform's API with the bot's token. Every call names its workspace."""

    async def workspaces(self, *, fresh: bool = False) -> tuple[model.Workspace, ...]:
        """List the workspaces where the bot may write credentials; cached for a minute."""
        ...

    async def participates(self, workspace: model.Workspace, user: str) -> bool:
        """Tell whether a Tower user is a participant of a workspace, in person and not through a team."""
        ...

    async def credentials(self, workspace_id: int) -> tuple[TowerCredential, ...]:
        """List a workspace's credentials, in Tower's own order."""
        ...

    async def check_name(self, workspace_id: int, name: str) -> NameCheck:
        """Ask whether a credential's name is well-formed and free."""
        ...

    async def create(
        self, workspace_id: int, *, name: str, registry: str, user: str, password: SecretStr
    ) -> str:
        """Make a container-registry credential and return its id.

        Raises NotYet while Tower's login test does not accept the password, AlreadyThere for a
        taken name, Unknown when the answer was lost.
        """
        ...

    async def update(  # noqa: PLR0913  # one call, all that Tower keeps
        self,
        workspace_id: int,
        credential_id: str,
        *,
        name: str,
        registry: str,
        user: str,
        password: SecretStr,
        description: str | None = None,
    ) -> None:
        """Replace a credential's keys in place, and with them what is written about it; its id stays.

        Raises as `create` does, and NotFound.
        """
        ...

    async def delete(self, workspace_id: int, credential_id: str, *, checked: bool = False) -> None:
        """Delete a credential; one that is not there is fine.

        `checked` raises InUse while jobs use it; a Tower that does not know the word deletes all the same.
        """
        ...

    async def ping(self) -> None:
        """Raise unless Tower accepts the bot's token."""
        ...


class Sight(enum.StrEnum):
    """What Wave made of an image."""

    READ = "read"
    UNAUTHORIZED = "unauthorized"  # the registry refused the login, or the repository is not in the scope map
    NOT_FOUND = "not_found"  # no such repository or tag
    UNREACHABLE = "unreachable"  # Wave cannot talk to the registry
    REJECTED = "rejected"  # Wave or Tower refused the call itself: `detail` says why


@dataclass(frozen=True, slots=True)
class Inspection:
    """Wave's answer; `detail` is a sentence of ours, never a vendor's body."""

    sight: Sight
    detail: str = ""


class Wave(Protocol):
    """Wave's inspect: reads an image with the workspace's credential."""

    async def inspect(self, image: str, workspace_id: int) -> Inspection:
        """Ask Wave to read `image`. Raises Temporary for 429, 5xx and time-outs of Wave itself."""
        ...
