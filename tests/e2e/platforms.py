"""The same people doing the same on Slack and in Teams, for tests that hold for both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from bot import audit, model
from bot.sandbox import acme, play, process, stage, story
from bot.sandbox.teams import journey, people, reading, tenant
from bot.sandbox.teams.entities import User
from tests.e2e import crowd, inside
from tests.e2e.conftest import Opener, a_world
from tests.waiting import wait_until

CROWD = 200
DECISIONS = {audit.Event.APPROVED, audit.Event.DENIED, audit.Event.VOTED}
DENIAL = "Why do you deny it?"


class Side(Protocol):
    """One platform, on which somebody asks and a crowd may decide."""

    on: play.Play

    async def ask(self, wish: play.Wish) -> None:
        """Ask, and wait until the approvers are asked."""

    async def approve(self, number: int = 0) -> str | None:
        """Press Approve as one of the crowd; return what only they are told."""

    async def ready_to_deny(self, number: int) -> Callable[[], Any]:
        """Do all of a denial but its last press, and return that."""

    def asked(self) -> list[str]:
        """Return the approvers' messages that are there, as text."""

    def told(self, words: str) -> bool:
        """Tell whether the place where it was asked says something."""


class OnSlack:
    """Ana asks in a channel, the crowd is in the approvers' channel."""

    def __init__(self, on: stage.Stage) -> None:
        self.on = play.Play(on, story.Story())
        on.world.slack.terms.deadline_s = 30.0  # people, Slack and the bot share one busy processor here
        self.crowd = crowd.gather(on, crowd.ids(CROWD))
        self._asked: play.Asked | None = None

    @property
    def request(self) -> play.Asked:
        """Return what was asked for."""
        assert self._asked
        return self._asked

    async def ask(self, wish: play.Wish) -> None:
        """Fill and send the form."""
        ana = self.on.person(acme.ANA)
        await self.on.open_form(ana)
        await self.on.fill(ana, wish)
        self.on.taken(await ana.submit(), "The form")
        approval = await self.on.open_message(self.crowd[0], play.APPROVERS, wish.name)
        self._asked = play.Asked(wish, approval, approval)

    async def approve(self, number: int = 0) -> str | None:
        """Press the button."""
        return (await self.crowd[number].click(self.request.approval, play.APPROVE)).notice

    async def ready_to_deny(self, number: int) -> Callable[[], Any]:
        """Open the window, and fill it."""
        who = self.crowd[number]
        await who.click(self.request.approval, play.DENY)
        await who.awaits_modal("Why", within_s=20)
        await who.type(DENIAL, "Not now")
        return who.submit

    def asked(self) -> list[str]:
        """Return what stands in the approvers' channel."""
        return [one.text for one in self.crowd[0].sees(play.APPROVERS)]

    def told(self, words: str) -> bool:
        """Look into the channel."""
        return any(words in one.text for one in self.on.person(acme.ANA).sees(play.HOME))

    @property
    def value(self) -> str:
        """Return what the approvers' buttons carry."""
        blocks = self.request.approval.message.blocks
        elements = next(block for block in blocks if block["type"] == "actions")["elements"]
        return str(elements[0]["value"])


class InTeams:
    """The same in a team's channels."""

    def __init__(self, on: stage.Stage) -> None:
        self.on = play.Play(on, story.Story())
        assert on.world.teams
        self.teams = on.world.teams
        self.teams.courier.patience_s = 30.0
        for user in members():
            self.teams.people[user.id] = user
            self.teams.conversations[tenant.APPROVALS].members.append(user.id)
        self.crowd = [people.Person(self.teams, user.id) for user in members()]
        self._card: people.Seen | None = None

    @property
    def card(self) -> people.Seen:
        """Return the approvers' card."""
        assert self._card
        return self._card

    async def ask(self, wish: play.Wish) -> None:
        """Fill and send the dialog."""
        await journey.Teams(self.on, self.teams).ask(wish)
        await self.crowd[0].awaits(tenant.APPROVERS, wish.name)
        self._card = self.crowd[0].sees(tenant.APPROVERS)[0]

    async def approve(self, number: int = 0) -> str | None:
        """Press the card's button."""
        return (await self.crowd[number].press(self.card, journey.APPROVE)).notice

    async def ready_to_deny(self, number: int) -> Callable[[], Any]:
        """Write the reason into the card."""
        who = self.crowd[number]
        return lambda: who.press(self.card, play.DENY, {"reason": "Not now"})

    def asked(self) -> list[str]:
        """Return what stands in the approvers' channel."""
        return [one.text for one in self.crowd[0].sees(tenant.APPROVERS) if one.card]

    def told(self, words: str) -> bool:
        """Look into the channel."""
        ana = people.Person(self.teams, tenant.ANA.id)
        return any(words in one.text for one in ana.sees(tenant.HOME))

    @property
    def value(self) -> str:
        """Return what the approvers' buttons carry."""
        data = reading.actions(self.card.card)[0]["data"]
        assert isinstance(data, Mapping)
        return str(data["value"])


def members() -> list[User]:
    """Return a crowd in Teams."""
    return [
        User(f"cccccccc-0000-4000-8000-{number:012d}", f"Approver {number}", tenant.TENANT)
        for number in range(CROWD)
    ]


def _policy(channel: str, key: str, users: Sequence[str]) -> str:
    listed = ", ".join(f'"{one}"' for one in users)
    return f"""
[defaults]
approval_channel = "{channel}"

[groups.crowd]
{key} = [{listed}]

[[rules]]
name = "all"
approvers = "crowd"
"""


POLICIES = {
    "slack": _policy(acme.APPROVALS, "slack", crowd.ids(CROWD)),
    "teams": _policy(tenant.APPROVALS, "teams", [one.id for one in members()]),
}
SIDES: Mapping[str, Callable[[stage.Stage], Any]] = {"slack": OnSlack, "teams": InTeams}


async def opened(
    open_stage: Opener, platform: str, *, kind: Callable[..., process.BotProcess] = inside.InsideBot
) -> Any:
    """Return one platform with its people, and a bot that serves both."""
    on = await open_stage(a_world(policy=POLICIES[platform], teams=True), kind=kind)
    return SIDES[platform](on)


async def decided(side: Any) -> tuple[model.Request, list[audit.Entry]]:
    """Return the request and its decisions, once it has ended."""
    bot = side.on.stage.bot
    assert isinstance(bot, inside.InsideBot)
    store, request_id = bot.runtime.store, side.value.partition(".")[0]

    async def ended() -> bool:
        snapshot = await store.load(request_id)
        return snapshot is not None and snapshot.request.ended

    await wait_until(ended, "the request ended", within_s=20)
    snapshot = await store.load(request_id)
    assert snapshot
    trail = await store.trail(request_id)
    return snapshot.request, [entry for entry in trail if entry.event in DECISIONS]


async def at_once(deeds: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do everything at the same moment."""
    return list(await asyncio.gather(*(deed() for deed in deeds)))
