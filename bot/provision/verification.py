"""Whether Wave reads the repository with the finished credential; said honestly either way."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bot import errors, ports
from bot.model import Verification
from bot.ports import Sight
from bot.provision.delivery import DELIVERED, rival
from bot.provision.work import Done, Outcome, Work


@dataclass(frozen=True, slots=True)
class _Seen:
    """One look: what it tells, and whether another one could tell more."""

    verification: Verification
    detail: str | None = None
    image: str | None = None
    final: bool = True
    wait_s: float = 0.0


async def verify(work: Work) -> Outcome:
    """Ask Wave until it has read the image or the window is over; not verified is no failure.

    The window began when Tower got the credential, so that a crash does not lengthen it.
    """
    began = work.request.progress.marks.get(DELIVERED) or work.now()
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
    seen = _Seen(Verification.NO_TAG)
    for repository in work.spec.repositories:
        seen = await _inspected(work, repository)
        if seen.verification is not Verification.VERIFIED:
            break
    return seen


async def _inspected(work: Work, repository: str) -> _Seen:
    image = work.request.progress.image if work.spec.repositories == (repository,) else None
    image = image or await newest_image(work, repository)
    if image is None:
        wildcard = repository.endswith("*")
        why = "A wildcard names no image of its own." if wildcard else "The repository has no tag yet."
        return _Seen(Verification.NO_TAG, why)
    answer = await work.outside(work.desk.services.wave.inspect, image, work.spec.workspace.id)
    if answer.sight in {Sight.READ, Sight.UNAUTHORIZED} and (other := await rival(work)):
        return _Seen(Verification.UNAVAILABLE, _ambiguous(work, other), image)
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
