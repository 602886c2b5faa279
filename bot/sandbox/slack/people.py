"""People: what somebody does in Slack and what they read there, in words from the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.sandbox.slack import client, delivery, entities, filling, inputs, reading, state


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a person sees right after they did something. `errors` is keyed by field label."""

    sent: bool
    notice: str | None
    errors: Mapping[str, str]
    screen: reading.Screen | None  # the modal on top now

    @property
    def ok(self) -> bool:
        """Tell whether it was sent and taken without a complaint."""
        return self.sent and self.notice is None and not self.errors


class Person:
    """One person at their Slack client. Fields and buttons are named by label or by action id.

    NotOnScreen is raised for what Slack would not let the person do.
    """

    def __init__(
        self,
        known: state.State,
        courier: delivery.Delivery,
        user: entities.User,
        address: Callable[[], str],
    ) -> None:
        self.id = user.id
        self.name = user.name
        self.client = client.Client(known, courier, user, address)
        self._state = known
        self._user = user
        self._offered: dict[tuple[str, str], list[filling.Option]] = {}

    # What they do in channels.

    async def command(self, command: str, text: str = "", channel: str = "") -> Reaction:
        """Type a slash command in a channel (or, without one, in their direct messages with the bot)."""
        there = self._channel(channel) if channel else self._state.direct(self.id)
        # Somebody of another team has their own team's apps, even in a channel that both share.
        if command not in self._state.app.commands or self._state.stranger(self._user):
            text = f"{command} is not a valid command."
            notice = entities.Notice(self.id, "invalid_command", text, there.id)
            return self._reaction(client.Sent(None, self._state.notify(notice)))
        return self._reaction(await self.client.command(command, text, there))

    async def shortcut(self, callback_id: str) -> Reaction:
        """Use a global shortcut."""
        if callback_id not in self._state.app.shortcuts:
            raise filling.NotOnScreen(f"There is no shortcut {callback_id!r}.")
        return self._reaction(await self.client.shortcut(callback_id))

    async def say(self, channel: str, text: str, *, thread: str | None = None) -> reading.Seen:
        """Post a message, or a reply in a thread."""
        return reading.seen(await self.client.say(self._channel(channel), text, thread), self._names)

    async def join(self, channel: str) -> None:
        """Join a public channel."""
        found = self._state.board.channel(channel) or self._state.board.named(channel)
        if found is None or found.private:
            raise filling.NotOnScreen(f"There is no public channel {channel!r} to join.")
        await self.client.join(found)

    def leave(self, channel: str) -> None:
        """Leave a channel."""
        self._state.board.leave(self._channel(channel).id, self.id)

    def reload(self) -> None:
        """Reload the client: ephemeral messages are gone."""
        self._state.board.reload(self.id)

    async def click(
        self, where: reading.Seen | reading.Screen, button: str, *, confirm: bool = True
    ) -> Reaction:
        """Press a button, named by its text or action id; `confirm` is the answer to its dialog, if any."""
        spot = filling.find(_blocks(where), button)
        if spot.kind != "button":
            raise filling.NotOnScreen(f"{button!r} is no button but a {spot.kind}.")
        if not confirm and "confirm" in spot.element:
            return self._reaction(client.Sent(None))
        return await self._act(where, spot, None)

    async def select(self, where: reading.Seen | reading.Screen, field: str, *wanted: str) -> Reaction:
        """Choose options of a menu in a message or App Home, by text or value."""
        spot = filling.find(_blocks(where), field)
        return await self._act(where, spot, filling.chosen(spot, wanted, filling.options(spot.element)))

    async def _act(
        self, where: reading.Seen | reading.Screen, spot: inputs.Spot, value: entities.Json | None
    ) -> Reaction:
        if isinstance(where, reading.Seen):
            self._channel(where.channel)
            # A client may be behind: the button was there when the person looked, and Slack sends the click.
            message = client.current(self._state, where.message)
            return self._reaction(await self.client.act_in_message(message, spot, value))
        view = self._state.screens.views.get(where.view.id)
        if view is None:
            raise filling.NotOnScreen(f"{where.title!r} is not open any more.")
        if value is not None:
            view = await self.client.fill(view, spot, value)
        return self._reaction(await self.client.act_in_view(view, spot, value))

    # What they do in a modal.

    async def type(self, field: str, text: str, *, enter: bool = False) -> Reaction:
        """Write into a field, replacing what is there; `enter` presses the key afterwards."""
        view, spot = self._field(field)
        if spot.kind not in inputs.WRITTEN:
            raise filling.NotOnScreen(f"{field!r} is a {spot.kind}: nothing can be typed there.")
        entry = {"type": spot.kind, "value": text or None}
        view = await self.client.fill(view, spot, entry)
        # Enter is what triggers unless the element says otherwise
        # (https://docs.slack.dev/reference/block-kit/composition-objects/dispatch-action-configuration-object).
        on = spot.element.get("dispatch_action_config", {}).get("trigger_actions_on", ["on_enter_pressed"])
        due = "on_character_entered" in on or (enter and "on_enter_pressed" in on)
        if spot.dispatches and due:
            return self._reaction(await self.client.act_in_view(view, spot, entry))
        return self._reaction(client.Sent(None))

    async def choose(self, field: str, *wanted: str) -> Reaction:
        """Choose in a menu, radio buttons, check boxes or a picker; search an external menu first."""
        view, spot = self._field(field)
        offered = filling.options(spot.element) or self._offered.get((view.id, spot.action_id), [])
        # A menu of several goes on showing what was taken from earlier searches.
        kept = filling.held(view.values.get(spot.block_id, {}).get(spot.action_id))
        entry = filling.chosen(spot, wanted, [*offered, *kept])
        view = await self.client.fill(view, spot, entry)
        if spot.dispatches:
            return self._reaction(await self.client.act_in_view(view, spot, entry))
        return self._reaction(client.Sent(None))

    async def search(self, field: str, text: str) -> list[filling.Option]:
        """Type into an external menu and return what it offers."""
        view, spot = self._field(field)
        if spot.kind not in {"external_select", "multi_external_select"}:
            raise filling.NotOnScreen(f"{field!r} is a {spot.kind}: it is not searched.")
        found = await self.client.suggest(view, spot, text)
        # Who types on while an answer is on its way may still take what they saw before.
        before = self._offered.get((view.id, spot.action_id), [])
        self._offered[view.id, spot.action_id] = [*found, *(one for one in before if one not in found)]
        return found

    async def pick(self, field: str, text: str, option: str | None = None) -> Reaction:
        """Search in an external menu and choose an option by text or value; without one, the first."""
        found = await self.search(field, text)
        if not found:
            raise filling.NotOnScreen(f"{field!r} shows no result for {text!r}.")
        return await self.choose(field, option or found[0].value)

    async def submit(self) -> Reaction:
        """Send the modal on top."""
        view = self._top()
        if not view.body.get("submit"):
            raise filling.NotOnScreen("This modal has no button to send it with.")
        return self._reaction(await self.client.submit(view))

    async def close(self, *, everything: bool = False) -> None:
        """Close the modal on top (Cancel), or all of them (the cross)."""
        await self.client.close(self._top(), everything=everything)

    async def open_messages(self) -> None:
        """Open the tab with their direct messages, of which the app hears too."""
        await self.client.open_tab("messages")

    async def open_home(self, *, within_s: float = 3.0) -> reading.Screen | None:
        """Open the App Home tab; a first visit waits for the app to fill it."""
        await self.client.open_tab("home")
        if self.home() is None and "app_home_opened" in self._state.app.events:
            await self._state.feed.until(lambda: self.home() is not None, "an App Home", within_s=within_s)
        return self.home()

    # What they read.

    def modal(self) -> reading.Screen | None:
        """Return the modal on top."""
        view = self._state.screens.top(self.id)
        return reading.screen(view, self._names) if view else None

    def home(self) -> reading.Screen | None:
        """Return the App Home as it is now."""
        view = self._state.screens.home(self.id)
        return reading.screen(view, self._names) if view else None

    def sees(self, channel: str) -> list[reading.Seen]:
        """Return what a channel shows, oldest first: no replies, but ephemeral messages to this person."""
        messages = self._state.board.shown(self._channel(channel).id, to=self.id)
        names = self._names
        return [
            reading.seen(message, names) for message in messages if not message.reply or message.broadcast
        ]

    def thread(self, channel: str, ts: str) -> list[reading.Seen]:
        """Return a thread, its first message in front."""
        messages = self._state.board.shown(self._channel(channel).id, to=self.id)
        return [
            reading.seen(message, self._names)
            for message in messages
            if ts in {message.ts, message.thread_ts}
        ]

    def direct(self) -> list[reading.Seen]:
        """Return their direct messages with the bot."""
        return self.sees(self._state.direct(self.id).id)

    def ephemerals(self) -> list[reading.Seen]:
        """Return what only this person sees, in all channels and threads, oldest first."""
        everything = [
            message for messages in self._state.board.messages.values() for message in messages.values()
        ]
        mine = sorted(
            (message for message in everything if message.only_for == self.id), key=lambda one: one.ts
        )
        return [reading.seen(message, self._names) for message in mine]

    @property
    def notices(self) -> list[entities.Notice]:
        """Return what Slack itself told this person."""
        return [notice for notice in self._state.notices if notice.user == self.id]

    # What they wait for.

    async def awaits(
        self, channel: str, containing: str, *, thread: str | None = None, within_s: float = 10.0
    ) -> reading.Seen:
        """Wait for a message that contains a text, and return the newest such one."""

        def found() -> list[reading.Seen]:
            there = self.thread(channel, thread) if thread else self.sees(channel)
            return [one for one in there if containing in one.text]

        what = f"{self.name} sees {containing!r} in {channel}"
        await self._state.feed.until(lambda: bool(found()), what, within_s=within_s)
        return found()[-1]

    async def awaits_modal(self, containing: str = "", *, within_s: float = 3.0) -> reading.Screen:
        """Wait until the modal on top contains a text, and return it."""

        def found() -> reading.Screen | None:
            modal = self.modal()
            return modal if modal and containing in modal.text else None

        what = f"{self.name} sees a modal with {containing!r}"
        await self._state.feed.until(lambda: found() is not None, what, within_s=within_s)
        modal = found()
        assert modal is not None  # noqa: S101  # the wait has just seen it, and nothing ran since
        return modal

    @property
    def _names(self) -> dict[str, str]:
        known = self._state
        return {
            **{user.id: user.name for user in known.users.values()},
            **{channel.id: channel.name for channel in known.board.channels.values()},
            **{group.id: group.handle for group in known.groups.values()},
        }

    def _channel(self, wanted: str) -> entities.Channel:
        channel = self._state.board.channel(wanted) or self._state.board.named(wanted)
        if channel is None or self.id not in channel.members:
            raise filling.NotOnScreen(f"{self.name} is not in {wanted}.")
        return channel

    def _top(self) -> entities.View:
        view = self._state.screens.top(self.id)
        if view is None:
            raise filling.NotOnScreen(f"{self.name} has no modal open.")
        return view

    def _field(self, field: str) -> tuple[entities.View, inputs.Spot]:
        view = self._top()
        return view, filling.find(view.blocks, field)

    def _reaction(self, sent: client.Sent) -> Reaction:
        modal = self.modal()
        return Reaction(
            sent=sent.ack is not None,
            notice=sent.notice.text if sent.notice else None,
            errors=modal.errors if modal else {},
            screen=modal,
        )


def _blocks(where: reading.Seen | reading.Screen) -> list[entities.Json]:
    return list(where.message.blocks) if isinstance(where, reading.Seen) else where.view.blocks
