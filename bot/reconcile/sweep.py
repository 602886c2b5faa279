"""Removes what an ended request of ours left behind; each thing is looked at again right before."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable

from bot import audit, errors, model, ports, recorder
from bot.provision import names
from bot.reconcile.compare import SLACK
from bot.reconcile.strays import Leftover
from bot.reconcile.survey import Sources

IN_USE = "It is left alone, because {who} may use it: remove it by hand if nobody needs it."


class Kept(Exception):  # an outcome, not an error
    """It has to stay; the message says why, and what somebody should do."""


class Sweep:
    """Removes leftovers: first what Tower has, then the token, then the scope map."""

    def __init__(self, sources: Sources, record: recorder.Recorder) -> None:
        self._from = sources
        self._record = record

    async def remove(self, leftover: Leftover, workspaces: Iterable[model.Workspace]) -> None:
        """Remove what is there; raise Kept, or ServiceError, for what has to stay.

        `workspaces` are those in which Tower may use it.
        """
        registry = await self._from.registries.registry(leftover.request.spec.login_server)
        await self._token_is_ours(registry, leftover)
        own = [one for workspace in workspaces for one in await self._uses(leftover, workspace)]
        for one in own:
            await self._from.tower.delete(leftover.request.spec.workspace.id, one.id, checked=True)
            await self._note(leftover, "credential", one.id)
        await self._token(registry, leftover)
        await self._scope_map(registry, leftover)

    async def _uses(
        self, leftover: Leftover, workspace: model.Workspace
    ) -> tuple[ports.TowerCredential, ...]:
        """Return the request's own credentials in a workspace; raise Kept for another with its token."""
        await self._from.pace.turn()
        try:
            listed = await self._from.tower.credentials(workspace.id)
        except errors.Permanent:
            if leftover.request.spec.kind is model.Kind.ISSUE:
                return ()  # of a workspace that is gone nothing can be used
            raise
        using = tuple(one for one in listed if _with(one, leftover))
        for one in using:
            if not _made(one, workspace, leftover):
                raise Kept(IN_USE.format(who=f"the credential {one.name} in {workspace.full_name}"))
        return using

    async def _token_is_ours(self, registry: model.Registry, leftover: Leftover) -> None:
        """Raise Kept if somebody took the token into use since."""
        token = await self._from.registries.token(registry, leftover.name)
        if token is None:
            return
        if token.scope_map.lower() != leftover.name.lower():
            raise Kept(IN_USE.format(who="whoever gave the token another scope map"))
        late = leftover.request.changed + SLACK
        if any((one.created or _EVER) > late for one in token.passwords):
            raise Kept(IN_USE.format(who="whoever made a password for the token since"))

    async def _token(self, registry: model.Registry, leftover: Leftover) -> None:
        if await self._from.registries.token(registry, leftover.name) is not None:
            await self._from.registries.delete_token(registry, leftover.name)
            await self._note(leftover, "token", leftover.name)

    async def _scope_map(self, registry: model.Registry, leftover: Leftover) -> None:
        found = await self._from.registries.scope_map(registry, leftover.name)
        if found is not None:
            await self._from.registries.delete_scope_map(registry, leftover.name)
            await self._note(leftover, "scope_map", leftover.name)

    async def _note(self, leftover: Leftover, what: str, name: str) -> None:
        request_id = leftover.request.id
        data = {"removed": what, "name": name, "registry": leftover.request.spec.login_server}
        op = f"swept:{secrets.token_hex(16)}"
        await self._record.note(audit.Event.SWEPT, None, data, op=op, request_id=request_id)


_EVER = dt.datetime.min.replace(tzinfo=dt.UTC)


def _with(one: ports.TowerCredential, leftover: Leftover) -> bool:
    return (one.registry, one.user) == (leftover.request.spec.login_server, names.token(leftover.request))


def _made(one: ports.TowerCredential, workspace: model.Workspace, leftover: Leftover) -> bool:
    """Tell whether the request made this: what a failed adoption touched was made by somebody else."""
    spec = leftover.request.spec
    own = spec.kind is model.Kind.ISSUE and one.name == spec.name
    return workspace.id == spec.workspace.id and (own or one.id == leftover.tower_id)
