"""Work that goes on after Slack was answered: kept, so that it is not lost, and awaited at the end.

Nothing here may matter to a request: what must happen is committed before the answer.
"""

from __future__ import annotations

import asyncio
import functools
import secrets
import traceback
from collections.abc import Callable, Coroutine
from typing import Self

import structlog

GRACE_S = 3.0

log = structlog.get_logger(__name__)


Sorry = Callable[[str], Coroutine[object, object, None]]


class Background:
    """Keeps the tasks that were started; leaving it waits for them a moment, then cancels them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if not self._tasks:
            return
        late = (await asyncio.wait(self._tasks, timeout=GRACE_S))[1]
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def start(self, work: Coroutine[object, object, None], *, name: str, sorry: Sorry | None = None) -> None:
        """Begin something. If it raises, `sorry` is called with the id under which it was logged."""
        task = asyncio.create_task(work, name=f"slack:{name}")
        self._tasks.add(task)
        task.add_done_callback(functools.partial(self._done, sorry=sorry))

    def _done(self, task: asyncio.Task[None], *, sorry: Sorry | None) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        error_id = failed("slack.background.failed", error, work=task.get_name())
        if sorry is not None:
            self.start(sorry(error_id), name="sorry")


def failed(event: str, error: BaseException, **fields: str) -> str:
    """Log an error that nobody foresaw, and return its id.

    By type and place alone: an exception's words may be a user's, or a vendor's.
    """
    error_id = secrets.token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else None
    log.error(event, error_id=error_id, error=type(error).__name__, where=where, **fields)
    return error_id
