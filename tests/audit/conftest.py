"""Fixtures of the audit log's tests."""

from __future__ import annotations

import pytest

from bot import store as stores
from bot.store import connection, keys
from tests.audit.scene import DENIED, ISSUED, Scene


@pytest.fixture
def scene(store: stores.RedisStore, raw: connection.Client, prefix: str) -> Scene:
    """Return an empty deployment."""
    return Scene(store, raw, keys.Keys(prefix))


@pytest.fixture
async def past(scene: Scene) -> Scene:
    """Return a deployment with twelve entries, of requests that ended, one that is open, and refusals.

    1 to 5 are the first request's, 6 and 7 the second's, 8 the third's, 9 and 11 are refusals at it,
    10 and 12 refusals at no request at all.
    """
    await scene.request(*ISSUED)
    await scene.request(*DENIED)
    third = await scene.request()
    for request_id in (third.id, None, third.id, None):
        await scene.refuse(request_id)
    return scene
