"""A pipeline that never stops pulling: the witness that a rotation fails nobody.

It asks Wave as Nextflow does, with a person's own Tower token and the workspace, so Wave picks the
workspace's credential by itself and all its caches count.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Self

import aiohttp

from bot import ports

EVERY_S = 0.5
AGENT = "Nextflow/25.10.0"  # tells a pipeline's requests from the bot's, in the journal
_PATIENCE_S = 5.0
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Where a pipeline runs, and as whom: `token` is a person's own, who may launch there."""

    wave: str
    tower: str
    workspace_id: int
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Miss:
    """A pull that failed: when, of what, and what Wave said; `status` None means no answer."""

    at: dt.datetime
    image: str
    status: int | None
    detail: str


class Puller:
    """Pulls images in turn, twice a second for as long as it is entered.

    Several repositories are a sharper witness than one: Wave keeps the bearer of each for up to an
    hour, and a pull by a kept bearer proves nothing about the password. `pulls` counts all,
    `misses` has those that failed.
    """

    def __init__(
        self, pipeline: Pipeline, images: Sequence[str], clock: ports.Clock, *, every_s: float = EVERY_S
    ) -> None:
        self.pulls = 0
        self.misses: list[Miss] = []
        self._pipeline = pipeline
        self._images = itertools.cycle(images)
        self._clock = clock
        self._every = dt.timedelta(seconds=every_s)
        self._open = contextlib.AsyncExitStack()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        patience = aiohttp.ClientTimeout(total=_PATIENCE_S)
        self._session = await self._open.enter_async_context(
            aiohttp.ClientSession(timeout=patience, headers={"User-Agent": AGENT})
        )
        going = asyncio.create_task(self._go())
        self._open.push_async_callback(_ended, going)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def _go(self) -> None:
        while True:
            due = self._clock.now() + self._every
            await self.pull()
            rest = due - self._clock.now()
            await self._clock.sleep(max(rest.total_seconds(), 0.0))

    async def pull(self) -> bool:
        """Pull the next image once, and tell whether that worked."""
        image, at = next(self._images), self._clock.now()
        status, detail = await self._asked(image)
        self.pulls += 1
        if status == HTTPStatus.OK:
            return True
        self.misses.append(Miss(at, image, status, detail))
        return False

    async def _asked(self, image: str) -> tuple[int | None, str]:
        if self._session is None:
            raise RuntimeError("The puller has to be entered first.")
        pipeline = self._pipeline
        body = {
            "containerImage": image,
            "towerAccessToken": pipeline.token,
            "towerEndpoint": pipeline.tower,
            "towerWorkspaceId": pipeline.workspace_id,
        }
        try:
            async with self._session.post(f"{pipeline.wave}/v1alpha1/inspect", json=body) as answer:
                return answer.status, _told(await answer.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            return None, type(error).__name__


async def _ended(going: asyncio.Task[None]) -> None:
    """Stop the pulling; what ended it early is not hidden."""
    going.cancel()
    await asyncio.wait([going])
    if not going.cancelled():
        going.result()


def _told(body: bytes) -> str:
    """Return Wave's own message or the registry's code, for whoever reads the proof."""
    try:
        found = json.loads(body)
    except ValueError:
        return ""
    match found:
        case {"message": str(message)}:
            return message[:_LONGEST]
        case {"errors": [{"code": str(code)}, *_]}:
            return code[:_LONGEST]
    return ""
