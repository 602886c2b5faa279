"""People: what somebody does in Teams and what they read there, in words from the screen."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.sandbox.slack import changes, filling
from bot.sandbox.teams import activities, answers, cards, reading
from bot.sandbox.teams.connector import TeamsEmulator
from bot.sandbox.teams.courier import UNREACHED
from bot.sandbox.teams.entities import Conversation, Message, Window

TRIES = 3  # the Connector sends an invoke again that was answered too late, or with nothing
CARD_ACTION, FETCH, SUBMIT = "adaptiveCard/action", "task/fetch", "task/submit"
COMPOSE, COMPOSED = "composeExtension/fetchTask", "composeExtension/submitAction"
SEARCH = "application/search"
_EXECUTE = "Action.Execute"


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as somebody reads it."""

    id: str
    root: str
    where: str
    by: str
    text: str
    buttons: tuple[str, ...]
    card: Mapping[str, object]
    edited: bool

    def __str__(self) -> str:
        buttons = "  ".join(f"[{one}]" for one in self.buttons)
        return "\n".join(filter(None, (self.text, buttons)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a client shows right after somebody did something. `errors` is keyed by the field's id."""

    notice: str | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    window: Window | None = None


class Person:
    """One person at their Teams client. Fields and buttons are named by label, title or id.

    NotOnScreen is raised for what Teams would not let the person do.
    """

    def __init__(self, teams: TeamsEmulator, user_id: str) -> None:
        self._teams = teams
        self._user = teams.people[user_id]
        self.id = user_id
        self.name = self._user.name

    # What they read.

    def place(self, name: str = "") -> Conversation:
        """Return a conversation that they are in, by name or id; without a name their chat with the bot."""
        if not name:
            return self._teams.personal(self._user)
        held = self._teams.conversations.values()
        found = next((one for one in held if name in {one.id, one.name} and self.id in one.members), None)
        if found is None:
            raise filling.NotOnScreen(f"{self.name} is not in {name!r}.")
        return found

    def sees(self, name: str = "", *, thread: str | None = None) -> list[Seen]:
        """Return the messages of a conversation, or of one thread in it."""
        where = self.place(name)
        every = (one for one in where.messages.values() if thread in {None, one.root})
        return [self._seen(where, one) for one in every]

    def window(self) -> Window | None:
        """Return the dialog that they have open."""
        return self._teams.windows.get(self.id)

    async def awaits(self, name: str, words: str, *, within_s: float = 10.0) -> Seen:
        """Wait for a message of the bot's that says something, and return the newest."""

        def found() -> list[Seen]:
            return [one for one in self.sees(name) if one.by == "bot" and words in one.text]

        where = name or "their chat with the bot"
        await self.until(lambda: bool(found()), f"{self.name} reads {words!r} in {where}", within_s=within_s)
        return found()[-1]

    async def until(self, condition: Callable[[], bool], what: str, *, within_s: float = 10.0) -> None:
        """Wait until something is so in Teams."""
        await self._teams.feed.until(condition, what, within_s=within_s)

    # What they do.

    async def say(self, name: str, text: str, *, thread: str | None = None) -> Seen:
        """Write to the bot; outside of their own chat with it by a mention."""
        where = self.place(name)
        activity = activities.message(self._scene(where, thread), text)
        self._teams.receive(self._user, where, activity, thread)
        reaction = await self._teams.deliver(activity)
        if reaction.status in {UNREACHED, 503}:
            await self._teams.deliver(activity)
        return self._seen(where, where.messages[str(activity["id"])])

    async def press(self, seen: Seen, title: str | int, typed: Mapping[str, str] | None = None) -> Outcome:
        """Press a button of a card, by title or number; `typed` holds the fields around it, by id."""
        where = self.place(seen.where)
        message = where.messages.get(seen.id)
        if message is None:
            raise filling.NotOnScreen("The message is not there any more.")
        card = message.seen_by(self.id)
        action = _button(card, title)
        held = {**reading.filled(card), **(typed or {})}
        missing = reading.lacking(card, action, held)
        if missing:
            return Outcome(errors=missing)
        sent = {name: held[name] for name in reading.belonging(card, action) if name in held}
        scene = self._scene(where, message.root)
        if action["type"] == _EXECUTE:
            value = activities.pressed(action, sent)
            return self._answered(where, message, await self._invoke(scene, CARD_ACTION, value, message.id))
        if not cards.opens_dialog(action):
            raise filling.NotOnScreen(f"Nothing happens on {title!r}.")
        value = activities.submitted(action, sent)
        return self._opened(scene, SUBMIT, await self._invoke(scene, FETCH, value, message.id))

    async def compose(self, command: str, name: str = "") -> Outcome:
        """Choose the app's command beside the compose box."""
        scene = self._scene(self.place(name), None)
        carried = {"commandId": command, "commandContext": "compose", "context": {"theme": "default"}}
        shown = await self._invoke(scene, COMPOSE, {**carried, "requestId": str(uuid.uuid4())})
        return self._opened(scene, COMPOSED, shown, carried)

    def type(self, field_name: str, text: str) -> None:
        """Type into a field of the dialog, or choose by value."""
        window = self._open_window()
        name = str(_field(window.card, field_name)["id"])
        window.typed[name] = text
        window.problems.pop(name, None)

    def choose(self, field_name: str, title: str) -> None:
        """Choose an option of the dialog's by what it is called."""
        found = _field(self._open_window().card, field_name)
        choices = found.get("choices")
        listed = choices if isinstance(choices, list) else []
        value = next((one["value"] for one in listed if one["title"] == title), None)
        if value is None:
            raise filling.NotOnScreen(f"{field_name} has no choice {title!r}.")
        self.type(field_name, str(value))

    async def search(self, field_name: str, text: str) -> tuple[tuple[str, str], ...]:
        """Type into a field of the dialog that searches; return the matches as title and value."""
        window = self._open_window()
        query = _field(window.card, field_name).get("choices.data")
        if not isinstance(query, Mapping):
            raise filling.NotOnScreen(f"{field_name} does not search.")
        value = {
            "queryText": text,
            "queryOptions": {"skip": 0, "top": answers.MOST_RESULTS},
            "dataset": query["dataset"],
        }
        return (await self._invoke(self._scene(window.where, window.root), SEARCH, value)).matches

    async def submit(self) -> Outcome:
        """Press the dialog's button."""
        window = self._open_window()
        (action,) = reading.actions(window.card)
        window.problems = reading.lacking(window.card, action, window.typed)
        if window.problems:
            self._tell(changes.What.VIEW_CHANGED)
            return Outcome(errors=dict(window.problems), window=window)
        value = {**window.carried, **activities.submitted(action, window.typed)}
        scene = self._scene(window.where, window.root)
        shown = await self._invoke(scene, window.submit, value)
        if shown.dialog is None and not shown.closes:
            return Outcome(notice=shown.told, window=window)  # it was not reached: the dialog stays
        return self._opened(scene, window.submit, shown, window.carried)

    def close(self) -> None:
        """Close the dialog: what was typed is gone."""
        if self._teams.windows.pop(self.id, None):
            self._tell(changes.What.VIEW_CLOSED)

    # What becomes of it.

    async def _invoke(
        self, scene: activities.Scene, name: str, value: Mapping[str, object], reply_to: str | None = None
    ) -> answers.Shown:
        activity = activities.invoke(scene, name, value, reply_to=reply_to)
        for attempt in range(TRIES):
            reaction = await self._teams.deliver(activity)
            try:
                shown = answers.shown(name, reaction.status, reaction.body)
            except answers.IllFormed as error:
                # A bot that is away is no fault of its own.
                if reaction.status != UNREACHED:
                    self._teams.complain(str(error))
                # First with the same id, then with another one.
                activity = {**activity, "id": f"f:{uuid.uuid4()}"} if attempt else activity
                continue
            for problem in shown.problems:
                self._teams.complain(problem)
            return shown
        return answers.Shown(told=answers.UNREACHABLE)

    def _answered(self, where: Conversation, message: Message, shown: answers.Shown) -> Outcome:
        if shown.card is not None:
            message.views[self.id] = shown.card
            self._teams.feed.tell(changes.What.MESSAGE_CHANGED, channel=where.id, ts=message.id)
        elif shown.told is not None:
            self._tell(changes.What.NOTICE, channel=where.id, ts=message.id, text=shown.told)
        return Outcome(notice=shown.told)

    def _opened(
        self,
        scene: activities.Scene,
        submit: str,
        shown: answers.Shown,
        carried: Mapping[str, object] | None = None,
    ) -> Outcome:
        if shown.dialog is None and not shown.closes:
            self._tell(changes.What.NOTICE, channel=scene.where.id, text=shown.told)
            return Outcome(notice=shown.told)
        if shown.dialog is None and shown.told is None:
            self.close()
            return Outcome()
        card = shown.dialog or {}
        held = self.window()
        title = shown.title or (held.title if held else "")
        window = Window(title, card, submit, scene.where, scene.root, carried or {}, told=shown.told)
        window.typed = reading.filled(card)
        self._teams.windows[self.id] = window
        self._tell(changes.What.VIEW_OPENED)
        return Outcome(window=window)

    def _open_window(self) -> Window:
        window = self.window()
        if window is None or window.told is not None:
            raise filling.NotOnScreen(f"{self.name} has no dialog open.")
        return window

    def _tell(self, what: changes.What, **where: str | None) -> None:
        self._teams.feed.tell(what, user=self.id, **where)

    def _scene(self, where: Conversation, root: str | None) -> activities.Scene:
        return activities.Scene(self._user, where, self._teams.app.id, root)

    def _seen(self, where: Conversation, message: Message) -> Seen:
        card = message.seen_by(self.id)
        words = reading.text(card) or message.text
        return Seen(
            message.id,
            message.root,
            where.id,
            message.by,
            words,
            reading.buttons(card),
            card,
            message.edits > 0,
        )


def _button(card: Mapping[str, object], title: str | int) -> Mapping[str, object]:
    sending = reading.actions(card)
    wanted = (one for at, one in enumerate(sending) if title in {one.get("title"), one.get("id"), at})
    found = next(wanted, None)
    if found is None:
        there = ", ".join(repr(one.get("title")) for one in sending) or "no button"
        raise filling.NotOnScreen(f"There is no {title!r}: there is {there}.")
    return found


def _field(card: Mapping[str, object], name: str) -> Mapping[str, object]:
    every = reading.inputs(card)
    found = next((one for one in every if name in {one.get("label"), one["id"]}), None)
    if found is None:
        there = ", ".join(repr(one.get("label")) for one in every)
        raise filling.NotOnScreen(f"There is no field {name!r}: there is {there}.")
    return found
