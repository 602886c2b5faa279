"""What the people of a journey do, step by step, as they would at their screens; and what must hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.sandbox import acme, stage, story, world
from bot.sandbox.slack import people, reading

COMMAND = "/registry"
NAME, WORKSPACE, REPOSITORY, REASON = "Name", "Tower workspace", "Repository", "Reason"
VALIDITY = "Valid for (days)"
APPROVE, DENY, CANCEL = "Approve", "Deny", "Cancel request"
HOME, APPROVERS, TOLD = "genomics", "registry-approvals", "registry-ops"
RESULT = "What to do next"  # stands in the message that says how it ended well
PROGRESS = re.compile(r"(?:• )?\W*(?:Done|Taken back|There was a problem)[:.] ?(.+?)(?: \(edited\))?$")
FINISH_S = 60.0  # a whole provisioning, at the pace of real services


class Broken(Exception):
    """The journey did not go as it must; the text says what is wrong, for people."""


def _says(messages: list[reading.Seen], words: str, *, ts: str | None = None) -> bool:
    """Tell whether a message (that of `ts`, or any) says something, with nothing left to press."""
    return any(words in one.text and not one.buttons and ts in {None, one.ts} for one in messages)


def _part(repository: str) -> str:
    """Return what somebody types who looks for a repository."""
    return repository.rpartition("/")[2][:5]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for."""

    repository: str = acme.REPOSITORY
    registry: str = acme.REGISTRY
    workspace: int = acme.RESEARCH
    name: str = "aligner"
    reason: str = "Nightly RNA-seq runs"
    days: int | None = None  # that the password is valid; some policies ask for it


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as people see it: its line in the team's channel, and the message to the approvers."""

    wish: Wish
    origin: reading.Seen
    approval: reading.Seen


class Play:
    """The people of Acme on a stage; whatever they do or read goes into the story."""

    def __init__(self, on: stage.Stage, told: story.Story) -> None:
        self.stage = on
        self.story = told

    @property
    def world(self) -> world.World:
        """Return the world around the bot."""
        return self.stage.world

    def person(self, user_id: str) -> people.Person:
        """Return somebody."""
        return self.world.slack.person(user_id)

    def path(self, wish: Wish) -> str:
        """Return what is asked for as `host/repository`."""
        return f"{self.world.login_server(wish.registry)}/{wish.repository}"

    async def ask(self, wish: Wish | None = None, *, by: str = acme.ANA) -> Asked:
        """Fill the form and send it, as somebody who knows what they want."""
        wish, who = wish or Wish(), self.person(by)
        await self.open_form(who)
        await self.fill(who, wish)
        self.story.did(f"{who.name} sends the form.")
        self.taken(await who.submit(), "The form")
        approval = await self.open_message(self.person(acme.BEN), APPROVERS, wish.name)
        self.story.read(f"#{APPROVERS}", str(approval))
        origin = await self.open_message(who, HOME, self.path(wish))
        self.story.read(f"#{HOME}", str(origin))
        return Asked(wish, origin, approval)

    async def open_message(self, who: people.Person, channel: str, words: str) -> reading.Seen:
        """Wait for a message about a request that is still open, which is why it has buttons."""

        def found() -> list[reading.Seen]:
            return [one for one in who.sees(channel) if words in one.text and one.buttons]

        await self.until(lambda: bool(found()), f"{who.name} sees an open request in #{channel}")
        return found()[-1]

    async def open_form(self, who: people.Person) -> reading.Screen:
        """Type the command, and wait until the form is filled."""
        self.story.did(f"{who.name} types {COMMAND} in #{HOME}.")
        self.taken(await who.command(COMMAND, channel=HOME), COMMAND)
        return await who.awaits_modal(REPOSITORY)

    async def fill(self, who: people.Person, wish: Wish, *more: str) -> None:
        """Fill the open form, search repositories by parts of their names, and read who will be asked."""
        part = _part(wish.repository)
        workspace = f"{acme.ORG}/{acme.WORKSPACES[wish.workspace]}"
        self.story.did(f"{who.name} chooses {workspace} and searches for “{part}”.")
        self.taken(await who.type(NAME, wish.name), NAME)
        await self._choose(who, WORKSPACE, workspace)
        found = await who.search(REPOSITORY, part)
        self.story.read("The search offers", "\n".join(option.text for option in found[:5]))
        self.taken(await who.type(REASON, wish.reason), REASON)
        if wish.days is not None:
            self.taken(await who.type(VALIDITY, str(wish.days)), VALIDITY)
        await self._choose(who, REPOSITORY, self.path(wish))
        chosen = [self.path(wish)]
        for repository in more:
            await who.search(REPOSITORY, _part(repository))
            chosen.append(self.path(replace(wish, repository=repository)))
            await self._choose(who, REPOSITORY, *chosen)
        self.story.read(f"{who.name}'s form", str(who.modal()))

    async def _choose(self, who: people.Person, field: str, *options: str) -> None:
        """Choose, and wait until the form says what that leads to."""
        before = await who.awaits_modal()
        self.taken(await who.choose(field, *options), field)
        await self.until(
            lambda: (now := who.modal()) is not None and now.view.hash != before.view.hash,
            f"the form says what the {field} leads to",
        )

    async def approve(self, asked: Asked, *, by: str = acme.BEN) -> None:
        """Press Approve."""
        who = self.person(by)
        self.story.did(f"{who.name} presses {APPROVE}.")
        self.taken(await who.click(asked.approval, APPROVE), APPROVE)

    async def done(self, asked: Asked, *, within_s: float = FINISH_S) -> None:
        """Follow the work in the thread, and read that it is done there and everywhere else."""
        ana, heard = self.person(acme.ANA), set[str]()

        def finished() -> bool:
            thread = ana.thread(HOME, asked.origin.ts)
            self._hear(thread, heard)
            said = "\n".join(one.text for one in thread)
            return RESULT in said and "Done: result written down" in said

        await self.until(finished, "the thread says that it is done", within_s=within_s)
        self.story.did("The work is done.")
        result = await ana.awaits(HOME, RESULT, thread=asked.origin.ts)
        self.story.read(f"In the thread in #{HOME}", str(result))
        await self.agree("is in Tower", asked)
        self.story.read(f"{ana.name}'s direct messages", str(ana.direct()[-1]))
        if "Verified: Wave read" not in result.text:
            raise Broken("The result does not say that Wave read the repository.")

    def _hear(self, thread: list[reading.Seen], heard: set[str]) -> None:
        """Tell each line of the progress once, when it first appears."""
        for line in (line for one in thread for line in one.text.splitlines()):
            said = PROGRESS.match(line)
            if said and said[1] not in heard:
                heard.add(said[1])
                self.story.heard(said[1][0].upper() + said[1][1:])

    async def agree(self, words: str, asked: Asked) -> None:
        """Check that every copy of the request comes to say the same."""
        ana, ben = self.person(acme.ANA), self.person(acme.BEN)
        copies = {
            f"the message in #{HOME}": lambda: _says(ana.sees(HOME), words, ts=asked.origin.ts),
            "a direct message": lambda: _says(ana.direct(), words),
            f"the message in #{APPROVERS}": lambda: _says(ben.sees(APPROVERS), words, ts=asked.approval.ts),
        }
        for what, agrees in copies.items():
            await self.until(agrees, f"{what} says {words!r} and has no buttons any more")

    async def until(self, condition: Callable[[], bool], what: str, *, within_s: float = 10.0) -> None:
        """Wait until something is so in Slack."""
        await self.world.slack.state.feed.until(condition, what, within_s=within_s)

    def taken(self, reaction: people.Reaction, what: str) -> None:
        """Insist that what somebody did was accepted."""
        if reaction.notice:
            raise Broken(f"{what}: Slack says {reaction.notice!r}.")
        for field, problem in reaction.errors.items():
            raise Broken(f"{what}: {field}: {problem}")

    def holds(self, fact: object, what: str) -> None:
        """Insist that something is so, and tell it."""
        if not fact:
            raise Broken(f"This does not hold: {what}")
        self.story.held(what)
