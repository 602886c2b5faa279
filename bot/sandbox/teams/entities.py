"""What there is in the double of Teams: people, conversations and their messages."""

from __future__ import annotations

import enum
import time
from collections.abc import Mapping
from dataclasses import dataclass, field


class Kind(enum.StrEnum):
    """What a conversation is; the values are Teams' own."""

    CHANNEL = "channel"
    GROUP = "groupChat"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody. `id` is the Entra object id, and `member` what the Connector calls them to this bot."""

    id: str
    name: str
    tenant: str
    role: str = "user"
    login: str = ""

    @property
    def member(self) -> str:
        """Return the Connector's id."""
        return f"29:1{self.id.replace('-', '')}"

    def listed(self) -> dict[str, object]:
        """Return the entry of a roster."""
        first, _, last = self.name.partition(" ")
        login = self.login or f"{first.lower()}@example.com"
        return {
            "id": self.member,
            "aadObjectId": self.id,
            "name": self.name,
            "givenName": first,
            "surname": last,
            "email": login,
            "userPrincipalName": login,
            "tenantId": self.tenant,
            "userRole": self.role,
        }


@dataclass(slots=True)
class Message:
    """A message: the newest activity, whom it is by, and how often it was replaced."""

    id: str
    root: str  # the first message of its thread, which may be itself
    by: str  # an Entra object id, or "bot"
    activity: Mapping[str, object]
    edits: int = 0
    at: float = field(default_factory=time.time)
    # The card that an Action.Execute was answered with: only who pressed it sees that one, until the
    # bot changes the message for everybody.
    views: dict[str, dict[str, object]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Return what stands in the message beside its card."""
        return str(self.activity.get("text") or "")

    def seen_by(self, user: str) -> dict[str, object]:
        """Return the card as somebody sees it."""
        return self.views.get(user, self.card)

    @property
    def card(self) -> dict[str, object]:
        """Return the message's card, or an empty one."""
        attached = self.activity.get("attachments")
        first = attached[0] if isinstance(attached, list) and attached else {}
        content = first.get("content") if isinstance(first, dict) else None
        return content if isinstance(content, dict) else {}


@dataclass(slots=True)
class Conversation:
    """A channel, a group chat or a personal chat. Where the bot is not installed it gets 403."""

    id: str
    kind: Kind
    members: list[str]  # Entra object ids
    installed: bool = True
    team: str = ""
    name: str = ""
    messages: dict[str, Message] = field(default_factory=dict)


@dataclass(slots=True)
class Window:
    """A dialog that somebody has open: its card, what is typed into it, and what sends it."""

    title: str
    card: dict[str, object]
    submit: str  # the invoke that its button sends
    where: Conversation
    root: str | None
    carried: Mapping[str, object] = field(default_factory=dict)  # goes along with each invoke of it
    typed: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)  # what the client itself says, by field
    told: str | None = None  # one sentence in the card's place, which can only be closed
