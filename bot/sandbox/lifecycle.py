"""The life of a credential, from its first day to what is left of it: nothing."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Callable

from bot.sandbox import acme, arm_state, care, play, puller, tower_state
from bot.sandbox.play import HOME, Play
from bot.sandbox.slack import people, reading

DAYS = 30
NAME, OTHER = "aligner", "aligner-prod"
MORE = ("genomics/variant-caller", "genomics/quantifier")
MORE_TAGS = {"genomics/variant-caller": "1.6.1", "genomics/quantifier": "1.10.3"}
CACHES = dt.timedelta(seconds=80)  # until nobody can be using the old password any more
JOB = "nightly-rnaseq"
PULLED_S = 2.0  # before and after a rotation
NOTICED_S = 12.0  # until a bot that looks at its clock every few seconds has seen that time was moved

# Two rules of the same approvers: one waits for somebody to rotate, one rotates by itself.
POLICY = f"""
[defaults]
approval_channel = "{acme.APPROVALS}"
longest_validity_days = {DAYS}

[groups.platform]
slack = ["{acme.BEN}", "{acme.CLEO}"]

[[rules]]
name = "production rotates by itself"
workspace = "{acme.ORG}/production"
approvers = "platform"
rotate_before_days = 7

[[rules]]
name = "everything else"
workspace = "{acme.ORG}/*"
approvers = "platform"
without_approval = ["rotate"]
"""


async def live(on: Play) -> None:
    """Issue, extend, rotate under load, warn, rotate by rule, look, narrow, revoke, reconcile."""
    await _issue(on, play.Wish(name=NAME, days=DAYS))
    await _issue(on, play.Wish(name=OTHER, workspace=acme.PRODUCTION, days=DAYS))
    await _extend(on)
    await _rotate(on)
    await _weeks(on)
    await _look(on)
    await _narrow(on)
    left = on.world.tokens()
    await _revoke(on)
    gone = set(left) - set(on.world.tokens())
    await _reconcile(on, *gone)


def image(on: Play, repository: str) -> str:
    """Return an image of a repository as pipelines name it."""
    tag = MORE_TAGS.get(repository, acme.TAG)
    return f"{on.world.login_server()}/{repository}:{tag}"


async def _issue(on: Play, wish: play.Wish) -> None:
    asked = await on.ask(wish)
    await on.approve(asked)
    await on.done(asked)


async def _extend(on: Play) -> None:
    """Ask for two more repositories by the same form: the credential that is there reads them too."""
    who, minted = on.person(acme.ANA), len(on.world.azure.minted)
    since = on.world.slack.state.board.stamp()
    on.story.did("Weeks later Ana needs two more repositories, and fills the same form.")
    await on.open_form(who)
    wish = play.Wish(name="anything", repository=MORE[0], reason="Variants too", days=DAYS)
    await on.fill(who, wish, *MORE[1:])
    on.taken(await who.submit(), "The form")
    asked = care.Asked(care.EXTEND, NAME, since)
    await care.approve(on, asked)
    await care.done(on, asked)
    on.holds(len(on.world.azure.minted) == minted, "No password was made: the scope map reads more.")
    for repository in MORE:
        on.holds(await care.pulls(on, image(on, repository)), f"A pipeline pulls {repository} now.")


async def _rotate(on: Play) -> None:
    """Replace the password while a pipeline pulls twice a second, each time with a login of its own."""
    outside = on.world
    before = care.held(on, acme.RESEARCH)
    outside.wave.switches.keeps_bearers = False
    pipeline = puller.Pipeline(
        outside.wave.url, outside.tower.endpoint, acme.RESEARCH, outside.secrets.tower_person_token
    )
    images = [image(on, name) for name in (acme.REPOSITORY, *MORE)]
    on.story.did("A pipeline starts, and pulls twice a second from now on.")
    async with puller.Puller(pipeline, images, on.stage.clock()) as pulling:
        await asyncio.sleep(PULLED_S)
        asked = await care.ask(on, care.ROTATE, NAME)
        await _delivered(on, before)
        await asyncio.sleep(PULLED_S)
        on.story.did("A minute and a half passes: Wave's caches run out while the pipeline goes on.")
        on.stage.move_clock(CACHES)
        await care.done(on, asked)
        await asyncio.sleep(PULLED_S)
    outside.wave.switches.keeps_bearers = True
    count, missed = pulling.pulls, [f"{one.image}: {one.detail}" for one in pulling.misses]
    on.holds(not missed, f"{count} pulls during the rotation, and not one failed. {' '.join(missed[:1])}")
    after = care.held(on, acme.RESEARCH)
    on.holds(after and before and after.id == before.id, "Tower's credential kept its id.")
    on.holds(_slots(on, NAME) == 1, "The old password is gone: one slot is filled.")


async def _delivered(
    on: Play, before: tower_state.Credential | None, name: str = NAME, place: int = acme.RESEARCH
) -> None:
    """Let the minute pass in which a password in a slot that may have been used reaches every replica."""
    old = before.password if before else ""

    def new() -> bool:
        held = care.held(on, place)
        return held is not None and held.password != old

    async with asyncio.timeout(play.FINISH_S):
        while _slots(on, name) < 2 and not new():  # noqa: PLR2004, ASYNC110  # both slots; Azure announces no change
            await asyncio.sleep(0.1)
        # The bot counts the minute from when it got the password, which is a moment after Azure made it.
        while not new():
            await asyncio.sleep(PULLED_S)
            on.stage.move_clock(CACHES)
            await _within(NOTICED_S, new)
    # From when the bot has written that down it waits for the caches, on the clock of then.
    await asyncio.sleep(PULLED_S)


async def _within(seconds: float, so: Callable[[], bool]) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not so():  # noqa: ASYNC110  # Tower announces no change
                await asyncio.sleep(0.1)


def _slots(on: Play, name: str) -> int:
    return len(_token(on, name).slots)


def _token(on: Play, name: str) -> arm_state.Token:
    held = on.world.azure.registries[acme.REGISTRY].tokens
    return next(one for key, one in held.items() if key.startswith(f"registry-bot-{name}-"))


async def _weeks(on: Play) -> None:
    """Let the password come near its end: warnings, a rotation by rule, and a button in the last one."""
    ends = next(iter(_token(on, NAME).slots.values())).expires
    if ends is None:
        raise play.Broken("Azure's password has no end, although one was asked for.")
    prod = care.held(on, acme.PRODUCTION)
    await _warned(on, ends, 14)
    _move_to(on, ends, 7)
    on.story.did("A week before the end: the rule of production rotates by itself.")
    await _delivered(on, prod, OTHER, acme.PRODUCTION)
    on.stage.move_clock(CACHES)
    asked = care.Asked(care.SCHEDULED, OTHER, "")
    await care.done(on, asked)
    await _warned(on, ends, 3)
    await _warned(on, ends, 1)
    warning = [one for one in _thread(on) if "expires" in one.text and one.buttons][-1]
    before = care.held(on, acme.RESEARCH)
    again = await care.press(on, warning, "Rotate password", care.ROTATE, NAME)
    await _delivered(on, before)
    on.stage.move_clock(CACHES)
    await care.done(on, again)


async def _warned(on: Play, ends: dt.datetime, days: int) -> None:
    """Move to so many days before the end, and read the warning in the thread of the request."""
    _move_to(on, ends, days)
    on.story.did(f"{days} days before the password ends." if days > 1 else "The day before the end.")
    words = f"expires within {days} days" if days > 1 else "expires within a day"
    await on.until(lambda: words in _thread(on)[-1].text, f"Ana is warned at {days}", within_s=30)
    on.story.read(f"In the thread in #{HOME}", str(_thread(on)[-1]))


def _move_to(on: Play, ends: dt.datetime, days: int) -> None:
    wanted = ends - dt.timedelta(days=days) + dt.timedelta(minutes=1)
    on.stage.move_clock(max(wanted - on.stage.clock().now(), dt.timedelta()))


def _thread(on: Play) -> list[reading.Seen]:
    """Return the thread below Ana's first request for the credential of research."""
    ana = on.person(acme.ANA)
    first = next(one for one in ana.sees(HOME) if f"{acme.REPOSITORY} in {acme.ORG}/research" in one.text)
    return ana.thread(HOME, first.ts)


async def _look(on: Play) -> None:
    """Look at the list, at one request, and at the home."""
    ana = on.person(acme.ANA)
    for words, expected in (("list mine", NAME), (f"list workspace {acme.ORG}/research", NAME)):
        on.story.did(f"Ana types {play.COMMAND} {words}.")
        seen = len(ana.ephemerals())
        on.taken(await ana.command(play.COMMAND, words, HOME), words)
        await on.until(lambda: len(ana.ephemerals()) > seen, "a list only for Ana")  # noqa: B023  # awaited here
        told = ana.ephemerals()[-1]
        on.story.read("Only Ana reads", str(told))
        on.holds(expected in told.text, f"The list has {expected}.")
    home = await ana.open_home()
    await on.until(lambda: NAME in str(ana.home()), "Ana's home shows her credential")
    on.story.read("Ana's home", str(ana.home() or home))


async def _narrow(on: Play) -> None:
    """Take a repository away again."""

    async def fill(who: people.Person) -> None:
        path = f"{on.world.login_server()}/{MORE[1]}"
        window = who.modal()
        on.taken(await who.choose(care.REMOVED, path if window and path in window.text else MORE[1]), "gone")

    asked = await care.ask(on, care.NARROW, NAME, fill=fill)
    await care.approve(on, asked)
    await care.done(on, asked)
    on.holds(not await care.pulls(on, image(on, MORE[1])), f"A pipeline gets {MORE[1]} no more.")
    on.holds(await care.pulls(on, image(on, MORE[0])), f"It still gets {MORE[0]}.")


async def _revoke(on: Play) -> None:
    """Revoke it while a job uses it: nothing breaks before the job has ended."""
    held, jobs = care.held(on, acme.RESEARCH), on.world.tower.state
    if held is None:
        raise play.Broken("Tower has no credential to revoke.")
    jobs.run(held.id, JOB)
    asked = await care.ask(on, care.REVOKE, NAME)
    await care.approve(on, asked)
    await on.until(lambda: any(JOB in one.text for one in care.reads(on)), "the job is named")
    on.holds(await care.pulls(on, image(on, MORE[0])), f"While {JOB} runs, everything still works.")
    on.story.did(f"The job {JOB} ends, and an hour passes.")
    jobs.jobs.clear()
    on.stage.move_clock(dt.timedelta(hours=1))
    await care.done(on, asked)
    on.holds(care.held(on, acme.RESEARCH) is None, "Tower has it no more.")
    on.holds(not await care.pulls(on, image(on, MORE[0])), "A pipeline gets nothing of it any more.")


async def _reconcile(on: Play, gone: str) -> None:
    """Plant what a revoked credential could have left behind, and what is somebody else's."""
    registry = on.world.azure.registries[acme.REGISTRY]
    foreign = "registry-bot-somebody-0a1b2c"
    for name in (gone, foreign):
        registry.scope_maps[name] = arm_state.ScopeMap(name, on.world.azure.now(), 0.0)
        registry.tokens[name] = arm_state.Token(name, on.world.azure.now(), 0.0, scope_map=name)
    on.story.did(f"Somebody brings {gone} back by hand, and makes {foreign} of their own.")
    code, said = await on.stage.command("reconcile", "--fix")
    on.story.read("registry-bot reconcile --fix", said)
    there = on.world.tokens()
    on.holds(gone not in there, "What the revoked credential left behind is removed.")
    on.holds(foreign in there, "The foreign token is left alone.")
    on.holds(code == 1, "Its exit code says that something is left to look at.")
