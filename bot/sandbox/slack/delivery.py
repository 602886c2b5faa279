"""Delivery to the app, whichever way: the deadline, duplicates, and the retries of events."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace

from bot.sandbox.slack import changes, http_delivery, parcels, socket_mode, state

# Slack's words for why an event is sent again (https://docs.slack.dev/apis/events-api#retries).
REASONS = {
    parcels.Fate.TIMEOUT: "http_timeout",
    parcels.Fate.FAILED: "http_error",
    parcels.Fate.UNREACHABLE: "connection_failed",
}


class Delivery:
    """Sends parcels by HTTP when a request URL is set, by Socket Mode otherwise."""

    def __init__(
        self,
        known: state.State,
        terms: parcels.Terms,
        *,
        http: http_delivery.HttpDelivery,
        socket: socket_mode.SocketMode,
    ) -> None:
        self._state = known
        self._terms = terms
        self._http = http
        self._socket = socket
        self._retries: set[asyncio.Task[None]] = set()
        self.log: list[parcels.Delivered] = []

    async def send(self, parcel: parcels.Parcel) -> parcels.Ack:
        """Deliver once (or with copies, where duplicates are switched on); the first good answer counts."""
        way: parcels.Transport = self._http if self._http.url else self._socket
        if self._terms.same_envelope:
            parcel = replace(parcel, envelope=str(uuid.uuid4()))
        # Copies go out at the same moment: one after the other would be too easy to tell apart.
        copies = 1 + self._terms.duplicates
        answers = await asyncio.gather(*(way.send(parcel) for _ in range(copies)))
        for ack in answers:
            self.log.append(parcels.Delivered(parcel, ack))
        # An app may take a copy for somebody's replay and refuse it, whichever of them comes in first.
        first = next((ack for ack in answers if ack.ok), answers[0])
        self._state.feed.tell(changes.What.DELIVERED, text=f"{parcel.name}: {first.fate}")
        return first

    async def send_event(self, parcel: parcels.Parcel) -> parcels.Ack:
        """Deliver an event; when the app fails, go on trying in the background."""
        # Only events are retried: a person whose click failed sees so and clicks again.
        ack = await self.send(parcel)
        if not ack.ok and not ack.no_retry:
            task = asyncio.create_task(self._retry(parcel, ack))
            self._retries.add(task)
            task.add_done_callback(self._retries.discard)
        return ack

    async def _retry(self, parcel: parcels.Parcel, ack: parcels.Ack) -> None:
        for number, delay_s in enumerate(self._terms.retry_delays_s, start=1):
            await asyncio.sleep(delay_s)
            ack = await self.send(replace(parcel, retry=number, reason=REASONS[ack.fate]))
            if ack.ok or ack.no_retry:
                return

    async def stop(self) -> None:
        """Give up on what is still to be retried."""
        tasks = list(self._retries)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
