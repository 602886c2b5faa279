"""What happened in Slack, told to whoever listens: a page's event stream, a journey that waits."""

from __future__ import annotations

import asyncio
import enum
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field


class What(enum.StrEnum):
    """What can change."""

    MESSAGE_POSTED = "message_posted"
    MESSAGE_CHANGED = "message_changed"
    MESSAGE_DELETED = "message_deleted"
    VIEW_OPENED = "view_opened"
    VIEW_CHANGED = "view_changed"
    VIEW_CLOSED = "view_closed"
    HOME_PUBLISHED = "home_published"
    CHANNEL_CHANGED = "channel_changed"
    NOTICE = "notice"
    COMPLAINT = "complaint"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Change:
    """One change. The fields say where to look; what is there now is read from the state."""

    seq: int
    what: What
    user: str | None = None  # None: everybody who can see the channel
    channel: str | None = None
    ts: str | None = None
    view: str | None = None
    text: str | None = None


@dataclass(slots=True)
class Feed:
    """Numbers changes and hands them on; the newest thousand stay for a listener that comes back."""

    listeners: list[Callable[[Change], None]] = field(default_factory=list)
    recent: deque[Change] = field(default_factory=lambda: deque(maxlen=1000))
    seq: int = 0

    def tell(
        self,
        what: What,
        *,
        user: str | None = None,
        channel: str | None = None,
        ts: str | None = None,
        view: str | None = None,
        text: str | None = None,
    ) -> None:
        """Announce a change that has already happened."""
        self.seq += 1
        change = Change(self.seq, what, user, channel, ts, view, text)
        self.recent.append(change)
        for listener in list(self.listeners):
            listener(change)

    def since(self, seq: int) -> list[Change]:
        """Return what was announced after `seq`, as far as it is still kept."""
        return [change for change in self.recent if change.seq > seq]

    async def until(self, condition: Callable[[], bool], what: str, *, within_s: float = 10.0) -> None:
        """Wait until something holds, looking again at each change; TimeoutError names `what`."""
        changed = asyncio.Event()

        def wake(_: Change) -> None:
            changed.set()

        self.listeners.append(wake)
        try:
            async with asyncio.timeout(within_s):
                while not condition():
                    await changed.wait()
                    changed.clear()
        except TimeoutError as error:
            raise TimeoutError(f"not within {within_s:g} s: {what}") from error
        finally:
            self.listeners.remove(wake)
