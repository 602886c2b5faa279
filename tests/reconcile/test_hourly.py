"""Once an hour, by one replica, and operators hear of what is new."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
import structlog

from bot import errors, reconcile
from tests import builders
from tests.reconcile import planted
from tests.reconcile.scene import PRODUCTION, Scene
from tests.waiting import wait_until

HOUR = dt.timedelta(hours=1)


class Replica:
    """One process that looks every hour, and what its operators hear."""

    def __init__(self, scene: Scene) -> None:
        kept: Any = scene.store
        self.alerts: list[str] = []
        self.news: list[str] = []
        self.hourly = reconcile.Hourly(
            scene.reconciler(), kept, kept.log, scene.clock, alert=self._alert, news=self._news
        )

    async def _alert(self, text: str) -> None:
        self.alerts.append(text)

    async def _news(self, text: str) -> None:
        self.news.append(text)


@pytest.fixture
def replica(scene: Scene) -> Replica:
    """Return one replica."""
    return Replica(scene)


async def test_one_replica_looks_in_an_hour(scene: Scene) -> None:
    """Of five replicas at the same moment, one looks; in the next hour one does again."""
    replicas = [Replica(scene) for _ in range(5)]

    first = await asyncio.gather(*(one.hourly.turn() for one in replicas))
    again = [await one.hourly.turn() for one in replicas]
    scene.clock.shift += HOUR
    second = await asyncio.gather(*(one.hourly.turn() for one in replicas))

    assert [sum(one is not None for one in reports) for reports in (first, again, second)] == [1, 0, 1]


async def test_operators_are_told_with_what_to_do(scene: Scene, replica: Replica) -> None:
    """A difference is told as one message that says where, what, and what to do."""
    request = await scene.issued()
    planted.disable(scene, request)

    await replica.hourly.turn()

    (said,) = replica.alerts
    assert "1 new difference" in said
    assert "acr-main (acme/research" in said
    assert "Enable the token in Azure" in said


async def test_what_was_told_is_not_told_again(scene: Scene, replica: Replica) -> None:
    """As long as nothing is new, nobody is told anything, by no replica and after no restart."""
    planted.disable(scene, await scene.issued())
    await replica.hourly.turn()
    other = Replica(scene)

    scene.clock.shift += HOUR
    await other.hourly.turn()

    assert (len(replica.alerts), other.alerts) == (1, [])


async def test_something_new_is_told_beside_the_old(scene: Scene, replica: Replica) -> None:
    """A second difference is told alone, with how many there are besides."""
    planted.disable(scene, await scene.issued())
    await replica.hourly.turn()
    elsewhere = builders.a_workspace(id=PRODUCTION, name="production")
    planted.widen(scene, await scene.issued("acr-other", workspace=elsewhere))

    scene.clock.shift += HOUR
    await replica.hourly.turn()

    said = replica.alerts[-1]
    assert "acr-other" in said
    assert "acr-main" not in said
    assert "1 difference that you were told of before: still so." in said


async def test_what_comes_back_is_told_again(scene: Scene, replica: Replica) -> None:
    """A difference that was gone in between is news."""
    request = await scene.issued()
    for status in ("disabled", "enabled", "disabled"):
        scene.outside.registry.tokens[(await scene.credential(request)).token].status = status
        await replica.hourly.turn()
        scene.clock.shift += HOUR

    assert len(replica.alerts) == 2


async def test_what_was_removed_is_news_and_no_alert(scene: Scene, replica: Replica) -> None:
    """Leftovers that were removed need nobody's hand."""
    await scene.failed()

    await replica.hourly.turn()

    assert (len(replica.alerts), len(replica.news)) == (0, 1)
    assert "It was removed." in replica.news[0]


@pytest.mark.parametrize("stored", ["no json", "[1, 2]", "{}"])
async def test_a_memory_that_somebody_broke_counts_as_none(
    scene: Scene, replica: Replica, stored: str
) -> None:
    """What cannot be read is told again rather than kept silent."""
    kept: Any = scene.store
    planted.disable(scene, await scene.issued())
    await replica.hourly.turn()
    await kept._client.execute_command("SET", kept._keys.mark("reconciled"), stored)

    scene.clock.shift += HOUR
    await replica.hourly.turn()

    assert len(replica.alerts) == 2


@pytest.mark.parametrize(
    "error",
    [errors.NotAccepted("The store is away."), errors.Temporary("Slack is away.", service="Slack")],
)
async def test_a_failure_ends_no_hour(scene: Scene, replica: Replica, error: errors.BotError) -> None:
    """What the store or a service refuses is in the log, and the next hour is looked at as ever."""
    turns: list[int] = []

    async def turn() -> None:
        turns.append(1)
        if len(turns) == 1:
            raise error

    replica.hourly.turn = turn  # type: ignore[method-assign]  # which failure it meets is the point
    with structlog.testing.capture_logs() as logs:
        running = asyncio.create_task(replica.hourly.run())
        await wait_until(lambda: len(turns) > 1, "a second look")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert "not reconciled" in {line["event"] for line in logs}
    assert scene.clock.shift > dt.timedelta(seconds=60)
