"""A cancelled task ends, whatever the driver makes of it."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from bot import clock
from bot.store import calls


def tries() -> calls.Calls:
    """Return calls without a server."""
    return calls.Calls(clock.SystemClock(), at_once=1)


async def forgetful() -> str:
    """Be done in the moment of the cancellation, as `asyncio.wait_for` may be."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.get_running_loop().create_future()
    return "done"


async def test_a_cancellation_that_the_driver_forgot_still_counts() -> None:
    """Else a lost lease, or a process that ends, would go on with the next call."""
    task = asyncio.ensure_future(tries().run(forgetful, within_s=60))
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_task_that_was_cancelled_may_still_clean_up() -> None:
    """Calls that it begins after that are answered."""

    async def held() -> str:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            return await tries().run(_answer, within_s=60)
        return "not cancelled"

    task = asyncio.ensure_future(held())
    await asyncio.sleep(0)
    task.cancel()

    assert await task == "given back"


async def _answer() -> str:
    return "given back"
