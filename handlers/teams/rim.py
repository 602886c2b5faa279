"""The rim of the Teams side: nothing passes it but an answer."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Awaitable, Callable

import structlog

from bot import errors
from handlers import failures, replies
from handlers.parts import Note
from handlers.payload import Malformed, Payload
from handlers.teams import answers, cards, form, ids, parse
from handlers.teams.markup import Json
from handlers.teams.names import Names

log = structlog.get_logger(__name__)

Listener = Callable[[Payload], Awaitable[Json | None]]
Reply = Callable[[Payload, cards.Message], Awaitable[None]]


class Kind(enum.Enum):
    """In which shape somebody hears of an error."""

    MESSAGE = "message"
    BUTTON = "button"
    DIALOG = "dialog"
    SEARCH = "search"


class Rim:
    """Turns every error into what the person reads; the log gets its type and an id."""

    def __init__(self, names: Names, reply: Reply) -> None:
        self._names = names
        self._reply = reply

    async def answer(self, kind: Kind, listener: Listener, activity: Payload) -> Json | None:
        """Return a listener's answer, or what is said instead; raise Malformed for what Teams never sends."""
        try:
            async with asyncio.timeout(ids.ANSWER_S):
                return await listener(activity)
        except (errors.BotError, TimeoutError) as error:
            log.info("teams.refused", kind=kind.value, error=type(error).__name__)
            said = replies.problem(error, looking=_looking(kind, activity))
            return await self._told(kind, (said,), activity)
        except Malformed:
            raise
        except Exception as error:  # noqa: BLE001  # a bug: the person gets an id, never an exception's words
            error_id = failures.failed("teams.listener.failed", error, kind=kind.value)
            return await self._told(kind, (replies.unexpected(error_id),), activity)

    async def _told(self, kind: Kind, note: Note, activity: Payload) -> Json | None:
        match kind:
            case Kind.BUTTON:
                return answers.told(cards.plain(note, self._names))
            case Kind.DIALOG:
                return answers.dismissed(cards.plain(note, self._names))
            case Kind.SEARCH:
                return answers.found([form.hint(replies.SEARCH_FAILED)])
            case Kind.MESSAGE:
                await self._said(note, activity)
                return None

    async def _said(self, note: Note, activity: Payload) -> None:
        try:
            await self._reply(activity, cards.private(note, self._names))
        except errors.ServiceError as error:
            # Most often it is Teams itself that does not take messages now.
            log.warning("teams.answer.lost", error=str(error))


def _looking(kind: Kind, activity: Payload) -> bool:
    """Tell whether somebody only wanted to see something."""
    if kind is not Kind.MESSAGE:
        return parse.data(activity).get("action") in {ids.LIST, ids.DETAILS}
    typed = parse.words(activity).split()
    return bool(typed) and typed[0].lower() in replies.LOOKS
