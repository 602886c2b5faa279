"""Writes down which credentials differ from their record, and which do not any more."""

from __future__ import annotations

import structlog

from bot import audit, errors, life, machine, model, ports, recorder
from bot.model import CredentialState

LONGEST = 500

log = structlog.get_logger(__name__)


class Marks:
    """Marks credentials through the requests that made them, whose messages then tell it."""

    def __init__(self, record: recorder.Recorder, clock: ports.Clock) -> None:
        self._record = record
        self._clock = clock

    async def mark(self, credential: model.Credential, drift: str | None) -> bool:
        """Write what differs (None: nothing does); False if that is known, or somebody else was faster."""
        drift = drift if drift is None or len(drift) <= LONGEST else f"{drift[:LONGEST]}…"
        state = CredentialState.DRIFTED if drift else CredentialState.ACTIVE
        if (credential.state, credential.drift) == (state, drift):
            return False
        fields = {"state": state, "drift": drift, "version": credential.version + 1}
        after = credential.model_copy(update=fields)

        def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
            told = life.told(after, snapshot.request)
            request = machine.advance(snapshot.request, machine.Event.FOLLOW, at=self._clock.now(), life=told)
            event = audit.Event.DRIFTED if drift else audit.Event.MENDED
            return recorder.Proposal(
                request, event, data={"credential": after.id, "drift": drift}, credential=after
            )

        try:
            await self._record.apply(credential.id, propose, op=f"drift:{after.id}:{after.version}")
        except (errors.Overtaken, errors.Refused) as error:
            # A request has it in hand since, or its record is gone: the next look tells more.
            log.info("credential not marked", credential=credential.id, why=type(error).__name__)
            return False
        return True
