"""Runs the steps from recorded progress, forward until all are done or backward until all are undone.

Each outcome is committed before the next step begins, so a crash costs at most one step, and that
step looks before it writes. A step returns an Outcome; here it becomes a state.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import structlog

from bot import audit, errors, lease, machine, model
from bot.provision import steps
from bot.provision.steps import Step
from bot.provision.work import Desk, Done, Failed, Forged, Outcome, Retry, Work

log = structlog.get_logger()

STARTED = "started"  # a mark: since when the request is worked on
_RECORDED = ("token", "scope_map", "slot", "tower_id", "image", "verification")


@dataclass(frozen=True, slots=True)
class Rest:
    """Where the work stands when it stops: the request as committed, and when to go on (None: never).

    `reset` counts tries anew, and `alert` is for operators.
    """

    request: model.Request
    due: dt.datetime | None = None
    reset: bool = True
    alert: str | None = None


class Saga:
    """Carries out approved requests."""

    def __init__(self, desk: Desk, plan: tuple[Step, ...] = steps.ISSUE) -> None:
        self._desk = desk
        self._plan = plan

    async def run(
        self, held: lease.Lease, request: model.Request, tell: Callable[[model.Request], None]
    ) -> Rest:
        """Go on with a request that is approved or running; `tell` hears of each version written.

        Raises LeaseLost or NotAccepted, and nothing that a service did.
        """
        work = Work(self._desk, held, request, tell)
        why = await work.doubt()
        if why:
            return await self._refuse(work, why)
        if request.state is model.State.APPROVED:
            begun = request.progress.model_copy(update={"marks": {STARTED: work.now()}})
            await work.commit(machine.Event.START, audit.Event.STARTED, data={}, progress=begun)
        if work.request.progress.undoing is None:
            rest = await self._forward(work)
            if rest is not None:
                return rest
        return await self._back(work)

    async def _forward(self, work: Work) -> Rest | None:
        """Run what is not done yet; return None when it has to be undone now."""
        for step in self._plan:
            if step.name in work.request.progress.steps:
                continue
            match await self._attempt(work, step):
                case Done() as done:
                    await self._record(work, step, done)
                case Retry() as retry:
                    return self._later(work, step, retry)
                case Forged() as forged:
                    return await self._refuse(work, forged.why)
                case Failed() as failed:
                    return await self._give_up(work, step, failed)
        return Rest(work.request)

    async def _attempt(self, work: Work, step: Step) -> Outcome:
        if work.lease.last_try:
            return step.otherwise or Failed(
                "The work was tried too often without an end.",
                f"Look for {work.request.id} in the bot's log.",
            )
        outcome = await _tried(step.run, work)
        if not isinstance(outcome, Retry) or not self._too_late(work):
            return outcome
        return step.otherwise or Failed(f"{outcome.why} The bot tried again for a long time.", outcome.remedy)

    def _too_late(self, work: Work) -> bool:
        began = work.request.progress.marks.get(STARTED, work.request.changed)
        return work.now() - began > dt.timedelta(seconds=self._desk.timing.give_up_s)

    async def _record(self, work: Work, step: Step, done: Done) -> None:
        made = work.request.progress
        after = made.model_copy(update={**done.update, "steps": (*made.steps, step.name)})
        data = {key: str(done.update[key]) for key in _RECORDED if done.update.get(key) is not None}
        log.info("step done", request_id=work.request.id, step=step.name)
        if step is not self._plan[-1]:
            moved, event = machine.Event.STEP, audit.Event.STEP_DONE
            await work.commit(moved, event, data={"step": step.name, **data}, progress=after)
            return
        issued = steps.credential(work)
        data = {"credential": issued.id, "token": issued.token, "tower_id": issued.tower_id}
        moved, event = machine.Event.FINISH, audit.Event.DONE
        await work.commit(moved, event, data=data, credential=issued, progress=after)

    def _later(self, work: Work, step: Step, retry: Retry) -> Rest:
        timing, tries = self._desk.timing, work.lease.attempts
        wait = lease.backoff_s(tries, first_s=timing.backoff_s, longest_s=timing.longest_backoff_s)
        wait = max(wait, retry.after_s or 0.0)
        log.warning("step put off", request_id=work.request.id, step=step.name, why=retry.why, tries=tries)
        return Rest(work.request, work.now() + dt.timedelta(seconds=wait), reset=False)

    async def _give_up(self, work: Work, step: Step, failed: Failed) -> Rest | None:
        log.error("step failed", request_id=work.request.id, step=step.name, error=failed.error)
        await work.commit(
            machine.Event.STEP,
            audit.Event.STEP_FAILED,
            data={"step": step.name, "error": failed.error},
            progress=work.request.progress.model_copy(update={"undoing": failed.error}),
            error=failed.error,
            remedy=failed.remedy,
        )
        # Tries that the steps used up are not the undo's.
        return Rest(work.request, work.now()) if work.lease.attempts > 1 else None

    async def _back(self, work: Work) -> Rest:
        """Take back what was made, last first, and end the request as failed.

        What cannot be taken back for good is left and said at once, not when the rest is through.
        """
        told: list[str] = []
        for step in reversed(self._begun(work.request.progress)):
            made = work.request.progress
            if step.undo is None or step.name in (*made.undone, *made.left):
                continue
            match await self._undone(work, step, step.undo):
                case Done() as done:
                    await self._record_undo(work, step, done)
                case Retry() as retry:
                    alert = f"{_what(work.request)} is being taken back. {' '.join(told)}" if told else None
                    return dataclasses.replace(self._later(work, step, retry), alert=alert)
                case Failed() as failed:
                    await self._leave(work, step, failed)
                    told.append(_sentences(f"What stays: {step.name}.", failed.error, failed.remedy))
                case Forged() as forged:
                    return await self._refuse(work, forged.why)
        return await self._fail(work)

    def _begun(self, made: model.Progress) -> tuple[Step, ...]:
        """Return the steps that may have made something: those done, and the one after them."""
        done = sum(step.name in made.steps for step in self._plan)
        return self._plan[: done + 1]

    async def _undone(self, work: Work, step: Step, undo: Callable[[Work], Awaitable[Outcome]]) -> Outcome:
        if step.held_by in work.request.progress.left:
            return Failed(f"It cannot go before what uses it: {step.held_by}.")
        if work.lease.spent:
            return Failed("It was tried too often.")
        return await _tried(undo, work)

    async def _leave(self, work: Work, step: Step, failed: Failed) -> None:
        """Record that something stays behind; what would have helped becomes part of the remedy."""
        request, made = work.request, work.request.progress
        log.error("undo failed", request_id=request.id, step=step.name, error=failed.error)
        known = request.remedy or ""
        # A step that was cut off may have made something: it counts as made if it was not undone.
        steps = made.steps if step.name in made.steps else (*made.steps, step.name)
        await work.commit(
            machine.Event.STEP,
            audit.Event.STEP_FAILED,
            data={"step": step.name, "error": failed.error},
            progress=made.model_copy(update={"steps": steps, "left": (*made.left, step.name)}),
            remedy=known if (failed.remedy or "") in known else _sentences(known, failed.remedy),
        )

    async def _record_undo(self, work: Work, step: Step, done: Done) -> None:
        made = work.request.progress
        if not done.changed and step.name not in made.steps:
            return
        after = made.model_copy(update={"undone": (*made.undone, step.name)})
        await work.commit(machine.Event.STEP, audit.Event.UNDONE, data={"step": step.name}, progress=after)

    async def _fail(self, work: Work) -> Rest:
        request = work.request
        left = [step for step in self._plan if step.name in request.progress.left]
        behind = ", ".join(step.leaves(request) for step in left if step.leaves)
        await work.commit(
            machine.Event.FAIL,
            audit.Event.FAILED,
            data={"error": request.error, "left": behind or None},
            remedy=_sentences(request.remedy, f"Remove by hand: {behind}." if behind else None) or None,
        )
        return Rest(work.request, alert=_alert(work.request))

    async def _refuse(self, work: Work, why: str) -> Rest:
        """End a request whose approval is not proven, without touching anything outside."""
        log.error("request forged", request_id=work.request.id, why=why)
        data, event = {"why": why}, audit.Event.FORGED
        if work.request.state is model.State.APPROVED:
            await work.commit(machine.Event.START, event, data=data)
            event = audit.Event.FAILED
        await work.commit(
            machine.Event.FAIL,
            event,
            data=data,
            error=f"The record of this request cannot be trusted ({why}), so nothing was done with it.",
            remedy="Find out who can write to Redis besides the bot, and run `registry-bot audit verify`.",
        )
        return Rest(work.request, alert=_alert(work.request))


async def _tried(act: Callable[[Work], Awaitable[Outcome]], work: Work) -> Outcome:
    """Run a step or an undo, and return what a service's error makes of it."""
    failures: list[errors.ServiceError] = []
    try:
        return await act(work)
    except* errors.ServiceError as group:
        failures = list(_leaves(group))
    # Of parts that were asked at once several may have failed; what no retry mends counts most.
    worst = min(failures, key=lambda error: isinstance(error, errors.Temporary))
    if isinstance(worst, errors.Temporary):
        return Retry(str(worst), worst.remedy, worst.retry_after_s)
    return Failed(str(worst), worst.remedy)


def _leaves(group: BaseExceptionGroup[errors.ServiceError]) -> Iterator[errors.ServiceError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _what(request: model.Request) -> str:
    spec = request.spec
    short = model.short_id(request.id)
    return f"Request {short} ({spec.name}, {spec.workspace.full_name}, {spec.login_server})"


def _alert(request: model.Request) -> str:
    return _sentences(f"{_what(request)} failed.", request.error, request.remedy)


def _sentences(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)
