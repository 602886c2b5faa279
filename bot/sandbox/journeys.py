"""The journeys: what people can live through with the bot, each played through the front door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.sandbox import acme, lifecycle, play, trouble
from bot.sandbox.play import APPROVERS, HOME, TOLD, Play
from bot.sandbox.teams import journey as teams_journey
from bot.sandbox.teams import tenant


@dataclass(frozen=True, slots=True)
class Journey:
    """A journey's sentence for people, what happens in it, and the policy file that it needs, if any."""

    about: str
    run: Callable[[Play], Awaitable[None]]
    policy: str | None = None
    teams: bool = False  # the same people are in Teams as well
    on_the_clock: bool = False  # whether time is moved in it


async def issue(on: Play) -> None:
    """Ask, approve, and find the credential in Tower."""
    asked = await on.ask()
    await on.approve(asked)
    await on.done(asked)
    await _credential_works(on, asked.wish)


async def _credential_works(on: Play, wish: play.Wish) -> None:
    outside, workspace = on.world, acme.WORKSPACES[wish.workspace]
    held = outside.tower.state.credentials.get(wish.workspace, [])
    ours = [one for one in held if one.registry == outside.login_server(wish.registry)]
    on.holds(len(ours) == 1, f"Tower's workspace {workspace} has one credential for this registry.")
    made = (len(outside.tokens(wish.registry)), len(outside.scope_maps(wish.registry)))
    on.holds(made == (1, 1), "Azure has one new token and one new scope map.")
    token = outside.secrets.tower_verify_token
    image = f"{on.path(wish)}:{acme.TAG}"
    pulled = await outside.wave.pull(image, token=token, workspace_id=wish.workspace)
    on.holds(pulled, f"A pipeline in {workspace} gets {image} through Wave.")
    other = f"{outside.login_server(wish.registry)}/genomics/variant-caller:1.6.1"
    refused = not await outside.wave.pull(other, token=token, workspace_id=wish.workspace)
    on.holds(refused, "It gets no other repository of the same registry.")


async def deny(on: Play) -> None:
    """Ask, and be denied with a reason."""
    asked, ben = await on.ask(), on.person(acme.BEN)
    on.story.did(f"{ben.name} presses {play.DENY}.")
    on.taken(await ben.click(asked.approval, play.DENY), play.DENY)
    on.story.read(f"{ben.name}'s window", str(await ben.awaits_modal("Why")))
    on.story.did(f"{ben.name} says why, and sends it.")
    on.taken(await ben.type("Why do you deny it?", "Use the shared workspace <!channel> *please*"), "Reason")
    on.taken(await ben.submit(), "The denial")
    await on.agree("was denied by @Ben", asked)
    result = await on.person(acme.ANA).awaits(HOME, "Use the shared", thread=asked.origin.ts)
    on.story.read(f"In the thread in #{HOME}", str(result))
    on.holds("<!channel> *please*" in result.text, "The reason is shown as it was typed, not as markup.")
    _nothing_made(on)


async def cancel(on: Play) -> None:
    """Ask, and take it back before anybody decides."""
    asked, ana = await on.ask(), on.person(acme.ANA)
    on.story.did(f"{ana.name} presses {play.CANCEL} and confirms.")
    on.taken(await ana.click(asked.origin, play.CANCEL), play.CANCEL)
    await on.agree("was cancelled", asked)
    on.story.read(f"#{HOME}", str(await ana.awaits(HOME, "was cancelled")))
    await _refused(on, asked, acme.BEN, "not open any more", "who has not seen it yet")
    _nothing_made(on)


async def refused(on: Play) -> None:
    """Try what is not allowed: each is told why, and nothing happens."""
    asked = await on.ask()
    await _refused(on, asked, acme.ANA, "own request", "who asked for it herself")
    await _refused(on, asked, acme.DAN, "You are not an approver", "who is no approver")
    _nothing_made(on)
    await on.approve(asked)
    await _refused(on, asked, acme.CLEO, "not open any more", "who comes a moment too late")
    await on.done(asked)
    on.holds(len(on.world.tokens()) == 1, "Azure has one new token: the second click made nothing.")


async def _refused(on: Play, asked: play.Asked, by: str, why: str, remark: str) -> None:
    """Press Approve as somebody who may not, and read the private answer."""
    who = on.person(by)
    on.story.did(f"{who.name}, {remark}, presses {play.APPROVE}.")
    on.taken(await who.click(asked.approval, play.APPROVE), play.APPROVE)
    told = await who.awaits(APPROVERS, why)
    on.story.read(f"Only {who.name} reads", str(told))
    if not told.message.only_for:
        raise play.Broken("The refusal can be read by everybody.")


async def quorum(on: Play) -> None:
    """Ask where two have to agree: the first approval is shown everywhere, the second decides."""
    asked, ben, cleo = await on.ask(), on.person(acme.BEN), on.person(acme.CLEO)
    on.holds("2 approvals are needed" in asked.approval.text, "The approvers read that two have to agree.")
    await on.approve(asked)
    voted = await ben.awaits(APPROVERS, "1 of 2 so far: @Ben.")
    on.story.read(f"#{APPROVERS}", str(voted))
    on.story.read(f"#{HOME}", str(await on.person(acme.ANA).awaits(HOME, "1 of 2 so far: @Ben.")))
    await cleo.awaits(TOLD, "1 of 2 so far: @Ben.")
    await on.approve(asked)
    on.holds(len(voted.buttons) > 0, "Ben's second click is no second approval: the buttons stay.")
    _nothing_made(on)
    await on.approve(asked, by=acme.CLEO)
    await on.done(asked)
    await on.agree("is in Tower", asked)
    decided = await ben.awaits(APPROVERS, "Approved by @Cleo")
    on.story.read(f"#{APPROVERS}", str(decided))
    on.holds("Approved by @Ben" in decided.text, "Both approvals stand in the message.")
    on.story.read(f"#{TOLD}", str(await cleo.awaits(TOLD, "is in Tower")))
    await _credential_works(on, asked.wish)


def _nothing_made(on: Play) -> None:
    made = [*on.world.tokens(), *on.world.scope_maps(), *on.world.azure.minted]
    on.holds(not made, "Nothing was made in Azure or Tower, and there was no password.")


JOURNEYS: Mapping[str, Journey] = {
    "issue": Journey("Ana asks, Ben approves, Tower gets the credential.", issue),
    "deny": Journey("Ben denies with a reason, and nothing happens.", deny),
    "cancel": Journey("Ana takes her request back.", cancel),
    "refused": Journey("Who may not decide is told why, and changes nothing.", refused),
    "quorum": Journey(
        "Two have to agree: Ben approves, then Cleo, and only then it begins.", quorum, acme.BY_TWO
    ),
    "teams": Journey(
        "Asked and approved in Teams, and across from Slack to Teams and back.",
        teams_journey.run,
        tenant.POLICY,
        teams=True,
    ),
    "faults": Journey("Azure throttles, Tower and Wave lag behind; it works all the same.", trouble.faults),
    "crash": Journey("The bot is killed in the middle; another one finishes the work.", trouble.crash),
    "lifecycle": Journey(
        "A credential from its first day to its last: extended, rotated under load, warned of, revoked.",
        lifecycle.live,
        lifecycle.POLICY,
        on_the_clock=True,
    ),
}
