"""Chat: what shows a request to people."""

from __future__ import annotations

from typing import Protocol

from bot import model


class Notifier(Protocol):
    """Shows a request on one platform."""

    async def show(
        self, request: model.Request, copy: model.Copy, *, copies: dict[model.Role, model.Copy]
    ) -> model.Copy:
        """Post the copy, or bring it to the request's present state; return it as it is now.

        A post carries the token of the copy's `posting`, where the platform allows it. A message
        that is gone comes back without `message`, to be posted once more. Raises Temporary for what
        a retry may mend; a place the bot cannot write to is no error: the copy comes back with
        `error` set to a sentence for people.
        """
        ...

    async def find(
        self, request: model.Request, copy: model.Copy, *, copies: dict[model.Role, model.Copy]
    ) -> model.Copy | None:
        """Return the copy with the message of the bot that carries its `posting`; None if there is none.

        Raises Temporary if it cannot be told now, and Permanent where it can never be told.
        """
        ...

    async def alert(self, text: str) -> None:
        """Tell the operators' channel, if one is set."""
        ...


class Visitors(Protocol):
    """Who has opened their home in chat lately, by their key. Raises NotAccepted."""

    async def came(self, who: str) -> None:
        """Remember that somebody opened their home just now."""
        ...

    async def recent(self) -> tuple[str, ...]:
        """Return who opened theirs in the last hours."""
        ...
