"""Who acts: the tenant and Entra object id that Teams put into the activity, never what a card says."""

from __future__ import annotations

import structlog

from bot import errors, model, ports
from handlers.payload import Payload, text_at
from handlers.teams import parse
from handlers.teams.seen import Seen, Sight

log = structlog.get_logger(__name__)


class People:
    """Tells who sent an activity, and remembers where: the directory asks about them there."""

    def __init__(self, connector: ports.Connector, seen: Seen) -> None:
        self._connector = connector
        self._seen = seen

    async def who(self, activity: Payload) -> model.Principal:
        """Return who sent an activity; somebody without an object id, where Teams knows none."""
        by = parse.principal(activity)
        member, name = parse.sender(activity)
        conversation = parse.split(text_at(activity, "conversation", "id"))[0]
        if not by.user and conversation and member:
            by = by.model_copy(update={"user": await self._user(conversation, member)})
        if by.user and conversation and member:
            self._seen.note(by, Sight(conversation, member), name)
        return by

    async def _user(self, conversation: str, member: str) -> str:
        try:
            return (await self._connector.member(conversation, member)).user
        except errors.ServiceError as error:
            log.warning("teams.user.unknown", error=type(error).__name__)
            return ""
