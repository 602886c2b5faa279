"""Where work stands when it stops, and what operators are told of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from bot import errors, lease, model
from bot.provision.step import Act, Step
from bot.provision.work import Failed, Outcome, Retry, Work

log = structlog.get_logger()

STARTED = "started"  # a mark: since when the request, or a part of its own, is worked on; waiting apart
TRIES = 8  # at a credential that others write as well: each of them writes it a few times and ends


@dataclass(frozen=True, slots=True)
class Rest:
    """Where the work stands when it stops: the request as committed, and when to go on (None: never).

    `reset` counts tries anew, and `alert` is for operators.
    """

    request: model.Request
    due: dt.datetime | None = None
    reset: bool = True
    alert: str | None = None


def later(work: Work, step: str, retry: Retry, *, alert: str | None = None) -> Rest:
    """Return a rest until the step may be tried again: each time later, or when the service said."""
    timing, tries = work.desk.timing, work.lease.attempts
    wait = lease.backoff_s(tries, first_s=timing.backoff_s, longest_s=timing.longest_backoff_s)
    wait = max(wait, retry.after_s or 0.0)
    log.warning("step put off", request_id=work.request.id, step=step, why=retry.why, tries=tries)
    return Rest(work.request, work.now() + dt.timedelta(seconds=wait), reset=False, alert=alert)


async def tried(act: Act, work: Work) -> Outcome:
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


def stays(step: Step, failed: Failed) -> str:
    """Return what operators are told of a part that could not be taken away."""
    return sentences(f"What stays: {step.name}.", failed.error, failed.remedy)


def on_its_way(request: model.Request, told: list[str]) -> str | None:
    """Return what operators are told before the end about parts that stay."""
    return sentences(f"{_what(request)} is being taken back.", *told) if told else None


def failed_alert(request: model.Request) -> str:
    """Return what operators are told about a request that failed."""
    return sentences(f"{_what(request)} failed.", request.error, request.remedy)


def kept_alert(request: model.Request) -> str | None:
    """Return what operators are told about a request that is done and left a second password."""
    made = request.progress
    if not made.left:
        return None
    if made.verification is model.Verification.REFUSED:
        why = (
            "but Wave is not allowed to read with the new password: pipelines may not be able to pull. "
            "The old password was kept as well"
        )
    elif made.verification is model.Verification.UNAVAILABLE:
        why = "but nobody could check whether the new password works. The old one was kept as well"
    else:
        why = "but an older password of its token still works, because it could not be removed"
    return f"{_what(request)} is done, {why}. Run `registry-bot reconcile`: it tells what to do."


def _what(request: model.Request) -> str:
    spec = request.spec
    short = model.short_id(request.id)
    return f"Request {short} ({spec.name}, {spec.workspace.full_name}, {spec.login_server})"


def sentences(*parts: str | None) -> str:
    """Return sentences behind each other."""
    return " ".join(part for part in parts if part)
