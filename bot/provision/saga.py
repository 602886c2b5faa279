"""Runs a plan's steps from recorded progress: forward until all are done, or back until all are undone.

Each outcome is committed before the next step begins, so a crash costs at most one step, and that
step looks before it writes. A step returns an Outcome; here it becomes a state.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import structlog

from bot import audit, errors, lease, machine, model, recorder
from bot.provision import back, holding, plans, rest
from bot.provision.rest import Rest
from bot.provision.step import Plan, Step
from bot.provision.work import Desk, Done, Failed, Forged, Outcome, Retry, Trouble, Wait, Work

__all__ = ["Rest", "Saga"]

log = structlog.get_logger()

_RECORDED = ("token", "scope_map", "slot", "tower_id", "image", "verification")


class Saga:
    """Carries out approved requests."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(
        self, held: lease.Lease, request: model.Request, tell: Callable[[model.Request], None]
    ) -> Rest:
        """Go on with a request that is approved or running; `tell` hears of each version written.

        Raises LeaseLost or NotAccepted, and nothing that a service did.
        """
        work, plan = Work(self._desk, held, request, tell), plans.of(request.spec)
        why = await work.doubt()
        if why:
            return await back.refuse(work, why)
        rested = await _start(work) if request.state is model.State.APPROVED else None
        if rested is None and work.request.progress.undoing is None:
            rested = await _forward(work, plan)
        return rested or await back.undo(work, plan)


async def _start(work: Work) -> Rest | None:
    """Begin; what changes a credential takes it in hand, or waits for who has it."""
    for _ in range(rest.TRIES):
        trouble = await _hindrance(work)
        if isinstance(trouble, Forged):
            return await back.refuse(work, trouble.why)
        if isinstance(trouble, Retry) and not work.lease.last_try:
            return rest.later(work, rest.STARTED, trouble)
        try:
            await _begin(work, trouble)
        except errors.Overtaken:
            continue
        return None
    raise errors.NotAccepted(recorder.COLLIDED)


async def _hindrance(work: Work) -> Trouble | Retry | None:
    if work.fresh:
        return None
    return await work.read() or holding.hindrance(work.held, work.request)


async def _begin(work: Work, trouble: Failed | Retry | None) -> None:
    if isinstance(trouble, Retry):
        trouble = Failed(trouble.why, trouble.remedy)
    begun = {"marks": {rest.STARTED: work.now()}, "undoing": trouble.error if trouble else None}
    await work.commit(
        machine.Event.START,
        audit.Event.STARTED,
        data={},
        credential=None if trouble or work.fresh else holding.taken(work.held, work.request),
        progress=work.request.progress.model_copy(update=begun),
        error=trouble.error if trouble else None,
        remedy=trouble.remedy if trouble else None,
    )


async def _forward(work: Work, plan: Plan) -> Rest | None:
    """Run what is not done yet; return None when it has to be undone now."""
    told: list[str] = []
    for step in plan.steps:
        if step.name in (*work.request.progress.steps, *work.request.progress.left):
            continue
        outcome = await _attempt(work, step)
        last = step is plan.steps[-1] and not back.behind(work, plan)
        if isinstance(outcome, Failed) and step.onward:
            await back.leave(work, step, outcome)
            told.append(rest.stays(step, outcome))
            if work.lease.attempts > 1:  # tries that one part used up are not the next one's
                return Rest(work.request, work.now(), alert=rest.on_its_way(work.request, told))
        elif isinstance(outcome, Done) and not last:
            await _record(work, step, outcome)
        else:
            return await _stopped(work, plan, step, outcome, told)
    return await back.fail(work, plan)


async def _stopped(work: Work, plan: Plan, step: Step, outcome: Outcome, told: list[str]) -> Rest | None:
    match outcome:
        case Done():
            return await _finish(work, plan, outcome)
        case Wait():
            return await _pause(work, step, outcome)
        case Retry():
            return rest.later(work, step.name, outcome, alert=rest.on_its_way(work.request, told))
        case Forged():
            return await back.refuse(work, outcome.why)
        case Failed():
            return await _give_up(work, step, outcome)


async def _attempt(work: Work, step: Step) -> Outcome:
    trouble = await work.ours() or back.kept_by(work, step)
    if trouble:
        return trouble
    if work.lease.last_try:
        return step.otherwise or Failed(
            "The work was tried too often without an end.",
            f"Look for {work.request.id} in the bot's log.",
        )
    outcome = await rest.tried(step.run, work)
    if isinstance(outcome, Failed):
        # Who revokes the credential meanwhile takes away what a step needs: that is the better reason.
        return await work.ours() or outcome
    if not isinstance(outcome, Retry) or not (_too_late(work) or work.lease.nearly_last):
        return outcome
    return step.otherwise or Failed(f"{outcome.why} The bot tried again for a long time.", outcome.remedy)


def _too_late(work: Work) -> bool:
    began = work.request.progress.marks.get(rest.STARTED, work.request.changed)
    return work.now() - began > dt.timedelta(seconds=work.desk.timing.give_up_s)


def _after(work: Work, step: Step, done: Done) -> tuple[model.Progress, dict[str, str]]:
    """Return the progress with a step done, and what the audit entry tells of it."""
    made = work.request.progress
    data = {key: str(done.update[key]) for key in _RECORDED if done.update.get(key) is not None}
    return made.model_copy(update={**done.update, "steps": (*made.steps, step.name)}), data


async def _record(work: Work, step: Step, done: Done) -> None:
    after, data = _after(work, step, done)
    log.info("step done", request_id=work.request.id, step=step.name)
    await back.commit_step(work, step, audit.Event.STEP_DONE, after, data=data)


async def _finish(work: Work, plan: Plan, done: Done) -> Rest | None:
    """End a request whose last step is done, with the credential's record as it is from now on."""
    step = plan.steps[-1]
    after, _ = _after(work, step, done)
    for _ in range(rest.TRIES):
        credential = plan.finish(work, after)
        data = {"credential": credential.id, "token": credential.token, "tower_id": credential.tower_id}
        log.info("step done", request_id=work.request.id, step=step.name)
        update = {"progress": after, "error": None, "remedy": None}
        try:
            await work.commit(
                machine.Event.FINISH, audit.Event.DONE, data=data, credential=credential, **update
            )
        except errors.Overtaken:
            trouble = await work.ours()
        else:
            return Rest(work.request, alert=rest.kept_alert(work.request))
        if isinstance(trouble, Forged):
            return await back.refuse(work, trouble.why)
        if trouble:
            return await _give_up(work, step, trouble)
    raise errors.NotAccepted(recorder.COLLIDED)


async def _pause(work: Work, step: Step, wait: Wait) -> Rest:
    """Come again when there is something to do; the time until then counts against nobody's patience."""
    if wait.update:
        made = work.request.progress
        marks = {**wait.update.get("marks", made.marks), rest.STARTED: wait.until}
        after = made.model_copy(update={**wait.update, "marks": marks})
        await work.commit(
            machine.Event.STEP, audit.Event.STEP_WAITS, data={"step": step.name}, progress=after
        )
    log.info("step waits", request_id=work.request.id, step=step.name, until=wait.until.isoformat())
    return Rest(work.request, wait.until)


async def _give_up(work: Work, step: Step, failed: Failed) -> Rest | None:
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
