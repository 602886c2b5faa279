"""The one place where tests wait."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable


async def wait_until(
    predicate: Callable[[], object | Awaitable[object]], description: str, *, within_s: float = 10.0
) -> None:
    """Return as soon as `predicate` (plain or async) is true; fail with `description` after `within_s`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while True:
        answer = predicate()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return
        if loop.time() > deadline:
            raise AssertionError(f"not within {within_s} s: {description}")
        await asyncio.sleep(0.005)
