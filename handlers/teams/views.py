"""The form: opened as a dialog or in the chat, searched in as somebody types, and sent."""

from __future__ import annotations

from collections.abc import Callable

from bot import errors, model
from handlers import choice, replies, text
from handlers.parts import Note
from handlers.payload import Payload
from handlers.service import Service
from handlers.teams import answers, cards, form, parse
from handlers.teams.markup import Json
from handlers.teams.names import Names
from handlers.teams.people import People
from handlers.teams.windows import Windows

Shape = Callable[[Json], Json]


class Views:
    """A form goes away only when what it says is committed; else it comes back and says what is wrong."""

    def __init__(self, service: Service, who: People, names: Names, windows: Windows) -> None:
        self._service = service
        self._who = who
        self._names = names
        self._windows = windows

    async def here(self, activity: Payload) -> Json:
        """Put the form in the place of the card that was clicked."""
        by = await self._who.who(activity)
        shown = await self._windows.fresh(by, parse.place(activity), dialog=False)
        return answers.card(shown or cards.private(replies.no_workspace(), self._names).card)

    async def opened(self, activity: Payload) -> Json:
        """Show the form in a dialog, asked for by a button."""
        return await self._dialog(activity, parse.place(activity))

    async def composed(self, activity: Payload) -> Json:
        """Show the form in a dialog, asked for beside the compose box: the bot need not be in that chat."""
        return await self._dialog(activity, None)

    async def sent_here(self, activity: Payload) -> Json:
        """Keep a form that was filled in in the chat."""
        place = parse.place(activity)
        problem, request = await self._kept(activity, place, dialog=False)
        if request is None:
            return answers.card(problem)
        done: Note = (text.status(request, to_requester=True),)
        return answers.card(cards.private(done, self._names).card)

    async def sent(self, activity: Payload) -> Json:
        """Keep a form that was filled in in a dialog."""
        return await self._sent(activity, parse.place(activity))

    async def sent_composed(self, activity: Payload) -> Json:
        """Keep a form that was opened beside the compose box."""
        return await self._sent(activity, None)

    async def search(self, activity: Payload) -> Json:
        """Search repositories as they are typed."""
        words, most = parse.query(activity)
        return answers.found(form.results(await self._service.search(words), most))

    async def _dialog(self, activity: Payload, place: model.Place | None) -> Json:
        shown = await self._windows.fresh(await self._who.who(activity), place, dialog=True)
        if shown is None:
            return answers.dismissed(cards.plain(replies.no_workspace(), self._names))
        return answers.dialog(shown)

    async def _sent(self, activity: Payload, place: model.Place | None) -> Json:
        problem, request = await self._kept(activity, place, dialog=True)
        if request is None:
            return answers.dialog(problem)
        return answers.dismissed(cards.plain((text.status(request, to_requester=True),), self._names))

    async def _kept(
        self, activity: Payload, place: model.Place | None, *, dialog: bool
    ) -> tuple[Json, model.Request | None]:
        """Submit a form; return the form again with what is wrong, or the request."""
        by, entry = await self._who.who(activity), parse.entry(activity)
        problems: dict[str, str] = {}
        note: Note = ()
        try:
            known = await choice.repositories(self._service, entry.repositories)
            return {}, await self._service.submit(entry.submission(by, place, known))
        except errors.BadInput as error:
            problems = dict(error.problems)
        except errors.BotError as error:
            note = (replies.problem(error),)
        again = await self._windows.again(by, entry, place=place, dialog=dialog, problems=problems, note=note)
        return again, None
