"""What people are called in a card."""

from __future__ import annotations

from collections.abc import Callable

from bot import model
from handlers.teams.seen import Seen

Person = Callable[[model.Principal], str | None]  # what the policy file calls somebody


class Names:
    """Calls people by their name in Teams, else by the policy's; for display only."""

    def __init__(self, seen: Seen, person: Person) -> None:
        self._seen = seen
        self._person = person

    def __call__(self, who: model.Principal) -> str:
        """Return what somebody is called."""
        known = self._seen.name(who) or self._person(who)
        if who.platform is not model.Platform.TEAMS:
            return f"{known or 'somebody'} on {who.platform.value.title()}"
        return known or "somebody"

    def known(self, who: model.Principal) -> str | None:
        """Return somebody's name where Teams can notify them, and it is known."""
        return self._seen.name(who)
