"""Who people are and which groups they are in, asked of the platforms at the moment of a decision.

Nothing is remembered but why a platform refuses to answer. Callers at the same moment share one
look-up: a crowd that clicks at once would otherwise use up what a platform answers in a minute,
and be refused for that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from bot import errors, model, ports, rules

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Membership:
    """Looks people up. What does not answer is not known; `alert` tells operators what only they can mend."""

    def __init__(
        self, directories: Mapping[model.Platform, ports.Directory], *, alert: Callable[[str], None]
    ) -> None:
        self._directories = directories
        self.alert = alert
        self._standings: Shared[model.Standing] = Shared()
        self._usergroups: Shared[frozenset[str]] = Shared()
        self._troubles: dict[model.Platform, str] = {}

    async def standing(self, who: model.Principal) -> model.Standing:
        """Return what a platform says of an account now; UNKNOWN if it does not say."""
        directory = self._directories.get(who.platform)
        if directory is None:
            return model.Standing.UNKNOWN
        try:
            standing = await self._standings.get(who.key, lambda: directory.standing(who))
        except errors.ServiceError as error:
            self._silent(who.platform, error)
            return model.Standing.UNKNOWN
        self._troubles.pop(who.platform, None)
        return standing

    def trouble(self, who: model.Principal) -> str | None:
        """Return why nobody of this platform can be looked up, and what mends it; None if a retry may."""
        return self._troubles.get(who.platform)

    def _silent(self, platform: model.Platform, error: errors.ServiceError) -> None:
        log.warning("directory silent", platform=platform.value, error=str(error), remedy=error.remedy)
        self._troubles.pop(platform, None)
        if isinstance(error, errors.Forbidden):
            remedy = f" An administrator can mend it: {error.remedy}" if error.remedy else ""
            self._troubles[platform] = f"{error}{remedy}"
            self.alert(f"Nobody can ask or decide on {platform.value.title()}. {error}{remedy}")

    async def groups(self, wanted: Iterable[rules.Group]) -> dict[str, frozenset[str] | None]:
        """Return the members of each group now; None for one that could not be looked up."""
        listed = list(wanted)
        answers = await asyncio.gather(*(self._members(group) for group in listed))
        return {group.name: members for group, members in zip(listed, answers, strict=True)}

    async def _members(self, group: rules.Group) -> frozenset[str] | None:
        found = await asyncio.gather(*(self._usergroup(group, one) for one in group.kept))
        members = group.members.union(*(one for one in found if one is not None))
        return members if None not in found else None

    async def _usergroup(self, group: rules.Group, kept: model.Usergroup) -> frozenset[str] | None:
        directory, usergroup = self._directories.get(kept.platform), kept.id
        if directory is None:
            return None
        try:
            users = await self._usergroups.get(usergroup, lambda: directory.usergroup(usergroup))
        except errors.ServiceError as error:
            log.warning("group silent", group=group.name, usergroup=usergroup, error=str(error))
            if not error.retryable:
                remedy = f" {error.remedy}" if error.remedy else ""
                self.alert(
                    f"Nobody of the policy's group “{group.name}” can ask or decide: its user group "
                    f"{usergroup} cannot be looked up. {error}{remedy}"
                )
            return None
        return frozenset(f"{kept.platform}:{user}" for user in users)


@dataclass(slots=True)
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    waiting: int = 0


class Shared(Generic[T]):
    """Runs one call for all who want the same at the same time; it ends when nobody waits any more."""

    def __init__(self) -> None:
        self._flights: dict[str, _Flight[T]] = {}

    async def get(self, key: str, call: Callable[[], Awaitable[T]]) -> T:
        """Return what the call under way returns, or a new one's answer."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(_run(call)))
        flight.waiting += 1
        try:
            # One caller whose time is up must not take the answer from the others.
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if self._flights.get(key) is flight and (flight.task.done() or not flight.waiting):
                del self._flights[key]
            if not flight.waiting:
                flight.task.cancel()


async def _run(call: Callable[[], Awaitable[T]]) -> T:
    return await call()
