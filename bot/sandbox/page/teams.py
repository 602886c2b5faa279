"""Teams on the page: what people see there as plain JSON, and what they do there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field, StringConstraints, ValidationError

from bot.sandbox import acme
from bot.sandbox.page import deeds, guard
from bot.sandbox.slack import changes, filling
from bot.sandbox.teams import cards, people, reading, tenant
from bot.sandbox.teams.connector import TeamsEmulator
from bot.sandbox.teams.entities import Conversation, Kind, Message, Window

Json = dict[str, Any]
Typed = dict[deeds.Word, Annotated[str, StringConstraints(max_length=40_000)]]

TWINS = {tenant.ANA.id: acme.ANA, tenant.BEN.id: acme.BEN, tenant.CLEO.id: acme.CLEO}
TWINS |= {tenant.DAN.id: acme.DAN, tenant.GUS.id: acme.GUS}
_MESSAGES = frozenset({changes.What.MESSAGE_POSTED, changes.What.MESSAGE_CHANGED})
_WINDOWS = frozenset({changes.What.VIEW_OPENED, changes.What.VIEW_CHANGED, changes.What.VIEW_CLOSED})


class Say(deeds.Deed):
    """A message to the bot: in its chat, in a channel, or in a thread there."""

    where: deeds.Word
    text: deeds.Prose
    thread: deeds.Word | None = None


class Press(deeds.Deed):
    """A button of a message's card, by its number, with what stands in the card's fields."""

    where: deeds.Word
    message: deeds.Word
    button: Annotated[int, Field(ge=0, le=100)]
    typed: Typed = Field(default_factory=dict)


class Submit(deeds.Deed):
    """The dialog's button, with what stands in its fields."""

    typed: Typed = Field(default_factory=dict)


class Compose(deeds.Deed):
    """The app's command beside the compose box."""

    where: deeds.Word


async def _say(who: people.Person, deed: Say) -> Json:
    return {"id": (await who.say(deed.where, deed.text, thread=deed.thread)).id}


async def _press(who: people.Person, deed: Press) -> Json:
    seen = next((one for one in who.sees(deed.where) if one.id == deed.message), None)
    if seen is None:
        raise filling.NotOnScreen("The message is not there any more.")
    return _outcome(await who.press(seen, deed.button, deed.typed))


async def _submit(who: people.Person, deed: Submit) -> Json:
    for name, text in deed.typed.items():
        who.type(name, text)
    return _outcome(await who.submit())


async def _search(who: people.Person, deed: deeds.Search) -> Json:
    found = await who.search(deed.field, deed.text)
    return {"options": [{"text": title, "value": value} for title, value in found]}


async def _compose(who: people.Person, deed: Compose) -> Json:
    return _outcome(await who.compose(tenant.COMMAND, deed.where))


async def _close(who: people.Person, _: deeds.Nothing) -> Json:
    who.close()
    return {}


Doing = Callable[[people.Person, Any], Awaitable[Json]]
DEEDS: Mapping[str, tuple[type[deeds.Deed], Doing]] = {
    "say": (Say, _say),
    "press": (Press, _press),
    "submit": (Submit, _submit),
    "search": (deeds.Search, _search),
    "compose": (Compose, _compose),
    "close": (deeds.Nothing, _close),
}


class TeamsSide:
    """Shows one Teams. `tell(kind, data)` hands a change to every open page."""

    def __init__(self, teams: TeamsEmulator, tell: Callable[[str, Any], None]) -> None:
        self._teams = teams
        self._tell = tell
        teams.feed.listeners.append(self._hear)

    def close(self) -> None:
        """Stop listening."""
        self._teams.feed.listeners.remove(self._hear)

    def shown(self) -> Json:
        """Return all that is there."""
        teams = self._teams
        for user in teams.people.values():
            teams.personal(user)  # everybody has the app's chat in their list
        held = teams.conversations.values()
        return {
            "people": [
                {
                    "id": one.id,
                    "name": one.name,
                    "about": tenant.ABOUT.get(one.id, ""),
                    "slack": TWINS.get(one.id),
                }
                for one in teams.people.values()
            ],
            "conversations": [_conversation(one) for one in held],
            "messages": [_message(where, one) for where in held for one in where.messages.values()],
            "windows": {user: _window(teams.windows.get(user)) for user in teams.people},
            "complaints": list(teams.complaints),
        }

    async def do(self, request: web.Request) -> web.Response:
        """Let somebody do something, and answer with what they see at once."""
        user, name = request.match_info["person"], request.match_info["deed"]
        if user not in self._teams.people or name not in DEEDS:
            return guard.refusal(404, "There is no such person, or nothing that is called so.")
        shape, doing = DEEDS[name]
        try:
            deed = shape.model_validate_json(await request.read())
            return web.json_response(await doing(people.Person(self._teams, user), deed))
        except ValidationError:
            return guard.refusal(400, f"This is not what {name} needs.")
        except filling.NotOnScreen as error:
            return guard.refusal(409, str(error))

    def _hear(self, change: changes.Change) -> None:
        news = _news(self._teams, change)
        if news:
            self._tell("teams", news)


def _news(teams: TeamsEmulator, change: changes.Change) -> Json | None:
    """Return what the page is told of a change."""
    if change.what in _MESSAGES and change.channel and change.ts:
        where = teams.conversations[change.channel]
        return {"message": _message(where, where.messages[change.ts])}
    if change.what is changes.What.MESSAGE_DELETED:
        return {"gone": {"where": change.channel, "id": change.ts}}
    if change.what in _WINDOWS and change.user:
        return {"window": {"user": change.user, "window": _window(teams.windows.get(change.user))}}
    if change.what is changes.What.NOTICE:
        told = {"user": change.user, "where": change.channel, "id": change.ts, "text": change.text}
        return {"notice": told}
    return {"complaint": change.text} if change.what is changes.What.COMPLAINT else None


def _conversation(one: Conversation) -> Json:
    personal = one.kind is Kind.PERSONAL
    return {"id": one.id, "name": one.name, "personal": personal, "members": list(one.members)}


def _message(where: Conversation, one: Message) -> Json:
    """Return a message with a card for everybody, and the cards that only some see."""
    return {
        "where": where.id,
        "id": one.id,
        "root": one.root,
        "by": one.by,
        "at": one.at,
        "text": one.text,
        "edited": one.edits > 0,
        "card": numbered(one.card),
        "views": {user: numbered(card) for user, card in one.views.items()},
    }


def _window(one: Window | None) -> Json | None:
    if one is None:
        return None
    return {
        "title": one.title,
        "card": numbered(one.card),
        "typed": dict(one.typed),
        "problems": dict(one.problems),
        "told": one.told,
    }


def numbered(card: Mapping[str, object]) -> Json:
    """Return a card whose sending buttons have numbers: titles may stand twice."""
    count = iter(range(1000))
    return dict(_numbered(card, count)) if card else {}


def _numbered(value: Any, count: Any) -> Any:
    if isinstance(value, list):
        return [_numbered(one, count) for one in value]
    if not isinstance(value, Mapping):
        return value
    # The same walk as in `reading.actions`: an element first, then what stands in it.
    number = {"press": next(count)} if value.get("type") in reading.SENDING else {}
    inner = {key: one if key in cards.SENT else _numbered(one, count) for key, one in value.items()}
    return {**inner, **number}


def _outcome(what: people.Outcome) -> Json:
    return {"notice": what.notice, "errors": dict(what.errors)}
