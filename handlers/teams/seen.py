"""Who was seen where: the Connector answers about people by the conversation that they are in."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from bot import model, ports

T = TypeVar("T")
MOST = 5000  # people
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Sight:
    """Where somebody acted last, and how the Connector names them there."""

    conversation: str
    member: str


class Seen:
    """Remembers people for this process: for look-ups and for display, never for deciding."""

    def __init__(self) -> None:
        self._sights: OrderedDict[str, Sight] = OrderedDict()
        self._names: OrderedDict[str, str] = OrderedDict()

    def note(self, who: model.Principal, sight: Sight, name: str) -> None:
        """Remember that somebody acted in a conversation."""
        _keep(self._sights, who.user, sight)
        self.call(who.user, name)

    def sight(self, who: model.Principal) -> Sight | None:
        """Return where somebody was seen last."""
        return self._sights.get(who.user)

    def learn(self, members: Iterable[ports.Member]) -> None:
        """Remember what the people of a roster are called."""
        for member in members:
            self.call(member.user, member.name)

    def call(self, user: str, name: str) -> None:
        """Remember what somebody is called; a name is one line and not long."""
        plain = " ".join(name.split())[:LONGEST_NAME]
        if user and plain:
            _keep(self._names, user, plain)

    def name(self, who: model.Principal) -> str | None:
        """Return what somebody is called in Teams, if that is known."""
        return self._names.get(who.user) if who.platform is model.Platform.TEAMS else None


def _keep(known: OrderedDict[str, T], user: str, value: T) -> None:
    known[user] = value
    known.move_to_end(user)
    if len(known) > MOST:
        known.popitem(last=False)
