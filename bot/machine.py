"""The states of a request and the events that move it: one table, and one pure function over it."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

from bot import errors, model
from bot.model import State


class Event(enum.StrEnum):
    """What moves a request."""

    VOTE = "vote"  # an approval that does not reach the number needed
    APPROVE = "approve"
    DENY = "deny"
    CANCEL = "cancel"
    REMIND = "remind"  # those who were asked and have not answered
    ESCALATE = "escalate"  # let the fallback approvers decide too
    EXPIRE = "expire"
    START = "start"
    STEP = "step"  # progress while running or undoing
    FINISH = "finish"
    FAIL = "fail"
    FOLLOW = "follow"  # its credential changed: by another request, by hand, or with time


TABLE: dict[tuple[State, Event], State] = {
    (State.PENDING, Event.VOTE): State.PENDING,
    (State.PENDING, Event.APPROVE): State.APPROVED,
    (State.PENDING, Event.DENY): State.DENIED,
    (State.PENDING, Event.CANCEL): State.CANCELLED,
    (State.PENDING, Event.REMIND): State.PENDING,
    (State.PENDING, Event.ESCALATE): State.PENDING,
    (State.PENDING, Event.EXPIRE): State.EXPIRED,
    (State.APPROVED, Event.START): State.RUNNING,
    (State.RUNNING, Event.STEP): State.RUNNING,
    (State.RUNNING, Event.FINISH): State.DONE,
    (State.RUNNING, Event.FAIL): State.FAILED,
    (State.DONE, Event.FOLLOW): State.DONE,
}


def advance(request: model.Request, event: Event, *, at: dt.datetime, **update: Any) -> model.Request:
    """Return the request after `event`, one version on; raise Refused where the table has no such move."""
    after = TABLE.get((request.state, event))
    if after is None:
        raise errors.Refused(errors.Reason.ALREADY_DECIDED, f"This request is already {request.state}.")
    fields = {"state": after, "version": request.version + 1, "changed": at, **update}
    return request.model_copy(update=fields)


def next_event(request: model.Request) -> tuple[dt.datetime, Event]:
    """Return what a pending request waits for next, if nobody decides, and when that is due."""
    waits = [(request.deadline, Event.EXPIRE)]
    if request.remind_at is not None and request.reminded is None:
        waits.append((request.remind_at, Event.REMIND))
    if request.escalate_at is not None and request.escalated is None:
        waits.append((request.escalate_at, Event.ESCALATE))
    return min(waits, key=lambda wait: wait[0])
