"""How often a bot may send into one conversation: Teams counts over several spans at once.

https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/rate-limit
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

SPANS = ((1.0, 7), (2.0, 8), (30.0, 60), (3600.0, 1800))  # seconds, messages


@dataclass(slots=True)
class Limits:
    """Says how long a message has to wait; `on` False lets everything pass."""

    on: bool = True
    _sent: dict[str, deque[float]] = field(default_factory=dict)

    def wait_s(self, conversation: str, now: float) -> int:
        """Return 0 for a message that may be sent now, and count it; else Retry-After in whole seconds."""
        if not self.on:
            return 0
        sent = self._sent.setdefault(conversation, deque(maxlen=SPANS[-1][1]))
        waits = [
            sent[-most] + span - now for span, most in SPANS if len(sent) >= most and sent[-most] > now - span
        ]
        if waits:
            return max(1, math.ceil(max(waits)))
        sent.append(now)
        return 0
