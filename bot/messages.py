"""Which messages show a request: pure."""

from __future__ import annotations

from collections.abc import Mapping

from bot import model
from bot.model import Copy, Role, State

_WORKED_ON = frozenset({State.APPROVED, State.RUNNING, State.DONE, State.FAILED})
_TOLD = frozenset({State.DONE, State.FAILED, State.DENIED, State.EXPIRED})  # cancelling is its own news


def wanted(request: model.Request, copies: Mapping[Role, Copy]) -> tuple[Copy, ...]:
    """Return every copy that the request should have by now, in the order of posting; pure.

    Those already there come as they are, but a new warning is a new message. Progress, result and
    warnings go into the thread of the origin, or of the direct message where there is no origin;
    until that is posted they have no place.
    """
    warned = request.life is not None and request.life.warned is not None
    fresh = {
        Role.APPROVAL: _in(Role.APPROVAL, request.approval),
        Role.ORIGIN: _in(Role.ORIGIN, request.place),
        Role.DIRECT: Copy(
            role=Role.DIRECT, platform=request.requester.platform, channel=request.requester.user
        ),
        Role.TOLD: _in(Role.TOLD, request.told),
        Role.REMINDER: _below(Role.REMINDER, copies.get(Role.APPROVAL)) if request.reminded else None,
        Role.ESCALATION: _in(Role.ESCALATION, request.approval) if request.escalated else None,
        Role.PROGRESS: reply(Role.PROGRESS, request, copies) if request.state in _WORKED_ON else None,
        Role.RESULT: reply(Role.RESULT, request, copies) if request.state in _TOLD else None,
        Role.WARNING: reply(Role.WARNING, request, copies) if warned else None,
    }
    if fresh[Role.WARNING] and of_older_warning(request, copies.get(Role.WARNING)):
        copies = {role: copy for role, copy in copies.items() if role is not Role.WARNING}
    return tuple(copy for role, new in fresh.items() if (copy := copies.get(role) or new))


def of_older_warning(request: model.Request, copy: Copy | None) -> bool:
    """Tell whether a message was there before the newest warning was: an update would notify nobody."""
    said = request.life.said if request.life else 0
    return copy is not None and copy.message is not None and copy.shown < said


def _in(role: Role, place: model.Place | None) -> Copy | None:
    if place is None:
        return None
    return Copy(role=role, platform=place.platform, channel=place.channel, thread=place.thread)


def _below(role: Role, root: Copy | None) -> Copy | None:
    if root is None or root.message is None or root.error:
        return None
    return Copy(role=role, platform=root.platform, channel=root.channel, thread=root.message)


def reply(role: Role, request: model.Request, copies: Mapping[Role, Copy]) -> Copy | None:
    """Return a copy in the thread that the requester knows, or None while there is none."""
    origin = copies.get(Role.ORIGIN)
    root = copies.get(Role.DIRECT) if request.place is None or (origin and origin.error) else origin
    if root is None or root.message is None or root.error:
        return None
    thread = root.thread or root.message
    return Copy(role=role, platform=root.platform, channel=root.channel, thread=thread)
