"""Chat: messages as they were shown, and a directory of people."""

from __future__ import annotations

import asyncio

from bot import errors, model
from bot.model import Role
from tests.fakes.journal import Journal


class FakeNotifier:
    """A chat platform. `shown` lists what each message said, in order, as (role, state, version)."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.shown: list[tuple[Role, model.State, int]] = []
        self.messages: dict[str, tuple[Role, model.State, int]] = {}
        self.alerts: list[str] = []
        self.closed: set[Role] = set()  # places the bot cannot write to
        self._posts = 0
        self.open = asyncio.Event()  # cleared: every message takes until it is set again
        self.open.set()

    async def show(
        self, request: model.Request, copy: model.Copy, *, copies: dict[Role, model.Copy]
    ) -> model.Copy:
        """Post or update a message."""
        async with self.journal.call(f"show:{copy.role}"):
            await self.open.wait()
            if copy.role in self.closed:
                return copy.model_copy(update={"error": "The bot is not in this channel."})
            message = copy.message or self._post(copy, len(copies))
            said = (copy.role, request.state, request.version)
            self.shown.append(said)
            self.messages[message] = said
            return copy.model_copy(update={"message": message, "shown": request.version, "error": None})

    def _post(self, copy: model.Copy, known: int) -> str:
        # Numbered by posts alone: an update may come first, of a message that only a click told of.
        self._posts += 1
        return f"{copy.role}-{self._posts - 1}-{known}"

    async def alert(self, text: str) -> None:
        """Tell the operators."""
        async with self.journal.call("alert"):
            self.alerts.append(text)


class FakeDirectory:
    """A platform's directory: everybody is a member unless said otherwise."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.standings: dict[str, model.Standing] = {}
        self.usergroups: dict[str, frozenset[str]] = {}

    async def standing(self, who: model.Principal) -> model.Standing:
        """Return what is known of an account."""
        async with self.journal.call("standing"):
            return self.standings.get(who.user, model.Standing.MEMBER)

    async def usergroup(self, usergroup: str) -> frozenset[str]:
        """Return a group's members."""
        async with self.journal.call("usergroup"):
            if usergroup not in self.usergroups:
                raise errors.NotFound(f"There is no user group {usergroup}.", service="Slack")
            return self.usergroups[usergroup]
