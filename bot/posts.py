"""Posts each copy once, through crashes and lost answers: the intent is kept before the post."""

from __future__ import annotations

import secrets

import structlog

from bot import errors, lease, model, ports

SEARCH_S = 60.0  # for how long a chat platform that cannot look for a message may hold its post up

log = structlog.get_logger(__name__)


class Posts:
    """Shows the copies of one request under its lease.

    A post whose intent was kept, and of which nobody knows what became, is looked for before
    anything is posted again. An update costs no more than the lease's confirmation.
    """

    def __init__(
        self, store: ports.Store, notifier: ports.Notifier, clock: ports.Clock, held: lease.Lease
    ) -> None:
        self._store = store
        self._notifier = notifier
        self._clock = clock
        self._lease = held
        self._intents: dict[str, model.Posting] = {}  # of this attendance, by the copy's key
        self._unsent: set[str] = set()  # the tokens of those that were certainly not posted so far

    async def show(
        self, request: model.Request, copy: model.Copy, *, copies: dict[model.Role, model.Copy]
    ) -> model.Copy:
        """Bring a copy to the request's present state, and return it as it is now.

        Raises what a notifier raises, and LeaseLost.
        """
        while True:
            ready = await self._ready(request, copy, copies)
            copy = await self._shown(request, ready, copies)
            if copy.message is not None or copy.error is not None:
                self._intents.pop(copy.key, None)
                return copy.model_copy(update={"posting": None})
            # Somebody deleted it: it is posted once more, and that is an intent of its own.
            self._intents.pop(copy.key, None)

    async def _ready(
        self, request: model.Request, copy: model.Copy, copies: dict[model.Role, model.Copy]
    ) -> model.Copy:
        """Return a copy that may be shown: its message is known, or its intent is kept."""
        posting = self._intents.get(copy.key) or copy.posting
        if copy.message is None and posting is None:
            return await self._intended(copy)
        await self._lease.confirm()
        if copy.message is not None or posting is None:
            return copy
        copy = copy.model_copy(update={"posting": posting})
        return copy if posting.token in self._unsent else await self._found(request, copy, posting, copies)

    async def _intended(self, copy: model.Copy) -> model.Copy:
        """Keep the intent to post. The write proves the lease, so that it takes the confirmation's place."""
        posting = model.Posting(token=secrets.token_urlsafe(16), at=self._clock.now())
        intended = copy.model_copy(update={"posting": posting, "shown": 0})
        outcome = await self._store.save_copy(self._lease.request_id, intended, fence=self._lease.fence)
        if outcome is ports.Outcome.STALE:
            raise errors.LeaseLost(self._lease.request_id)
        self._intents[copy.key] = posting
        self._unsent.add(posting.token)
        return intended

    async def _shown(
        self, request: model.Request, copy: model.Copy, copies: dict[model.Role, model.Copy]
    ) -> model.Copy:
        token = copy.posting.token if copy.posting else ""
        unsent = token in self._unsent
        self._unsent.discard(token)
        try:
            return await self._notifier.show(request, copy, copies=copies)
        except errors.Throttled:
            # The one failure worth a retry of which it is certain that nothing was posted.
            if unsent:
                self._unsent.add(token)
            raise
        except errors.Permanent:
            self._intents.pop(copy.key, None)
            raise

    async def _found(
        self,
        request: model.Request,
        copy: model.Copy,
        posting: model.Posting,
        copies: dict[model.Role, model.Copy],
    ) -> model.Copy:
        """Return the copy with the message that an earlier try posted, or as it is if there is none."""
        try:
            found = await self._notifier.find(request, copy, copies=copies)
        except errors.ServiceError as error:
            age_s = (self._clock.now() - posting.at).total_seconds()
            if error.retryable and age_s < SEARCH_S:
                raise
            log.warning(
                "copy posted anew: there may be another",
                request_id=request.id,
                role=copy.role.value,
                error=str(error),
                remedy=error.remedy,
            )
            found = None
        if found is not None:
            log.info("copy found", request_id=request.id, role=copy.role.value)
            return found
        self._unsent.add(posting.token)
        return copy
