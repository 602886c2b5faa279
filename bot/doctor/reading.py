"""Questions that are asked once, in bounded time, however many checks want the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Generic, TypeVar

from bot import errors

T = TypeVar("T")
K = TypeVar("K")

ASK_S = 5.0  # for one question
AT_ONCE = 8  # of one kind


class Reading(Generic[T]):
    """One question. Its answer, or its error, is everybody's. Close it, so that no asking is left behind."""

    def __init__(self, ask: Callable[[], Awaitable[T]], *, of: str, within_s: float = ASK_S) -> None:
        self._ask = ask
        self._of = of
        self._within_s = within_s
        self._task: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """Return the answer, or raise what went wrong: an error of ours."""
        return (await self._landed()).result()

    async def known(self) -> T | None:
        """Return the answer, or None where there is none: whose question it is says why."""
        task = await self._landed()
        away = isinstance(task.exception(), errors.ServiceError | errors.NotAccepted)
        return None if away else task.result()

    async def _landed(self) -> asyncio.Task[T]:
        if self._task is None:
            self._task = asyncio.create_task(bounded(self._ask(), of=self._of, within_s=self._within_s))
        await asyncio.wait([self._task])  # whoever gives up waiting does not end it for the others
        return self._task

    async def aclose(self) -> None:
        """Cancel what is under way, and see it end."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.exception()  # looked at, so that asyncio does not complain of it


async def bounded(asked: Awaitable[T], *, of: str, within_s: float = ASK_S) -> T:
    """Return an answer that comes in time; raise Temporary for one that does not."""
    try:
        async with asyncio.timeout(within_s):
            return await asked
    except TimeoutError as error:
        raise errors.Temporary(
            f"{of} did not answer within {within_s:g} s.",
            service=of,
            remedy="Check the setting that names it, and the network on the way to it.",
        ) from error


async def each(
    keys: Iterable[K], ask: Callable[[K], Awaitable[T]], *, of: str
) -> Mapping[K, T | errors.ServiceError]:
    """Ask the same of several, a few at a time; an error stands for itself alone."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(key: K) -> T | errors.ServiceError:
        async with turns:
            try:
                return await bounded(ask(key), of=of)
            except errors.ServiceError as error:
                return error

    wanted = tuple(dict.fromkeys(keys))
    return dict(zip(wanted, await asyncio.gather(*(one(key) for key in wanted)), strict=True))
