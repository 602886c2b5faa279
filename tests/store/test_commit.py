"""One change: written as a whole or not at all."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from bot import audit, machine, model, ports
from bot import store as stores
from bot.clock import SystemClock
from bot.ports import Outcome
from bot.store import connection, keys
from tests.store import parts

Event = machine.Event
State = model.State


async def test_a_new_request_reads_back_as_it_was_written(store: stores.RedisStore) -> None:
    """What is loaded equals what was committed, with the head of its chain."""
    change = parts.new(parts.a_request(progress=model.Progress(marks={"wait": parts.now()})))

    written = await store.commit(change)

    assert written == ports.Written(Outcome.OK)
    assert await store.load(change.request.id) == ports.Snapshot(change.request, {}, change.entry.mac)


async def test_an_unknown_request_is_none(store: stores.RedisStore) -> None:
    """Loading what never was, or is no more, is no error."""
    assert await store.load(model.new_id()) is None
    assert await store.trail(model.new_id()) == ()


async def test_a_change_moves_record_version_and_head_together(desk: parts.Desk) -> None:
    """After a change all three are the new ones."""
    request = await desk.submit()
    change = await desk.next(request.id, Event.APPROVE)

    outcome = (await desk.store.commit(change)).outcome

    assert outcome is Outcome.OK
    assert await desk.read(request.id) == ports.Snapshot(change.request, {}, change.entry.mac)


async def test_a_repeat_under_the_same_token_is_ok_and_does_nothing(desk: parts.Desk) -> None:
    """A retry and a redelivery get the first one's answer, even when the request has moved on since."""
    request = await desk.submit()
    vote = await desk.next(request.id, Event.VOTE)
    await desk.store.commit(vote)
    await desk.move(request.id, Event.APPROVE)

    again = await desk.store.commit(vote)

    assert again.outcome is Outcome.OK
    assert (await desk.read(request.id)).request.state is State.APPROVED
    assert len(await desk.store.trail(request.id)) == 3


async def test_a_refusal_noted_earlier_does_not_pass_for_the_change(desk: parts.Desk) -> None:
    """A token of a note never makes a commit look done: it would be a message that lies."""
    request = await desk.submit()
    head = (await desk.read(request.id)).head
    await desk.store.note(parts.note(request.id, head), head=head, op="one click")
    change = await desk.next(request.id, Event.APPROVE, op="one click")

    outcome = (await desk.store.commit(change)).outcome

    assert outcome is Outcome.OK
    assert (await desk.read(request.id)).request.state is State.APPROVED


async def test_who_knew_an_older_version_gets_a_conflict(desk: parts.Desk) -> None:
    """Somebody else was faster, and nothing of the slower one is written."""
    request = await desk.submit()
    change = await desk.next(request.id, Event.APPROVE)
    await desk.move(request.id, Event.VOTE)
    before = await desk.read(request.id)

    outcome = (await desk.store.commit(change)).outcome

    assert outcome is Outcome.CONFLICT
    assert await desk.read(request.id) == before


async def test_who_knew_an_older_head_gets_a_conflict(desk: parts.Desk) -> None:
    """A noted refusal moves the chain and not the version; the change has to be sealed again."""
    request = await desk.submit()
    change = await desk.next(request.id, Event.APPROVE)
    await desk.store.note(parts.note(request.id, change.head), head=change.head, op="note")

    assert (await desk.store.commit(change)).outcome is Outcome.CONFLICT


@pytest.mark.parametrize("version", [1, 3])
async def test_versions_follow_each_other(desk: parts.Desk, version: int) -> None:
    """The newest head alone is not enough: a version is neither repeated nor left out."""
    request = await desk.submit()
    change = await desk.next(request.id, Event.APPROVE)
    wrong = dataclasses.replace(change, request=change.request.model_copy(update={"version": version}))

    assert (await desk.store.commit(wrong)).outcome is Outcome.CONFLICT


async def test_an_id_is_used_once(desk: parts.Desk) -> None:
    """A second new request under an id that is taken is a conflict, not an overwrite."""
    request = await desk.submit()

    written = await desk.store.commit(parts.new(request))

    assert written.outcome is Outcome.CONFLICT


async def test_a_new_request_starts_its_chain(store: stores.RedisStore) -> None:
    """A first entry that claims a predecessor is refused."""
    request = parts.a_request()

    written = await store.commit(parts.change(request, "5eed", audit.Event.SUBMITTED))

    assert written.outcome is Outcome.CONFLICT
    assert await store.load(request.id) is None


async def test_a_change_to_what_is_not_there_is_missing(store: stores.RedisStore) -> None:
    """Nothing comes into being with version 2."""
    request = parts.a_request(version=2)

    written = await store.commit(parts.change(request, "", audit.Event.APPROVED))

    assert written.outcome is Outcome.MISSING
    assert await store.load(request.id) is None


async def test_a_decision_after_its_deadline_is_late(desk: parts.Desk, store_clock: SystemClock) -> None:
    """The server's clock decides, in the same script as the state."""
    request = await desk.submit()
    change = await desk.next(request.id, Event.APPROVE, not_after=request.deadline)
    store_clock.shift = dt.timedelta(hours=72, seconds=1)

    outcome = (await desk.store.commit(change)).outcome

    assert outcome is Outcome.LATE
    assert (await desk.read(request.id)).request.state is State.PENDING


async def test_a_decision_just_before_its_deadline_counts(desk: parts.Desk, store_clock: SystemClock) -> None:
    """Up to the deadline there is no lateness."""
    request = await desk.submit()
    change = await desk.next(request.id, Event.APPROVE, not_after=request.deadline)
    store_clock.shift = dt.timedelta(hours=71, minutes=59)

    outcome = (await desk.store.commit(change)).outcome

    assert outcome is Outcome.OK


class TestClaims:
    """Only one open request or live credential may hold a claim."""

    @pytest.mark.parametrize(
        ("other", "claim"),
        [
            (parts.a_request(name="acr-other"), "host:101:acme.azurecr.io"),
            (parts.a_request(host="other.azurecr.io"), "name:101:acr-main"),
        ],
    )
    async def test_a_second_holder_is_told_what_is_taken_and_by_whom(
        self, desk: parts.Desk, other: model.Request, claim: str
    ) -> None:
        """The same host, or the same name, in one workspace."""
        first = await desk.submit()

        written = await desk.store.commit(parts.new(other))

        assert written == ports.Written(Outcome.TAKEN, claim=claim, holder=first.id)
        assert await desk.store.load(other.id) is None

    async def test_a_refused_request_takes_none_of_its_claims(self, desk: parts.Desk) -> None:
        """TAKEN leaves nothing behind, not even the claim that was free."""
        await desk.submit()

        await desk.store.commit(parts.new(parts.a_request(host="free.azurecr.io")))

        assert await desk.store.holder("host:101:free.azurecr.io") is None

    @pytest.mark.parametrize(
        "events",
        [(Event.DENY,), (Event.CANCEL,), (Event.EXPIRE,), (Event.APPROVE, Event.START, Event.FAIL)],
    )
    async def test_a_request_that_ends_otherwise_gives_them_up(
        self, desk: parts.Desk, events: tuple[Event, ...]
    ) -> None:
        """Denied, cancelled, expired or failed: the next one may ask."""
        request = await desk.submit()

        await desk.move(request.id, *events)

        assert [await desk.store.holder(claim) for claim in request.claims] == [None, None]

    async def test_a_request_that_is_done_leaves_them_to_its_credential(self, desk: parts.Desk) -> None:
        """They stay, under the id that both share."""
        request = await desk.submit()
        await desk.move(request.id, Event.APPROVE, Event.START)

        await desk.move(request.id, Event.FINISH, credential=parts.a_credential(request))

        assert [await desk.store.holder(claim) for claim in request.claims] == [request.id] * 2


class TestOpenRequests:
    """How many requests somebody may have open, whichever of their accounts they ask from."""

    @pytest.mark.parametrize(("person", "expected"), [("Ana", Outcome.CROWDED), (None, Outcome.OK)])
    async def test_accounts_of_one_person_count_together(
        self, desk: parts.Desk, person: str | None, expected: Outcome
    ) -> None:
        """Two accounts do not double the limit; without a person each account counts by itself."""
        first, second = parts.requests(2)
        second = second.model_copy(update={"requester": parts.BEN})
        await desk.store.commit(parts.new(first, open_key=person, open_limit=1))

        written = await desk.store.commit(parts.new(second, open_key=person, open_limit=1))

        assert written.outcome is expected
        assert (await desk.store.load(second.id) is None) == (expected is Outcome.CROWDED)

    async def test_a_request_stops_counting_where_it_began_to(self, desk: parts.Desk) -> None:
        """Whoever ends it need not know as whose it counted, even after the policy has other names."""
        first, second = parts.requests(2)
        await desk.store.commit(parts.new(first, open_key="Ana", open_limit=1))
        await desk.move(first.id, Event.CANCEL)

        written = await desk.store.commit(parts.new(second, open_key="Ana", open_limit=1))

        assert written.outcome is Outcome.OK

    async def test_what_has_ended_counts_for_nobody(
        self, desk: parts.Desk, raw: connection.Client, prefix: str
    ) -> None:
        """The counters of people and of accounts both go when they come to nothing."""
        for request, person in zip(parts.requests(2), ("Ana", None), strict=True):
            await desk.store.commit(parts.new(request, open_key=person))
            await desk.move(request.id, Event.DENY)

        assert await raw.execute_command("HGETALL", keys.Keys(prefix).open) == {}
