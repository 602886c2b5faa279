"""What operators read of requests on the command line, and the one thing they do: try again at once.

Nobody is authorized here: who runs the command holds the deployment's secrets anyway.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot import audit, errors, model, ports

_ID, _SHORT = re.compile(r"[A-Za-z0-9_-]{22}"), re.compile(r"[0-9a-f]{6}")


class Retried(enum.StrEnum):
    """What became of a retry."""

    DUE = "due"
    WAITS = "waits"  # for people
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Case:
    """A request with all that is kept of it: never a secret. `sound`: its trail is unbroken, and seals it."""

    request: model.Request
    copies: tuple[model.Copy, ...]
    credential: model.Credential | None
    genuine: bool  # the credential's record is as the bot wrote it
    entries: tuple[audit.Entry, ...]
    sound: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of requests, newest first, and the cursor of the next one."""

    requests: tuple[model.Request, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Casebook:
    """Reads requests from a store."""

    store: ports.Store
    trail: audit.Trail

    async def page(self, state: model.State | None, *, after: str | None, limit: int) -> Listed:
        """Return a page of all requests, or of those in a state."""
        index, key = (ports.Index.STATE, state.value) if state else (ports.Index.ALL, "")
        page = await self.store.page(index, key, after=after, limit=limit)
        found = await self.store.requests(page.ids)
        return Listed(tuple(one for one in found if one), page.after)

    async def case(self, ref: str) -> Case:
        """Return a request by its id or short id; raise BadInput for none, or for several."""
        request_id = await self._one(ref)
        snapshot = await self.store.load(request_id)
        if snapshot is None:
            raise _unknown(ref)
        request = snapshot.request
        credential = await self.store.credential(request.about)
        entries = await self.store.trail(request_id)
        return Case(
            request,
            (*snapshot.copies.values(), *snapshot.duplicates),
            credential,
            credential is None or credential.seal == self.trail.seal_of(credential),
            entries,
            self._sound(snapshot, entries),
        )

    async def retry(self, ref: str) -> tuple[model.Request, Retried]:
        """Make a request that is worked on due at once, with fresh tries; raise BadInput as `case` does."""
        request_id = await self._one(ref)
        outcome = await self.store.retry(request_id)
        snapshot = await self.store.load(request_id)
        if snapshot is None:
            raise _unknown(ref)
        if outcome is ports.Outcome.OK:
            return snapshot.request, Retried.DUE
        return snapshot.request, Retried.ENDED if snapshot.request.ended else Retried.WAITS

    def _sound(self, snapshot: ports.Snapshot, entries: Sequence[audit.Entry]) -> bool:
        written = [entry.record for entry in entries if entry.record]
        if not written or self.trail.broken_at(entries) is not None or entries[-1].mac != snapshot.head:
            return False
        return written[-1] == audit.digest(snapshot.request)

    async def _one(self, ref: str) -> str:
        wanted = ref.strip().removeprefix("#")
        if _ID.fullmatch(wanted):
            return wanted
        if not _SHORT.fullmatch(wanted.lower()):
            raise errors.BadInput({"id": f"{ref!r} is no request's id: give the 6 characters or all 22."})
        found = await self.store.by_short(wanted.lower())
        if len(found) > 1:
            raise errors.BadInput({"id": f"{wanted} is short for several: {', '.join(found)}."})
        if not found:
            raise _unknown(ref)
        return found[0]


def _unknown(ref: str) -> errors.BadInput:
    return errors.BadInput({"id": f"There is no request {ref!r}. It may have been forgotten since it ended."})


def as_dict(case: Case) -> dict[str, object]:
    """Return a case for JSON."""
    return {
        "request": case.request.model_dump(mode="json"),
        "copies": [copy.model_dump(mode="json") for copy in case.copies],
        "credential": case.credential.model_dump(mode="json") if case.credential else None,
        "credential_genuine": case.genuine,
        "trail": [entry.model_dump(mode="json") for entry in case.entries],
        "trail_sound": case.sound,
    }
