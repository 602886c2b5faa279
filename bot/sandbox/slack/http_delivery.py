"""Signed delivery over HTTP to the app's request URL."""

from __future__ import annotations

import asyncio
import json
import time

import aiohttp

from bot.sandbox import emulator
from bot.sandbox.slack import parcels, signing
from bot.sandbox.slack.entities import Json

AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"


class HttpDelivery:
    """`parcels.Transport` to `url`. What the app answers goes into the journal like anything it sends."""

    def __init__(self, journal: emulator.Journal, terms: parcels.Terms, secret: str) -> None:
        self._journal = journal
        self._terms = terms
        self._secret = secret
        self._session: aiohttp.ClientSession | None = None
        self.url: str | None = None

    async def start(self) -> None:
        """Open the client."""
        # A connection kept alive would be a dead one after the app was killed and started again.
        connector = aiohttp.TCPConnector(force_close=True)
        self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))

    async def stop(self) -> None:
        """Close the client."""
        if self._session:
            await self._session.close()

    async def send(self, parcel: parcels.Parcel) -> parcels.Ack:
        """Deliver once."""
        if self._session is None or self.url is None:
            return parcels.Ack(parcels.Fate.UNREACHABLE)
        body, content_type = parcel.body()
        # The signature carries the real time even when the sandbox's clock was moved: the app
        # checks it against its own machine's clock.
        secret = self._terms.signing_secret or self._secret
        headers = {
            "User-Agent": AGENT,
            "Content-Type": content_type,
            "Accept": "application/json,*/*",
            **signing.headers(secret, body, at=time.time()),
            **parcel.headers(),
        }
        started, clock = time.time(), time.perf_counter()
        try:
            async with asyncio.timeout(self._terms.deadline_s):
                async with self._session.post(
                    self.url, data=body, headers=headers, allow_redirects=False
                ) as response:
                    answer = await response.read()
        # Slack hangs up at the deadline too; what the app still does then goes on unseen.
        except TimeoutError:
            return parcels.Ack(parcels.Fate.TIMEOUT, took_s=time.perf_counter() - clock)
        except aiohttp.ClientError:
            return parcels.Ack(parcels.Fate.UNREACHABLE, took_s=time.perf_counter() - clock)
        took = time.perf_counter() - clock
        self._journal.add(
            emulator.Exchange(
                "slack",
                "ANSWER",
                f"/{parcel.name.removeprefix('/')}",
                dict(response.headers),
                answer,
                response.status,
                started,
                took,
                body,
            )
        )
        fate = parcels.Fate.ACKNOWLEDGED if response.ok and response.status < 300 else parcels.Fate.FAILED  # noqa: PLR2004  # a redirect is no acknowledgement
        no_retry = response.headers.get(parcels.NO_RETRY) == "1"
        return parcels.Ack(fate, _decoded(answer), took, response.status, no_retry)


def _decoded(answer: bytes) -> Json | str | None:
    # Content types are not looked at: apps answer JSON under all kinds of them, and Slack takes it.
    text = answer.decode("utf-8", errors="replace").strip()
    try:
        decoded = json.loads(text)
    except ValueError:
        return text or None
    return decoded if isinstance(decoded, dict) else text
