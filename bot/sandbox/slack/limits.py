"""Rate limits: token buckets on the sandbox's own time, so that moving the clock refills them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.sandbox.slack import calls

POST_RATE = 1.0  # chat.postMessage: about one a second for each channel, short bursts allowed
POST_BURST = 5.0
BY_CHANNEL = frozenset({"chat.postMessage"})


@dataclass(slots=True)
class Bucket:
    """Holds up to `size` tokens and gains `rate` a second."""

    size: float
    rate: float
    tokens: float
    at: dt.datetime

    def take(self, now: dt.datetime) -> float:
        """Take a token and return 0, or return the seconds until there is one."""
        # A clock that is moved back must not take tokens away.
        self.tokens = min(self.size, self.tokens + max(0.0, (now - self.at).total_seconds()) * self.rate)
        self.at = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) / self.rate


@dataclass(slots=True)
class Limits:
    """Says how long a call has to wait; `on` False lets everything pass."""

    now: Callable[[], dt.datetime]
    on: bool = True
    _buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)

    def wait_s(self, method: str, tier: calls.Tier, channel: str) -> int:
        """Return 0 for a call that may pass, else Slack's Retry-After in whole seconds."""
        if not self.on:
            return 0
        # All other methods count for the method and the team, however many channels they touch.
        by_channel = method in BY_CHANNEL
        key = (method, channel if by_channel else "")
        size, rate = (POST_BURST, POST_RATE) if by_channel else (float(tier), tier / 60)
        bucket = self._buckets.setdefault(key, Bucket(size, rate, size, self.now()))
        return math.ceil(bucket.take(self.now()))
