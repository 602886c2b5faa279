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
        self.gone: set[str | None] = set()  # messages that somebody deleted
        self.blind: errors.ServiceError | None = None  # why no message can be looked for
        self.slow: dict[Role, asyncio.Event] = {}  # what a role's messages wait for
        self.warned: dict[Role, set[Role]] = {}  # whose failures a role's message tells of
        self._posts = 0
        self._carried: dict[str, str] = {}  # token -> message
        self.open = asyncio.Event()  # cleared: every message takes until it is set again
        self.open.set()

    async def show(
        self, request: model.Request, copy: model.Copy, *, copies: dict[Role, model.Copy]
    ) -> model.Copy:
        """Post or update a message."""
        async with self.journal.call(f"show:{copy.role}"):
            await self.open.wait()
            if copy.role in self.slow:
                await self.slow[copy.role].wait()
            if copy.role in self.closed:
                return copy.model_copy(update={"error": "The bot is not in this channel."})
            if copy.message in self.gone:
                return copy.model_copy(update={"message": None, "shown": 0})
            message = copy.message or self._post(copy, len(copies))
            said = (copy.role, request.state, request.version)
            self.shown.append(said)
            self.messages[message] = said
            self.warned[copy.role] = {role for role, one in copies.items() if one.error}
            return copy.model_copy(update={"message": message, "shown": request.version, "error": None})

    def _post(self, copy: model.Copy, known: int) -> str:
        # Numbered by posts alone: an update may come first, of a message that only a click told of.
        self._posts += 1
        message = f"{copy.role}-{self._posts - 1}-{known}"
        if copy.posting:
            self._carried[copy.posting.token] = message
        return message

    async def find(
        self, request: model.Request, copy: model.Copy, *, copies: dict[Role, model.Copy]
    ) -> model.Copy | None:
        """Look for a message by what it carries."""
        del request, copies
        async with self.journal.call(f"find:{copy.role}"):
            if self.blind:
                raise self.blind
            found = self._carried.get(copy.posting.token if copy.posting else "")
            return copy.model_copy(update={"message": found}) if found else None

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
