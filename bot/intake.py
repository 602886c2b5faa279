"""Takes what people ask for, in a form or for a credential: who comes in, what is kept, what needs nobody."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import structlog

from bot import audit, authority, errors, machine, model, ports, recorder, rules

log = structlog.get_logger(__name__)

TIMEOUT_S = 2.2  # what is sent is answered within the 3 s that Slack gives, its own overhead included


class _Decided(Exception):  # a signal inside this module, not an error
    """Somebody was faster."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Keeps requests, and approves those that need nobody else."""

    store: ports.Store
    record: recorder.Recorder
    court: authority.Authority
    clock: ports.Clock
    wake: Callable[[str], None]

    async def admit(self, by: model.Principal, *, action: str) -> None:
        """Refuse, and record, who may not use the bot at all."""
        async with self.recording(by, action=action):
            await self.court.admit(by)

    async def refuse(self, by: model.Principal, refusal: errors.Refused, *, action: str) -> None:
        """Record what was refused before there was a request."""
        op = f"refused:{secrets.token_hex(16)}"
        await self.record.refuse(None, by, refusal, action=action, op=op)

    @contextlib.asynccontextmanager
    async def checking(self, by: model.Principal, *, action: str, asks: str) -> AsyncIterator[None]:
        """Record what is refused inside; raise Temporary for what is not answered in time.

        Nothing may be kept inside.
        """
        async with self.recording(by, action=action):
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    yield
            except TimeoutError:
                words = f"{asks} did not answer in time. Nothing was stored: please send it again."
                raise errors.Temporary(words, service=asks) from None

    @contextlib.asynccontextmanager
    async def recording(self, by: model.Principal, *, action: str) -> AsyncIterator[None]:
        """Record what is refused inside."""
        try:
            yield
        except errors.Refused as refusal:
            await self.refuse(by, refusal, action=action)
            raise

    async def credential(self, credential_id: str) -> model.Credential:
        """Read a credential; raise Refused for none, or for one that somebody else wrote, and alert."""
        try:
            return await self.record.credential(credential_id)
        except errors.Refused as refusal:
            if refusal.reason is errors.Reason.CHANGED:
                self.forged(credential_id)
            raise

    def forged(self, credential_id: str) -> None:
        """Tell operators of a credential's record that the bot did not write."""
        self.court.people.alert(
            f"The record of the credential {model.short_id(credential_id)} was changed by something else "
            "than the bot, so it is not used. registry-bot audit verify says what is wrong."
        )

    async def known(self, op: str) -> model.Request | None:
        """Return the request that a sending has made already."""
        snapshot = await self.store.load(self.record.id_for(op))
        return snapshot.request if snapshot else None

    async def keep(self, request: model.Request, op: str, *, limited: bool = True) -> ports.Written:
        """Keep a new request: OK, or TAKEN. Raises Refused for one more than the policy allows."""
        policy = self.court.source.policy
        limit, person = policy.open_requests if limited else None, policy.person(request.requester).name
        written = await self.record.create(request, op=f"submit:{op}", person=person, open_limit=limit)
        if written.outcome is ports.Outcome.CROWDED:
            raise errors.Refused(
                errors.Reason.TOO_MANY,
                f"You have {limit} open requests, which is as many as the policy allows "
                "(open_requests_per_person). Wait until one is decided, or cancel one.",
            )
        return written

    async def approved_by_rule(self, request: model.Request, rule: rules.Rule) -> model.Request:
        """Approve what its rule lets nobody be asked for, loudly: record and messages name the rule."""

        def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
            return self._approval(snapshot.request, rule, automatic=True)

        if request.spec.kind in rules.CHANGES:
            allowed = request.spec.kind in rule.terms.without_approval
        else:
            allowed = rule.terms.auto is not None and await self._within_quota(request, rule.terms.auto)
        return await self._moved(request, propose) if allowed else request

    async def approved_alone(
        self, request: model.Request, rule: rules.Rule, by: model.Principal
    ) -> model.Request:
        """Approve an approver's own revocation, which cannot wait for somebody else."""

        def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
            return self._approval(snapshot.request, rule, alone=by)

        return await self._moved(request, propose)

    def _approval(
        self,
        before: model.Request,
        rule: rules.Rule,
        *,
        automatic: bool = False,
        alone: model.Principal | None = None,
    ) -> recorder.Proposal:
        if before.state is not model.State.PENDING:
            raise _Decided
        how = {"automatic": automatic, "emergency": alone is not None}
        after = machine.advance(before, machine.Event.APPROVE, at=self.clock.now(), **how)
        event = audit.Event.EMERGENCY if alone else audit.Event.AUTOMATIC
        data = {"digest": before.digest, "rule": rule.name, "policy": before.policy_version}
        return recorder.Proposal(after, event, alone, data, not_after=before.deadline)

    async def _within_quota(self, request: model.Request, quota: rules.Quota) -> bool:
        try:
            return await self.court.within_quota(request, quota)
        except errors.NotAccepted as error:
            _left_to_people(request, error)
            return False

    async def _moved(self, request: model.Request, propose: recorder.Propose) -> model.Request:
        try:
            return await self.record.apply(request.id, propose, op=f"automatic:{request.id}")
        except (_Decided, errors.Refused, errors.NotAccepted) as error:
            _left_to_people(request, error)
            return request


def _left_to_people(request: model.Request, error: Exception) -> None:
    """Log why a request is not approved; it is kept, so nobody may be told that it is not."""
    log.info("not approved by itself", request_id=request.id, why=type(error).__name__)
