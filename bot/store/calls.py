"""Calls to the server within a deadline: what passes is tried again, what does not is NotAccepted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from redis import exceptions

from bot import errors, ports

AWAY = "Not accepted: the bot's storage does not answer. Please try again in a moment."
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.01, 1.0  # the first error is often a connection that died idle

# Sent by a server that is up, but not able to write for now; redis-py has no class for these.
PASSING_WORDS = ("MISCONF", "NOREPLICAS", "OOM", "BUSY", "UNKILLABLE")
PASSING = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.ReadOnlyError,  # a primary that was demoted
    exceptions.OutOfMemoryError,
    exceptions.ClusterError,
    exceptions.TryAgainError,
    exceptions.RedisClusterException,
    OSError,  # also asyncio's TimeoutError
)
LASTING = (exceptions.AuthenticationError, exceptions.AuthorizationError)  # wrong until a setting changes

T = TypeVar("T")


class Calls:
    """Bounds how many calls run at once, and how long each may be tried."""

    def __init__(self, clock: ports.Clock, *, at_once: int) -> None:
        self._clock = clock
        self._slots = asyncio.Semaphore(at_once)
        self._log = structlog.get_logger(__name__)

    async def run(self, call: Callable[[], Awaitable[T]], *, within_s: float) -> T:
        """Return what `call` returns, or raise NotAccepted after `within_s`; `call` is safe to repeat."""
        loop = asyncio.get_running_loop()
        end, pause, cancels = loop.time() + within_s, FIRST_PAUSE_S, _cancels()
        while True:
            try:
                async with asyncio.timeout_at(end), self._slots:
                    answer = await call()
            except (*PASSING, exceptions.RedisError) as error:
                if not _passes(error) or loop.time() + pause >= end:
                    # The class alone: a message may quote an address or an argument.
                    self._log.warning("store_not_accepted", error=type(error.__cause__ or error).__name__)
                    raise errors.NotAccepted(AWAY) from error
            else:
                # redis-py sends through `asyncio.wait_for`, which before Python 3.12 forgets a cancellation
                # that comes as it ends (github.com/python/cpython/issues/86296). Whoever cancels waits.
                if _cancels() > cancels:
                    raise asyncio.CancelledError
                return answer
            await self._clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)


def _cancels() -> int:
    """Return how often this task was told to end. More than zero is no surprise while it cleans up."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0


def _passes(error: Exception) -> bool:
    # redis-py reports a refused login as a broken connection, and the reason as its cause.
    if isinstance(error, LASTING) or isinstance(error.__cause__, LASTING):
        return False
    return isinstance(error, PASSING) or any(word in str(error) for word in PASSING_WORDS)
