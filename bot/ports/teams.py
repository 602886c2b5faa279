"""Microsoft Teams as the bot reaches it: the Bot Connector's REST interface, and its signing keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a conversation, as Teams describes them; what it leaves out is an empty text."""

    id: str  # as the Connector names them to this bot (29:…)
    user: str  # Entra object id, lower case
    tenant: str  # lower case
    name: str
    role: str  # user, guest, anonymous …, lower case
    login: str = ""  # user principal name


class Connector(Protocol):
    """Sends to Teams and asks it.

    Raises ServiceError: NotFound for a conversation, message or member that is not there, Forbidden
    for one that the bot may not reach.
    """

    async def keys(self) -> Sequence[Mapping[str, object]]:
        """Return the keys that the service signs its requests with, as JSON Web Keys."""
        ...

    async def post(self, conversation: str, activity: Mapping[str, object]) -> str:
        """Send a message and return its id."""
        ...

    async def update(self, conversation: str, message: str, activity: Mapping[str, object]) -> None:
        """Replace a message."""
        ...

    async def direct(self, user: str, *, tenant: str) -> str:
        """Return the personal conversation with somebody; it is made if there is none."""
        ...

    async def member(self, conversation: str, user: str) -> Member:
        """Return one member of a conversation, by the Connector's id or the Entra object id."""
        ...

    async def roster(self, conversation: str) -> tuple[Member, ...]:
        """Return all members of a conversation."""
        ...

    async def check(self) -> None:
        """Raise unless a token for the Connector is given out."""
        ...
