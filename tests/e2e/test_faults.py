"""Services that throttle, fail, hang up and refuse: each request ends done or undone, with an honest word."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bot.provision import work
from bot.sandbox import acme, play, story, world
from bot.sandbox.emulator import Fault
from tests.e2e import inside
from tests.e2e.conftest import Opener
from tests.waiting import wait_until

DENIED = "Microsoft.ContainerRegistry/registries/"
SCOPE_MAP, TOKEN = r"^PUT .*/scopeMaps/", r"^PUT .*/tokens/"
MINT, SAVE, INSPECT = r"^POST .*/generateCredentials", r"^POST /credentials\?", r"^POST /v1alpha1/inspect"


@dataclass(frozen=True)
class Row:
    """A line of the table: what goes wrong, how the request ends, and what its requester reads."""

    break_: Callable[[world.World], object]
    words: str = "Verified: Wave read"
    state: str = "done"


def _arm(match: str, **what: object) -> Callable[[world.World], object]:
    return lambda outside: outside.arm.faults.append(Fault(match, **what))  # type: ignore[arg-type]  # a table of keywords


def _tower(match: str, **what: object) -> Callable[[world.World], object]:
    return lambda outside: outside.tower.faults.append(Fault(match, **what))  # type: ignore[arg-type]  # the same


def _wave(match: str, **what: object) -> Callable[[world.World], object]:
    return lambda outside: outside.wave.faults.append(Fault(match, **what))  # type: ignore[arg-type]  # the same


def _slack(match: str, **what: object) -> Callable[[world.World], object]:
    return lambda outside: outside.slack.faults.append(Fault(match, **what))  # type: ignore[arg-type]  # the same


def _no_role(action: str) -> Callable[[world.World], object]:
    return lambda outside: outside.azure.denied.add(DENIED + action)


def _refused_logins(times: int) -> Callable[[world.World], object]:
    def refuse(outside: world.World) -> None:
        outside.tower.switches.refuse_logins = times

    return refuse


def _unpaired(outside: world.World) -> None:
    outside.wave.switches.paired = False


def _walled(outside: world.World) -> None:
    outside.wave.switches.unreachable[outside.login_server()] = 503


WAIT = {"Retry-After": "1"}
OVERCOME = {
    "Azure throttles the scope map": Row(_arm(SCOPE_MAP, times=2, status=429, headers=WAIT)),
    "Azure throttles the token": Row(_arm(TOKEN, status=429, headers=WAIT)),
    "Azure throttles the password": Row(_arm(MINT, status=429, headers=WAIT)),
    "Azure throttles without saying how long": Row(_arm(TOKEN, status=429)),
    "Azure has an error at the token": Row(_arm(TOKEN, times=2, status=500)),
    "Azure has an error at the password": Row(_arm(MINT, status=500)),
    "Azure is away for a moment": Row(_arm(SCOPE_MAP, times=2, status=503)),
    "Azure hangs up at reads": Row(_arm(r"^GET .*/tokens/", times=3, cut=True)),
    "Azure hangs up before the scope map": Row(_arm(SCOPE_MAP, cut=True)),
    "Azure hangs up after the scope map": Row(_arm(SCOPE_MAP, after=True)),
    "Azure hangs up before the token": Row(_arm(TOKEN, cut=True)),
    "Azure hangs up after the token": Row(_arm(TOKEN, after=True)),
    "Azure hangs up before the password": Row(_arm(MINT, cut=True)),
    "Azure hangs up after the password": Row(_arm(MINT, after=True)),
    "Tower throttles": Row(_tower(SAVE, times=2, status=429, headers=WAIT)),
    "Tower throttles reads": Row(_tower(r"^GET /credentials\?", times=2, status=429)),
    "Tower has an error": Row(_tower(SAVE, times=2, status=500)),
    "Tower's proxy has an error": Row(_tower(SAVE, status=502, body="<html>Bad gateway</html>")),
    "Tower hangs up before it saves": Row(_tower(SAVE, cut=True)),
    "Tower hangs up after it has saved": Row(_tower(SAVE, after=True)),
    "Tower does not know the password yet": Row(_refused_logins(3)),
    "Wave throttles": Row(_wave(INSPECT, status=429)),
    "Wave has an error": Row(_wave(INSPECT, times=2, status=503)),
    "Wave hangs up": Row(_wave(INSPECT, cut=True)),
    "Slack throttles posts": Row(_slack(r"chat\.postMessage", times=2, status=429, headers=WAIT)),
    "Slack throttles updates": Row(_slack(r"chat\.update", times=3, status=429, headers=WAIT)),
    "Slack has an error": Row(_slack(r"chat\.", times=3, status=503)),
    "Slack hangs up": Row(_slack(r"chat\.update", times=2, cut=True)),
}
UNVERIFIED = {
    "Wave is away": Row(
        _wave(INSPECT, times=None, status=503), "Not verified, because the check could not be done"
    ),
    "Wave is not paired with Tower": Row(_unpaired, "Not verified"),
    "Wave cannot reach the registry": Row(_walled, "Not verified, because Wave cannot reach this registry"),
}
UNDONE = {
    "the role lacks scope maps": Row(_no_role("scopeMaps/write"), "scopeMaps/write", "failed"),
    "the role lacks tokens": Row(_no_role("tokens/write"), "tokens/write", "failed"),
    "the role lacks passwords": Row(_no_role("generateCredentials/action"), "generateCredentials", "failed"),
    "Azure stays away": Row(_arm(TOKEN, times=None, status=503), "Azure", "failed"),
    "Tower stays away": Row(_tower(SAVE, times=None, status=503), "Tower", "failed"),
    "Tower never accepts the password": Row(_refused_logins(10**6), "could not log in", "failed"),
    "Tower's token is no good any more": Row(
        _tower(SAVE, times=None, status=401), "TOWER_ACCESS_TOKEN", "failed"
    ),
    "Tower's role is gone": Row(_tower(SAVE, times=None, status=403), "Admin or Owner", "failed"),
}
TABLE = OVERCOME | UNVERIFIED | UNDONE


def _saves(on: play.Play) -> list[int]:
    """Return the statuses that Tower answered to saves."""
    return [
        each.status
        for each in on.world.journal.exchanges
        if each.to == "tower" and each.method == "POST" and each.path.startswith("/credentials?")
    ]


async def _ended(on: play.Play, asked: play.Asked, words: str) -> str:
    """Return what the thread says in the end."""
    ana = on.person(acme.ANA)

    def said() -> str:
        return "\n".join(seen.text for seen in ana.thread(play.HOME, asked.origin.ts))

    await on.until(lambda: words in said(), f"the thread says {words!r}", within_s=30)
    return said()


@pytest.mark.parametrize("row", OVERCOME | UNVERIFIED)
async def test_a_fault_that_is_overcome(on: play.Play, row: str) -> None:
    """What passes is waited out: one token, one credential, and the result says what Wave saw."""
    asked = await on.ask()
    TABLE[row].break_(on.world)

    await on.approve(asked)
    said = await _ended(on, asked, TABLE[row].words)
    await on.agree("is in Tower", asked)

    assert "is in Tower" in said
    held = on.world.tower.state.credentials[acme.RESEARCH]
    assert (len(on.world.tokens()), len(on.world.scope_maps()), len(held)) == (1, 1, 1)
    assert on.world.azure.login(held[0].registry, held[0].user, held[0].password)


@pytest.mark.parametrize("row", UNDONE)
async def test_a_fault_that_stays(on: play.Play, row: str) -> None:
    """What nothing mends is taken back, and the thread names what an operator should change."""
    asked = await on.ask()
    TABLE[row].break_(on.world)

    await on.approve(asked)
    said = await _ended(on, asked, "ask again with")
    await on.agree("failed", asked)

    assert TABLE[row].words in said
    assert "Nothing is left behind" in said
    assert (on.world.tokens(), on.world.scope_maps()) == ((), ())
    assert on.world.tower.state.credentials.get(acme.RESEARCH, []) == []


async def test_a_failed_request_can_be_made_again(on: play.Play) -> None:
    """After the cause was mended the same request goes through, under the same name."""
    on.world.azure.denied.add(DENIED + "tokens/write")
    first = await on.ask()
    await on.approve(first)
    await on.agree("failed", first)

    on.world.azure.denied.clear()
    again = await on.ask()
    await on.approve(again)
    await on.done(again)

    assert len(on.world.tower.state.credentials[acme.RESEARCH]) == 1


@pytest.mark.timeout(90)
async def test_a_service_that_never_answers(open_stage: Opener) -> None:
    """A save that hangs is given up and done again; when it acts at last, it changes nothing."""
    patient = functools.partial(inside.InsideBot, timing=work.Timing(deliver_step_s=1.0))
    on = play.Play(await open_stage(kind=patient), story.Story())
    asked = await on.ask()
    on.world.tower.faults.append(Fault(SAVE, delay_s=25.0))

    await on.approve(asked)
    await on.done(asked, within_s=60)
    await wait_until(lambda: len(_saves(on)) == 2, "the first save acted as well", within_s=20)

    assert len(on.world.tower.state.credentials[acme.RESEARCH]) == 1
