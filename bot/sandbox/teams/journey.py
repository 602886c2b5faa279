"""The journey through Teams: asked and decided there, then across to Slack and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.sandbox import acme, play
from bot.sandbox.play import Broken, Play, Wish
from bot.sandbox.teams import cards, people, tenant
from bot.sandbox.teams.connector import TeamsEmulator
from bot.sandbox.teams.people import Person, Seen

OPEN_FORM, SEND, APPROVE = "Open the form", "Ask for it", "Approve"
ROTATE, DETAILS, BACK = "Rotate password", "Details", "Back to the list"

# What each leg asks for: no two of them meet in one workspace and registry.
IN_TEAMS = Wish()
FROM_SLACK = Wish("genomics/variant-caller", workspace=acme.PRODUCTION, name="variants")
FROM_TEAMS = Wish("tutorial/rnaseq", registry="acmepublic", name="tutorial")
OWN = Wish("tutorial/hello", registry="acmepublic", workspace=acme.PRODUCTION, name="hello")


@dataclass(frozen=True, slots=True)
class Teams:
    """A play's people in Teams."""

    on: Play
    double: TeamsEmulator

    @classmethod
    def of(cls, on: Play) -> Teams:
        """Return Teams as it is in a play's world; raise Broken where there is none."""
        if on.world.teams is None:
            raise Broken("This world has no Teams.")
        return cls(on, on.world.teams)

    def person(self, user_id: str) -> Person:
        """Return somebody at their Teams."""
        return people.Person(self.double, user_id)

    async def ask(self, wish: Wish, *, place: str = tenant.HOME) -> Seen:
        """Ask by the form's dialog; return the message to the bot that it began with."""
        ana = self.person(tenant.ANA.id)
        where = place or "her chat with the bot"
        self.on.story.did(f"{ana.name} writes “registry” to the bot in {where}, in Teams.")
        said = await ana.say(place, "registry")
        launcher = await self._launcher(ana, place, said)
        self.on.story.read(where, str(launcher))
        self.on.story.did(f"{ana.name} presses {OPEN_FORM}.")
        self.taken(await ana.press(launcher, OPEN_FORM), OPEN_FORM)
        await self.fill(ana, wish)
        self.on.story.did(f"{ana.name} sends the form.")
        sent = await ana.submit()
        self.taken(sent, SEND)
        if sent.window is None or sent.window.told is None:
            raise Broken("The dialog does not say that the request waits.")
        self.on.story.read("The dialog", sent.window.told)
        ana.close()
        return said

    async def _launcher(self, ana: Person, place: str, said: Seen) -> Seen:
        thread = said.root if place else None

        def found() -> list[Seen]:
            every = ana.sees(place, thread=thread)
            later = every[[one.id for one in every].index(said.id) :]
            return [one for one in later if OPEN_FORM in one.buttons]

        await ana.until(lambda: bool(found()), "the bot answers with a card that opens the form")
        return found()[-1]

    async def fill(self, ana: Person, wish: Wish) -> None:
        """Fill the dialog, the repository by searching for a part of its name."""
        part = wish.repository.rpartition("/")[2][:5]
        ana.type(play.NAME, wish.name)
        ana.choose(play.WORKSPACE, f"{acme.ORG}/{acme.WORKSPACES[wish.workspace]}")
        matches = await ana.search(play.REPOSITORY, part)
        self.on.story.read(f"The search for “{part}” offers", "\n".join(title for title, _ in matches[:5]))
        wanted = self.on.path(wish)
        found = [value for _, value in matches if value.endswith(wanted)]
        self.on.holds(found, f"Typing “{part}” finds {wanted}.")
        ana.type(play.REPOSITORY, found[0])
        ana.type(play.REASON, wish.reason)

    async def approval(self, wish: Wish) -> Seen:
        """Wait for the approvers' card about a request."""
        ben = self.person(tenant.BEN.id)

        def found() -> list[Seen]:
            every = ben.sees(tenant.APPROVERS)
            return [one for one in every if APPROVE in one.buttons and self.on.path(wish) in one.text]

        await ben.until(lambda: bool(found()), f"the approvers in Teams are asked for {wish.name}")
        self.on.story.read(tenant.APPROVERS, str(found()[-1]))
        return found()[-1]

    async def press(self, by: str, seen: Seen, title: str = APPROVE) -> people.Outcome:
        """Press a button as somebody."""
        who = self.person(by)
        self.on.story.did(f"{who.name} presses {title} in Teams.")
        return await who.press(seen, title)

    async def approve(self, wish: Wish) -> None:
        """Approve as Ben, and read the card that comes back at once."""
        card = await self.approval(wish)
        self.taken(await self.press(tenant.BEN.id, card), APPROVE)
        ben = self.person(tenant.BEN.id)
        now = next(one for one in ben.sees(tenant.APPROVERS) if one.id == card.id)
        self.on.holds(APPROVE not in now.buttons, "The card that Ben gets at once has no buttons any more.")
        cleo = self.person(tenant.CLEO.id)
        await cleo.until(
            lambda: any(one.id == card.id and not one.buttons for one in cleo.sees(tenant.APPROVERS)),
            "the card is true for everybody",
        )

    def taken(self, outcome: people.Outcome, what: str) -> None:
        """Insist that what somebody did was accepted."""
        if outcome.notice:
            raise Broken(f"{what}: Teams says {outcome.notice!r}.")
        for field, problem in outcome.errors.items():
            raise Broken(f"{what}: {field}: {problem}")


async def run(on: Play) -> None:
    """Play all of it."""
    teams = Teams.of(on)
    with _only_good_cards(teams):
        await _in_teams(on, teams)
        await _from_slack(on, teams)
        await _from_teams(on, teams)
        await _own(on, teams)


async def _in_teams(on: Play, teams: Teams) -> None:
    said = await teams.ask(IN_TEAMS)
    await teams.approve(IN_TEAMS)
    ana = teams.person(tenant.ANA.id)
    done = await ana.awaits(tenant.HOME, play.RESULT, within_s=play.FINISH_S)
    on.story.did("The work is done.")
    on.story.read(f"In the thread in {tenant.HOME}", str(done))
    on.holds(done.root == said.root, "The result stands in the thread in which Ana asked.")
    told = await ana.awaits("", "is in Tower", within_s=play.FINISH_S)
    on.story.read("Ana's own chat with the bot", str(told))
    on.holds(_held(on, IN_TEAMS), "Tower's workspace has one credential for this registry.")
    await _looks(on, teams, done)


async def _looks(on: Play, teams: Teams, done: Seen) -> None:
    """Look at what could be done to the credential, and at the list: nothing is sent."""
    ana = teams.person(tenant.ANA.id)
    on.story.did(f"{ana.name} presses {ROTATE} below the result.")
    opened = await ana.press(done, ROTATE)
    teams.taken(opened, ROTATE)
    on.holds(opened.window and opened.window.card, "A dialog says what would happen.")
    ana.close()
    on.story.did(f"{ana.name} writes “list” in her own chat with the bot.")
    await ana.say("", "list")
    listed = await ana.awaits("", "Your requests")
    for title in (DETAILS, BACK):
        seen = next(one for one in ana.sees() if one.id == listed.id)
        teams.taken(await ana.press(seen, title), title)
    seen = next(one for one in ana.sees() if one.id == listed.id)
    on.holds(DETAILS in seen.buttons, f"{DETAILS} takes the list's place, and {BACK} brings it back.")


async def _from_slack(on: Play, teams: Teams) -> None:
    ana = on.person(acme.ANA)
    on.story.did("Now across: what is asked on Slack for production is decided in Teams.")
    await _ask_on_slack(on, FROM_SLACK)
    await teams.approve(FROM_SLACK)
    told = await ana.awaits(play.HOME, "is in Tower", within_s=play.FINISH_S)
    on.story.read(f"#{play.HOME} on Slack", str(told))
    on.holds(_held(on, FROM_SLACK), "Ben's click in Teams was enough: Tower has the credential.")


async def _from_teams(on: Play, teams: Teams) -> None:
    on.story.did("And back: what Ana asks in her own chat in Teams is decided on Slack.")
    await teams.ask(FROM_TEAMS, place="")
    ben = on.person(acme.BEN)
    asked = await on.open_message(ben, play.APPROVERS, FROM_TEAMS.name)
    on.story.read(f"#{play.APPROVERS} on Slack", str(asked))
    on.story.did(f"{ben.name} presses {APPROVE} on Slack.")
    on.taken(await ben.click(asked, APPROVE), APPROVE)
    ana = teams.person(tenant.ANA.id)
    await ana.until(
        lambda: any("tutorial is in Tower" in one.text for one in ana.sees()),
        "Ana reads in Teams that it is done",
        within_s=play.FINISH_S,
    )
    on.holds(_held(on, FROM_TEAMS), "Ben's click on Slack was enough: Tower has the credential.")


async def _own(on: Play, teams: Teams) -> None:
    on.story.did("Last, what must not go: Ben asks on Slack, and approves with his account in Teams.")
    before = len(on.world.azure.minted)
    await _ask_on_slack(on, OWN, by=acme.BEN)
    card = await teams.approval(OWN)
    refused = await teams.press(tenant.BEN.id, card)
    on.story.read("Only Ben reads", refused.notice or "nothing")
    on.holds("own request" in (refused.notice or ""), "His other account is him: it is refused.")
    across = await teams.press(tenant.CLEO.id, card)
    on.story.read("Only Cleo reads", across.notice or "nothing")
    on.holds(
        "another platform" in (across.notice or ""),
        "Cleo, whose accounts nobody linked, decides nothing that came from Slack.",
    )
    on.holds(len(on.world.azure.minted) == before, "No password was made.")


async def _ask_on_slack(on: Play, wish: Wish, *, by: str = acme.ANA) -> None:
    who = on.person(by)
    await on.open_form(who)
    await on.fill(who, wish)
    on.story.did(f"{who.name} sends the form.")
    on.taken(await who.submit(), "The form")


def _held(on: Play, wish: Wish) -> bool:
    held = on.world.tower.state.credentials.get(wish.workspace, [])
    return [one.registry for one in held].count(on.world.login_server(wish.registry)) == 1


@contextmanager
def _only_good_cards(teams: Teams) -> Iterator[None]:
    """Insist that Teams would draw and send everything that the bot sent."""
    yield
    held = teams.double.conversations.values()
    shown = [one for where in held for one in where.messages.values() if one.card]
    large = max(cards.size(one.card) for one in shown)
    teams.on.holds(
        large <= cards.LARGEST,
        f"{len(shown)} cards, the largest of {large / 1000:.1f} kB, are as Teams takes them.",
    )
    teams.on.holds(not teams.double.complaints, "Teams had nothing to complain about.")
