"""Any story of people, workers and crashes, against a model that is simple enough to be believed."""

from __future__ import annotations

import dataclasses
import datetime as dt

from hypothesis import stateful
from hypothesis import strategies as st

from bot import errors, machine, model, ports
from bot.ports import Outcome
from bot.sandbox import valkey
from tests.store import parts, story

Event = machine.Event
HOSTS = ("acme", "beta", "gamma")
PEOPLES = (Event.VOTE, Event.APPROVE, Event.DENY, Event.CANCEL, Event.EXPIRE)
WORKERS = (Event.START, Event.STEP, Event.FINISH, Event.FAIL, Event.EXPIRE)
DEADLINE_H = 71.5  # never at a full hour, where milliseconds would decide
NEVER = None


@dataclasses.dataclass
class Told:
    """What the model knows of one request. Times are hours of the deployment's clock."""

    request: model.Request
    deadline: float
    entries: int = 1
    due: float | None = 0.0
    fence: int = 0
    tries: int = 0
    held: bool = False  # somebody has the newest fence and did not give it back
    crashed: bool = False  # and is dead
    again: bool = False  # somebody changed it meanwhile

    def is_free(self, hour: float) -> bool:
        """Tell whether a worker that asks may get it."""
        return self.crashed if self.held else self.due is not NEVER and self.due <= hour

    def wake(self, hour: float) -> None:
        """Note that the request wants attention."""
        if self.held:
            self.again = True
        elif self.due is NEVER or self.due > hour:
            self.due = hour


class People(story.Story):
    """Rules are what can happen; each checks what the store answers against the model."""

    requests = stateful.Bundle("requests")
    changes = stateful.Bundle("changes")
    leases = stateful.Bundle("leases")

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._told: dict[str, Told] = {}
        self._hour = 0.0

    def _holders(self) -> dict[str, str]:
        return {
            claim: told.request.id
            for told in self._told.values()
            if not told.request.ended or told.request.state is model.State.DONE
            for claim in told.request.claims
        }

    @stateful.rule(target=requests, host=st.sampled_from(HOSTS))
    def submit(self, host: str) -> object:
        """Somebody asks for a host."""
        deadline = parts.now() + self._clock.shift + dt.timedelta(hours=DEADLINE_H)
        number = len(self._told)
        request = parts.a_request(id=f"{number:022}", name=f"acr-{number}", host=host, deadline=deadline)
        holder = self._holders().get(request.claims[0])

        written = self._run(self._store.commit(parts.new(request)))

        if holder:
            assert written == ports.Written(Outcome.TAKEN, claim=request.claims[0], holder=holder)
            return stateful.multiple()
        assert written.outcome is Outcome.OK
        self._told[request.id] = Told(request, deadline=self._hour + DEADLINE_H, due=self._hour)
        return request.id

    @stateful.rule(target=changes, request_id=requests, event=st.sampled_from(PEOPLES))
    def decide(self, request_id: str, event: Event) -> object:
        """Somebody decides, in time or too late."""
        told = self._told[request_id]
        try:
            deadline = None if event is Event.EXPIRE else told.request.deadline
            change = self._run(self._desk.next(request_id, event, not_after=deadline))
        except errors.Refused:
            return stateful.multiple()

        outcome = self._run(self._store.commit(change)).outcome

        if deadline and self._hour > told.deadline:
            assert outcome is Outcome.LATE
            return stateful.multiple()
        assert outcome is Outcome.OK
        self._apply(told, change)
        told.wake(self._hour)
        return change

    @stateful.rule(change=changes)
    def repeat(self, change: ports.Change) -> None:
        """A retry or a redelivery: OK, and nothing changes."""
        assert self._run(self._store.commit(change)).outcome is Outcome.OK

    @stateful.rule(target=leases)
    def claim(self) -> object:
        """A worker asks for work."""
        free = {told.request.id for told in self._told.values() if told.is_free(self._hour)}

        claims = self._run(self._store.claim("worker", lease_s=900, limit=99))

        assert {claimed.request_id for claimed in claims.taken} == free
        for claimed in claims.taken:
            told = self._told[claimed.request_id]
            told.fence, told.tries = told.fence + 1, told.tries + 1
            told.held, told.crashed, told.again, told.due = True, False, False, NEVER
            assert (claimed.fence, claimed.attempts) == (told.fence, told.tries)
        # In an order that a replay has again, so that Hypothesis can shorten a story.
        return stateful.multiple(*sorted(claims.taken, key=lambda claimed: claimed.request_id))

    @stateful.rule(lease=leases)
    def crash(self, lease: ports.Claimed) -> None:
        """A worker dies, and its lease lapses; one that lost its lease before changes nothing."""
        told = self._told[lease.request_id]

        kept = self._run(self._store.renew(lease.request_id, fence=lease.fence, lease_s=900))

        assert kept == self._holds(told, lease)
        if kept:
            told.crashed = True
            self._run(self._raw.execute_command("ZADD", self._keys.lease, 1, lease.request_id))

    @stateful.rule(lease=leases)
    def revive(self, lease: ports.Claimed) -> None:
        """A worker that was frozen past its lease renews it, if nobody took it meanwhile."""
        told = self._told[lease.request_id]

        kept = self._run(self._store.renew(lease.request_id, fence=lease.fence, lease_s=900))

        assert kept == self._holds(told, lease)
        told.crashed = told.crashed and not kept

    @stateful.rule(target=changes, lease=leases, event=st.sampled_from(WORKERS))
    def work(self, lease: ports.Claimed, event: Event) -> object:
        """A worker writes a result; a stale one cannot."""
        told = self._told[lease.request_id]
        try:
            change = self._run(self._desk.next(lease.request_id, event, fence=lease.fence))
        except errors.Refused:
            return stateful.multiple()

        outcome = self._run(self._store.commit(change)).outcome

        if not self._holds(told, lease):
            assert outcome is Outcome.STALE
            return stateful.multiple()
        assert outcome is Outcome.OK
        self._apply(told, change)
        return change

    @stateful.rule(
        lease=leases, hours=st.sampled_from((NEVER, 0, 1, 30)), unseen=st.booleans(), reset=st.booleans()
    )
    def settle(self, lease: ports.Claimed, hours: int | None, *, unseen: bool, reset: bool) -> None:
        """A worker gives a request back."""
        told = self._told[lease.request_id]
        due = (
            None
            if hours is NEVER
            else parts.now() + self._clock.shift + dt.timedelta(hours=hours, seconds=-1)
        )
        seen = told.request.version - unseen

        outcome = self._run(
            self._store.settle(lease.request_id, fence=lease.fence, seen=seen, due=due, reset=reset)
        )

        assert outcome is (Outcome.OK if self._holds(told, lease) else Outcome.STALE)
        if outcome is Outcome.OK:
            at_once = told.again or unseen
            told.due = self._hour if at_once else NEVER if hours is NEVER else self._hour + hours
            told.tries = 0 if reset or (told.request.ended and told.due is NEVER) else told.tries
            told.held = told.crashed = told.again = False

    @stateful.rule(hours=st.sampled_from((1, 24, 100)))
    def wait(self, hours: int) -> None:
        """Time passes."""
        self._hour += hours
        self._clock.shift += dt.timedelta(hours=hours)

    @stateful.invariant()
    def every_request_is_as_told(self) -> None:
        """Record and claims are what the model says."""
        for request_id, told in self._told.items():
            assert self._run(self._desk.read(request_id)).request == told.request
        held = self._run(self._raw.execute_command("HGETALL", self._keys.claims))
        assert held == self._holders()

    async def _check_all(self) -> None:
        for request_id, told in self._told.items():
            trail = await self._store.trail(request_id)
            assert parts.TRAIL.broken_at(trail) is None
            assert len(trail) == told.entries
        stream = await self._raw.execute_command("XRANGE", self._keys.audit, "-", "+")
        assert [int(fields["seq"]) for _, fields in stream] == list(range(1, len(stream) + 1))
        assert len(stream) == sum(told.entries for told in self._told.values())

    @staticmethod
    def _holds(told: Told, lease: ports.Claimed) -> bool:
        return told.held and told.fence == lease.fence

    @staticmethod
    def _apply(told: Told, change: ports.Change) -> None:
        told.request, told.entries = change.request, told.entries + 1


def test_any_story_follows_the_model(server: valkey.Valkey) -> None:
    """State, outcome, chain, claims, fences, tries and due times: as the model has them, at every step."""
    story.play(People, server.url, examples=60)
