"""Any story of requests and credentials, against lists that are sorted anew for each page."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import hashlib
from collections.abc import Awaitable, Iterator
from typing import TypeVar

import hypothesis
from hypothesis import stateful
from hypothesis import strategies as st

from bot import clock, errors, machine, model
from bot import store as stores
from bot.ports import Index, Outcome
from bot.sandbox import valkey
from bot.store import codec, connection, keys, lists
from tests import invariants
from tests.store import parts

Event = machine.Event
T = TypeVar("T")
MADE = parts.now()
PEOPLE = (parts.ANA, parts.BEN, parts.ANA.model_copy(update={"user": "U0/ A~:"}))
RULES = ("", "production", "production / all")
MOVES = (Event.APPROVE, Event.DENY, Event.START, Event.STEP, Event.FAIL)
KEYS = {
    Index.ALL: ("",),
    Index.STATE: tuple(model.State),
    Index.REQUESTER: tuple(one.key for one in PEOPLE),
    Index.WORKSPACE: ("1", "11"),
    Index.WAITING: RULES,
    Index.OWNED: tuple(one.key for one in PEOPLE),
    Index.HELD: ("1", "11"),
    Index.LIVE: ("",),
}
LISTS = [(index, key) for index, ours in KEYS.items() for key in ours]


@dataclasses.dataclass
class Shelf:
    """What the model knows: the newest of each request and credential."""

    requests: dict[str, model.Request] = dataclasses.field(default_factory=dict)
    credentials: dict[str, model.Credential] = dataclasses.field(default_factory=dict)

    def live(self, credential_id: str) -> bool:
        """Tell whether a credential is there and not revoked."""
        kept = self.credentials.get(credential_id)
        return kept is not None and kept.state is not model.CredentialState.REVOKED

    def listed(self, index: Index, key: str) -> list[str]:
        """Return what a list has, newest first, as cursors."""
        return sorted(self._ends(index, key), reverse=True)

    def _ends(self, index: Index, key: str) -> Iterator[str]:
        for request in self.requests.values():
            if key == _of_request(request).get(index):
                yield f"{codec.milliseconds(request.created):013}:{request.id}"
        for kept in self.credentials.values():
            if self.live(kept.id) and key == _of_credential(kept).get(index):
                yield f"{codec.milliseconds(kept.created):013}:{kept.id}"


def _of_request(request: model.Request) -> dict[Index, str]:
    found = {
        Index.ALL: "",
        Index.STATE: request.state.value,
        Index.REQUESTER: request.requester.key,
        Index.WORKSPACE: str(request.spec.workspace.id),
    }
    waits = {Index.WAITING: request.rule} if request.state is model.State.PENDING else {}
    return found | waits


def _of_credential(kept: model.Credential) -> dict[Index, str]:
    return {Index.OWNED: kept.owner.key, Index.HELD: str(kept.workspace.id), Index.LIVE: ""}


class Story(stateful.RuleBasedStateMachine):
    """Rules are what can happen; every page is compared with the model's."""

    requests = stateful.Bundle("requests")
    cursors = stateful.Bundle("cursors")

    def __init__(self, url: str) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._prefix = f"t{model.new_id().lower().replace('_', '-')}"
        self._opening = stores.open_store(url, prefix=self._prefix, clock=clock.SystemClock(), keep_days=30)
        self._store = self._run(self._opening.__aenter__())
        self._raw = connection.connect(url)
        self._keys = keys.Keys(self._prefix)
        self._desk = parts.Desk(self._store)
        self._shelf = Shelf()
        self._count = 0

    def _run(self, doing: Awaitable[T]) -> T:
        async def done() -> T:
            return await doing

        return self._runner.run(done())

    @stateful.rule(
        target=requests,
        by=st.sampled_from(PEOPLE),
        workspace=st.sampled_from((1, 11)),
        rule=st.sampled_from(RULES),
        second=st.integers(0, 1),
    )
    def submit(self, by: model.Principal, workspace: int, rule: str, second: int) -> str:
        """Somebody asks, often in the same millisecond as somebody else."""
        return self._submit(by, workspace, rule, second)

    def _submit(self, by: model.Principal, workspace: int = 1, rule: str = "", second: int = 0) -> str:
        self._count += 1
        # In no order, but in the same one in a replay, so that Hypothesis can shorten a story.
        name = hashlib.sha256(str(self._count).encode()).hexdigest()[:22]
        request = parts.a_request(id=name, name=name, host=f"{name}.azurecr.io", by=by)
        place = request.spec.workspace.model_copy(update={"id": workspace})
        spec = request.spec.model_copy(update={"workspace": place})
        created = MADE + dt.timedelta(seconds=second)
        request = request.model_copy(update={"spec": spec, "rule": rule, "created": created})
        self._shelf.requests[request.id] = self._run(self._desk.submit(request))
        return request.id

    @stateful.rule(request_id=requests, event=st.sampled_from(MOVES))
    def move(self, request_id: str, event: Event) -> None:
        """A request moves on."""
        self._write(request_id, event, None, 0)

    @stateful.rule(request_id=requests)
    def finish(self, request_id: str) -> None:
        """A request is done, whatever it was, and leaves a credential."""
        for event in (Event.APPROVE, Event.START):
            self._write(request_id, event, None, 0)
        if (request := self._shelf.requests.get(request_id)) is None:
            return
        self._write(request_id, Event.FINISH, parts.a_credential(request, created=request.created), 0)

    @stateful.rule(
        request_id=requests,
        owner=st.sampled_from(PEOPLE),
        behind=st.sampled_from((0, 0, 0, 1)),
        state=st.sampled_from(("active", "rotating", "revoked")),
    )
    def change(self, request_id: str, owner: model.Principal, behind: int, state: str) -> None:
        """Another request writes a credential, or fails to, since it saw another version."""
        if not self._shelf.live(request_id):
            return
        kept = self._shelf.credentials[request_id]
        seen = kept.version - behind
        update = {"version": seen + 1, "owner": owner, "state": model.CredentialState(state)}
        writer = self._submit(owner)
        self._write(writer, Event.VOTE, kept.model_copy(update=update), seen)

    def _write(self, request_id: str, event: Event, credential: model.Credential | None, seen: int) -> None:
        if request_id not in self._shelf.requests:
            return
        try:
            change = self._run(
                self._desk.next(request_id, event, credential=credential, credential_seen=seen)
            )
        except errors.Refused:
            return
        kept = self._shelf.credentials.get(credential.id) if credential else None

        outcome = self._run(self._store.commit(change)).outcome

        if credential and seen != (kept.version if kept else 0):
            assert outcome is Outcome.OVERTAKEN
            return
        assert outcome is Outcome.OK
        self._shelf.requests[request_id] = change.request
        if credential:
            self._shelf.credentials[credential.id] = credential

    @stateful.rule()
    def forget(self) -> None:
        """Whatever is over expires at once; what made a credential that lives is not."""
        self._run(self._expire())
        for request_id, request in tuple(self._shelf.requests.items()):
            if request.ended and not self._shelf.live(request_id):
                del self._shelf.requests[request_id]
        self.turn(2, None)

    async def _expire(self) -> None:
        for claimed in (await self._store.claim("worker", lease_s=900, limit=999)).taken:
            await self._desk.give_back(claimed)
        for request_id in await self._raw.execute_command("ZRANGE", self._keys.over, 0, -1):
            await self._raw.execute_command("ZADD", self._keys.over, 1, request_id)
            await self._raw.execute_command(
                "DEL", self._keys.request(request_id), self._keys.trail(request_id)
            )

    @stateful.rule(
        target=cursors,
        limit=st.integers(1, 4),
        after=st.one_of(st.none(), cursors),
    )
    def turn(self, limit: int, after: str | None) -> object:
        """Somebody reads a page of each list, behind a cursor that may be of any time and any list."""
        found = [self._page(place, limit, after) for place in LISTS]
        return stateful.multiple(*sorted({cursor for cursor in found if cursor}))

    def _page(self, place: tuple[Index, str], limit: int, after: str | None) -> str | None:
        expected = [end for end in self._shelf.listed(*place) if after is None or end < after]

        page = self._run(self._store.page(*place, after=after, limit=limit))

        assert list(page.ids) == [lists.id_in(end) for end in expected[:limit]]
        assert page.after == (expected[limit - 1] if len(expected) > limit else None)
        return page.after

    def teardown(self) -> None:
        """Let everything be forgotten that is over, and compare what is left; then close."""
        try:
            self._run(self._check_all())
        finally:
            self._run(self._raw.aclose())
            self._run(self._opening.__aexit__(None, None, None))
            self._runner.close()

    async def _check_all(self) -> None:
        await self._store.claim("worker", lease_s=900, limit=0)
        known = [end for place in LISTS for end in self._shelf.listed(*place)]
        ours = "".join(f"{index}:" for index in Index)
        entries = await self._raw.execute_command("ZRANGE", self._keys.lists, 0, -1)
        found = [entry.rpartition("/")[2] for entry in entries if f"{entry.partition(':')[0]}:" in ours]
        assert sorted(found) == sorted(known)
        for request_id in self._shelf.requests:
            assert request_id in await self._store.by_short(model.short_id(request_id))
        assert await invariants.keys_without_reason_to_last(self._raw, self._prefix) == []


def test_any_list_is_as_if_sorted_anew(server: valkey.Valkey) -> None:
    """Whatever came, went, changed hands or was forgotten, between any two pages."""

    class Here(Story):
        def __init__(self) -> None:
            super().__init__(server.url)

    stateful.run_state_machine_as_test(
        Here,
        settings=hypothesis.settings(max_examples=40, stateful_step_count=40, deadline=None),
    )
