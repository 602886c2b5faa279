"""Journeys through bad weather: services that lag and refuse, and a bot that is killed at work."""

from __future__ import annotations

import asyncio

from bot.sandbox import emulator, play
from bot.sandbox.play import Play

LEASE_S = 15.0  # after which another process takes work over
TAKEN_OVER_S = LEASE_S + 60.0


async def faults(on: Play) -> None:
    """Let each service misbehave once, as real ones do now and then."""
    outside, asked = on.world, await on.ask()
    on.story.did("From now on Azure throttles, Tower does not know the password yet, Wave is late.")
    outside.arm.faults += [
        emulator.Fault(r"^PUT .*/scopeMaps/", status=429, headers={"Retry-After": "1"}),
        emulator.Fault(r"^PUT .*/tokens/", status=503, headers={"Retry-After": "1"}),
        emulator.Fault(r"^GET .*/tokens/", delay_s=1.0),
    ]
    outside.tower.faults.append(emulator.Fault(r"^GET .*/credentials\?", status=429))
    outside.tower.switches.refuse_logins = 1
    outside.wave.faults.append(emulator.Fault(r"^POST /v1alpha1/inspect", status=503))
    await on.approve(asked)
    await on.done(asked, within_s=3 * play.FINISH_S)
    on.holds(not _waiting(on), "Every fault was met, and every one was overcome.")
    on.holds(len(outside.tokens()) == 1, "Azure has one new token all the same.")


def _waiting(on: Play) -> list[emulator.Fault]:
    return [fault for double in on.world.emulators for fault in double.faults if fault.times]


async def crash(on: Play) -> None:
    """Kill the bot right after Azure made the token, before it could write that down."""
    outside, asked = on.world, await on.ask()
    on.story.did("A second bot starts, with the same store.")
    first, second = on.stage.bot, await on.stage.start()
    killed = asyncio.Event()

    async def kill() -> None:
        first.kill()
        killed.set()

    outside.arm.faults.append(emulator.Fault(r"^PUT .*/tokens/", after=True, hook=kill))
    await on.approve(asked)
    async with asyncio.timeout(play.FINISH_S):
        await killed.wait()
    on.story.did("kill -9: the bot is gone, in the middle of its work. Azure has the token; nobody noted it.")
    on.stage.connect(second)
    await on.done(asked, within_s=TAKEN_OVER_S)
    on.holds(len(outside.tokens()) == 1, "Azure has one new token: the second bot went on with it.")
    held = outside.tower.state.credentials[asked.wish.workspace]
    on.holds(len(held) == 1, "Tower has one credential.")
