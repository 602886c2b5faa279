"""What every story of the store needs: one of its own, a loop that runs between the rules, and an end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import hypothesis
from hypothesis import stateful

from bot import clock, model
from bot import store as stores
from bot.store import connection, keys
from tests import invariants
from tests.store import parts

T = TypeVar("T")


class Story(stateful.RuleBasedStateMachine):
    """A store of its own on a server; rules call it through `_run`, since Hypothesis runs no coroutine."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._clock = clock.SystemClock()
        self._prefix = f"t{model.new_id().lower().replace('_', '-')}"
        self._opening = stores.open_store(url, prefix=self._prefix, clock=self._clock, keep_days=30)
        self._store = self._run(self._opening.__aenter__())
        self._raw = connection.connect(url)
        self._keys = keys.Keys(self._prefix)
        self._desk = parts.Desk(self._store)

    def _run(self, doing: Awaitable[T]) -> T:
        async def done() -> T:
            return await doing

        return self._runner.run(done())

    def teardown(self) -> None:
        """Check what the whole story has led to, and that only what may last does; then close."""
        try:
            self._run(self._check_all())
            assert self._run(invariants.keys_without_reason_to_last(self._raw, self._prefix)) == []
        finally:
            self._run(self._raw.aclose())
            self._run(self._opening.__aexit__(None, None, None))
            self._runner.close()

    async def _check_all(self) -> None:
        raise NotImplementedError


def play(kind: type[Story], url: str, *, examples: int) -> None:
    """Let so many stories of a kind happen, each up to forty rules long."""
    stateful.run_state_machine_as_test(
        lambda: kind(url),  # type: ignore[arg-type]  # a function will do, as its docstring says
        settings=hypothesis.settings(max_examples=examples, stateful_step_count=40, deadline=None),
    )
