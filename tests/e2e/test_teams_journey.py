"""The journey through Teams, as the sandbox plays it."""

from __future__ import annotations

import pytest

from bot.sandbox import journeys, play, rehearsal, story
from bot.sandbox.teams import journey, tenant
from tests.e2e.conftest import Opener, a_world


async def test_the_journey_goes_as_it_must(open_stage: Opener) -> None:
    """Asked and decided in Teams, across from Slack and back, and refused to a second account."""
    on = play.Play(await open_stage(a_world(policy=tenant.POLICY, teams=True)), story.Story())

    await journeys.JOURNEYS["teams"].run(on)

    held = [event.text for event in on.story.events if event.sort == "held"]
    assert any("His other account is him" in one for one in held)
    assert len(on.world.azure.minted) == 3


@pytest.mark.timeout(120)
async def test_it_goes_as_it_must_with_processes() -> None:
    """The same with a bot of its own, and then the canary's round."""
    result = await rehearsal.rehearse("teams", a_world(policy=tenant.POLICY, teams=True))

    assert result.problem is None
    assert result.ok


async def test_a_world_without_teams_says_so(on: play.Play) -> None:
    """The journey needs its world."""
    with pytest.raises(play.Broken, match="has no Teams"):
        await journey.run(on)
