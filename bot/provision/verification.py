"""Whether Wave reads the repository with the finished credential; said honestly either way."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bot import errors, ports
from bot.model import Kind, Verification
from bot.ports import Sight
from bot.provision.delivery import DELIVERED, rival
from bot.provision.work import Done, Work

SINCE = "asked"  # a mark: since when Wave can be asked, where that is not when Tower got the credential
# Where nothing new has to be readable, one image is proof enough; it is looked for in so many repositories.
SOME = frozenset({Kind.ROTATE, Kind.NARROW})
MOST = 10


@dataclass(frozen=True, slots=True)
class _Seen:
    """One look: what it tells, and whether another one could tell more."""

    verification: Verification
    detail: str | None = None
    image: str | None = None
    final: bool = True
    wait_s: float = 0.0


async def verify(work: Work) -> Done:
    """Ask Wave until it has read the images or the window is over; not verified is no failure.

    The window began when Wave could be asked, so that a crash does not lengthen it.
    """
    marks = work.request.progress.marks
    began = marks.get(SINCE) or marks.get(DELIVERED) or work.now()
    until = began + dt.timedelta(seconds=work.desk.timing.verify_window_s)
    while True:
        seen = await _look(work)
        left = (until - work.now()).total_seconds()
        if seen.final or left <= seen.wait_s:
            return Done({"verification": seen.verification, "detail": seen.detail, "image": seen.image})
        # The last look is at the very end of the window.
        await work.desk.clock.sleep(max(seen.wait_s, min(left, work.desk.timing.verify_step_s)))


async def newest_image(work: Work, repository: str) -> str | None:
    """Return the newest image of a repository as `host/name:tag`; None without a tag."""
    if repository.endswith("*"):
        return None
    where = ports.Repository(work.spec.login_server, repository)
    tag = await work.outside(work.desk.services.catalog.newest_tag, where)
    return f"{where.path}:{tag}" if tag else None


async def _look(work: Work) -> _Seen:
    try:
        return await _seen(work)
    except errors.Temporary as error:
        wait_s = error.retry_after_s or 0.0
        return _Seen(Verification.UNAVAILABLE, str(error), final=False, wait_s=wait_s)
    except errors.ServiceError as error:
        return _Seen(Verification.UNAVAILABLE, str(error))


async def _seen(work: Work) -> _Seen:
    registry = await work.registry()
    if registry.anonymous_pull:
        return _Seen(Verification.ANONYMOUS_PULL)
    if not registry.public:
        return _Seen(Verification.UNREACHABLE, "It is behind a firewall or a private endpoint.")
    seen = await _inspected_all(work)
    if seen.verification in {Verification.VERIFIED, Verification.REFUSED} and (other := await rival(work)):
        return _Seen(Verification.UNAVAILABLE, _ambiguous(work, other), seen.image)
    return seen


async def _inspected_all(work: Work) -> _Seen:
    """Inspect what has to be readable: all of it, or the first image where one proves enough."""
    one_is_enough = work.spec.kind in SOME
    wanted = work.spec.added if work.spec.kind is Kind.EXTEND else work.spec.repositories
    seen = _Seen(Verification.NO_TAG)
    for repository in wanted[:MOST] if one_is_enough else wanted:
        seen = await _inspected(work, repository, only=len(wanted) == 1)
        if seen.verification is not (Verification.NO_TAG if one_is_enough else Verification.VERIFIED):
            break
    return seen


async def _inspected(work: Work, repository: str, *, only: bool) -> _Seen:
    image = work.request.progress.image if only else None
    image = image or await newest_image(work, repository)
    if image is None:
        wildcard = repository.endswith("*")
        which = "The repository" if only else f"The repository {repository}"
        why = "A wildcard names no image of its own." if wildcard else f"{which} has no tag yet."
        return _Seen(Verification.NO_TAG, why)
    answer = await work.outside(work.desk.services.wave.inspect, image, work.spec.workspace.id)
    return _judged(answer, image)


def _ambiguous(work: Work, other: str) -> str:
    """Return why Wave's answer says nothing: it takes the first credential of a host, whosever it is."""
    return (
        f"{work.spec.workspace.full_name} has another credential for {work.spec.login_server} by now, "
        f"{other}, and Wave uses only one of the two. Remove that one in Tower if it is not needed."
    )


def _judged(answer: ports.Inspection, image: str) -> _Seen:
    detail = answer.detail or None
    match answer.sight:
        case Sight.READ:
            return _Seen(Verification.VERIFIED, image=image)
        case Sight.UNAUTHORIZED:
            return _Seen(Verification.REFUSED, detail, image, final=False)
        case Sight.NOT_FOUND:
            return _Seen(Verification.NO_TAG, detail or f"Wave did not find {image}.", image, final=False)
        case Sight.UNREACHABLE:
            return _Seen(Verification.UNREACHABLE, detail, image)
        case Sight.REJECTED:
            return _Seen(Verification.UNAVAILABLE, detail, image)
