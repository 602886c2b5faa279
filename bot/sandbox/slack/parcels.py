"""What is delivered to the app, and how the app took it: values shared by both ways of delivery."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode

from bot.sandbox.slack.entities import Json

NO_RETRY = "x-slack-no-retry"


class Kind(enum.StrEnum):
    """The three kinds, under the names that Socket Mode's envelopes use."""

    COMMAND = "slash_commands"
    INTERACTIVE = "interactive"
    EVENT = "events_api"


class Fate(enum.StrEnum):
    """How a delivery ended."""

    ACKNOWLEDGED = "acknowledged"
    TIMEOUT = "timeout"  # no answer within three seconds
    FAILED = "failed"  # an answer that is not 2xx
    UNREACHABLE = "unreachable"  # no app, no connection, or it broke


@dataclass(frozen=True, slots=True)
class Parcel:
    """One payload. `retry` counts earlier tries; `reason` is why the last one failed.

    `envelope` is its id in Socket Mode; without one, each delivery gets its own.
    """

    kind: Kind
    payload: Json
    retry: int = 0
    reason: str = ""
    envelope: str | None = None

    @property
    def name(self) -> str:
        """Return what is in it, in a word or two."""
        if self.kind is Kind.COMMAND:
            return str(self.payload["command"])
        if self.kind is Kind.EVENT:
            return str(self.payload["event"]["type"])
        return str(self.payload["type"])

    def body(self) -> tuple[bytes, str]:
        """Return body and content type for delivery by HTTP."""
        if self.kind is Kind.COMMAND:
            return urlencode(self.payload).encode(), "application/x-www-form-urlencoded"
        if self.kind is Kind.EVENT:
            return json.dumps(self.payload).encode(), "application/json"
        form = urlencode({"payload": json.dumps(self.payload)})
        return form.encode(), "application/x-www-form-urlencoded"

    def headers(self) -> dict[str, str]:
        """Return the headers of a redelivery."""
        if not self.retry:
            return {}
        return {"X-Slack-Retry-Num": str(self.retry), "X-Slack-Retry-Reason": self.reason}


@dataclass(frozen=True, slots=True)
class Ack:
    """The app's answer; `body` is the decoded JSON object, or text, or None."""

    fate: Fate
    body: Json | str | None = None
    took_s: float = 0.0
    status: int | None = None
    no_retry: bool = False

    @property
    def ok(self) -> bool:
        """Tell whether the app acknowledged in time."""
        return self.fate is Fate.ACKNOWLEDGED

    @property
    def answer(self) -> Json:
        """Return the answer as an object; a bare text becomes its `text`."""
        if isinstance(self.body, dict):
            return self.body
        return {"text": self.body} if self.body else {}


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery for the record: what, and how it ended."""

    parcel: Parcel
    ack: Ack


class Transport(Protocol):
    """One way to the app."""

    async def send(self, parcel: Parcel) -> Ack:
        """Deliver once and wait for the answer until the deadline; never raises for what the app does."""
        ...


@dataclass(slots=True)
class Terms:
    """What may be changed about deliveries."""

    deadline_s: float = 3.0
    duplicates: int = 0  # so many further copies of each delivery, at the same moment
    same_envelope: bool = True  # do copies share the envelope's id in Socket Mode?
    retry_delays_s: tuple[float, ...] = (0.0, 60.0, 300.0)
    signing_secret: str | None = field(default=None, repr=False)  # set: sign with this one instead
