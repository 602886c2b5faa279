"""A credential in the store: written over what was seen, and what hangs on its life."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot import machine, model
from bot.ports import Claims, Index, Outcome
from bot.store import connection, keys
from tests import builders
from tests.store import parts

Event = machine.Event
REVOKED = model.CredentialState.REVOKED
KEEP_MS = dt.timedelta(days=30) / dt.timedelta(milliseconds=1)  # as tests/conftest.py opens the store


@pytest.fixture
def names(prefix: str) -> keys.Keys:
    """Return the names of the test's keys."""
    return keys.Keys(prefix)


@pytest.fixture
async def issued(desk: parts.Desk) -> model.Credential:
    """Return a credential whose request is done, and that no worker has to see to."""
    request = await desk.submit()
    await desk.move(request.id, Event.APPROVE, Event.START)
    credential = builders.a_credential(request)
    await desk.move(request.id, Event.FINISH, credential=credential)
    await desk.close(request.id)
    return credential


def about(credential: model.Credential, kind: model.Kind = model.Kind.EXTEND) -> model.Request:
    """Return a new request about a credential."""
    made = parts.a_request()
    spec = made.spec.model_copy(update={"kind": kind, "credential": credential.id})
    return made.model_copy(update={"spec": spec})


async def write(desk: parts.Desk, credential: model.Credential, *, seen: int = 1, **fields: Any) -> Outcome:
    """Have a new request write a credential as it ends."""
    asked = await desk.submit(about(credential))
    after = credential.model_copy(update={"version": seen + 1, **fields})
    return await desk.move(asked.id, Event.CANCEL, credential=after, credential_seen=seen)


class TestVersions:
    """Whoever writes a credential has seen the version before."""

    async def test_a_new_one_follows_the_one_that_was_seen(
        self, desk: parts.Desk, issued: model.Credential
    ) -> None:
        """And is read back as it was written."""
        outcome = await write(desk, issued, tower_id="new")

        assert outcome is Outcome.OK
        assert await desk.store.credential(issued.id) == issued.model_copy(
            update={"version": 2, "tower_id": "new"}
        )

    @pytest.mark.parametrize("seen", [0, 2])
    async def test_who_saw_another_is_overtaken(
        self, desk: parts.Desk, issued: model.Credential, seen: int
    ) -> None:
        """Nothing is written: neither the credential nor the request with it."""
        asked = await desk.submit(about(issued))
        before = await desk.read(asked.id)
        after = issued.model_copy(update={"version": seen + 1, "tower_id": "new"})

        outcome = await desk.move(asked.id, Event.VOTE, credential=after, credential_seen=seen)

        assert outcome is Outcome.OVERTAKEN
        assert await desk.store.credential(issued.id) == issued
        assert await desk.read(asked.id) == before

    async def test_one_that_is_gone_does_not_come_back(
        self, desk: parts.Desk, issued: model.Credential, raw: connection.Client, names: keys.Keys
    ) -> None:
        """Whoever saw it before it was forgotten is overtaken too."""
        await raw.execute_command("DEL", names.credential(issued.id))

        assert await write(desk, issued) is Outcome.OVERTAKEN

    @pytest.mark.parametrize("text", ["no json", "[]", "7", '{"version": "x"}', '{"version": 2}'])
    async def test_what_somebody_else_wrote_is_not_overwritten(
        self,
        desk: parts.Desk,
        issued: model.Credential,
        raw: connection.Client,
        names: keys.Keys,
        text: str,
    ) -> None:
        """Whatever it is: an operator has to look."""
        await raw.execute_command("SET", names.credential(issued.id), text, "EX", 100)

        outcome = await write(desk, issued)

        assert outcome is Outcome.OVERTAKEN
        assert await raw.execute_command("GET", names.credential(issued.id)) == text

    async def test_a_repeat_under_the_same_token_is_ok(
        self, desk: parts.Desk, issued: model.Credential
    ) -> None:
        """Though the version that it saw is not the newest any more."""
        asked = await desk.submit(about(issued))
        after = issued.model_copy(update={"version": 2})
        change = await desk.next(asked.id, Event.VOTE, credential=after, credential_seen=1)
        await desk.store.commit(change)

        again = await desk.store.commit(change)

        assert again.outcome is Outcome.OK
        assert await desk.store.credential(issued.id) == after


class TestClaims:
    """A request keeps its claims for the credential that it made, and for no other."""

    async def test_a_change_gives_up_its_claim_when_it_is_done(
        self, desk: parts.Desk, issued: model.Credential
    ) -> None:
        """So that the next one may ask; the credential's stay."""
        asked = await desk.submit(about(issued))
        before = await desk.store.holder(f"change:{issued.id}")

        await desk.move(asked.id, Event.APPROVE, Event.START, Event.FINISH)

        assert (before, await desk.store.holder(f"change:{issued.id}")) == (asked.id, None)
        assert [await desk.store.holder(claim) for claim in issued.claims] == [issued.id] * 2

    async def test_one_change_at_a_time_and_a_revocation_beside_it(
        self, desk: parts.Desk, issued: model.Credential
    ) -> None:
        """Whatever is under way, a credential can be revoked."""
        first = await desk.submit(about(issued))

        second = await desk.store.commit(parts.new(about(issued, model.Kind.ROTATE)))
        revocation = await desk.store.commit(parts.new(about(issued, model.Kind.REVOKE)))

        assert (second.outcome, second.holder) == (Outcome.TAKEN, first.id)
        assert revocation.outcome is Outcome.OK

    @pytest.mark.parametrize("kind", sorted(model.FRESH))
    async def test_what_left_a_credential_leaves_its_claims_to_it(
        self, desk: parts.Desk, kind: model.Kind
    ) -> None:
        """One issued, and one adopted."""
        request = parts.a_request()
        spec = request.spec.model_copy(update={"kind": kind})
        request = await desk.submit(request.model_copy(update={"spec": spec}))

        await desk.move(request.id, Event.APPROVE, Event.START, Event.FINISH)

        assert [await desk.store.holder(claim) for claim in request.claims] == [request.id] * 2

    async def test_a_revoked_credential_gives_them_up(
        self, desk: parts.Desk, issued: model.Credential
    ) -> None:
        """Whoever ends the credential frees its host and name in the same write."""
        await write(desk, issued, state=REVOKED)

        assert [await desk.store.holder(claim) for claim in issued.claims] == [None, None]

    async def test_what_somebody_else_holds_by_now_is_not_freed(
        self, desk: parts.Desk, issued: model.Credential
    ) -> None:
        """A credential that is revoked twice does not take the claims of the next one."""
        await write(desk, issued, state=REVOKED)
        second = await desk.submit()

        outcome = await write(desk, issued, seen=2, state=REVOKED)

        assert outcome is Outcome.OK
        assert [await desk.store.holder(claim) for claim in issued.claims] == [second.id] * 2


class TestWaking:
    """What a request made is what its messages tell of."""

    async def test_a_change_by_another_request_makes_the_first_one_due(
        self, desk: parts.Desk, issued: model.Credential
    ) -> None:
        """Though it is written under a lease of the other."""
        asked = await desk.submit(about(issued))
        claimed = await desk.take()
        after = issued.model_copy(update={"version": 2})

        await desk.move(asked.id, Event.VOTE, credential=after, credential_seen=1, fence=claimed.fence)

        assert (await desk.take()).request_id == issued.id

    async def test_who_loses_a_credential_is_due_at_once(
        self, desk: parts.Desk, issued: model.Credential
    ) -> None:
        """It waits for something that does not matter any more, and its people are told so now."""
        loser = await desk.submit(about(issued, model.Kind.REVOKE))
        await write(desk, issued, busy=loser.id)
        later = parts.now() + dt.timedelta(hours=1)
        for claimed in (await desk.store.claim("worker", lease_s=15, limit=9)).taken:
            await desk.give_back(claimed, later)

        await write(desk, issued, seen=2, busy=model.new_id())

        taken = (await desk.store.claim("worker", lease_s=15, limit=9)).taken
        assert loser.id in {one.request_id for one in taken}

    async def test_who_keeps_a_credential_goes_on_waiting(
        self, desk: parts.Desk, issued: model.Credential
    ) -> None:
        """What somebody else writes of it meanwhile takes nothing from it."""
        holder = await desk.submit(about(issued, model.Kind.REVOKE))
        await write(desk, issued, busy=holder.id)
        later = parts.now() + dt.timedelta(hours=1)
        for claimed in (await desk.store.claim("worker", lease_s=15, limit=9)).taken:
            await desk.give_back(claimed, later)

        await write(desk, issued, seen=2, busy=holder.id)

        taken = (await desk.store.claim("worker", lease_s=15, limit=9)).taken
        assert holder.id not in {one.request_id for one in taken}

    async def test_who_sees_to_it_already_looks_once_more(
        self, desk: parts.Desk, issued: model.Credential
    ) -> None:
        """The one that holds it has read the credential before."""
        await write(desk, issued)
        held = {one.request_id: one for one in (await desk.store.claim("a", lease_s=15, limit=9)).taken}
        await write(desk, issued, seen=2)
        await desk.give_back(held[issued.id])

        taken = (await desk.store.claim("b", lease_s=15, limit=9)).taken

        assert issued.id in {one.request_id for one in taken}

    async def test_a_request_that_finishes_its_own_goes_on_by_itself(self, desk: parts.Desk) -> None:
        """Its lease says when it is due."""
        request = await desk.submit()
        claimed = await desk.take()
        await desk.move(request.id, Event.APPROVE, Event.START, fence=claimed.fence)
        credential = builders.a_credential(request)
        await desk.move(request.id, Event.FINISH, credential=credential, fence=claimed.fence)

        await desk.give_back(claimed)

        assert await desk.store.claim("worker", lease_s=15, limit=9) == Claims((), None)

    async def test_a_request_that_is_forgotten_is_not_called(
        self, desk: parts.Desk, issued: model.Credential, raw: connection.Client, names: keys.Keys
    ) -> None:
        """Somebody removed it by hand."""
        await raw.execute_command("DEL", names.request(issued.id), names.trail(issued.id))

        outcome = await write(desk, issued)

        assert outcome is Outcome.OK
        assert await raw.execute_command("ZSCORE", names.due, issued.id) is None


class TestKeeping:
    """A credential lasts until it is revoked, and so does the request that it came from."""

    async def ttls(self, raw: connection.Client, names: keys.Keys, id_: str) -> list[int]:
        """Return how long record, trail and credential last."""
        three = (names.request(id_), names.trail(id_), names.credential(id_))
        return [await raw.execute_command("PTTL", name) for name in three]

    async def test_nothing_of_a_live_one_expires(
        self, issued: model.Credential, raw: connection.Client, names: keys.Keys
    ) -> None:
        """However long it is used; nor are there traces of work."""
        assert await self.ttls(raw, names, issued.id) == [-1, -1, -1]
        assert await raw.execute_command("EXISTS", names.due, names.lease, names.over) == 0

    async def test_a_revoked_one_is_kept_as_long_as_an_ended_request(
        self, desk: parts.Desk, issued: model.Credential, raw: connection.Client, names: keys.Keys
    ) -> None:
        """Its request too, once a worker has told what became of it."""
        await write(desk, issued, state=REVOKED)
        for claimed in (await desk.store.claim("worker", lease_s=15, limit=9)).taken:
            await desk.give_back(claimed)

        left = await self.ttls(raw, names, issued.id)

        assert left == [pytest.approx(KEEP_MS, abs=5000)] * 3
        assert (await desk.store.page(Index.LIVE, "")).ids == ()

    async def test_a_live_one_is_listed_by_owner_and_workspace(
        self, desk: parts.Desk, issued: model.Credential
    ) -> None:
        """Under a new owner once it has one."""
        await write(desk, issued, owner=parts.BEN)

        found = [
            (await desk.store.page(index, key)).ids
            for index, key in (
                (Index.LIVE, ""),
                (Index.HELD, "101"),
                (Index.OWNED, parts.BEN.key),
                (Index.OWNED, parts.ANA.key),
            )
        ]

        assert found == [(issued.id,)] * 3 + [()]


async def test_a_credential_is_written_in_one_step_with_its_request(desk: parts.Desk) -> None:
    """It is readable as soon as the request is done, and not before."""
    request = await desk.submit()
    await desk.move(request.id, Event.APPROVE, Event.START)
    credential = builders.a_credential(request)
    before = await desk.store.credential(request.id)

    await desk.move(request.id, Event.FINISH, credential=credential)

    assert before is None
    assert await desk.store.credential(request.id) == credential
