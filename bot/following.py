"""Follows a credential through the request that made it: its changes, its warnings, its next password."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot import alerts, audit, errors, lease, life, machine, model, ports, recorder, rules
from bot.model import CredentialState

LOOK_AGAIN = dt.timedelta(hours=1)  # at a rotation that is under way, or that another request holds up
FORGED_AGAIN = dt.timedelta(days=1)
KEEP_TOLD_S = 90 * 86400.0

log = structlog.get_logger()


class _Decided(Exception):  # a signal inside this module, not an error
    """Somebody decided on the rotation before its rule did."""


@dataclass(frozen=True, slots=True)
class Followed:
    """The request as committed, and when to look again (None: when somebody changes the credential)."""

    request: model.Request
    due: dt.datetime | None


@dataclass(frozen=True, slots=True)
class _Schedule:
    """Where a scheduled rotation stands: whether it is under way, and when to look at it again."""

    under_way: bool = False
    due: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Following:
    """Follows credentials. `policy` returns the one in force."""

    record: recorder.Recorder
    store: ports.Store
    policy: Callable[[], rules.Policy]
    clock: ports.Clock
    alerts: alerts.Alerts

    async def follow(self, held: lease.Lease, request: model.Request) -> Followed:
        """Commit what has become of the credential of a request that is done, and start what is due.

        Raises LeaseLost or NotAccepted.
        """
        now = self.clock.now()
        try:
            credential = await self.record.credential(request.id)
        except errors.Refused as refusal:
            return await self._lost(request, refusal, now)
        schedule = await self._scheduled(credential, request, now)
        news = life.news(credential, request, now, quiet=schedule.under_way)
        if news:
            request = await self._tell(held, request, news)
        waits = (life.next_warning(credential, now), schedule.due)
        return Followed(request, min((at for at in waits if at), default=None))

    async def unheard(self, request: model.Request) -> None:
        """Tell operators, once, of a warning that its owner cannot be shown."""
        told, spec = request.life, request.spec
        if told is None or told.expires is None:
            return
        if await self.store.first_time(f"unheard:{request.id}:{told.said}", ttl_s=KEEP_TOLD_S):
            await self.alerts.alert(
                f"The password of {spec.name} ({spec.workspace.full_name}, {spec.login_server}) expires on "
                f"{_day(told.expires)}, and its owner could not be told: the bot can write neither where it "
                "was asked for nor to them."
            )

    async def _lost(self, request: model.Request, refusal: errors.Refused, now: dt.datetime) -> Followed:
        """Give up a credential that is forgotten, and tell of one that somebody else wrote."""
        if refusal.reason is errors.Reason.UNKNOWN_CREDENTIAL:
            return Followed(request, None)
        log.error("credential forged", request_id=request.id)
        spec = request.spec
        await self.alerts.alert(
            f"The record of the credential {spec.name} ({spec.workspace.full_name}, {spec.login_server}) was "
            "changed by something else than the bot, so nothing is done with it. Find out who can write to "
            "Redis besides the bot, and run `registry-bot audit verify`."
        )
        return Followed(request, now + FORGED_AGAIN)

    async def _tell(self, held: lease.Lease, request: model.Request, news: life.News) -> model.Request:
        """Commit what the messages are to show."""
        now = self.clock.now()

        def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
            after = machine.advance(snapshot.request, machine.Event.FOLLOW, at=now, life=news.life)
            return recorder.Proposal(after, news.event, data=news.data)

        op = f"follow:{request.id}:{held.fence}:{request.version + 1}"
        return await self.record.apply(request.id, propose, op=op, fence=held.fence)

    async def _scheduled(
        self, credential: model.Credential, issued: model.Request, now: dt.datetime
    ) -> _Schedule:
        """Start the rotation that the rule wants by now, once; see how an earlier one went."""
        rule = self.policy().rule(issued.rule)
        if rule is None or credential.busy or credential.state is CredentialState.ROTATING:
            return _Schedule()  # who is busy with it writes it in the end, which makes this due
        turns = life.turns(credential, rule.terms, now)
        if turns.now is None:
            return _Schedule(due=turns.later)
        # Derived from the time, so that two replicas, or one that crashed, ask for it once.
        request_id = self.record.id_for(f"scheduled:{credential.id}:{turns.now.isoformat()}")
        found = await self._asked(request_id, credential, issued, rule)
        if found is None:
            return _Schedule(due=now + LOOK_AGAIN)
        if not found.ended:
            return _Schedule(under_way=True, due=now + LOOK_AGAIN)
        if found.state is not model.State.DONE:
            await self._failed(found, credential, turns.later)
        return _Schedule(due=turns.later)

    async def _asked(
        self, request_id: str, credential: model.Credential, issued: model.Request, rule: rules.Rule
    ) -> model.Request | None:
        """Return the rotation's request, made and approved by its rule; None while another change is open."""
        known = await self.store.load(request_id)
        if known is None:
            made = life.rotation(
                credential,
                await self._in_thread(issued),
                rule,
                request_id=request_id,
                policy_version=self.policy().version,
                now=self.clock.now(),
            )
            person = self.policy().person(made.requester).name
            written = await self.record.create(made, op=f"scheduled:{request_id}", person=person)
            if written.outcome is ports.Outcome.TAKEN:
                return None
            log.info("rotation scheduled", request_id=request_id, credential=credential.id, rule=rule.name)
        elif known.request.state is not model.State.PENDING:
            return known.request
        return await self._approved(request_id, rule)

    async def _in_thread(self, issued: model.Request) -> model.Request:
        """Return the request with the thread that its owner knows as its place."""
        snapshot = await self.store.load(issued.id)
        origin = snapshot.copies.get(model.Role.ORIGIN) if snapshot else None
        if issued.place is None or origin is None or origin.message is None or origin.error:
            return issued
        place = issued.place.model_copy(update={"thread": origin.thread or origin.message})
        return issued.model_copy(update={"place": place})

    async def _approved(self, request_id: str, rule: rules.Rule) -> model.Request | None:
        """Approve a rotation by its rule, loudly: record and messages name the rule."""

        def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
            before = snapshot.request
            if before.state is not model.State.PENDING:
                raise _Decided
            after = machine.advance(before, machine.Event.APPROVE, at=self.clock.now(), automatic=True)
            data = {
                "digest": before.digest,
                "rule": rule.name,
                "policy": before.policy_version,
                "schedule": _words(rule.terms),
            }
            return recorder.Proposal(after, audit.Event.AUTOMATIC, data=data)

        try:
            return await self.record.apply(request_id, propose, op=f"automatic:{request_id}")
        except _Decided:
            snapshot = await self.store.load(request_id)
            return snapshot.request if snapshot else None

    async def _failed(
        self,
        request: model.Request,
        credential: model.Credential,
        later: dt.datetime | None,
    ) -> None:
        """Tell operators once that a scheduled rotation came to nothing."""
        if not await self.store.first_time(f"unrotated:{request.id}", ttl_s=KEEP_TOLD_S):
            return
        what = f"{credential.name} ({credential.workspace.full_name}, {credential.login_server})"
        ends = f" The password expires on {_day(credential.expires)}." if credential.expires else ""
        again = f" The bot tries again on {_day(later)}." if later else ""
        await self.alerts.alert(
            f"The rule “{request.rule}” had the password of {what} replaced, and request "
            f"{model.short_id(request.id)} for it ended as {request.state}.{ends}{again}"
        )


def _words(terms: rules.Terms) -> str:
    """Return what the rule says of rotation, for the record."""
    said = {"before": terms.rotate_before_days, "every": terms.rotate_every_days}
    return ", ".join(f"{word} {days} days" for word, days in said.items() if days is not None)


def _day(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
