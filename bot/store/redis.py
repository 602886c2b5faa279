"""`ports.Store` on Redis."""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
from collections.abc import AsyncIterator, Sequence
from typing import cast

import structlog

from bot import audit, errors, model, ports
from bot.store import calls, checks, codec, connection, keys, lists, log, scripts, visitors

PEOPLE_S = 2.5  # somebody waits, and a platform gives up after 3 s
WORKER_S = 20.0  # longer than a failover
START_S = 1.0  # a start does not wait for a server that is away
SAME_SHORT = 100  # ids with one short form, of which there are 16 million
RENEW_SHARE = 1 / 3  # of the lease: a renewal that takes longer is given up while the lease still holds


class RedisStore:
    """All state in one Redis. Made by `open_store`."""

    def __init__(
        self, client: connection.Client, names: keys.Keys, clock: ports.Clock, *, keep: dt.timedelta
    ) -> None:
        self._client = client
        self._keys = names
        self._calls = calls.Calls(clock, at_once=connection.CONNECTIONS)
        self._scripts = scripts.Scripts(client, names, clock, keep=keep)
        self.log = log.RedisAuditLog(client, names, self._calls, self._scripts)
        self.visitors = visitors.RedisVisitors(client, names, self._calls, clock)

    async def load(self, request_id: str) -> ports.Snapshot | None:
        """Read a request with its copies and chain head."""
        fields = cast("dict[str, str]", await self._read("HGETALL", self._keys.request(request_id)))
        return codec.snapshot(fields) if fields else None

    async def commit(self, change: ports.Change) -> ports.Written:
        """Write a change as a whole or not at all."""
        within_s = PEOPLE_S if change.fence is None else WORKER_S
        return await self._calls.run(lambda: self._scripts.commit(change), within_s=within_s)

    async def note(self, entry: audit.Entry, *, head: str, op: str) -> ports.Outcome:
        """Append an audit entry that changes no state."""
        return await self._calls.run(lambda: self._scripts.note(entry, head=head, op=op), within_s=PEOPLE_S)

    async def deployment_head(self) -> str:
        """Return the MAC of the newest audit entry that belongs to no request ("" for none)."""
        return cast("str | None", await self._read("GET", self._keys.chain)) or ""

    async def trail(self, request_id: str) -> tuple[audit.Entry, ...]:
        """Return a request's audit entries, oldest first."""
        texts = await self._read("LRANGE", self._keys.trail(request_id), 0, -1)
        return codec.entries(cast("list[str]", texts))

    async def claim(self, owner: str, *, lease_s: float, limit: int) -> ports.Claims:
        """Take up to `limit` due requests, and say in how many seconds there will be another."""
        token = _token()
        return await self._calls.run(
            lambda: self._scripts.claim(owner, lease_s=lease_s, limit=limit, token=token), within_s=WORKER_S
        )

    async def renew(self, request_id: str, *, fence: int, lease_s: float) -> bool:
        """Lengthen a lease; False when the fence is old. Raises NotAccepted well inside the lease."""
        outcome = await self._calls.run(
            lambda: self._scripts.renew(request_id, fence=fence, lease_s=lease_s),
            within_s=lease_s * RENEW_SHARE,
        )
        return outcome is ports.Outcome.OK

    async def settle(
        self, request_id: str, *, fence: int, seen: int, due: dt.datetime | None, reset: bool = True
    ) -> ports.Outcome:
        """Give a lease back and say when the request is due next (None: never)."""
        held, token = ports.Claimed(request_id, fence, 0), _token()
        return await self._calls.run(
            lambda: self._scripts.settle(held, seen=seen, due=due, reset=reset, token=token),
            within_s=WORKER_S,
        )

    async def retry(self, request_id: str) -> ports.Outcome:
        """Make a request that is worked on due at once, with its tries counted anew."""
        return await self._calls.run(lambda: self._scripts.retry(request_id), within_s=PEOPLE_S)

    async def save_copy(
        self, request_id: str, copy: model.Copy, *, fence: int | None = None
    ) -> ports.Outcome:
        """Remember a copy; one that is behind makes the request due, unless its worker saves it."""
        within_s = PEOPLE_S if fence is None else WORKER_S
        return await self._calls.run(
            lambda: self._scripts.save_copy(request_id, copy, fence=fence), within_s=within_s
        )

    async def holder(self, claim: str) -> str | None:
        """Return the id of the request (or its credential) that holds a claim."""
        return cast("str | None", await self._read("HGET", self._keys.claims, claim))

    async def credential(self, credential_id: str) -> model.Credential | None:
        """Read a credential."""
        text = cast("str | None", await self._read("GET", self._keys.credential(credential_id)))
        return codec.decode(model.Credential, text) if text else None

    async def page(
        self, index: ports.Index, key: str, *, after: str | None = None, limit: int = 20
    ) -> ports.Page:
        """Return a page of an index, wherever the cursor stands."""
        return await self._page(lists.name(index, key), after, limit)

    async def requests(self, request_ids: Sequence[str]) -> tuple[model.Request | None, ...]:
        """Read several requests at once, in their order; None for one that is forgotten."""
        if not request_ids:
            return ()
        texts = await self._calls.run(lambda: self._scripts.records(request_ids), within_s=PEOPLE_S)
        return tuple(codec.decode(model.Request, text) if text else None for text in texts)

    async def credentials(self, credential_ids: Sequence[str]) -> tuple[model.Credential | None, ...]:
        """Read several credentials at once, in their order."""
        if not credential_ids:
            return ()
        found = await self._read("MGET", *(self._keys.credential(one) for one in credential_ids))
        texts = cast("list[str | None]", found)
        return tuple(codec.decode(model.Credential, text) if text else None for text in texts)

    async def by_short(self, short: str) -> tuple[str, ...]:
        """Return the ids of the requests whose short form this is, newest first."""
        return (await self._page(lists.name(lists.SHORT, short), None, SAME_SHORT)).ids

    async def first_time(self, token: str, *, ttl_s: float) -> bool:
        """Remember a token for a while; True for exactly one caller."""
        caller = _token()
        return await self._calls.run(
            lambda: self._scripts.first_time(token, ttl_s=ttl_s, caller=caller), within_s=PEOPLE_S
        )

    async def ping(self) -> None:
        """Raise NotAccepted unless the server answers and takes writes."""
        await self._read("SET", self._keys.ping, "1", "PX", 60_000)

    async def checks(self, *, within_s: float = PEOPLE_S) -> tuple[checks.Finding, ...]:
        """Tell whether the server is fit to keep decisions; a line said by several is said once."""
        servers = await self._calls.run(lambda: connection.info(self._client), within_s=within_s)
        return tuple(dict.fromkeys(line for info in servers for line in checks.findings(info)))

    async def _page(self, name: str, after: str | None, limit: int) -> ports.Page:
        cursor, limit = None if after is None else lists.cursor(after), max(1, limit)
        found, resume = await self._calls.run(
            lambda: self._scripts.page(name, after=cursor, limit=limit), within_s=PEOPLE_S
        )
        ids = tuple(map(lists.id_in, found[:limit]))
        return ports.Page(ids, after=found[limit - 1] if len(found) > limit else resume or None)

    async def _read(self, *command: str | int) -> object:
        return await self._calls.run(lambda: self._client.execute_command(*command), within_s=PEOPLE_S)


def _token() -> str:
    return secrets.token_urlsafe(12)


@contextlib.asynccontextmanager
async def open_store(
    url: str, *, prefix: str, clock: ports.Clock, keep_days: int
) -> AsyncIterator[RedisStore]:
    """Open the store at an address, and close its connections in the end.

    Raises ConfigurationError for an address that cannot be one. A server that is away is no error:
    each call says so, until it is back.
    """
    client = connection.connect(url)
    try:
        opened = RedisStore(client, keys.Keys(prefix), clock, keep=dt.timedelta(days=keep_days))
        await _warn(opened)
        yield opened
    finally:
        await client.aclose()


async def _warn(opened: RedisStore) -> None:
    log = structlog.get_logger(__name__)
    try:
        found = await opened.checks(within_s=START_S)
    except errors.NotAccepted:
        log.warning("store_away")
        return
    for finding in found:
        if finding.level is not checks.Level.OK:
            log.warning("store_unfit", level=finding.level.value, finding=finding.text)
