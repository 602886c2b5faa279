"""Brings activities to the bot over HTTP, as the Bot Connector does: once, and with an end of patience."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from bot.sandbox import emulator

PATIENCE_S = 15.0  # when the Connector stops waiting for the bot
UNREACHED = 0  # the status of what got no answer


@dataclass(frozen=True, slots=True)
class Reaction:
    """What the bot answered to a delivery; the status is 0 where there was no answer."""

    status: int
    body: dict[str, object]
    took_s: float


class Courier:
    """Sends to one endpoint, and takes each answer down in the journal."""

    def __init__(self, journal: emulator.Journal) -> None:
        self.endpoint = ""
        self.patience_s = PATIENCE_S
        self._journal = journal
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the client."""
        # A connection kept alive would be a dead one after the bot was killed and started again.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, limit=0),
            timeout=aiohttp.ClientTimeout(total=None),
        )

    async def stop(self) -> None:
        """Close the client."""
        if self._session:
            await self._session.close()

    async def send(self, body: bytes, headers: Mapping[str, str]) -> Reaction:
        """Deliver once."""
        if self._session is None:
            raise RuntimeError("The double is not started.")
        began, clock = time.time(), time.perf_counter()
        sent = {"Content-Type": "application/json", **headers}
        patience = aiohttp.ClientTimeout(total=self.patience_s)
        try:
            async with self._session.post(self.endpoint, data=body, headers=sent, timeout=patience) as answer:
                raw, status = await answer.read(), answer.status
        except (aiohttp.ClientError, TimeoutError):
            return Reaction(UNREACHED, {}, time.perf_counter() - clock)
        took = time.perf_counter() - clock
        self._journal.add(
            emulator.Exchange(
                "teams", "ANSWER", "/api/messages", dict(answer.headers), raw, status, began, took, body
            )
        )
        return Reaction(status, _document(raw), took)


def _document(raw: bytes) -> dict[str, object]:
    try:
        found = json.loads(raw) if raw else {}
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}
