"""The plan of a revocation: Tower's credential, then the token and its scope map; nothing is undone.

At once, the token stops logging in first, and neither service's outage delays the other's part.
"""

from __future__ import annotations

import asyncio
import datetime as dt

from bot import errors
from bot.provision import holding, step, steps
from bot.provision.step import Plan, Step
from bot.provision.work import Done, Failed, Outcome, Wait, Work

IN_USE = "in_use"  # a mark: since when Tower has kept it because of jobs
_GONE = "gone"  # a mark: when Tower's part went while the token was being disabled
_NAMED = 5  # jobs


async def check(work: Work) -> Outcome:
    """Check that the rule still has the terms that approved it; no outage may delay a revocation here."""
    return steps.ruled_out(work) or Done()


async def tower(work: Work) -> Outcome:
    """Delete Tower's credential: not while jobs use it, unless it has to be at once."""
    if _GONE in work.request.progress.marks:
        return Done()
    delete, at_once = work.desk.services.tower.delete, work.spec.at_once
    try:
        await work.outside(delete, work.spec.workspace.id, work.held.tower_id, checked=not at_once)
    except errors.InUse as error:
        return _in_use(work, error)
    except errors.Permanent:
        if await _there(work):
            raise
        # An earlier try deleted it, and its answer was lost.
    return Done({"detail": None})


async def _there(work: Work) -> bool:
    listed = await work.outside(work.desk.services.tower.credentials, work.spec.workspace.id)
    return any(one.id == work.held.tower_id for one in listed)


def _in_use(work: Work, error: errors.InUse) -> Outcome:
    """Wait for the jobs, each time as long as all the times before together; after a day, give up."""
    timing, now, marks = work.desk.timing, work.now(), work.request.progress.marks
    since = marks.get(IN_USE, now)
    waited = (now - since).total_seconds()
    jobs = _jobs(error)
    if waited >= timing.in_use_give_up_s:
        remedy = "Wait for these jobs or end them, and ask again; or revoke it at once: then they may fail."
        return Failed(f"{jobs} The bot tried again for a day, and nothing was revoked.", remedy)
    pause = min(max(waited, timing.in_use_first_s), timing.in_use_longest_s)
    until = now + dt.timedelta(seconds=pause)
    return Wait(until, {"detail": jobs, "marks": {**marks, IN_USE: since}})


def _jobs(error: errors.InUse) -> str:
    named = ", ".join(error.jobs[:_NAMED])
    more = error.count - len(error.jobs[:_NAMED])
    listed = f"{named} and {more} more" if named and more > 0 else named
    return f"Jobs that are running use it: {listed}." if listed else "Jobs that are running use it."


async def disable(work: Work) -> Outcome:
    """Let the token log in no more."""
    arm, registry = work.desk.services.registries, await work.registry()
    try:
        await work.outside(arm.set_token_status, registry, work.token, enabled=False)
    except errors.NotFound:
        return Done(changed=False)
    return Done({"token": work.token})


async def cut_off(work: Work) -> Outcome:
    """Disable the token and delete Tower's credential side by side; the next step is about the latter."""
    cut, gone = await asyncio.gather(disable(work), tower(work), return_exceptions=True)
    if isinstance(gone, BaseException) and not isinstance(gone, errors.ServiceError):
        raise gone
    if isinstance(cut, BaseException):
        raise cut
    if isinstance(cut, Done) and isinstance(gone, Done):
        return Done({**cut.update, "marks": {**work.request.progress.marks, _GONE: work.now()}})
    return cut


_AFTER = (
    Step("delete_token", steps.delete_token, leaves=step.left_token, onward=True),
    Step(
        "delete_scope_map",
        steps.delete_scope_map,
        leaves=step.left_scope_map,
        held_by="delete_token",
        onward=True,
    ),
)
# Until Tower has let it go nothing is broken, so a failure there ends the request.
PLAN = Plan(
    (Step("check", check), Step("tower", tower), Step("disable", disable, onward=True), *_AFTER),
    finish=holding.revoked,
)
AT_ONCE = Plan(
    (
        Step("check", check),
        Step("disable", cut_off, onward=True),
        Step("tower", tower, leaves=step.left_credential, onward=True),
        *_AFTER,
    ),
    finish=holding.revoked,
)
