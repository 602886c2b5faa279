"""The store goes away and comes back, processes freeze and end: nothing is lost or done twice."""

from __future__ import annotations

import asyncio
import functools

import pytest

from bot.sandbox import acme, emulator, play, process, story
from tests.e2e.conftest import Opener
from tests.waiting import wait_until

TAKEN_OVER_S = 40.0  # a lease, and the rest of the work


async def test_redis_away_and_back(on: play.Play) -> None:
    """With the store away a click is not accepted, and says so; with it back the same click works."""
    asked, ben, server = await on.ask(), on.person(acme.BEN), on.world.server
    assert server
    server.kill()

    refused = await ben.click(asked.approval, play.APPROVE)
    told = await ben.awaits(play.APPROVERS, "Not accepted, please try again")
    await server.restart()
    await wait_until(lambda: _ready(on), "the bot is ready again", within_s=15)
    await on.approve(asked)
    await on.done(asked)

    assert refused.notice is None
    assert "nothing was kept" in told.text
    assert len(on.world.azure.minted) == 1


async def _ready(on: play.Play) -> bool:
    return b'"ready":true' in await on.stage.bot.get("/readyz")


async def test_redis_away_while_a_form_is_sent(on: play.Play) -> None:
    """A form that cannot be kept stays open with what was typed, and can be sent again."""
    ana, server = on.person(acme.ANA), on.world.server
    assert server
    await on.open_form(ana)
    await on.fill(ana, play.Wish())
    server.kill()

    refused = await ana.submit()
    await server.restart()
    await wait_until(lambda: _ready(on), "the bot is ready again", within_s=15)
    taken = await ana.submit()

    assert "nothing was kept" in str(refused.errors).lower()
    assert (taken.errors, taken.screen) == ({}, None)
    assert len(on.person(acme.BEN).sees(play.APPROVERS)) <= 1


async def test_redis_away_in_the_middle_of_the_work(on: play.Play) -> None:
    """Work that loses its store stops, and goes on where it was when the store is back."""
    asked, server = await on.ask(), on.world.server
    assert server
    killed = asyncio.Event()

    async def kill() -> None:
        server.kill()
        killed.set()

    on.world.arm.faults.append(emulator.Fault(r"^PUT .*/tokens/", after=True, hook=kill))
    await on.approve(asked)
    await asyncio.wait_for(killed.wait(), 10)
    await server.restart()
    await on.done(asked, within_s=TAKEN_OVER_S)

    assert len(on.world.tokens()) == 1
    assert len(on.world.tower.state.credentials[acme.RESEARCH]) == 1


async def test_a_store_that_hangs(on: play.Play) -> None:
    """A store that answers nothing is no different: the person is told in time."""
    asked, ben, server = await on.ask(), on.person(acme.BEN), on.world.server
    assert server
    server.freeze()

    reaction = await ben.click(asked.approval, play.APPROVE)
    server.thaw()

    assert reaction.notice is None
    await ben.awaits(play.APPROVERS, "try again")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("answered", [True, False])
async def test_a_frozen_process_loses_its_lease(outdoors: play.Play, *, answered: bool) -> None:
    """A process that was frozen past its lease stops before its next call, and repeats none."""
    on, asked = outdoors, await outdoors.ask()
    frozen, second = on.stage.bot, await on.stage.start()
    calls = functools.partial(_writes, on)

    async def freeze() -> None:
        frozen.freeze()

    on.world.arm.faults.append(emulator.Fault(r"^PUT .*/scopeMaps/", hook=freeze, after=not answered))
    await on.approve(asked)
    on.stage.connect(second)
    await on.done(asked, within_s=TAKEN_OVER_S)
    before = calls()
    frozen.thaw()
    await wait_until(lambda: b"lease lost" in frozen.output(), "the frozen process notices", within_s=20)

    assert calls() == before
    assert (len(on.world.tokens()), len(on.world.scope_maps())) == (1, 1)
    assert len(on.world.tower.state.credentials[acme.RESEARCH]) == 1


def _writes(on: play.Play) -> list[str]:
    """Return every call that changed something outside."""
    return [
        f"{each.to} {each.method} {each.path}"
        for each in on.world.journal.exchanges
        if each.to in {"arm", "tower"} and each.method in {"PUT", "POST", "DELETE"}
    ]


@pytest.mark.timeout(120)
async def test_a_process_that_is_asked_to_end(outdoors: play.Play) -> None:
    """SIGTERM in the middle of the work: the process ends in order, and nobody waits for a lease."""
    on, asked = outdoors, await outdoors.ask()
    first, second = on.stage.bot, await on.stage.start()
    begun = asyncio.Event()

    async def tell() -> None:
        begun.set()

    on.world.arm.faults.append(emulator.Fault(r"^PUT .*/scopeMaps/", hook=tell))
    await on.approve(asked)
    await asyncio.wait_for(begun.wait(), 10)
    code = await first.stop()
    on.stage.connect(second)
    await on.done(asked, within_s=10)

    assert code == 0
    assert len(on.world.tokens()) == 1


@pytest.mark.timeout(120)
async def test_two_replicas_share_the_work(outdoors: play.Play) -> None:
    """Clicks go to one replica and then to the other: whoever does the work, it is done once."""
    on = outdoors
    second = await on.stage.start()
    first_asked = await on.ask()
    on.stage.connect(second)
    # another workspace: Wave keeps a workspace's credentials for a while, and would lag behind
    second_asked = await on.ask(play.Wish(name="second", workspace=acme.PRODUCTION))

    await asyncio.gather(on.approve(first_asked), on.approve(second_asked))
    await on.agree("is in Tower", first_asked)
    await on.agree("is in Tower", second_asked)

    assert len(on.world.azure.minted) == 2
    assert len(on.person(acme.BEN).sees(play.APPROVERS)) == 2


@pytest.mark.timeout(120)
async def test_a_worker_of_its_own(open_stage: Opener) -> None:
    """One process answers chat, another one works: the request goes from one to the other."""
    on = play.Play(await open_stage(kind=process.BotProcess), story.Story())
    chat = await on.stage.start("serve", "--no-worker")
    first = on.stage.bots[0]
    on.stage.connect(chat)
    await first.stop()
    await on.stage.start("worker")

    asked = await on.ask()
    await on.approve(asked)
    await on.done(asked)

    assert len(on.world.azure.minted) == 1
