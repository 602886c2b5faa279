"""How a process of ours ends with the one that started it, however that dies."""

from __future__ import annotations

import ctypes
import functools
import signal
import sys
from collections.abc import Callable

_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, prctl(2)


def ending_with_parent(by: signal.Signals) -> Callable[[], None] | None:
    """Return what a child runs first, to get a signal once its parent's thread is gone; None off Linux.

    It is one system call: nothing that locks, which would be unsafe between a fork and an exec.
    """
    if sys.platform != "linux":
        return None
    # Looked up before the fork: after it nothing may take a lock.
    return functools.partial(ctypes.CDLL(None).prctl, _SET_DEATH_SIGNAL, by)
