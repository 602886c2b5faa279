"""Reads what is there of every live credential, some hundred at a time, however many there are."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from bot import errors, model, ports
from bot.reconcile.compare import Azure, Evidence, azure_differs
from bot.reconcile.findings import Finding, Kind
from bot.reconcile.pace import Pace

CHUNK = 250  # credentials in memory at once; each chunk goes through the lists of its registries anew
_UNSETTLED = frozenset({model.CredentialState.ROTATING, model.CredentialState.REVOKING})


Listed = tuple[ports.TowerCredential, ...]
Seen = Callable[[model.Workspace, Listed], Awaitable[None]]


class Unseen:
    """What could not be looked at, each once."""

    def __init__(self) -> None:
        self.findings: dict[str, Finding] = {}

    def missed(self, where: str, error: errors.ServiceError) -> None:
        """Remember that something could not be looked at, and why."""
        what = f"it could not be looked at. {error}"
        self.findings[where] = Finding(Kind.UNSEEN, where, what, error.remedy or "")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where it is read from."""

    store: ports.Store
    registries: ports.Registries
    tower: ports.Tower
    pace: Pace


class Survey:
    """Looks at live credentials. `seen` hears what each workspace has, so that it need not ask too."""

    def __init__(self, sources: Sources, unseen: Unseen, seen: Seen, *, chunk: int = CHUNK) -> None:
        self._from = sources
        self._unseen = unseen
        self._seen = seen
        self._chunk = chunk
        self.looked_at = 0

    async def chunks(self) -> AsyncIterator[tuple[Evidence, ...]]:
        """Go through all live credentials that no request is changing."""
        after = None
        while True:
            page = await self._from.store.page(ports.Index.LIVE, "", after=after, limit=self._chunk)
            found = await self._from.store.credentials(page.ids)
            still = [one for one in found if one is not None and settled(one)]
            if still:
                self.looked_at += len(still)
                yield await self._look(still)
            if page.after is None:
                return
            after = page.after

    async def _look(self, credentials: Sequence[model.Credential]) -> tuple[Evidence, ...]:
        hosts = {one.login_server for one in credentials}
        seen = {host: await self._registry(host, credentials) for host in sorted(hosts)}
        places = {one.workspace.id: one.workspace for one in credentials}
        tower = {number: await self._workspace(places[number], credentials) for number in sorted(places)}
        return tuple(_evidence(one, seen[one.login_server], tower[one.workspace.id]) for one in credentials)

    async def _registry(self, host: str, credentials: Iterable[model.Credential]) -> _Shown | None:
        """Return what a registry shows of some credentials; None if it cannot be told."""
        mine = [one for one in credentials if one.login_server == host]
        arm, pace = self._from.registries, self._from.pace
        tokens, maps = {one.token for one in mine}, {one.scope_map for one in mine}
        try:
            await pace.turn()
            registry = await arm.registry(host)
            return _Shown(
                {one.name: one async for one in pace.each(arm.tokens(registry)) if one.name in tokens},
                {one.name: one async for one in pace.each(arm.scope_maps(registry)) if one.name in maps},
            )
        except errors.ServiceError as error:
            self._unseen.missed(host, error)
            return None

    async def _workspace(
        self, workspace: model.Workspace, credentials: Iterable[model.Credential]
    ) -> Listed | None:
        """Return what a workspace has that concerns its credentials; None if it cannot be told."""
        try:
            await self._from.pace.turn()
            listed = await self._from.tower.credentials(workspace.id)
        except errors.ServiceError as error:
            self._unseen.missed(workspace.full_name, error)
            return None
        await self._seen(workspace, listed)
        mine = [one for one in credentials if one.workspace.id == workspace.id]
        return tuple(one for one in listed if any(_concerns(one, own) for own in mine))

    async def confirmed(self, evidence: Evidence, now: dt.datetime) -> Evidence | None:
        """Look again at what differs, since lists may lag or tell less; None for one that changed."""
        found = await self._from.store.credential(evidence.credential.id)
        if found is None or found.version != evidence.credential.version:
            return None
        if not azure_differs(evidence, now):
            return evidence
        credential = evidence.credential
        try:
            return dataclasses.replace(evidence, azure=await self._single(credential))
        except errors.ServiceError as error:
            self._unseen.missed(credential.login_server, error)
            return dataclasses.replace(evidence, azure=None)

    async def _single(self, credential: model.Credential) -> Azure:
        arm, pace = self._from.registries, self._from.pace
        registry = await arm.registry(credential.login_server)
        await pace.turn()
        token = await arm.token(registry, credential.token)
        await pace.turn()
        return Azure(token, await arm.scope_map(registry, credential.scope_map))


@dataclass(frozen=True, slots=True)
class _Shown:
    tokens: dict[str, ports.Token]
    scope_maps: dict[str, ports.ScopeMap]


def _evidence(
    credential: model.Credential,
    shown: _Shown | None,
    listed: Listed | None,
) -> Evidence:
    azure = None
    if shown is not None:
        azure = Azure(shown.tokens.get(credential.token), shown.scope_maps.get(credential.scope_map))
    concerned = listed if listed is None else tuple(one for one in listed if _concerns(one, credential))
    return Evidence(credential, azure, concerned)


def _concerns(one: ports.TowerCredential, credential: model.Credential) -> bool:
    return one.id == credential.tower_id or one.registry == credential.login_server


def settled(credential: model.Credential) -> bool:
    """Tell whether nobody is changing a credential now."""
    return credential.busy is None and credential.state not in _UNSETTLED
