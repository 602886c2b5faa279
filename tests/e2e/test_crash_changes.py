"""The process is killed around every call that changes a credential: nothing is half done, no pull fails."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from bot.sandbox import acme, arm_state, lifecycle, play, puller, stage, story
from tests.e2e import asking, boundaries, crowd
from tests.e2e.boundaries import Boundary, Case
from tests.e2e.conftest import Opener, a_world
from tests.waiting import wait_until

WITHIN_S = 60.0
PARKED_S = 18.0
SKIPS, SKIP_S = 5, 6.0
HEADS = {"issue": "Registry credential", "extend": "More", "rotate": "New password", "revoke": "Revocation"}

Asked = dict[Case, play.Asked]


async def _each_issued(on: play.Play, cases: tuple[Case, ...]) -> None:
    """Give each case a credential of its own."""
    askers, few = crowd.gather(on.stage, crowd.ids(len(cases))), asyncio.Semaphore(3)
    asked = await asyncio.gather(
        *(asking.issue(on, who, case.wish, few) for who, case in zip(askers, cases, strict=True))
    )
    await asyncio.gather(*(on.approve(one) for one in asked))
    await on.until(lambda: not _unfinished(on, cases, "issue"), "each has its credential", within_s=WITHIN_S)


async def _each_asked(on: play.Play, cases: tuple[Case, ...]) -> Asked:
    """Let whoever asked for it ask for its change."""
    askers, few = [on.person(user) for user in crowd.ids(len(cases))], asyncio.Semaphore(3)
    asked = await asyncio.gather(
        *(
            asking.change(on, who, case.kind, case.wish, few=few)
            for who, case in zip(askers, cases, strict=True)
        )
    )
    return dict(zip(cases, asked, strict=True))


async def _parked(on: play.Play, asked: Asked) -> list[Boundary]:
    """Approve everything at once, and wait until each saga stands at its boundary."""
    set_up = {case: boundaries.set_up(on.stage, case) for case in asked}
    await asyncio.gather(*(on.approve(one) for one in asked.values()))
    for case, boundary in set_up.items():
        if not case.late:
            await wait_until(boundary.parked.is_set, f"{case.kind}: {case.point}", within_s=PARKED_S)
    late = [boundary for case, boundary in set_up.items() if case.late]
    await _in_time(on, lambda: all(one.parked.is_set() for one in late), "what comes after the caches")
    return list(set_up.values())


async def _in_time(on: play.Play, so: Callable[[], bool], what: str) -> None:
    """Wait for something that a rotation's wait for Wave's caches may lie before: that is skipped.

    Each rotation waits from its own delivery on, which may be later than the first skip.
    """
    for _ in range(SKIPS):
        on.stage.move_clock(lifecycle.CACHES)
        with contextlib.suppress(AssertionError):
            await wait_until(so, what, within_s=SKIP_S)
            return
    await wait_until(so, what, within_s=SKIP_S)


def _unfinished(on: play.Play, cases: tuple[Case, ...], kind: str = "") -> list[str]:
    """Return the cases whose change (or request of another kind) the approvers do not read to be done."""
    cards = [one.text for one in on.person(acme.BEN).sees(play.APPROVERS)]

    def done(case: Case) -> bool:
        head = HEADS[kind or case.kind]
        return any(
            head in card and f": {case.name}\n" in card and "done" in card.split("\n")[0] for card in cards
        )

    return [case.name for case in cases if not done(case)]


def _token(on: play.Play, case: Case) -> arm_state.Token | None:
    held = on.world.azure.registries[acme.REGISTRY].tokens.values()
    ours = f"registry-bot-{case.name}-"
    return next((one for one in held if one.name.startswith(ours) and one.gone is None), None)


def _left(on: play.Play, case: Case) -> tuple[int, int, int]:
    """Return how many filled slots, repositories and Tower credentials a case has."""
    token, maps = _token(on, case), on.world.azure.registries[acme.REGISTRY].scope_maps
    reads = maps[token.scope_map].actions if token else ()
    held = on.world.tower.state.credentials.get(case.workspace, [])
    return len(token.slots) if token else 0, len(reads), len(held)


EXPECTED = {"extend": (1, 2, 1), "rotate": (1, 1, 1), "revoke": (0, 0, 0)}


@contextlib.asynccontextmanager
async def _pulling(on: play.Play, cases: tuple[Case, ...]) -> AsyncIterator[list[puller.Puller]]:
    """Let a pipeline pull in every workspace whose credential stays."""
    outside, image = on.world, f"{on.world.login_server()}/{acme.REPOSITORY}:{acme.TAG}"
    outside.wave.switches.keeps_bearers = False
    async with contextlib.AsyncExitStack() as stack:
        pulling = []
        for case in cases:
            if case.kind != "revoke":
                token = outside.secrets.tower_person_token
                pipeline = puller.Pipeline(outside.wave.url, outside.tower.endpoint, case.workspace, token)
                one = puller.Puller(pipeline, [image], on.stage.clock())
                pulling.append(await stack.enter_async_context(one))
        yield pulling


@pytest.mark.timeout(240)
@pytest.mark.parametrize("half", [0, 1])
async def test_killed_at_every_boundary_of_a_change(open_stage: Opener, half: int) -> None:
    """What was begun is finished by the next process; pipelines pull all the while and never miss."""
    cases = boundaries.CHANGE_CASES[half::2]
    outside = a_world()
    boundaries.workspaces_for(outside, cases)
    on = play.Play(await open_stage(outside, kind=stage.on_the_clock), story.Story())
    await _each_issued(on, cases)
    asked = await _each_asked(on, cases)

    async with _pulling(on, cases) as pulling:
        parked = await _parked(on, asked)
        on.stage.bot.kill()
        for boundary in parked:
            boundary.lift()
        await on.stage.bot.start()
        await _in_time(on, lambda: not _unfinished(on, cases), "every change is done")

    assert {str(case.point): _left(on, case) for case in cases} == {
        str(case.point): EXPECTED[case.kind] for case in cases
    }
    assert [miss for one in pulling for miss in one.misses] == []
    assert min(one.pulls for one in pulling) > 10
