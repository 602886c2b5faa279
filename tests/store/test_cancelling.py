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


class Held:
    """A call that is answered only when its task is cancelled."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def forgetful(self) -> str:
        """Be done in the moment of the cancellation, as `asyncio.wait_for` may be."""
        self.begun.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.get_running_loop().create_future()
        return "done"

    async def tidy(self) -> str:
        """Give something back in the moment of the cancellation."""
        await self.forgetful()
        return await tries().run(self.give_back, within_s=60)

    async def give_back(self) -> str:
        """Answer at once."""
        return "given back"


async def test_a_cancellation_that_the_driver_forgot_still_counts() -> None:
    """Else a lost lease, or a process that ends, would go on with the next call."""
    held = Held()
    task = asyncio.ensure_future(tries().run(held.forgetful, within_s=60))
    await held.begun.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_task_that_was_cancelled_may_still_clean_up() -> None:
    """Calls that it begins after that are answered."""
    held = Held()
    task = asyncio.ensure_future(held.tidy())
    await held.begun.wait()
    task.cancel()

    assert await task == "given back"
