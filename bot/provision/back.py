"""How a request ends that cannot be done: what was made is taken back, and what stays is said."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from bot import audit, errors, machine, model, recorder
from bot.provision import holding, rest
from bot.provision.rest import Rest
from bot.provision.step import Act, Plan, Step
from bot.provision.work import Done, Failed, Forged, Outcome, Retry, Work

log = structlog.get_logger()


async def undo(work: Work, plan: Plan) -> Rest:
    """Take back what was made, last first, and end the request as failed.

    What cannot be taken back for good is left and said at once, not when the rest is through.
    """
    told: list[str] = []
    for step in reversed(_begun(plan, work.request.progress)):
        made = work.request.progress
        if step.undo is None or step.name in (*made.undone, *made.left):
            continue
        match await _undone(work, step, step.undo):
            case Done() as done:
                await _record(work, step, done)
            case Retry() as retry:
                alert = rest.on_its_way(work.request, told)
                return rest.later(work, step.name, retry, alert=alert)
            case Failed() as failed:
                await leave(work, step, failed)
                told.append(rest.stays(step, failed))
            case Forged() as forged:
                return await refuse(work, forged.why)
    return await fail(work, plan)


def _begun(plan: Plan, made: model.Progress) -> tuple[Step, ...]:
    """Return the steps that may have made something: those done, and the one after them."""
    done = sum(step.name in made.steps for step in plan.steps)
    return plan.steps[: done + 1]


async def _undone(work: Work, step: Step, act: Act) -> Outcome:
    if held := kept_by(work, step):
        return held
    if work.lease.spent:
        return Failed("It was tried too often.")
    if not work.fresh and (trouble := await work.read()):
        return trouble
    return await rest.tried(act, work)


def kept_by(work: Work, step: Step) -> Failed | None:
    """Return the failure of a step that comes after one that could not be done."""
    if step.held_by and step.held_by in work.request.progress.left:
        return Failed(f"It cannot go before what uses it: {step.held_by}.")
    return None


async def _record(work: Work, step: Step, done: Done) -> None:
    made, known = work.request.progress, step.name in work.request.progress.steps
    if done.update and not known:  # it had been done after all, and stays
        after = made.model_copy(update={**done.update, "steps": (*made.steps, step.name)})
        await commit_step(work, step, audit.Event.STEP_DONE, after)
    elif not done.update and (done.changed or known):
        after = made.model_copy(update={"undone": (*made.undone, step.name)})
        await commit_step(work, step, audit.Event.UNDONE, after, repoint=False)


async def commit_step(
    work: Work,
    step: Step,
    event: audit.Event,
    after: model.Progress,
    *,
    data: dict[str, str] | None = None,
    repoint: bool = True,
) -> None:
    """Commit what a step did; with the credential's record, where that tells of it at once."""
    said = {"step": step.name, **(data or {})}
    for _ in range(rest.TRIES):
        credential = await _repointed(work, after) if repoint and step.repoints else None
        try:
            await work.commit(machine.Event.STEP, event, data=said, credential=credential, progress=after)
        except errors.Overtaken:
            continue
        return
    raise errors.NotAccepted(recorder.COLLIDED)


async def _repointed(work: Work, after: model.Progress) -> model.Credential | None:
    trouble = await work.read()
    if trouble or work.held.state is model.CredentialState.REVOKED:
        return None
    return holding.repointed(work, after)


async def leave(work: Work, step: Step, failed: Failed) -> None:
    """Record that something stays behind; what would have helped becomes part of the remedy.

    What comes after it has a patience of its own.
    """
    request, made = work.request, work.request.progress
    log.error("left behind", request_id=request.id, step=step.name, error=failed.error)
    known = request.remedy or ""
    # A step that was cut off may have made something: it counts as made if it was not undone.
    counts = made.undoing is not None and step.name not in made.steps
    steps = (*made.steps, step.name) if counts else made.steps
    left, marks = (*made.left, step.name), {**made.marks, rest.STARTED: work.now()}
    await work.commit(
        machine.Event.STEP,
        audit.Event.STEP_FAILED,
        data={"step": step.name, "error": failed.error},
        progress=made.model_copy(update={"steps": steps, "left": left, "marks": marks}),
        error=request.error or failed.error,
        remedy=known if (failed.remedy or "") in known else rest.sentences(known, failed.remedy),
    )


def behind(work: Work, plan: Plan) -> str | None:
    """Return what stays, in words; None if nothing does."""
    left = work.request.progress.left
    named = [step.leaves(work) for step in plan.steps if step.name in left and step.leaves]
    return ", ".join(named) or None


async def fail(work: Work, plan: Plan) -> Rest:
    """End a request as failed, give its credential back, and tell operators."""
    request = work.request
    trouble = None if work.fresh else await work.read()
    stays = None if trouble else behind(work, plan)
    await _end(
        work,
        audit.Event.FAILED,
        data={"error": request.error, "left": stays},
        stays=stays,
        remedy=rest.sentences(request.remedy, f"Remove by hand: {stays}." if stays else None) or None,
    )
    return Rest(work.request, alert=rest.failed_alert(work.request))


async def refuse(work: Work, why: str) -> Rest:
    """End a request that is not proven, without touching anything outside."""
    log.error("request forged", request_id=work.request.id, why=why)
    data, event = {"why": why}, audit.Event.FORGED
    if work.request.state is model.State.APPROVED:
        await work.commit(machine.Event.START, event, data=data)
        event = audit.Event.FAILED
    await _end(
        work,
        event,
        data=data,
        stays=None,
        error=f"The record of this request cannot be trusted ({why}), so nothing was done with it.",
        remedy="Find out who can write to Redis besides the bot, and run `registry-bot audit verify`.",
    )
    return Rest(work.request, alert=rest.failed_alert(work.request))


async def _end(
    work: Work,
    event: audit.Event,
    *,
    data: Mapping[str, str | None],
    stays: str | None,
    **update: str | None,
) -> None:
    for _ in range(rest.TRIES):
        given = None
        # A record that somebody else wrote is never sealed anew, nor one that others have in hand.
        if not work.fresh and await work.ours() is None:
            given = holding.given_back(work.held, work.request, behind=stays)
        try:
            await work.commit(machine.Event.FAIL, event, data=data, credential=given, **update)
        except errors.Overtaken:
            continue
        return
    raise errors.NotAccepted(recorder.COLLIDED)
