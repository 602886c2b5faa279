"""Keeps people's homes in chat fresh: after a change, the home of everybody concerned is drawn anew.

Nothing waits for it. A home that could not be drawn is old until the next change, or until it is
opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from bot import audit, errors, model, ports

APART_S = 2.0  # between two drawings of one home: what changes meanwhile is drawn together
MOST_CHANGED = 1000  # requests that are remembered while homes are being drawn
AT_ONCE = 4
WITHIN_S = 10.0  # for one home

Draw = Callable[[model.Principal], Awaitable[None]]
log = structlog.get_logger(__name__)


class Homes:
    """Hears of visits and of changes, and draws in `run`. `visitors` is shared by all processes."""

    def __init__(self, visitors: ports.Visitors, clock: ports.Clock) -> None:
        self._visitors = visitors
        self._clock = clock
        self._changed: dict[str, model.Request] = {}
        self._news = asyncio.Event()

    async def opened(self, by: model.Principal) -> None:
        """Remember who opened their home. Raises NotAccepted."""
        await self._visitors.came(by.key)

    def written(self, entry: audit.Entry, request: model.Request | None) -> None:
        """Hear of an audit entry that was committed: this is a recorder's observer, and costs nothing."""
        del entry
        if request is None:
            return
        self._changed[request.id] = request
        if len(self._changed) > MOST_CHANGED:
            del self._changed[next(iter(self._changed))]
        self._news.set()

    async def run(self, draw: Draw) -> None:
        """Draw homes until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            changed, self._changed = tuple(self._changed.values()), {}
            try:
                visitors = [_principal(key) for key in await self._visitors.recent()]
            except errors.NotAccepted:
                visitors = []  # the store is away, and with it all that a home would show
            await self._draw(draw, [who for who in visitors if any(concerns(one, who) for one in changed)])
            # What comes during this pause is drawn after it, together.
            await self._clock.sleep(APART_S)

    async def _draw(self, draw: Draw, concerned: Sequence[model.Principal]) -> None:
        turns = asyncio.Semaphore(AT_ONCE)

        async def drawn(who: model.Principal) -> None:
            async with turns, asyncio.timeout(WITHIN_S):
                await draw(who)

        # Whatever goes wrong with one home, it stops neither the others nor the process.
        for end in await asyncio.gather(*map(drawn, concerned), return_exceptions=True):
            if isinstance(end, Exception):
                log.info("home not drawn", error=type(end).__name__)


def concerns(request: model.Request, who: model.Principal) -> bool:
    """Tell whether somebody's home may show a request; who is in a group only the platform knows."""
    if request.approver_groups or request.fallback_groups:
        return True
    named = (request.requester, *request.approvers, *request.fallback)
    return who in named or any(decision.by == who for decision in request.decisions)


def _principal(key: str) -> model.Principal:
    platform, tenant, user = key.split(":", 2)
    return model.Principal(platform=model.Platform(platform), tenant=tenant, user=user)
