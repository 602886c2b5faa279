"""What makes a request due while nobody, or somebody, works on it."""

from __future__ import annotations

import datetime as dt

import pytest

from bot import machine, model
from bot import store as stores
from bot.ports import Claims, Outcome
from tests.store import parts

Event = machine.Event
HOUR = dt.timedelta(hours=1)


class TestWake:
    """A change by people makes a request due, but never takes it from who works on it."""

    @pytest.fixture
    async def held(self, desk: parts.Desk) -> tuple[model.Request, int]:
        """Return a request that a worker holds."""
        request = await desk.submit()
        return request, (await desk.take()).fence

    async def test_a_change_makes_a_waiting_request_due(self, desk: parts.Desk) -> None:
        """Even one that was due much later."""
        request = await desk.submit()
        await desk.give_back(await desk.take(), parts.now() + HOUR)
        await desk.move(request.id, Event.VOTE)

        assert (await desk.take()).request_id == request.id

    async def test_a_change_does_not_make_a_held_request_claimable(
        self, desk: parts.Desk, held: tuple[model.Request, int]
    ) -> None:
        """Never two at once."""
        await desk.move(held[0].id, Event.VOTE)

        assert (await desk.store.claim("another", lease_s=15, limit=9)).taken == ()

    @pytest.mark.parametrize("seen", [1, 2])
    async def test_a_change_under_a_lease_makes_it_due_when_settled(
        self, desk: parts.Desk, held: tuple[model.Request, int], seen: int
    ) -> None:
        """Whether or not the holder noticed it: to look once more costs little."""
        await desk.move(held[0].id, Event.VOTE)
        await desk.store.settle(held[0].id, fence=held[1], seen=seen, due=parts.now() + HOUR)

        assert (await desk.take()).fence == held[1] + 1

    async def test_a_change_by_the_holder_makes_nothing_due(
        self, desk: parts.Desk, held: tuple[model.Request, int]
    ) -> None:
        """The holder goes on by itself, and says in the end when it is due."""
        await desk.move(held[0].id, Event.APPROVE, fence=held[1])
        await desk.store.settle(held[0].id, fence=held[1], seen=2, due=None)

        assert await desk.store.claim("worker", lease_s=15, limit=9) == Claims((), None)

    async def test_a_holder_that_missed_its_own_change_looks_again(
        self, desk: parts.Desk, held: tuple[model.Request, int]
    ) -> None:
        """A version other than the one seen makes it due at once."""
        await desk.move(held[0].id, Event.APPROVE, fence=held[1])
        await desk.store.settle(held[0].id, fence=held[1], seen=1, due=None)

        assert (await desk.take()).request_id == held[0].id

    async def test_a_taken_over_lease_has_seen_the_change(self, desk: parts.Desk) -> None:
        """Who claims after a change starts from it, and is not woken for it once more."""
        request = await desk.submit()
        await desk.take(parts.SHORT_S)
        await desk.move(request.id, Event.VOTE)
        await desk.lapsed()
        claimed = await desk.take()

        await desk.give_back(claimed)

        assert await desk.store.claim("worker", lease_s=15, limit=9) == Claims((), None)


class TestCopies:
    """Where a request is shown."""

    async def test_copies_are_read_back_by_role(self, desk: parts.Desk) -> None:
        """The newest of each role."""
        request = await desk.submit()
        copies = [parts.a_copy(shown=1), parts.a_copy(model.Role.DIRECT, shown=1), parts.a_copy(shown=2)]

        outcomes = [await desk.store.save_copy(request.id, copy) for copy in copies]

        assert outcomes == [Outcome.OK] * 3
        assert (await desk.read(request.id)).copies == {
            model.Role.APPROVAL: copies[2],
            model.Role.DIRECT: copies[1],
        }

    async def test_a_copy_of_nothing_is_missing(self, store: stores.RedisStore) -> None:
        """It makes no request."""
        request_id = model.new_id()

        assert await store.save_copy(request_id, parts.a_copy()) is Outcome.MISSING
        assert await store.load(request_id) is None

    @pytest.mark.parametrize(("shown", "due"), [(0, 1), (1, 0)])
    async def test_a_copy_that_is_behind_makes_the_request_due(
        self, desk: parts.Desk, shown: int, due: int
    ) -> None:
        """One that shows the newest version does not."""
        request = await desk.submit()
        await desk.give_back(await desk.take())

        await desk.store.save_copy(request.id, parts.a_copy(shown=shown))

        assert len((await desk.store.claim("worker", lease_s=15, limit=9)).taken) == due

    async def test_a_copy_that_its_worker_saves_makes_nothing_due(self, desk: parts.Desk) -> None:
        """Behind or not: the worker itself says in the end when it is due."""
        request = await desk.submit()
        claimed = await desk.take()
        await desk.store.save_copy(request.id, parts.a_copy(shown=0), fence=claimed.fence)

        await desk.give_back(claimed)

        assert await desk.store.claim("worker", lease_s=15, limit=9) == Claims((), None)


class TestRetry:
    """An operator does not wait for the next try of what is being worked on."""

    async def test_what_waits_is_due_at_once_with_fresh_tries(self, desk: parts.Desk) -> None:
        """As if nothing had been tried."""
        request = await desk.submit()
        await desk.move(request.id, Event.APPROVE, Event.START)
        held = await desk.take()
        await desk.store.settle(request.id, fence=held.fence, seen=3, due=parts.now() + HOUR, reset=False)

        outcome = await desk.store.retry(request.id)

        claimed = await desk.take()
        assert (outcome, claimed.request_id, claimed.attempts) == (Outcome.OK, request.id, 1)

    async def test_who_works_on_it_goes_on(self, desk: parts.Desk) -> None:
        """And it is looked at again as soon as they are through."""
        request = await desk.submit()
        await desk.move(request.id, Event.APPROVE)
        claimed = await desk.take()

        await desk.store.retry(request.id)

        assert (await desk.store.claim("another", lease_s=15, limit=9)).taken == ()
        await desk.give_back(claimed, parts.now() + HOUR)
        assert (await desk.take()).fence == claimed.fence + 1

    @pytest.mark.parametrize("events", [(), (Event.CANCEL,)])
    async def test_nothing_is_tried_that_nobody_works_on(
        self, desk: parts.Desk, events: tuple[machine.Event, ...]
    ) -> None:
        """It waits for people, or has ended."""
        request = await desk.submit()
        await desk.move(request.id, *events)

        assert await desk.store.retry(request.id) is Outcome.CONFLICT
        assert await desk.store.retry(model.new_id()) is Outcome.MISSING
