"""What people do with a request that is there: approve, deny, cancel. The one place that lets them."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot import audit, authority, errors, forms, machine, model, policy, ports, recorder, rules

AT_ONCE = 16  # look-ups of clicks that are under way

Act = Callable[[model.Request, authority.Grounds], recorder.Proposal]


class _Repeated(Exception):  # a signal inside this module, not an error
    """The same person said the same again: nothing to write."""

    def __init__(self, snapshot: ports.Snapshot) -> None:
        self.snapshot = snapshot


@dataclass(frozen=True, slots=True)
class Clicks:
    """Judges each click by the policy, commits it once, and wakes the worker with the request's id.

    A refused click is recorded, and changes nothing else.
    """

    store: ports.Store
    record: recorder.Recorder
    court: authority.Authority
    clock: ports.Clock
    wake: Callable[[str], None]
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def may_deny(self, click: forms.Click) -> model.Request:
        """Return the request if a denial would be taken now; else refuse it as a denial is refused."""

        async def look() -> ports.Snapshot:
            snapshot, _ = await self._grounds(policy.Action.DENY, click)
            return snapshot

        return await self._answered(policy.Action.DENY, click, look)

    async def judge(
        self, click: forms.Click, action: policy.Action, verdict: model.Verdict, reason: str = ""
    ) -> model.Request:
        """Record an approval or a denial; the approval that completes the number needed starts the work."""

        def act(before: model.Request, grounds: authority.Grounds) -> recorder.Proposal:
            said = model.Decision(
                by=click.by, verdict=verdict, digest=before.digest, at=self.clock.now(), reason=reason
            )
            return _decided(before, said, grounds.in_force)

        return await self._write(click, action, act)

    async def cancel(self, click: forms.Click) -> model.Request:
        """Take a pending request back."""

        def act(before: model.Request, _: authority.Grounds) -> recorder.Proposal:
            after = machine.advance(before, machine.Event.CANCEL, at=self.clock.now())
            return recorder.Proposal(after, audit.Event.CANCELLED, click.by, not_after=before.deadline)

        return await self._write(click, policy.Action.CANCEL, act)

    async def _write(self, click: forms.Click, action: policy.Action, act: Act) -> model.Request:
        async def write() -> ports.Snapshot:
            seen, grounds = await self._grounds(action, click)

            def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
                # Once more on what is there now: what was looked up stays, the request may have moved.
                _unless_repeated(action, click, snapshot)
                ruling = grounds.ruling(action, click, snapshot.request, self.clock)
                authority.raise_unless(ruling, snapshot.request)
                return act(snapshot.request, grounds)

            op = f"{action}:{click.op}"
            request = await self.record.apply(click.request_id, propose, op=op, seen=seen)
            self.wake(request.id)
            return dataclasses.replace(seen, request=request)

        return await self._answered(action, click, write)

    async def _grounds(
        self, action: policy.Action, click: forms.Click
    ) -> tuple[ports.Snapshot, authority.Grounds]:
        """Look up who clicked, unless the answer is no whoever it is; raise Refused where it is no."""
        async with self.turns:  # of a crowd, most find it decided when it is their turn
            snapshot = await self._known(click)
            request = snapshot.request
            _unless_repeated(action, click, snapshot)
            if foregone := self.court.foregone(action, click, request):
                authority.raise_unless(foregone, request)
            judged = None if action is policy.Action.CANCEL else request
            grounds = await self.court.grounds(click.by, judged)
        authority.raise_unless(grounds.ruling(action, click, request, self.clock), request)
        return snapshot, grounds

    async def _known(self, click: forms.Click) -> ports.Snapshot:
        snapshot = await self.store.load(click.request_id)
        if snapshot is None:
            raise errors.Refused(errors.Reason.UNKNOWN_REQUEST, recorder.UNKNOWN)
        return snapshot

    async def _answered(
        self, action: policy.Action, click: forms.Click, work: Callable[[], Awaitable[ports.Snapshot]]
    ) -> model.Request:
        """Do it, record a refusal, and see to the message that was clicked."""
        known: ports.Snapshot | None = None
        try:
            known = await work()
        except _Repeated as repeated:
            known = repeated.snapshot
        except errors.Refused as refusal:
            op = f"refused:{action}:{click.op}"
            await self.record.refuse(click.request_id, click.by, refusal, action=action.value, op=op)
            raise
        finally:
            await self._adopt(click, known)
        return known.request

    async def _adopt(self, click: forms.Click, known: ports.Snapshot | None) -> None:
        """Keep a message of ours up to date that nobody knew of: a crash came between its post and its save.

        As a duplicate of its copy, so that the worker shows it every state from now on.
        """
        seen = click.seen_at
        if seen is None or (known is not None and _is_known(seen, known)):
            return
        # Its save may have come after what was read before.
        snapshot = await self.store.load(click.request_id)
        if snapshot is None or _is_known(seen, snapshot):
            return
        duplicate = seen.model_copy(update={"duplicate": True, "shown": 0})
        await self.store.save_copy(click.request_id, duplicate)
        self.wake(click.request_id)


def _is_known(seen: model.Copy, snapshot: ports.Snapshot) -> bool:
    known = (snapshot.copies.get(seen.role), *snapshot.duplicates)
    return any(copy and (seen.channel, seen.message) == (copy.channel, copy.message) for copy in known)


def _unless_repeated(action: policy.Action, click: forms.Click, snapshot: ports.Snapshot) -> None:
    """Raise _Repeated for what the same person has done already: a second click is no offence."""
    request = snapshot.request
    if action is policy.Action.CANCEL:
        again = request.state is model.State.CANCELLED and request.requester == click.by
    else:
        verdict = model.Verdict(action.value)
        again = any(past.by == click.by and past.verdict is verdict for past in request.decisions)
    if again:
        raise _Repeated(snapshot)


def _decided(before: model.Request, decision: model.Decision, now: rules.Policy) -> recorder.Proposal:
    """Return what one decision makes of a request: denied, approved, or one vote nearer to it."""
    decisions = (*before.decisions, decision)
    people = policy.approvals(before.model_copy(update={"decisions": decisions}), now)
    if decision.verdict is model.Verdict.DENY:
        moved, event = machine.Event.DENY, audit.Event.DENIED
    elif len(people) >= before.needed:
        moved, event = machine.Event.APPROVE, audit.Event.APPROVED
    else:
        moved, event = machine.Event.VOTE, audit.Event.VOTED
    return recorder.Proposal(
        machine.advance(before, moved, at=decision.at, decisions=decisions),
        event,
        decision.by,
        {
            "digest": before.digest,
            "reason": decision.reason or None,
            "rule": before.rule,
            "policy": now.version,
        },
        not_after=before.deadline,
    )
