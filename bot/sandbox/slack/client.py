"""One person's Slack client: what is sent to the app when they do something, by ids alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.slack import delivery, entities, filling, inputs, parcels, payloads, replies, state
from bot.sandbox.slack.entities import Json

SHORTEST_QUERY = 3  # min_query_length where an element gives none


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of sending something. `ack` None: nothing was sent."""

    ack: parcels.Ack | None
    notice: entities.Notice | None = None


class Client:
    """Builds payloads from the state, delivers them, and does what the answers say."""

    def __init__(
        self,
        known: state.State,
        courier: delivery.Delivery,
        user: entities.User,
        address: Callable[[], str],
    ) -> None:
        self._state = known
        self._courier = courier
        self._user = user
        self._address = address
        self._ticked: dict[tuple[str, str], dict[str, dict[str, Json]]] = {}  # by message, until a reload

    @property
    def _sender(self) -> payloads.Sender:
        return payloads.Sender(self._state.team, self._state.app, self._user)

    def _url(self, kind: str, channel: str, message: str | None = None) -> str:
        return self._address() + self._state.passes.url(kind, self._user.id, channel, message=message)

    async def _interact(self, payload: Json) -> parcels.Ack:
        return await self._courier.send(parcels.Parcel(parcels.Kind.INTERACTIVE, payload))

    async def command(self, command: str, text: str, channel: entities.Channel) -> Sent:
        """Send a slash command."""
        fields = payloads.command(
            self._sender,
            command,
            text,
            channel=channel,
            trigger_id=self._state.passes.trigger(self._user.id),
            response_url=self._url("commands", channel.id),
        )
        ack = await self._courier.send(parcels.Parcel(parcels.Kind.COMMAND, dict(fields)))
        return Sent(ack, replies.to_command(self._state, fields, ack))

    async def shortcut(self, callback_id: str) -> Sent:
        """Use a global shortcut."""
        payload = payloads.shortcut(
            self._sender,
            callback_id,
            trigger_id=self._state.passes.trigger(self._user.id),
            action_ts=self._state.board.stamp(),
        )
        ack = await self._interact(payload)
        return Sent(ack, replies.to_action(self._state, self._user.id, ack))

    async def act_in_message(self, message: entities.Message, spot: inputs.Spot, value: Json | None) -> Sent:
        """Press a button or choose an option in a message."""
        typed = self._ticked.setdefault((message.channel, message.ts), {})
        if value is not None:
            typed.setdefault(spot.block_id, {})[spot.action_id] = value
        origin = payloads.Origin(
            self._state.board.channels[message.channel],
            message,
            self._url("actions", message.channel, message.ts),
            inputs.values(message.blocks, typed),
        )
        action = payloads.action(spot, value, action_ts=self._state.board.stamp())
        trigger_id = self._state.passes.trigger(self._user.id)
        ack = await self._interact(
            payloads.message_action(self._sender, origin, action, trigger_id=trigger_id)
        )
        return Sent(ack, replies.to_action(self._state, self._user.id, ack, channel=message.channel))

    async def act_in_view(self, view: entities.View, spot: inputs.Spot, value: Json | None) -> Sent:
        """Press a button or change an element in a modal or App Home."""
        action = payloads.action(spot, value, action_ts=self._state.board.stamp())
        trigger_id = self._state.passes.trigger(self._user.id, view=view.id)
        ack = await self._interact(payloads.view_action(self._sender, view, action, trigger_id=trigger_id))
        return Sent(ack, replies.to_action(self._state, self._user.id, ack, view=view.id))

    async def fill(self, view: entities.View, spot: inputs.Spot, value: Json) -> entities.View:
        """Put a value into a field; its error goes away. Nothing is sent."""
        present = self._state.screens.views[view.id]
        # Read again: the app may have updated the view since the person last looked.
        values = {block: dict(entries) for block, entries in present.values.items()}
        values.setdefault(spot.block_id, {})[spot.action_id] = value
        errors = {block: text for block, text in present.errors.items() if block != spot.block_id}
        return self._state.screens.touch(present, values=values, errors=errors)

    async def suggest(self, view: entities.View, spot: inputs.Spot, text: str) -> list[filling.Option]:
        """Search in an external select; too short a text is not sent."""
        # The client keeps short texts to itself, which is why an app never sees one or two letters.
        if len(text) < spot.element.get("min_query_length", SHORTEST_QUERY):
            return []
        ack = await self._interact(payloads.suggestion(self._sender, view, spot, text))
        return filling.options(replies.to_search(self._state, ack))

    async def submit(self, view: entities.View) -> Sent:
        """Send a modal, unless the client itself finds something wrong with it."""
        mistakes = filling.mistakes(view)
        if mistakes:
            self._state.screens.touch(view, errors=mistakes)
            return Sent(None)
        view = self._state.screens.touch(view, errors={}, trouble=None)
        trigger_id = self._state.passes.trigger(self._user.id, view=view.id)
        ack = await self._interact(payloads.submission(self._sender, view, trigger_id=trigger_id))
        return Sent(ack, replies.to_submission(self._state, view, ack))

    async def close(self, view: entities.View, *, everything: bool) -> None:
        """Close one modal or the whole stack, and tell the app where it asked to hear of it."""
        screens = self._state.screens
        cleared = everything or bool(view.body.get("clear_on_close"))
        gone = [screens.views[view_id] for view_id in reversed(screens.stacks[self._user.id])]
        # The views are gone before the app hears of it: view_closed cannot be prevented.
        closing = gone if cleared else gone[:1]
        for _ in closing:
            screens.close(self._user.id)
        for closed in closing:
            if closed.body.get("notify_on_close"):
                await self._interact(payloads.closed(self._sender, closed, cleared=cleared))

    async def open_tab(self, tab: str) -> Sent:
        """Open the app's home or messages tab; Slack tells of both by one event."""
        home = self._state.screens.home(self._user.id)
        channel = self._state.direct(self._user.id)
        inner: Json = {
            "type": "app_home_opened",
            "user": self._user.id,
            "channel": channel.id,
            "tab": tab,
            "event_ts": self._state.board.stamp(),
        }
        if home and tab == "home":  # the first visit has no view to show
            inner["view"] = payloads.view(self._sender, home)
        return await self.event(inner)

    async def say(self, channel: entities.Channel, text: str, thread_ts: str | None) -> entities.Message:
        """Post a message of the person's own."""
        message = self._state.board.post(
            entities.Message(channel.id, self._state.board.stamp(), self._user.id, text, thread_ts=thread_ts)
        )
        family = "im" if channel.direct else ("group" if channel.private else "channel")
        body = payloads.message(self._state.app, self._state.team, message)
        inner = {**body, "channel": channel.id, "channel_type": family, "event_ts": message.ts}
        if f"message.{family}s" in self._state.app.events or f"message.{family}" in self._state.app.events:
            await self.event(inner)
        return message

    async def join(self, channel: entities.Channel) -> Sent:
        """Join a channel."""
        self._state.board.join(channel.id, self._user.id)
        inner: Json = {
            "type": "member_joined_channel",
            "user": self._user.id,
            "channel": channel.id,
            "channel_type": "G" if channel.private else "C",
            "team": self._sender.team_id,
            "event_ts": self._state.board.stamp(),
        }
        # An app hears of joins only in channels that it is in itself.
        there = self._state.app.user_id in channel.members
        return await self.event(inner) if there else Sent(None)

    async def event(self, inner: Json) -> Sent:
        """Tell the app of an event, if it subscribed to it; failures are retried in the background."""
        kind = inner["type"]
        if kind != "message" and kind not in self._state.app.events:
            return Sent(None)
        payload = payloads.event(
            self._sender,
            inner,
            event_id=f"Ev0{secrets.token_hex(4).upper()}",
            event_time=int(self._state.now().timestamp()),
        )
        ack = await self._courier.send_event(parcels.Parcel(parcels.Kind.EVENT, payload))
        return Sent(ack)


def current(known: state.State, message: entities.Message) -> entities.Message:
    """Return a message as it is now, or as it was when it is gone: a client may be behind."""
    present = known.board.messages.get(message.channel, {}).get(message.ts)
    return present or message
