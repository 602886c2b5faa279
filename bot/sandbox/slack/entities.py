"""What Slack's world consists of, as frozen values; `state` replaces them, nobody changes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]  # a decoded JSON object, as a vendor's API has it


@dataclass(frozen=True, slots=True)
class Team:
    """The Slack team that the app is installed in."""

    id: str
    name: str
    domain: str = "acme"
    enterprise_id: str | None = None  # set on Enterprise Grid
    enterprise_name: str | None = None
    paid: bool = True  # user groups need a paid plan


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account. `team_id` None means the team's own; another one is a stranger."""

    id: str
    name: str
    email: str | None = None
    team_id: str | None = None
    guest: bool = False
    bot: bool = False
    deleted: bool = False

    @property
    def handle(self) -> str:
        """Return the short name, as payloads give it in `username`."""
        # Payloads never carry the name that people see, only this one.
        return self.name.lower().replace(" ", ".")


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, or (`user` set) a person's direct messages with the bot."""

    id: str
    name: str
    members: frozenset[str] = frozenset()
    private: bool = False
    archived: bool = False
    user: str | None = None  # whose direct messages these are

    @property
    def direct(self) -> bool:
        """Tell whether this is a direct conversation."""
        return self.user is not None


@dataclass(frozen=True, slots=True)
class Usergroup:
    """A user group, mentioned as <!subteam^ID>."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class App:
    """The installed app: what its manifest says, and its secrets."""

    # Real values never come here, but a double that prints its tokens teaches the wrong habit.
    bot_token: str = field(repr=False)
    signing_secret: str = field(repr=False)
    app_token: str = field(default="", repr=False)
    scopes: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()  # "/registry"
    shortcuts: Mapping[str, str] = field(default_factory=dict)  # callback_id -> the name people see
    events: frozenset[str] = frozenset({"app_home_opened"})
    home_tab: bool = True
    messages_tab: bool = True
    id: str = "A0BOT"
    bot_id: str = "B0BOT"
    user_id: str = "U0BOT"
    name: str = "Registry Bot"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as Slack keeps it. `only_for` makes it ephemeral: one person's, until a reload."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()
    thread_ts: str | None = None
    broadcast: bool = False  # a reply that is shown in the channel too
    metadata: Json | None = None  # the app's own note on a message; people never see it
    edited: str | None = None
    bot: bool = False
    only_for: str | None = None

    @property
    def reply(self) -> bool:
        """Tell whether this stands in a thread below another message."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(frozen=True, slots=True)
class View:
    """A modal or App Home as one person has it open, with what is typed into it."""

    id: str
    user: str
    body: Json  # what the app sent, with the ids that Slack adds
    hash: str  # changes with each update, so that a late one can be told from a fresh one
    root_id: str
    previous_id: str | None = None
    values: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)  # block id -> the line below the field
    trouble: str | None = None  # the banner when the app did not answer

    @property
    def blocks(self) -> list[Json]:
        """Return the blocks."""
        return list(self.body.get("blocks", ()))

    @property
    def modal(self) -> bool:
        """Tell a modal from an App Home."""
        return bool(self.body["type"] == "modal")


@dataclass(frozen=True, slots=True)
class Trigger:
    """The right to open one modal, for three seconds. `view` is the modal that was acted in, if any."""

    id: str
    user: str
    expires: dt.datetime
    view: str | None = None
    used: bool = False


@dataclass(frozen=True, slots=True)
class ResponseUrl:
    """The right to post five answers within half an hour."""

    path: str
    user: str
    channel: str
    expires: dt.datetime
    message: str | None = None  # ts of the message that was acted on
    used: int = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """What Slack itself tells a person when an app fails; the code is Slack's own word for it."""

    user: str
    code: str
    text: str
    channel: str | None = None
    view: str | None = None
