"""The words that people give the bot, the same on every platform: each has one answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot import model
from handlers import replies, rights, text
from handlers.parts import Note
from handlers.service import Service

LONGEST_ECHO = 50


class Words:
    """Answers what was typed after the command's name, or to the bot."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, typed: str, by: model.Principal, place: model.Place | None) -> Note | None:
        """Return what the sender is told; None: the form is wanted."""
        # People type as they like: case and spaces do not matter, and nor does what follows.
        words = typed.split()
        act = WORDS.get(words[0].lower() if words else "", Words.unknown)
        return await act(self, typed, by, place)

    async def form(self, *_: object) -> None:
        """Leave it to the platform: each has its own kind of window."""

    async def usage(self, *_: object) -> Note:
        """Say how the command is used."""
        return replies.usage()

    async def whoami(self, _: str, by: model.Principal, __: object) -> Note:
        """Say how the bot sees the sender."""
        return rights.whoami(await self._service.whoami(by))

    async def later(self, typed: str, *_: object) -> Note:
        """Say that a word is not available yet."""
        return replies.not_yet(typed.split(maxsplit=1)[0].lower())

    async def unknown(self, typed: str, *_: object) -> Note:
        """Say what was not understood."""
        return replies.not_understood(typed.strip()[:LONGEST_ECHO])


# What a platform that lists the words says of each; those of later versions are not listed.
ABOUT: Mapping[str, str] = {
    text.COMMAND.lstrip("/"): replies.COMMAND_ABOUT,
    "whoami": "What you may ask for, and what you may decide",
    "help": "How this works",
}

# To add a word: a method above, and its entry here.
Word = Callable[[Words, str, model.Principal, model.Place | None], Awaitable[Note | None]]
WORDS: Mapping[str, Word] = {
    "": Words.form,
    "whoami": Words.whoami,
    "help": Words.usage,
    **dict.fromkeys(replies.LATER, Words.later),
}
