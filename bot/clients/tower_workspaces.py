"""Where the bot may write credentials: by the roles that Tower lists, or by its participants."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt

from bot import errors, model, ports
from bot.clients import http, tower_api, tower_errors

_KEPT = dt.timedelta(seconds=60)
_AT_ONCE = 8
_MOST_PAGES = 20  # of participants; beyond these 2,000 the write itself must tell


class Workspaces:
    """The workspaces of one Tower account, remembered for a minute. Callers at one time share a look."""

    def __init__(self, sender: http.Sender, *, clock: ports.Clock, personal: bool) -> None:
        self._sender = sender
        self._clock = clock
        self._personal = personal
        self._turn = asyncio.Lock()
        self._began: dt.datetime | None = None
        self._known: tuple[model.Workspace, ...] = ()
        self._names: dict[int, str] = {}
        self._places: dict[int, tower_api.Place] = {}

    async def listed(self, *, fresh: bool) -> tuple[model.Workspace, ...]:
        """Return those where credentials may be written; `fresh` wants a look begun after the call."""
        asked = self._clock.now()
        oldest = asked if fresh else asked - _KEPT
        async with self._turn:
            if self._began is None or self._began < oldest:
                began = self._clock.now()
                self._known = await self._look()
                self._began = began
            return self._known

    async def seats(self) -> tuple[ports.Seat, ...]:
        """Return every workspace of an organization, and whether credentials may be written there."""
        writable = {workspace.id for workspace in await self.listed(fresh=True)}
        return tuple(
            ports.Seat(place.workspace, place.roles, place.workspace.id in writable)
            for place in self._places.values()
        )

    async def named(self, workspace_id: int) -> str:
        """Return a workspace's name for people, also where we may not write; its number if need be."""
        if workspace_id not in self._names:
            with contextlib.suppress(errors.ServiceError):
                await self.listed(fresh=True)
        return self._names.get(workspace_id, f"number {workspace_id}")

    async def user(self) -> tower_api.User:
        """Ask whose token the bot has; raise Forbidden for one that Tower does not accept."""
        answer = await self._sender.send(tower_api.build_user())
        if not answer.ok:
            raise tower_errors.refused(answer)
        return tower_api.parse_user(answer)

    async def participates(self, workspace: model.Workspace, user: str) -> bool:
        """Tell whether a user is a participant in person; raise for a Tower that does not say.

        Who takes part through a team alone is not listed by name, and so is not found.
        """
        await self.listed(fresh=False)
        place = self._places.get(workspace.id)
        if place is None:
            return False
        seen = 0
        for _ in range(_MOST_PAGES):
            answer = await self._sender.send(tower_api.build_participants(place, offset=seen))
            if not answer.ok:
                raise tower_errors.refused(answer)
            page = tower_api.parse_participants(answer)
            if any(each.user == user for each in page.participants):
                return True
            seen += len(page.participants)
            if not page.participants or page.ends_at(seen):
                return False
        return False

    async def _look(self) -> tuple[model.Workspace, ...]:
        user = await self.user()
        answer = await self._sender.send(tower_api.build_workspaces(user.id))
        if not answer.ok:
            raise tower_errors.refused(answer)
        places = tower_api.parse_workspaces(answer)
        turns = asyncio.Semaphore(_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._may_write(place, user, turns)) for place in places]
        found = tuple(place.workspace for place, task in zip(places, tasks, strict=True) if task.result())
        own = model.Workspace(id=tower_api.PERSONAL, org=None, name=user.name)
        every = (own, *(place.workspace for place in places))
        self._places = {place.workspace.id: place for place in places}
        self._names = {workspace.id: workspace.full_name for workspace in every}
        return (*found, own) if self._personal else found

    async def _may_write(
        self, place: tower_api.Place, user: tower_api.User, turns: asyncio.Semaphore
    ) -> bool:
        """Judge by the roles listed, or by the participants where no role is listed.

        Where neither tells, a Tower too old to list roles gets the benefit of the doubt, and the
        write itself will say 403; one that lists roles, and none of ours, does not.
        """
        told = tower_api.may_write(place.roles or ())
        if told is None:
            async with turns:
                told = await self._participates(place, user)
        return told if told is not None else place.roles is None

    async def _participates(self, place: tower_api.Place, user: tower_api.User) -> bool | None:
        """Judge by our own role among the participants, unless a team may give a better one."""
        roles: list[str] = []
        teams, seen = False, 0
        for _ in range(_MOST_PAGES):
            try:
                answer = await self._sender.send(tower_api.build_participants(place, offset=seen))
                page = tower_api.parse_participants(answer) if answer.ok else None
            except errors.ServiceError:
                page = None
            if page is None or not page.participants:
                break
            roles += [each.role for each in page.participants if each.role and each.stands_for(user)]
            teams = teams or any(each.user is None for each in page.participants)
            seen += len(page.participants)
            if page.ends_at(seen):
                break
        told = tower_api.may_write(tuple(roles))
        return None if teams and not told else told
