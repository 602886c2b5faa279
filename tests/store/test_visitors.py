"""Who has opened their home, as all processes of a deployment know it."""

from __future__ import annotations

import pytest

from bot import store
from bot.store import visitors


async def test_visitors_are_remembered_once(store: store.RedisStore) -> None:
    """Who comes again is still one person, and the memory goes with the last of them."""
    for who in ("slack:T:U1", "slack:T:U2", "slack:T:U1"):
        await store.visitors.came(who)

    assert set(await store.visitors.recent()) == {"slack:T:U1", "slack:T:U2"}


async def test_only_the_last_visitors_are_kept(
    store: store.RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The memory is bounded."""
    monkeypatch.setattr(visitors, "MOST", 2)

    for number in range(4):
        await store.visitors.came(f"slack:T:U{number}")

    assert set(await store.visitors.recent()) == {"slack:T:U2", "slack:T:U3"}
