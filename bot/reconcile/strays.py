"""Finds what is named like ours and belongs to no live credential: leftovers of ours, and somebody else's."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from bot import errors, model, recorder
from bot.model import CredentialState, State
from bot.provision import names
from bot.reconcile.findings import Finding, Kind
from bot.reconcile.survey import Listed, Sources, Unseen

_OURS = re.compile(rf"{re.escape(names.PREFIX)}(?:[a-z0-9-]+-)?([0-9a-f]{{6}})")
MOST = 1000  # leftovers of one look; there are more only where something else is badly wrong


@dataclass(frozen=True, slots=True)
class Leftover:
    """What an ended request of ours left behind under its name."""

    request: model.Request
    name: str
    tower_id: str | None = None  # what a credential that was revoked had in Tower

    @property
    def where(self) -> str:
        """Return what people know it by."""
        return f"{self.name} ({self.request.spec.workspace.full_name}, {self.request.spec.login_server})"


@dataclass(frozen=True, slots=True)
class _Named:
    """Something outside that is named like ours: `what` it is, in which registry, and where."""

    what: str
    name: str
    host: str
    where: str
    workspace: model.Workspace | None = None  # of a credential in Tower


class Strays:
    """Looks for strays in every registry and workspace that the bot can see."""

    def __init__(self, sources: Sources, record: recorder.Recorder, unseen: Unseen) -> None:
        self._from = sources
        self._record = record
        self._unseen = unseen
        self._registries: tuple[model.Registry, ...] = ()
        self._visited: set[int] = set()
        self.leftovers: dict[str, Leftover] = {}  # by the request's id
        self.workspaces: dict[str, dict[int, model.Workspace]] = {}  # where Tower uses them
        self.foreign: dict[str, Finding] = {}

    async def begin(self) -> None:
        """Learn which registries are the bot's business."""
        try:
            self._registries = await self._from.registries.registries()
        except errors.ServiceError as error:
            self._unseen.missed("Azure", error)

    async def visit(self, workspace: model.Workspace, listed: Listed) -> None:
        """Look at what a workspace has, the first time that somebody lists it."""
        if workspace.id in self._visited:
            return
        self._visited.add(workspace.id)
        hosts = {one.login_server for one in self._registries}
        for one in listed:
            if one.registry in hosts and one.user:
                host = one.registry or ""
                await self._one(_Named("credential", one.user, host, workspace.full_name, workspace))

    async def rest(self) -> None:
        """Look at all registries, and at the workspaces that nobody has listed yet."""
        for registry in self._registries:
            try:
                async for named in self._registry(registry):
                    await self._one(named)
            except errors.ServiceError as error:
                self._unseen.missed(registry.login_server, error)
        try:
            workspaces = await self._from.tower.workspaces()
        except errors.ServiceError as error:
            self._unseen.missed("Tower", error)
            return
        for workspace in workspaces:
            if workspace.id not in self._visited:
                await self._workspace(workspace)

    async def _registry(self, registry: model.Registry) -> AsyncIterator[_Named]:
        arm, each = self._from.registries, self._from.pace.each
        async for token in each(arm.tokens(registry)):
            yield _Named("token", token.name, registry.login_server, registry.name)
        async for scope_map in each(arm.scope_maps(registry)):
            yield _Named("scope map", scope_map.name, registry.login_server, registry.name)

    async def _workspace(self, workspace: model.Workspace) -> None:
        await self._from.pace.turn()
        try:
            listed = await self._from.tower.credentials(workspace.id)
        except errors.ServiceError as error:
            self._unseen.missed(workspace.full_name, error)
            return
        await self.visit(workspace, listed)

    async def _one(self, named: _Named) -> None:
        ours = _OURS.fullmatch(named.name)
        if ours is None:
            return
        made = await self._maker(named, ours.group(1))
        if made is None:
            what = f"the {named.what} {named.name} is named like the bot's own, but no request made it."
            do = "It is left alone: find out whose it is, and remove it if nobody needs it."
            found = Finding(Kind.FOREIGN, named.where, what, do)
            if len(self.foreign) < MOST:
                self.foreign[found.key] = found
        elif over := await self._over(made, named.name):
            self._remember(over, named.workspace)

    def _remember(self, over: Leftover, workspace: model.Workspace | None) -> None:
        if over.request.id not in self.leftovers and len(self.leftovers) >= MOST:
            return
        self.leftovers[over.request.id] = over
        if workspace:
            self.workspaces.setdefault(over.request.id, {})[workspace.id] = workspace

    async def _maker(self, named: _Named, short: str) -> model.Request | None:
        """Return the request whose name it is; of its id only six characters are there, so all has to fit."""
        for request in await self._from.store.requests(await self._from.store.by_short(short)):
            if request is None or request.spec.kind not in model.FRESH:
                continue
            if (names.token(request), request.spec.login_server) == (named.name, named.host):
                return request
        return None

    async def _over(self, request: model.Request, name: str) -> Leftover | None:
        """Return what is left of a request that failed, or whose credential was revoked; else None."""
        if request.state is not State.DONE:
            return Leftover(request, name) if request.state is State.FAILED else None
        credential = await self._from.store.credential(request.id)
        if credential is None or credential.state is not CredentialState.REVOKED:
            return None
        return Leftover(request, name, credential.tower_id)

    def users(self, leftover: Leftover) -> tuple[model.Workspace, ...]:
        """Return the workspaces in which Tower may use a leftover."""
        own = leftover.request.spec.workspace
        return tuple({own.id: own, **self.workspaces.get(leftover.request.id, {})}.values())

    async def proven(self, leftover: Leftover) -> bool:
        """Look once more, and believe only what is sealed: who can write to Redis could feign an end."""
        try:
            entries = await self._record.verified(leftover.request.id)
        except errors.Refused:
            return False
        state = next((one.after for one in reversed(entries) if one.after is not None), None)
        if state is State.DONE:
            try:
                credential = await self._record.credential(leftover.request.id)
            except errors.Refused:
                return False
            return credential.state is CredentialState.REVOKED
        return state is State.FAILED


def found(leftover: Leftover, *, why: str = "", removed: bool = False) -> Finding:
    """Return the finding about a leftover, and `why` it is left where it is."""
    short = model.short_id(leftover.request.id)
    revoked = leftover.request.state is State.DONE
    ended = "whose credential was revoked" if revoked else "which failed"
    what = f"something is left of request {short}, {ended}."
    done = "It was removed." if removed else why or "Remove it with `registry-bot reconcile --fix`."
    told = Finding(Kind.LEFTOVER, leftover.where, what, done, request=leftover.request.id)
    return dataclasses.replace(told, removed=removed)
