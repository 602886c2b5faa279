"""Lists of requests and credentials: only what who looks may see, and each look recorded."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from bot import audit, errors, forms, hosts, inspection, intake, model, paging, ports, sight
from bot.errors import Reason
from bot.forms import View

PAGE = 20
AT_HOME = 10  # of each list; a platform shows a hundred blocks at most
HOME_S = 60.0  # somebody's home is drawn anew with each change, which is not a look each time
SCAN, MOST_SCANS = 200, 25  # where a credential's name has to be looked for
SHOWN = 60  # characters of what somebody typed
_ID, _SHORT = re.compile(r"[A-Za-z0-9_-]{22}"), re.compile(r"[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Listings:
    """Shows people what they may see. What is refused is recorded."""

    intake: intake.Intake
    inspector: inspection.Inspector

    async def listing(
        self, by: model.Principal, view: View, *, workspace: str | None = None, after: str | None = None
    ) -> forms.Listing:
        """Return a page of a view; raise BadInput for a workspace that is not known."""
        await self.intake.admit(by, action="list")
        place = await self._workspace(workspace) if view is View.WORKSPACE else None
        seen = sight.Sight(self.intake.court, by)
        feed = self._feed(seen, by, view, place)
        if view in {View.OWNED, View.WORKSPACE}:
            rows, after = await self._credentials(seen, feed, view, after=after, limit=PAGE)
        else:
            rows, after = await self._requests(seen, feed, view, after=after, limit=PAGE)
        await self._looked(by, view=view.value, workspace=place.full_name if place else None)
        return forms.Listing(view, rows, after, place, seen.troubles)

    async def home(self, by: model.Principal) -> forms.Home:
        """Return the newest of what waits for somebody, what they asked for, and what they own."""
        await self.intake.admit(by, action="list")
        listed = []
        for view, read in (
            (View.WAITING, self._requests),
            (View.MINE, self._requests),
            (View.OWNED, self._credentials),
        ):
            seen = sight.Sight(self.intake.court, by)
            feed = self._feed(seen, by, view, None)
            rows, after = await read(seen, feed, view, after=None, limit=AT_HOME)
            listed.append(forms.Listing(view, rows, after, troubles=seen.troubles))
        if await self.intake.store.first_time(f"home:{by.key}", ttl_s=HOME_S):
            await self._looked(by, view="home")
        return forms.Home(*listed)

    async def status(self, by: model.Principal, ref: str) -> forms.Row:
        """Return a request by its id or short id: of several, the newest that may be seen."""
        await self.intake.admit(by, action="status")
        seen = sight.Sight(self.intake.court, by)
        async with self.intake.recording(by, action="status"):
            found = await self._named(ref)
            for row in await self._rows(seen, found):
                if row.request and await seen.sees(row.request, row.credential):
                    await self._looked(by, view="status", shown=model.short_id(row.request.id))
                    return row
            words = f"There is no request “{ref.strip()[:SHOWN]}” that you may see."
            raise _hidden(seen, Reason.UNKNOWN_REQUEST, words, found)

    async def find(self, by: model.Principal, name: str) -> tuple[forms.Row, ...]:
        """Return the credentials of a name, of `workspace/name` or of a short id that may be seen.

        Raises Refused if there is none.
        """
        await self.intake.admit(by, action="find")
        seen = sight.Sight(self.intake.court, by)
        async with self.intake.recording(by, action="find"):
            found = await self._called(name.strip())
            shown = [row for row in await self._with_origins(seen, found) if await self._sees(seen, row)]
            if not shown:
                words = f"There is no credential “{name.strip()[:SHOWN]}” that you may see."
                raise _hidden(seen, Reason.UNKNOWN_CREDENTIAL, words, found)
        shorts = ", ".join(model.short_id(row.credential.id) for row in shown if row.credential)
        await self._looked(by, view="find", shown=shorts)
        return tuple(shown)

    def _feed(
        self, seen: sight.Sight, by: model.Principal, view: View, place: model.Workspace | None
    ) -> paging.Feed:
        accounts, index = self.intake.court.accounts(by), ports.Index
        match view:
            case View.MINE:
                sources = [paging.Source(index.REQUESTER, one.key) for one in accounts]
            case View.OWNED:
                sources = [paging.Source(index.OWNED, one.key) for one in accounts]
            case View.WAITING:
                sources = [paging.Source(index.WAITING, rule.name) for rule in seen.deciding()]
            case View.WORKSPACE:
                sources = [paging.Source(index.HELD, str(place.id))] if place else []
        return paging.Feed(self.intake.store, sources)

    async def _requests(
        self, seen: sight.Sight, feed: paging.Feed, view: View, *, after: str | None, limit: int
    ) -> tuple[tuple[forms.Row, ...], str | None]:
        async def keep(request: model.Request) -> bool:
            return view is not View.WAITING or await seen.decides(request)

        found, after = await feed.page(self.intake.store.requests, keep, after=after, limit=limit)
        return tuple(await self._rows(seen, found)), after

    async def _credentials(
        self, seen: sight.Sight, feed: paging.Feed, view: View, *, after: str | None, limit: int
    ) -> tuple[tuple[forms.Row, ...], str | None]:
        rows: dict[str, forms.Row] = {}

        async def load(ids: Sequence[str]) -> tuple[model.Credential | None, ...]:
            found = await self.intake.store.credentials(ids)
            rows.update(
                {row.credential.id: row for row in await self._with_origins(seen, found) if row.credential}
            )
            return found

        async def keep(credential: model.Credential) -> bool:
            row = rows.get(credential.id)
            return row is not None and (view is View.OWNED or await self._sees(seen, row))

        found, after = await feed.page(load, keep, after=after, limit=limit)
        return tuple(rows[one.id] for one in found), after

    async def _sees(self, seen: sight.Sight, row: forms.Row) -> bool:
        """Tell whether a credential may be seen: by the request that made it."""
        return row.request is not None and await seen.sees(row.request, row.credential)

    async def _rows(self, seen: sight.Sight, requests: Sequence[model.Request]) -> list[forms.Row]:
        """Return requests with the credentials that they made or are about."""
        about = tuple(dict.fromkeys(request.about for request in requests))
        found = await self._with_origins(seen, await self.intake.store.credentials(about))
        known = {row.credential.id: row for row in found if row.credential}
        each = ((request, known.get(request.about, forms.Row())) for request in requests)
        return [dataclasses.replace(row, request=request) for request, row in each]

    async def _with_origins(
        self, seen: sight.Sight, credentials: Iterable[model.Credential | None]
    ) -> list[forms.Row]:
        """Return credentials with the requests that made them; not those that somebody else wrote."""
        known = [one for one in credentials if one]
        origins = await self.intake.store.requests([one.id for one in known])
        rows = []
        for credential, origin in zip(known, origins, strict=True):
            if await self._genuine(credential, origin):
                rows.append(forms.Row(origin, credential, await seen.may(credential, origin)))
            else:
                seen.forged(credential)
                self.intake.forged(credential.id)
        return rows

    async def _genuine(self, credential: model.Credential, origin: model.Request | None) -> bool:
        """Tell whether nobody else wrote a credential, or put an older one back: its request would know."""
        record = self.intake.record
        if origin and origin.life and origin.life.version > credential.version:
            return await record.newest(credential)
        return record.genuine(credential)

    async def _named(self, ref: str) -> list[model.Request]:
        """Return the requests of an id, newest first."""
        ref = ref.strip().removeprefix("#")
        store = self.intake.store
        if _ID.fullmatch(ref):
            found = await store.requests((ref,))
        elif _SHORT.fullmatch(ref.lower()):
            found = await store.requests(await store.by_short(ref.lower()))
        else:
            found = ()
        return [request for request in found if request]

    async def _called(self, name: str) -> list[model.Credential]:
        """Return the credentials that somebody may mean."""
        short = [request.about for request in await self._named(name)]
        where, _, own = name.rpartition("/")
        claimed = await self._claimed(where, own)
        found = await self.intake.store.credentials(tuple(dict.fromkeys((*short, *claimed))))
        known = [credential for credential in found if credential]
        return known or [
            one async for one in self._scanned() if one.name == own and _is_called(one.workspace, where)
        ]

    async def _claimed(self, where: str, name: str) -> list[str]:
        """Return who holds a name in the workspaces that Tower lists; none while it is away."""
        try:
            workspaces = await self.inspector.tower.workspaces()
        except errors.ServiceError:
            return []
        claims = [model.name_claim(one.id, name) for one in workspaces if _is_called(one, where)]
        holders = await asyncio.gather(*(self.intake.store.holder(claim) for claim in claims))
        return [holder for holder in holders if holder]

    async def _scanned(self) -> AsyncIterator[model.Credential]:
        """Go through what lives: a workspace may be one that the bot has lost, or Tower away."""
        after = None
        for _ in range(MOST_SCANS):
            page = await self.intake.store.page(ports.Index.LIVE, "", after=after, limit=SCAN)
            for credential in filter(None, await self.intake.store.credentials(page.ids)):
                yield credential
            after = page.after
            if after is None:
                return

    async def _workspace(self, name: str | None) -> model.Workspace:
        """Return the workspace of a name; without one, the only one there is."""
        known = await self.inspector.tower.workspaces()
        wanted = (name or "").strip()
        found = [one for one in known if _is_called(one, wanted)]
        if len(found) == 1:
            return found[0]
        listed = hosts.few([one.full_name for one in found or known])
        what = f"There is no workspace “{wanted[:SHOWN]}” that the bot may write to." if wanted else ""
        what = f"{len(found)} workspaces are called “{wanted[:SHOWN]}”." if wanted and found else what
        raise errors.BadInput({forms.Field.WORKSPACE: f"{what} Say which workspace: {listed}.".strip()})

    async def _looked(self, by: model.Principal, **data: str | None) -> None:
        """Record a look."""
        await self.intake.record.note(audit.Event.LISTED, by, data, op=f"listed:{secrets.token_hex(16)}")


def _is_called(workspace: model.Workspace, name: str) -> bool:
    """Tell whether people mean a workspace; nothing at all means any."""
    return name.lower() in {"", workspace.name.lower(), workspace.full_name.lower()}


def _hidden(
    seen: sight.Sight, reason: Reason, words: str, found: Sequence[model.Request | model.Credential]
) -> errors.Refused:
    """Return why nothing is shown; what is not there and what may not be seen look the same."""
    if found and seen.troubles:
        return errors.Refused(Reason.DIRECTORY_DOWN, " ".join((words, *seen.troubles)))
    return errors.Refused(reason, words)
