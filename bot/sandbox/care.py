"""What people do with a credential that is there: extend, rotate, narrow and revoke it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.sandbox import acme, play, tower_state
from bot.sandbox.play import APPROVERS, COMMAND, HOME, Play
from bot.sandbox.slack import people, reading

REMOVED = "Repositories to remove"
DONE = "is done"


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of change: the word behind the command, and how messages call a request for it."""

    word: str
    subject: str

    def about(self, name: str) -> str:
        """Return the words that every message about such a request of a credential has."""
        return self.subject.format(name=name)


ROTATE = Change("rotate", "for a new password of the credential {name}")
SCHEDULED = Change("rotate", "scheduled rotation of the credential {name}")
NARROW = Change("remove", "from the credential {name}")
REVOKE = Change("revoke", "to revoke the credential {name}")
EXTEND = Change("", "to let the credential {name}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A change that somebody asked for: how to find its messages, all of them newer than `since`."""

    change: Change
    name: str
    since: str

    def said(self, messages: Sequence[reading.Seen], words: str) -> bool:
        """Tell whether one of the messages about it says something."""
        about = self.change.about(self.name)
        return any(one.ts > self.since and about in one.text and words in one.text for one in messages)


Filling = Callable[[people.Person], Awaitable[None]]


async def ask(
    on: Play, change: Change, name: str, *, by: str = acme.ANA, fill: Filling | None = None
) -> Asked:
    """Type the command for a change, read the window that opens, fill it and send it."""
    who, asked = on.person(by), Asked(change, name, on.world.slack.state.board.stamp())
    on.story.did(f"{who.name} types {COMMAND} {change.word} {name} in #{HOME}.")
    on.taken(await who.command(COMMAND, f"{change.word} {name}", channel=HOME), COMMAND)
    await _send(on, who, name, fill)
    return asked


async def press(on: Play, where: reading.Seen, button: str, change: Change, name: str) -> Asked:
    """Press a button at a message for a change, and send the window that opens."""
    who, asked = on.person(acme.ANA), Asked(change, name, on.world.slack.state.board.stamp())
    on.story.did(f"{who.name} presses {button}.")
    on.taken(await who.click(where, button), button)
    await _send(on, who, name, None)
    return asked


async def _send(on: Play, who: people.Person, name: str, fill: Filling | None) -> None:
    """Wait for the window that names the credential, fill it, and send it."""
    await on.until(
        lambda: bool((now := who.modal()) and name in now.text and now.view.body.get("submit")),
        f"{who.name} sees a window about {name}",
    )
    if fill:
        await fill(who)
    on.story.read(f"{who.name}'s window", str(who.modal()))
    on.taken(await who.submit(), "The window")


async def approve(on: Play, asked: Asked) -> None:
    """Let Ben read and approve it."""
    ben = on.person(acme.BEN)

    def card() -> reading.Seen | None:
        # An earlier request's card may keep its buttons for a moment longer.
        newer = [one for one in ben.sees(APPROVERS) if one.ts > asked.since and asked.name in one.text]
        return next((one for one in newer if one.buttons), None)

    await on.until(lambda: card() is not None, f"Ben is asked to approve: {asked.change.word} {asked.name}")
    approval = card()
    if approval is None:
        raise play.Broken("The approvers' message has lost its buttons.")
    on.story.read(f"#{APPROVERS}", str(approval))
    on.story.did(f"Ben presses {play.APPROVE}.")
    on.taken(await ben.click(approval, play.APPROVE), play.APPROVE)


def reads(on: Play, by: str = acme.ANA) -> list[reading.Seen]:
    """Return all that somebody can read in the team's channel, threads too, oldest first."""
    who = on.person(by)
    roots = who.sees(HOME)
    replies = [reply for root in roots for reply in who.thread(HOME, root.ts) if reply.ts != root.ts]
    return sorted([*roots, *replies], key=lambda one: one.ts)


async def done(on: Play, asked: Asked, *, within_s: float = play.FINISH_S) -> None:
    """Wait until the team's channel says that it is done, and read the newest of what says so."""
    await on.until(
        lambda: asked.said(reads(on), DONE), f"{asked.change.word} {asked.name} is done", within_s=within_s
    )
    about = asked.change.about(asked.name)
    told = [one for one in reads(on) if about in one.text and one.ts > asked.since]
    on.story.read(f"#{HOME}", str(told[-1]))


def held(on: Play, workspace: int, registry: str = acme.REGISTRY) -> tower_state.Credential | None:
    """Return what Tower's workspace has for a registry."""
    host = on.world.login_server(registry)
    ours = [one for one in on.world.tower.state.credentials.get(workspace, []) if one.registry == host]
    return ours[0] if ours else None


async def pulls(on: Play, image: str, *, workspace: int = acme.RESEARCH) -> bool:
    """Tell whether a pipeline of a workspace gets an image through Wave once its caches are out."""
    on.world.wave.forget()
    token = on.world.secrets.tower_person_token
    return await on.world.wave.pull(image, token=token, workspace_id=workspace)
