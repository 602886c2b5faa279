"""Races and crashes on Slack and in Teams alike: one outcome, one credential, and nothing leaks."""

from __future__ import annotations

import functools

import pytest

from bot import model
from bot.sandbox import acme, play, process
from tests.e2e import boundaries, platforms
from tests.e2e.conftest import Opener
from tests.waiting import wait_until

PLATFORMS = ["slack", "teams"]
WISH = play.Wish()


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_two_hundred_approvals_at_once(open_stage: Opener, platform: str) -> None:
    """Two hundred approve: one approval is recorded, one credential made, and nobody is told off."""
    side = await platforms.opened(open_stage, platform)
    await side.ask(WISH)

    clicks = [functools.partial(side.approve, number) for number in range(platforms.CROWD)]
    told = await platforms.at_once(clicks)
    request, decisions = await platforms.decided(side)

    assert (request.state, len(decisions), len(request.decisions)) == (model.State.DONE, 1, 1)
    assert len(side.on.world.tower.state.credentials[acme.RESEARCH]) == 1
    assert [notice for notice in told if notice] == []


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_two_hundred_people_decide_at_once(open_stage: Opener, platform: str) -> None:
    """A hundred approve while a hundred deny: the first one counts, and that is all that happens."""
    side = await platforms.opened(open_stage, platform)
    await side.ask(WISH)
    denying = [await side.ready_to_deny(number) for number in range(1, platforms.CROWD, 2)]
    approving = [functools.partial(side.approve, number) for number in range(0, platforms.CROWD, 2)]

    await platforms.at_once([*denying, *approving])
    request, decisions = await platforms.decided(side)

    made = int(request.state is model.State.DONE)
    world = side.on.world
    assert (len(decisions), len(request.decisions)) == (1, 1)
    assert (len(world.tokens()), len(world.azure.minted)) == (made, made)


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_one_impatient_approver(open_stage: Opener, platform: str) -> None:
    """Somebody presses Approve fifty times: that is one approval."""
    side = await platforms.opened(open_stage, platform)
    await side.ask(WISH)

    await platforms.at_once([side.approve] * 50)
    request, decisions = await platforms.decided(side)

    assert (request.state, len(decisions)) == (model.State.DONE, 1)


async def test_teams_delivers_everything_three_times(open_stage: Opener) -> None:
    """Every message, form and click comes thrice: one request, one approval, one credential."""
    side = await platforms.opened(open_stage, "teams")
    side.teams.duplicates = 2

    await side.ask(WISH)
    await side.approve()
    _, decisions = await platforms.decided(side)

    assert len(side.asked()) == 1
    assert (len(decisions), len(side.on.world.azure.minted)) == (1, 1)


# Where a saga talks to chat, each with what stands in the call; the rest is the same on every platform.
CHAT = {
    "slack": [
        boundaries.Point("slack", "POST /api/chat.postMessage", "What to do next", after=True),
        boundaries.Point("slack", "POST /api/chat.update", "is in Tower"),
    ],
    "teams": [
        boundaries.Point("teams", "POST /v3/conversations/.*/activities", "What to do next", after=True),
        boundaries.Point("teams", "PUT /v3/conversations/.*/activities", "is in Tower"),
    ],
}
WORK = [
    boundaries.Point("arm", "PUT .*/tokens/", after=True),
    boundaries.Point("arm", "POST .*/generateCredentials", after=True),
    boundaries.Point("tower", "POST /credentials.workspaceId=", after=True),
    boundaries.Point("wave", "POST /v1alpha1/inspect"),
]
KILLED = [(platform, point) for platform in PLATFORMS for point in (*WORK, *CHAT[platform])]


def _all_done(side: platforms.Side) -> bool:
    return all("is done" in one for one in side.asked())


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("platform", "point"), KILLED, ids=lambda one: str(one).replace("/", " "))
async def test_killed_at_work(open_stage: Opener, platform: str, point: boundaries.Point) -> None:
    """The process dies around a call, and the next one ends the work: one credential, and it is told."""
    side = await platforms.opened(open_stage, platform, kind=process.BotProcess)
    await side.ask(WISH)
    boundary = boundaries.set_up(side.on.stage, boundaries.Case(point, 0))

    await side.approve()
    await wait_until(boundary.parked.is_set, f"a call {point}", within_s=18)
    side.on.stage.bot.kill()
    boundary.lift()
    await side.on.stage.bot.start()

    await wait_until(lambda: side.told("is in Tower"), "it is told where it was asked", within_s=60)
    await wait_until(lambda: side.told("What to do next") or platform == "slack", "the result is told")
    world = side.on.world
    await wait_until(
        lambda: all("is done" in one for one in side.asked()), "the approvers read it", within_s=20
    )
    assert (len(world.tokens()), len(world.tower.state.credentials[acme.RESEARCH])) == (1, 1)
