"""A lease on one request: the right to work on it, for as long as the store confirms it."""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot import errors, ports


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an attendance leaves behind when it gives its lease back.

    `due` is when the request wants attention next (None: never), `seen` the version that the
    attendance knew, and `reset` whether the tries are counted anew.
    """

    due: dt.datetime | None
    seen: int
    reset: bool = True


class Lease:
    """One claimed request. `woken` is set when it may have changed while somebody works on it.

    `attempts` counts claims since tries were last counted anew, this one included.
    """

    def __init__(
        self, store: ports.Store, claimed: ports.Claimed, *, lease_s: float, max_attempts: int, asked: float
    ) -> None:
        self.request_id = claimed.request_id
        self.fence = claimed.fence
        self.attempts = claimed.attempts
        self.woken = asyncio.Event()
        self._max_attempts = max_attempts
        self._store = store
        self._lease_s = lease_s
        # By the loop's clock, and counted from before the question was sent, so that our idea of
        # the lease ends before the store's.
        self.until = asked + lease_s

    @property
    def last_try(self) -> bool:
        """Tell whether there have been so many tries that this one has to give up in order."""
        return self.attempts >= self._max_attempts

    @property
    def nearly_last(self) -> bool:
        """Tell whether the next try has to give up: this one still knows why."""
        return self.attempts + 1 >= self._max_attempts

    @property
    def spent(self) -> bool:
        """Tell whether even giving up has been tried too often."""
        return self.attempts >= 2 * self._max_attempts

    async def confirm(self) -> None:
        """Ask the store whether the request is still ours; raise LeaseLost when it is not.

        The store answers, not our own clock: a process that was frozen cannot trust that.
        """
        asked = asyncio.get_running_loop().time()
        if not await self._store.renew(self.request_id, fence=self.fence, lease_s=self._lease_s):
            raise errors.LeaseLost(self.request_id)
        self.until = max(self.until, asked + self._lease_s)


def backoff_s(attempts: int, *, first_s: float = 1.0, longest_s: float = 60.0) -> float:
    """Return how long to wait after so many tries: doubling, capped, with jitter in its upper half."""
    longest = min(longest_s, first_s * 2.0 ** min(attempts - 1, 32))
    return secrets.SystemRandom().uniform(longest / 2, longest)


Attend = Callable[[Lease], Awaitable[Settlement]]
