"""Who people are to a chat platform, and where they talk."""

from __future__ import annotations

import datetime as dt
import enum

from bot.model.base import Record


class Platform(enum.StrEnum):
    """A chat platform."""

    SLACK = "slack"
    TEAMS = "teams"


def platform_of(channel: str) -> Platform:
    """Return whose a channel is by the looks of its id: those of Teams are `19:…@thread.tacv2`."""
    return Platform.TEAMS if ":" in channel else Platform.SLACK


class Principal(Record):
    """Who somebody is to a platform: never a name, never an e-mail address."""

    platform: Platform
    tenant: str
    user: str

    @property
    def key(self) -> str:
        """Return the one-line form, as in `slack:T0001:U0002`."""
        return f"{self.platform}:{self.tenant}:{self.user}"


class Usergroup(Record):
    """A group whose members a platform keeps: mentioned by its id, looked up at each decision."""

    platform: Platform
    id: str


class Standing(enum.StrEnum):
    """What a platform says of somebody's account."""

    MEMBER = "member"
    GUEST = "guest"
    OUTSIDER = "outsider"  # of another organization, as through Slack Connect
    GONE = "gone"
    UNKNOWN = "unknown"  # the platform did not say


class Place(Record):
    """Where in a platform something was asked or is shown."""

    platform: Platform
    tenant: str
    channel: str
    thread: str | None = None


class Role(enum.StrEnum):
    """Which of a request's messages a copy is; a request has one copy of each, duplicates apart."""

    APPROVAL = "approval"  # in the approvers' channel, with the buttons
    ORIGIN = "origin"  # where it was asked: one line with the state, root of the thread
    PROGRESS = "progress"  # in that thread, from approval on
    RESULT = "result"  # in that thread, once the request has ended: this one notifies
    DIRECT = "direct"  # to the requester alone
    TOLD = "told"  # in a channel that is told and does not decide
    REMINDER = "reminder"  # below the approval message, when it has waited for long
    ESCALATION = "escalation"  # in the approvers' channel, once others may decide too
    WARNING = "warning"  # in the thread where it was asked, before the password expires


class Posting(Record):
    """The intent to post a message, kept before the post: a crash in between is told by it."""

    token: str  # the message carries it, where the platform lets it be found by that
    at: dt.datetime


class Copy(Record):
    """One chat message that shows a request, or the reason why it could not be posted."""

    role: Role
    platform: Platform
    channel: str
    message: str | None = None
    thread: str | None = None
    shown: int = 0  # version of the request that it shows
    error: str | None = None
    posting: Posting | None = None  # without a message: it may be there, and nobody knows where
    # Beside the copy of its role: of a process that died before it could remember it, seen at a
    # click; or of an older warning.
    duplicate: bool = False

    @property
    def key(self) -> str:
        """Return what tells a request's copies apart: the role, and for a duplicate where it is."""
        return f"{self.role}@{self.channel}/{self.message}" if self.duplicate else self.role.value
