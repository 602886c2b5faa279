"""The Lua scripts with typed signatures: each call is one round trip and one atomic step.

A call is safe to repeat: what it did is remembered under its token, or doing it again changes nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import cast

from redis import exceptions

from bot import audit, model, ports
from bot.store import codec, connection, keys, lists

NAMES = (
    "commit",
    "note",
    "claim",
    "renew",
    "settle",
    "retry",
    "save_copy",
    "page",
    "records",
    "first_time",
    "move",
    "evidence",
    "needed",
)
KEEP_OP = dt.timedelta(hours=48)  # platforms redeliver for hours
KEEP_CALL = dt.timedelta(minutes=2)  # longer than any retry of one call of ours


@dataclass(frozen=True, slots=True)
class Script:
    """One script's source, and the name under which a server remembers it."""

    source: str
    sha: str


def load() -> Mapping[str, Script]:
    """Read the scripts, the common part in front of each."""
    folder = resources.files(__package__) / "lua"
    common = (folder / "common.lua").read_text("utf-8")
    sources = {name: common + (folder / f"{name}.lua").read_text("utf-8") for name in NAMES}
    return {
        name: Script(source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest())
        for name, source in sources.items()
    }


def _ms(duration: dt.timedelta) -> int:
    return round(duration.total_seconds() * 1000)


class Scripts:
    """Calls the scripts of one deployment."""

    def __init__(
        self, client: connection.Client, names: keys.Keys, clock: ports.Clock, *, keep: dt.timedelta
    ) -> None:
        self._client = client
        self._keys = names
        self._clock = clock
        self._keep = keep
        self._scripts = load()

    async def commit(self, change: ports.Change) -> ports.Written:
        """Write a change."""
        request, k = change.request, self._keys
        shared = (k.lists, k.listed, k.claims, k.open, k.audit, k.sequence)
        about = change.credential.id if change.credential else None
        credential = (k.credential(about), k.request(about), k.trail(about)) if about else ()
        outcome, *taken = await self._run(
            "commit",
            (*self._of(request.id, op=change.op), *shared, *credential),
            id=request.id,
            record=request.model_dump_json(),
            version=request.version,
            state=request.state.value,
            ended=int(request.ended),
            listed=lists.of_request(request),
            open_key=change.open_key or request.requester.key,
            claims=json.dumps(request.claims),
            kept=1 if _left_behind(request) else None,
            head=change.head,
            mac=change.entry.mac,
            entry=change.entry.model_dump_json(),
            fence=change.fence,
            not_after=codec.milliseconds(change.not_after) if change.not_after else None,
            open_limit=change.open_limit,
            keep=_ms(self._keep),
            keep_op=_ms(KEEP_OP),
            **_credential(change),
        )
        claim, holder = map(str, taken) if taken else (None, None)
        return ports.Written(ports.Outcome(str(outcome)), claim=claim, holder=holder)

    async def note(self, entry: audit.Entry, *, head: str, op: str) -> ports.Outcome:
        """Append an entry to its request's chain, or to the deployment's."""
        k = self._keys
        own = (k.request(entry.request), k.trail(entry.request)) if entry.request else ()
        names = (k.op(op), k.chain, k.audit, k.sequence, *own)
        text = entry.model_dump_json()
        return _outcome(
            await self._run("note", names, head=head, mac=entry.mac, entry=text, keep_op=_ms(KEEP_OP))
        )

    async def claim(self, owner: str, *, lease_s: float, limit: int, token: str) -> ports.Claims:
        """Take due requests; under the same token, the same ones."""
        k = self._keys
        names = (k.due, k.lease, k.work, k.op(token), k.over, k.lists, k.listed)
        wait, *taken = await self._run(
            "claim", names, owner=owner, lease=round(lease_s * 1000), limit=limit, keep_op=_ms(KEEP_CALL)
        )
        triples = zip(taken[::3], taken[1::3], taken[2::3], strict=True)
        return ports.Claims(
            taken=tuple(ports.Claimed(str(id_), int(fence), int(tries)) for id_, fence, tries in triples),
            next_in_s=None if wait == "" else int(wait) / 1000,
        )

    async def renew(self, request_id: str, *, fence: int, lease_s: float) -> ports.Outcome:
        """Lengthen a lease."""
        names = (self._keys.lease, self._keys.work)
        lease = round(lease_s * 1000)
        return _outcome(await self._run("renew", names, id=request_id, fence=fence, lease=lease))

    async def settle(
        self, held: ports.Claimed, *, seen: int, due: dt.datetime | None, reset: bool, token: str
    ) -> ports.Outcome:
        """Give a lease back; `held.attempts` does not matter."""
        return _outcome(
            await self._run(
                "settle",
                (*self._of(held.request_id, op=token), self._keys.listed),
                id=held.request_id,
                fence=held.fence,
                seen=seen,
                due=codec.milliseconds(due) if due else None,
                reset=1 if reset else None,
                keep=_ms(self._keep),
                keep_op=_ms(KEEP_CALL),
            )
        )

    async def retry(self, request_id: str) -> ports.Outcome:
        """Make a request due at once, its tries counted anew."""
        record, trail, _, *rest = self._of(request_id, op="")
        return _outcome(await self._run("retry", (record, trail, *rest), id=request_id))

    async def save_copy(self, request_id: str, copy: model.Copy, *, fence: int | None) -> ports.Outcome:
        """Remember one copy."""
        record, trail, _, *rest = self._of(request_id, op="")
        return _outcome(
            await self._run(
                "save_copy",
                (record, trail, *rest),
                id=request_id,
                field=codec.COPY + copy.key,
                copy=copy.model_dump_json(),
                shown=copy.shown,
                fence=fence,
            )
        )

    async def page(self, list_: str, *, after: str | None, limit: int) -> tuple[list[str], str]:
        """Return up to `limit` + 1 ends of a list's entries, and where to go on if there are too few."""
        names = (self._keys.lists, self._keys.over)
        reply = await self._run("page", names, list=list_, after=after, limit=limit)
        resume, *found = map(str, reply)
        return found, resume

    async def records(self, request_ids: Sequence[str]) -> list[str | None]:
        """Return the records of several requests."""
        names = [self._keys.request(request_id) for request_id in request_ids]
        return cast("list[str | None]", await self._run("records", names))

    async def first_time(self, token: str, *, ttl_s: float, caller: str) -> bool:
        """Tell whether `caller` was the first to show the token."""
        names = (self._keys.once(token),)
        reply = await self._run("first_time", names, caller=caller, ttl=max(1, round(ttl_s * 1000)))
        return _outcome(reply) is ports.Outcome.OK

    async def move(self, names: Sequence[str], *, seen: str, value: str, remove: str) -> bool:
        """Replace a mark of the audit stream, and remove entries."""
        reply = await self._run("move", names, seen=seen, value=value, remove=remove)
        return _outcome(reply) is ports.Outcome.OK

    async def evidence(self, names: Sequence[str]) -> list[bytes]:
        """Read a record's fields and its trail, whatever bytes they are."""
        return cast("list[bytes]", await self._send("evidence", names, {}, NEVER_DECODE=True))

    async def needed(self, request_ids: Sequence[str]) -> list[int]:
        """Tell for each request whether its entries are needed."""
        k = self._keys
        pairs = [name for one in request_ids for name in (k.request(one), k.credential(one))]
        changed = {f"list{n}": lists.name(lists.KEEPS, one) for n, one in enumerate(request_ids, start=1)}
        return cast("list[int]", await self._run("needed", (k.lists, *pairs), **changed))

    def _of(self, request_id: str, *, op: str) -> tuple[str, ...]:
        k = self._keys
        own = (k.request(request_id), k.trail(request_id), k.op(op))
        return (*own, k.due, k.lease, k.work, k.over)

    async def _run(self, name: str, names: Sequence[str], **arguments: str | float | None) -> list[str | int]:
        return cast("list[str | int]", await self._send(name, names, arguments))

    async def _send(
        self, name: str, names: Sequence[str], arguments: Mapping[str, object], **options: bool
    ) -> object:
        script = self._scripts[name]
        given = {"shift": _ms(self._clock.shift)} | {k: v for k, v in arguments.items() if v is not None}
        pairs = cast("list[str | float]", [part for pair in given.items() for part in pair])
        tail = (len(names), *names, *pairs)
        try:
            return await self._client.execute_command("EVALSHA", script.sha, *tail, **options)
        except exceptions.NoScriptError:
            # A restarted or newly promoted server has forgotten it. EVAL remembers it again.
            return await self._client.execute_command("EVAL", script.source, *tail, **options)


def _outcome(reply: Sequence[object]) -> ports.Outcome:
    return ports.Outcome(str(reply[0]))


def _left_behind(request: model.Request) -> bool:
    """Tell whether a request leaves its claims to the credential that it made."""
    return request.state is model.State.DONE and request.spec.kind in model.FRESH


def _credential(change: ports.Change) -> dict[str, str | int]:
    credential = change.credential
    if credential is None:
        return {}
    return {
        "credential": credential.model_dump_json(),
        "credential_id": credential.id,
        "credential_seen": change.credential_seen,
        "credential_busy": credential.busy or "",
        "credential_listed": lists.of_credential(credential, change.request.id),
        "credential_claims": json.dumps(credential.claims),
    }
