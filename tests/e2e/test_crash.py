"""The process is killed around every outside call of a saga; the next one finishes or undoes it all."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path

import pytest

from bot.sandbox import acme, play, process, story, world
from tests.e2e import asking, boundaries, crowd
from tests.e2e.conftest import Opener, a_world
from tests.waiting import wait_until

WITHIN_S = 60.0


Cases = tuple[boundaries.Case, ...]


async def _parked(on: play.Play, asked: dict[boundaries.Case, play.Asked]) -> list[boundaries.Boundary]:
    """Approve some requests at once, and wait until each saga stands at its boundary."""
    set_up = {case: boundaries.set_up(on.stage, case) for case in asked}
    await asyncio.gather(*(on.approve(one) for one in asked.values()))
    for case, boundary in set_up.items():
        await wait_until(boundary.parked.is_set, f"a call {case.point}", within_s=18)
    return list(set_up.values())


async def _killed_everywhere(on: play.Play, cases: Cases) -> None:
    """Bring one saga to each boundary, kill the process there, and start it again."""
    askers = crowd.gather(on.stage, crowd.ids(len(cases)))
    few = asyncio.Semaphore(3)  # Tower takes so many calls a second, and forms wait for no more
    asked = await asyncio.gather(
        *(asking.issue(on, who, case.wish, few) for who, case in zip(askers, cases, strict=True))
    )
    together = {case: one for case, one in zip(cases, asked, strict=True) if not case.alone}
    last = {case: one for case, one in zip(cases, asked, strict=True) if case.alone}
    parked = [*await _parked(on, together), *await _parked(on, last)]
    on.stage.bot.kill()
    for boundary in parked:
        boundary.lift()
    await on.stage.bot.start()


def _state(on: play.Play, case: boundaries.Case) -> str:
    """Return what the approvers read of a case, in a word."""
    for seen in on.person(acme.BEN).sees(play.APPROVERS):
        if f": {case.name}\n" in seen.text:
            return seen.text.partition("Registry credential: ")[2].partition("\n")[0]
    return "unseen"


def _left(on: play.Play, case: boundaries.Case) -> tuple[int, int, int, int]:
    """Return how many tokens, filled slots, scope maps and Tower credentials a case has."""
    registry = on.world.azure.registries[acme.REGISTRY]
    ours = f"registry-bot-{case.name}-"
    tokens = [one for name, one in registry.tokens.items() if name.startswith(ours) and one.gone is None]
    maps = [one for name, one in registry.scope_maps.items() if name.startswith(ours) and one.gone is None]
    held = on.world.tower.state.credentials.get(case.workspace, [])
    return len(tokens), sum(len(one.slots) for one in tokens), len(maps), len(held)


async def _everything_ended_well(on: play.Play, cases: Cases) -> None:
    expected = {case: "failed" if case.point.fails else "done" for case in cases}
    await on.until(
        lambda: all(_state(on, case) == state for case, state in expected.items()),
        "every request ended",
        within_s=WITHIN_S,
    )
    await on.until(lambda: _posted(on) == ({1}, []), "every message is there once, and up to date")
    whole = {str(case.point): (0, 0, 0, 0) if case.point.fails else (1, 1, 1, 1) for case in cases}
    assert {str(case.point): _left(on, case) for case in cases} == whole
    assert {str(case.point): await _pulls(on, case) for case in cases} == {
        str(case.point): not case.point.fails for case in cases
    }


def _posted(on: play.Play) -> tuple[set[int], list[str]]:
    """Return how many messages of one role a request has, and those that do not show its end."""
    board = on.world.slack.state.board
    ours = [one for found in board.messages.values() for one in found.values() if one.metadata]
    notes = [tuple((one.metadata or {})["event_payload"].values())[:2] for one in ours]
    old = [one.text for one in ours if not re.search(r"\bis done\b|\bfailed\b|asks for", one.text)]
    return set(Counter(notes).values()), old


async def _pulls(on: play.Play, case: boundaries.Case) -> bool:
    image = f"{on.path(case.wish)}:{acme.TAG}"
    token = on.world.secrets.tower_verify_token
    return await on.world.wave.pull(image, token=token, workspace_id=case.workspace)


async def _killed_and_ended(open_stage: Opener, outside: world.World, half: int) -> None:
    cases = boundaries.CASES[half::2]
    boundaries.workspaces_for(outside)
    on = play.Play(await open_stage(outside, kind=process.BotProcess), story.Story())

    await _killed_everywhere(on, cases)

    await _everything_ended_well(on, cases)


@pytest.mark.timeout(120)
async def test_killed_after_a_post(open_stage: Opener) -> None:
    """Slack has a message that nobody remembers: it is found, and is the only one to the end."""
    outside = a_world()
    boundaries.workspaces_for(outside)
    on = play.Play(await open_stage(outside, kind=process.BotProcess), story.Story())
    cases = tuple(boundaries.Case(point, number) for number, point in enumerate(boundaries.POSTED))
    few = asyncio.Semaphore(3)
    parked = [boundaries.set_up(on.stage, case) for case in cases]

    people = zip(crowd.gather(on.stage, crowd.ids(len(cases))), cases, strict=True)
    asked = await asyncio.gather(*(asking.issue(on, who, case.wish, few) for who, case in people))
    for case, boundary in zip(cases, parked, strict=True):
        await wait_until(boundary.parked.is_set, f"a post {case.point}", within_s=18)
    on.stage.bot.kill()
    for boundary in parked:
        boundary.lift()
    await on.stage.bot.start()
    await asyncio.gather(*(on.approve(one) for one in asked))

    await _everything_ended_well(on, cases)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("half", [0, 1])
async def test_killed_at_every_boundary(open_stage: Opener, half: int) -> None:
    """On the embedded Valkey: everything that was begun ends whole, or is wholly taken back."""
    await _killed_and_ended(open_stage, a_world(), half)


@pytest.mark.redis_server
@pytest.mark.timeout(180)
@pytest.mark.parametrize("half", [0, 1])
async def test_killed_at_every_boundary_on_redis(open_stage: Opener, redis_server: Path, half: int) -> None:
    """On a real Redis server: the same."""
    await _killed_and_ended(open_stage, a_world(binary=redis_server), half)
