"""Channels and the messages in them."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from bot.sandbox.slack import changes, entities


class Board:
    """Who is in which channel, and what was posted there; every change is told to the feed."""

    def __init__(
        self, channels: Iterable[entities.Channel], *, feed: changes.Feed, now: Callable[[], dt.datetime]
    ) -> None:
        self.channels = {channel.id: channel for channel in channels}
        self.messages: dict[str, dict[str, entities.Message]] = {}  # channel -> ts -> message
        self._feed = feed
        self._now = now
        self._last = 0
        self._direct = itertools.count(1)

    def stamp(self) -> str:
        """Return a message timestamp: the time in microseconds, never the same twice."""
        # A timestamp is also the message's id in its channel, so it must never repeat.
        self._last = max(self._last + 1, int(self._now().timestamp() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def channel(self, channel_id: str) -> entities.Channel | None:
        """Find a channel by id."""
        return self.channels.get(channel_id)

    def named(self, name: str) -> entities.Channel | None:
        """Find a channel by its name, with or without the hash."""
        plain = name.removeprefix("#")
        return next((found for found in self.channels.values() if found.name == plain), None)

    def direct(self, user: str, bot: str) -> entities.Channel:
        """Return a person's direct messages with the bot; the first call opens them."""
        for channel in self.channels.values():
            if channel.user == user:
                return channel
        # Slack opens these by itself when an app first writes to somebody or somebody to the app.
        channel = entities.Channel(
            f"D0{next(self._direct):03d}{user[2:]}",
            "directmessage",
            frozenset({user, bot}),
            private=True,
            user=user,
        )
        self.change(channel)
        return channel

    def change(self, channel: entities.Channel) -> None:
        """Put a channel as it is now: members, archived, name."""
        self.channels[channel.id] = channel
        self._feed.tell(changes.What.CHANNEL_CHANGED, channel=channel.id)

    def join(self, channel_id: str, user: str) -> None:
        """Add a member."""
        channel = self.channels[channel_id]
        self.change(replace(channel, members=channel.members | {user}))

    def leave(self, channel_id: str, user: str) -> None:
        """Take a member out."""
        channel = self.channels[channel_id]
        self.change(replace(channel, members=channel.members - {user}))

    def archive(self, channel_id: str) -> None:
        """Close a channel for new messages."""
        self.change(replace(self.channels[channel_id], archived=True))

    def post(self, message: entities.Message) -> entities.Message:
        """Keep a new message."""
        self.messages.setdefault(message.channel, {})[message.ts] = message
        self._feed.tell(
            changes.What.MESSAGE_POSTED, user=message.only_for, channel=message.channel, ts=message.ts
        )
        return message

    def edit(self, message: entities.Message, **update: Any) -> entities.Message:
        """Replace a message by a changed one."""
        changed = replace(message, **update)
        self.messages[message.channel][message.ts] = changed
        self._feed.tell(
            changes.What.MESSAGE_CHANGED, user=message.only_for, channel=message.channel, ts=message.ts
        )
        return changed

    def delete(self, channel_id: str, ts: str) -> bool:
        """Remove a message; tell whether there was one."""
        message = self.messages.get(channel_id, {}).pop(ts, None)
        if message is not None:
            self._feed.tell(changes.What.MESSAGE_DELETED, user=message.only_for, channel=channel_id, ts=ts)
        return message is not None

    def find(self, channel_id: str, ts: str) -> entities.Message | None:
        """Find a message that everybody in the channel sees: ephemeral ones cannot be looked up."""
        # Ephemeral messages live in one client only: the Web API knows nothing of them afterwards
        # (https://docs.slack.dev/reference/methods/chat.postEphemeral).
        message = self.messages.get(channel_id, {}).get(ts)
        return message if message and message.only_for is None else None

    def shown(self, channel_id: str, *, to: str | None = None) -> list[entities.Message]:
        """Return all messages of a channel, oldest first, with the ephemeral ones of one person."""
        messages = self.messages.get(channel_id, {}).values()
        return [message for message in messages if message.only_for in {None, to}]

    def thread(self, channel_id: str, root: str) -> list[entities.Message]:
        """Return a thread as everybody sees it, its first message in front."""
        return [message for message in self.shown(channel_id) if root in {message.ts, message.thread_ts}]

    def reload(self, user: str) -> None:
        """Forget a person's ephemeral messages, as their client does when it reloads."""
        for channel_id, messages in self.messages.items():
            for ts in [ts for ts, message in messages.items() if message.only_for == user]:
                self.delete(channel_id, ts)
