"""Where each copy of a request is posted, on every platform."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot import model
from bot.model import Role

Copies = Mapping[Role, model.Copy]

# Where a copy goes that is not in the requester's direct messages: a place of the request's own, or
# the thread below the first of these copies that is there.
_PLACES: dict[Role, Callable[[model.Request], model.Place | None]] = {
    Role.APPROVAL: lambda request: request.approval,
    Role.ESCALATION: lambda request: request.approval,
    Role.REMINDER: lambda request: request.approval,
    Role.ORIGIN: lambda request: request.place,
    Role.TOLD: lambda request: request.told,
}
_BELOW = {
    Role.PROGRESS: (Role.ORIGIN, Role.DIRECT),
    Role.RESULT: (Role.ORIGIN, Role.DIRECT),
    Role.WARNING: (Role.ORIGIN, Role.DIRECT),
    Role.REMINDER: (Role.APPROVAL,),
}


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a message goes."""

    channel: str
    thread: str | None = None


def spot(request: model.Request, role: Role, copies: Copies) -> Spot | None:
    """Return where the copy of a role is posted; None: to the requester alone."""
    for root in (copies.get(above) for above in _BELOW.get(role, ())):
        if root is not None and root.message is not None and root.error is None:
            return Spot(root.channel, root.thread or root.message)
    place = _PLACES[role](request) if role in _PLACES else None
    return Spot(place.channel, place.thread) if place else None
