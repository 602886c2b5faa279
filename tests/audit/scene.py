"""A deployment with a past: written by the real Recorder into a real server, and open to tampering."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from bot import audit, clock, errors, machine, model, ports, recorder
from bot import store as stores
from bot.ledger import kept, seals, verify
from bot.ledger.findings import Finding, Findings, What
from bot.ledger.keeper import Keeper
from bot.ledger.report import Report
from bot.store import connection, keys
from tests import builders

KEY = b"a key that only the tests of the audit log know"
TRAIL = audit.Trail(KEY)
OTHER = audit.Trail(b"somebody else's key, of as many letters")

EVENTS = {
    machine.Event.VOTE: audit.Event.VOTED,
    machine.Event.APPROVE: audit.Event.APPROVED,
    machine.Event.DENY: audit.Event.DENIED,
    machine.Event.CANCEL: audit.Event.CANCELLED,
    machine.Event.EXPIRE: audit.Event.EXPIRED,
    machine.Event.START: audit.Event.STARTED,
    machine.Event.STEP: audit.Event.STEP_DONE,
    machine.Event.FINISH: audit.Event.DONE,
    machine.Event.FAIL: audit.Event.FAILED,
}
ISSUED = (machine.Event.APPROVE, machine.Event.START, machine.Event.STEP, machine.Event.FINISH)
DENIED = (machine.Event.DENY,)


@dataclass(frozen=True, slots=True)
class Planted:
    """An entry of the stream as somebody at Redis's own prompt sees it."""

    position: str
    fields: dict[str, str]

    def but(self, **fields: str) -> Planted:
        """Return it with other fields."""
        return dataclasses.replace(self, fields=self.fields | fields)

    def saying(self, old: str, new: str) -> Planted:
        """Return it with other words in its entry."""
        assert old in self.fields["entry"], self.fields["entry"]
        return self.but(entry=self.fields["entry"].replace(old, new))


@dataclass(slots=True)
class Scene:
    """A deployment: its recorder, its checkpoints as they were printed, and a hand on its Redis."""

    store: stores.RedisStore
    raw: connection.Client
    keys: keys.Keys
    time: clock.SystemClock = field(default_factory=clock.SystemClock)
    printed: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    sealer: Keeper | None = None

    @property
    def record(self) -> recorder.Recorder:
        """Return a recorder."""
        return recorder.Recorder(self.store, TRAIL, self.time)

    def keeper(self) -> Keeper:
        """Return one replica's keeper of checkpoints."""
        return Keeper(self.store.log, TRAIL, self.time, write=self.printed.append, alert=self.alert)

    async def alert(self, text: str) -> None:
        """Take an alert."""
        self.alerts.append(text)

    async def request(self, *moves: machine.Event, name: str | None = None) -> model.Request:
        """Let a request live up to some state."""
        name = name or model.new_id()
        request = builders.a_request(
            spec=builders.a_spec(name=name, login_server=f"{name.lower()}.azurecr.io")
        )
        await self.record.create(request, op=model.new_id())
        for event in moves:
            request = await self.record.apply(request.id, _to(event), op=model.new_id())
        return request

    async def change(
        self, issued: model.Request, kind: model.Kind = model.Kind.EXTEND, **fields: object
    ) -> model.Request:
        """Let another request change the credential that one made; return that request."""
        kept = await self.record.credential(issued.id)
        spec = issued.spec.model_copy(update={"kind": kind, "credential": kept.id})
        asked = builders.a_request(spec=spec)
        await self.record.create(asked, op=model.new_id())
        for event in (machine.Event.APPROVE, machine.Event.START):
            await self.record.apply(asked.id, _to(event), op=model.new_id())
        written = kept.model_copy(update={"version": kept.version + 1, "by": asked.id, **fields})
        finish = _to(machine.Event.FINISH, credential=written)
        return await self.record.apply(asked.id, finish, op=model.new_id())

    async def revoke(self, issued: model.Request) -> model.Request:
        """Let another request revoke the credential that one made; return that request."""
        return await self.change(issued, model.Kind.REVOKE, state=model.CredentialState.REVOKED)

    async def refuse(self, request_id: str | None) -> None:
        """Let somebody be refused, at a request or at none."""
        refusal = errors.Refused(errors.Reason.NOT_APPROVER, "You are no approver.")
        await self.record.refuse(request_id, builders.CLEO, refusal, action="approve", op=model.new_id())

    async def close(self) -> None:
        """Let a worker see to everything that is due, so that what ended is over."""
        for claimed in (await self.store.claim("worker", lease_s=15, limit=1000)).taken:
            snapshot = await self.store.load(claimed.request_id)
            seen = snapshot.request.version if snapshot else 0
            await self.store.settle(claimed.request_id, fence=claimed.fence, seen=seen, due=None)

    async def checkpoint(self) -> seals.Seal | None:
        """Have the log sealed up to its end."""
        self.sealer = self.sealer or self.keeper()
        return await self.sealer.catch_up()

    async def verify(self, *, checkpoints: bool = True) -> Report:
        """Verify, with what was printed or without."""
        return await verify.deployment(self.store.log, TRAIL, self.printed if checkpoints else ())

    async def stream(self) -> list[Planted]:
        """Read the stream."""
        found = await self.raw.execute_command("XRANGE", self.keys.audit, "-", "+")
        return [Planted(position, fields) for position, fields in found]

    async def rewrite(self, change: Callable[[list[Planted]], list[Planted]]) -> None:
        """Put another stream in the place of this one; it keeps the times of what it keeps."""
        before = await self.stream()
        await self.raw.execute_command("DEL", self.keys.audit)
        last = (0, 0)
        for one in change(before):
            first, _, second = one.position.partition("-")
            place = max((int(first), int(second)), (last[0], last[1] + 1))
            last = place
            flat = [part for pair in one.fields.items() for part in pair]
            await self.raw.execute_command("XADD", self.keys.audit, f"{place[0]}-{place[1]}", *flat)


def _to(event: machine.Event, credential: model.Credential | None = None) -> recorder.Propose:
    def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
        before = snapshot.request
        after = machine.advance(before, event, at=dt.datetime.now(dt.UTC))
        written = credential
        if event in {machine.Event.APPROVE, machine.Event.DENY, machine.Event.VOTE}:
            verdict = model.Verdict.DENY if event is machine.Event.DENY else model.Verdict.APPROVE
            said = builders.a_decision(before, verdict=verdict)
            after = after.model_copy(update={"decisions": (*before.decisions, said)})
        if event is machine.Event.FINISH and after.spec.kind in model.FRESH:
            written = a_credential(after)
        data = {"digest": before.digest}
        return recorder.Proposal(after, EVENTS[event], builders.BEN, data, credential=written)

    return propose


def a_credential(request: model.Request, **fields: object) -> model.Credential:
    """Return the credential that a request made."""
    values = {
        "id": request.id,
        "name": request.spec.name,
        "workspace": request.spec.workspace,
        "login_server": request.spec.login_server,
        "repositories": request.spec.repositories,
        "token": "registry-bot-acr-main-1a2b3c",
        "scope_map": "registry-bot-acr-main-1a2b3c",
        "slot": model.PASSWORD1,
        "tower_id": "4Vmi0",
        "owner": request.requester,
        "created": request.created,
    }
    return model.Credential.model_validate(values | fields)


def found(report: Report) -> list[tuple[What, int | None]]:
    """Return what was found, and at which numbers."""
    return [(one.what, one.sequence) for one in report.findings.said]


def whole(report: Report) -> tuple[bool, list[Finding]]:
    """Return what a sound log's report has."""
    return report.sound, report.findings.said


def seal_lines(lines: list[str]) -> tuple[kept.Kept, Findings]:
    """Read checkpoint lines."""
    findings = Findings()
    return kept.read(TRAIL, lines, findings), findings
