"""What a person does on the page: one request of the browser, one method of `Person`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from bot.sandbox.page import guard
from bot.sandbox.slack import emulator, filling, people, reading
from bot.sandbox.slack.entities import Json

Word = Annotated[str, StringConstraints(max_length=300)]
Prose = Annotated[str, StringConstraints(max_length=40_000)]


class Deed(BaseModel):
    """What is sent along with a deed. Elements are named by `block id/action id`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class Command(Deed):
    """A slash command, with what stands behind it."""

    command: Word
    text: Prose = ""
    channel: Word = ""


class Shortcut(Deed):
    """A global shortcut."""

    callback_id: Word


class Say(Deed):
    """A message of the person's own."""

    channel: Word
    text: Prose
    thread: Word | None = None


class Where(Deed):
    """Where an element stands: in a message, on the App Home, or (neither given) in the modal."""

    channel: Word = ""
    ts: Word = ""
    home: bool = False


class Click(Where):
    """A button; its dialog, if it has one, was confirmed."""

    button: Word


class Select(Where):
    """Options of a menu in a message or on the App Home."""

    field: Word
    wanted: list[Word]


class Type(Deed):
    """Text in a field; `enter` is the key."""

    field: Word
    text: Prose
    enter: bool = False


class Choose(Deed):
    """Options of a field, by value."""

    field: Word
    wanted: list[Word]


class Tab(Deed):
    """A tab of the app: its home, or the direct messages."""

    tab: Word = "home"


class Search(Deed):
    """What is typed into a menu that searches."""

    field: Word
    text: Prose


class Close(Deed):
    """The modal on top, or all of them."""

    everything: bool = False


class Channel(Deed):
    """A channel by id."""

    channel: Word


class Nothing(Deed):
    """A deed that needs no more words."""


async def _command(who: people.Person, deed: Command) -> Json:
    return _reaction(await who.command(deed.command, deed.text, deed.channel))


async def _shortcut(who: people.Person, deed: Shortcut) -> Json:
    return _reaction(await who.shortcut(deed.callback_id))


async def _say(who: people.Person, deed: Say) -> Json:
    return {"ts": (await who.say(deed.channel, deed.text, thread=deed.thread)).ts}


async def _click(who: people.Person, deed: Click) -> Json:
    return _reaction(await who.click(_place(who, deed), deed.button))


async def _select(who: people.Person, deed: Select) -> Json:
    return _reaction(await who.select(_place(who, deed), deed.field, *deed.wanted))


async def _type(who: people.Person, deed: Type) -> Json:
    return _reaction(await who.type(deed.field, deed.text, enter=deed.enter))


async def _choose(who: people.Person, deed: Choose) -> Json:
    return _reaction(await who.choose(deed.field, *deed.wanted))


async def _search(who: people.Person, deed: Search) -> Json:
    found = await who.search(deed.field, deed.text)
    return {
        "options": [{"text": one.text, "value": one.value, "description": one.description} for one in found]
    }


async def _submit(who: people.Person, _: Nothing) -> Json:
    return _reaction(await who.submit())


async def _close(who: people.Person, deed: Close) -> Json:
    await who.close(everything=deed.everything)
    return {}


async def _open_home(who: people.Person, deed: Tab) -> Json:
    await (who.open_home() if deed.tab == "home" else who.open_messages())
    return {}


async def _join(who: people.Person, deed: Channel) -> Json:
    await who.join(deed.channel)
    return {}


async def _leave(who: people.Person, deed: Channel) -> Json:
    who.leave(deed.channel)
    return {}


async def _reload(who: people.Person, _: Nothing) -> Json:
    who.reload()
    return {}


Doing = Callable[[people.Person, Any], Awaitable[Json]]
DEEDS: Mapping[str, tuple[type[Deed], Doing]] = {
    "command": (Command, _command),
    "shortcut": (Shortcut, _shortcut),
    "say": (Say, _say),
    "click": (Click, _click),
    "select": (Select, _select),
    "type": (Type, _type),
    "choose": (Choose, _choose),
    "search": (Search, _search),
    "submit": (Nothing, _submit),
    "close": (Close, _close),
    "open_home": (Tab, _open_home),
    "join": (Channel, _join),
    "leave": (Channel, _leave),
    "reload": (Nothing, _reload),
}


async def do(slack: emulator.SlackEmulator, request: web.Request) -> web.Response:
    """Let the person named in the path do what it names, and answer with what they see at once."""
    user, name = request.match_info["person"], request.match_info["deed"]
    if user not in slack.state.users or name not in DEEDS:
        return guard.refusal(404, "There is no such person, or nothing that is called so.")
    shape, doing = DEEDS[name]
    try:
        deed = shape.model_validate_json(await request.read())
        return web.json_response(await doing(slack.person(user), deed))
    except ValidationError as error:
        # Places only: a value may be what somebody typed by mistake.
        where = ", ".join(sorted({".".join(map(str, one["loc"])) or "body" for one in error.errors()}))
        return guard.refusal(400, f"This is not what {name} needs: look at {where}.")
    except filling.NotOnScreen as error:
        return guard.refusal(409, str(error))
    except TimeoutError as error:
        return guard.refusal(504, f"Nothing came: {error}.")


def _place(who: people.Person, where: Where) -> reading.Seen | reading.Screen:
    if where.channel:
        # A thread holds its first message too, so this finds whatever stands in a channel.
        seen = next((one for one in who.thread(where.channel, where.ts) if one.ts == where.ts), None)
        place: reading.Seen | reading.Screen | None = seen
    else:
        place = who.home() if where.home else who.modal()
    if place is None:
        raise filling.NotOnScreen("It is not there any more.")
    return place


def _reaction(what: people.Reaction) -> Json:
    return {"sent": what.sent, "notice": what.notice, "errors": dict(what.errors)}
