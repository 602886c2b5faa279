"""Many clicks at one moment, through the real door: one outcome, one credential, one decision."""

from __future__ import annotations

import asyncio

from bot import model
from bot.sandbox import acme, play
from tests.e2e import asking, crowd


async def test_two_hundred_people_decide_at_once(crowded: play.Play) -> None:
    """A hundred approve while a hundred deny: the first one counts, everybody else is told."""
    on, asked = crowded, await crowded.ask()
    everybody = crowd.gather(on.stage, crowd.ids(crowd.CROWD))
    approving, denying = everybody[::2], everybody[1::2]
    for who in denying:
        await who.click(asked.approval, play.DENY)
    for who in denying:
        await who.awaits_modal("Why", within_s=20)
        await who.type("Why do you deny it?", "Not now")

    clicks = [who.click(asked.approval, play.APPROVE) for who in approving]
    reactions = await asyncio.gather(*clicks, *(who.submit() for who in denying))
    request, decisions = await asking.decided(on.stage.bot, asked)

    assert len(decisions) == 1
    assert len(request.decisions) == 1
    made = int(request.state is model.State.DONE)
    assert (len(on.world.tokens()), len(on.world.azure.minted)) == (made, made)
    assert [reaction.notice for reaction in reactions if reaction.notice] == []


async def test_two_hundred_approvals_at_once(crowded: play.Play) -> None:
    """Two hundred approve: one approval is recorded, and one credential made."""
    on, asked = crowded, await crowded.ask()
    everybody = crowd.gather(on.stage, crowd.ids(crowd.CROWD))

    reactions = await asyncio.gather(*(who.click(asked.approval, play.APPROVE) for who in everybody))
    request, decisions = await asking.decided(on.stage.bot, asked)

    assert (request.state, len(decisions), len(request.decisions)) == (model.State.DONE, 1, 1)
    assert len(on.world.tower.state.credentials[acme.RESEARCH]) == 1
    assert [reaction.notice for reaction in reactions if reaction.notice] == []


async def test_one_impatient_approver(on: play.Play) -> None:
    """Somebody presses Approve fifty times: that is one approval, and nobody is told off for it."""
    asked, ben = await on.ask(), on.person(acme.BEN)
    on.world.slack.terms.deadline_s = 30.0

    await asyncio.gather(*(ben.click(asked.approval, play.APPROVE) for _ in range(50)))
    request, decisions = await asking.decided(on.stage.bot, asked)

    assert (request.state, len(decisions)) == (model.State.DONE, 1)
    # on a busy machine some of his clicks may be told to have taken too long, but none to be wrong
    assert [one.text for one in ben.ephemerals() if "took too long" not in one.text] == []


async def test_slack_delivers_everything_three_times(on: play.Play) -> None:
    """Every command, form and click comes thrice: one request, one approval, one credential."""
    on.world.slack.terms.duplicates = 2

    asked = await on.ask()
    await on.approve(asked)
    await on.done(asked)
    _, decisions = await asking.decided(on.stage.bot, asked)

    assert len(on.person(acme.BEN).sees(play.APPROVERS)) == 1
    assert (len(decisions), len(on.world.azure.minted)) == (1, 1)


async def test_many_people_ask_for_the_same_at_once(on: play.Play) -> None:
    """Ten forms for one registry in one workspace: one becomes a request, the others are told why not."""
    on.world.slack.terms.deadline_s = 30.0
    askers = crowd.gather(on.stage, crowd.ids(10))
    home = on.world.slack.state.board.channels[acme.GENOMICS]
    for who in askers:
        on.world.slack.state.board.join(home.id, who.id)
    for number, who in enumerate(askers):
        await on.open_form(who)
        await on.fill(who, play.Wish(name=f"aligner-{number}"))

    reactions = await asyncio.gather(*(who.submit() for who in askers))

    taken = [reaction for reaction in reactions if reaction.screen is None]
    told = [one for one in reactions if one.errors or one.notice or "asked for already" in str(one.screen)]
    assert len(taken) <= 1  # none, where the machine was too busy to answer anybody in time
    assert len(told) == len(askers) - len(taken)
    await on.until(lambda: len(on.person(acme.BEN).sees(play.APPROVERS)) == len(taken), "what was taken")


async def test_cancel_and_approve_at_once(on: play.Play) -> None:
    """The requester takes it back while it is approved: one of the two happened, and everybody sees which."""
    asked = await on.ask()

    await asyncio.gather(
        on.person(acme.ANA).click(asked.origin, play.CANCEL),
        on.person(acme.BEN).click(asked.approval, play.APPROVE),
    )
    request, decisions = await asking.decided(on.stage.bot, asked)

    approved = request.state is model.State.DONE
    assert request.state in {model.State.DONE, model.State.CANCELLED}
    assert (len(decisions), len(on.world.tokens())) == (approved, approved)
    await on.agree("is in Tower" if approved else "was cancelled", asked)
