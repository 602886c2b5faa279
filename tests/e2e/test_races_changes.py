"""Many clicks and many deliveries at one moment, of what is asked of a credential that is there."""

from __future__ import annotations

import asyncio

import pytest

from bot import model
from bot.sandbox import acme, care, play
from bot.sandbox.slack import people
from tests.e2e import asking, crowd

KINDS = ("extend", "rotate", "revoke")
# Filled slots, repositories that the scope map reads, credentials in Tower, passwords made in all.
EXPECTED = {"extend": (1, 2, 1, 1), "rotate": (1, 1, 1, 2), "revoke": (0, 0, 0, 1)}


async def issued(on: play.Play) -> play.Wish:
    """Give Ana a credential, and return what she asked for."""
    asked = await on.ask()
    await on.approve(asked)
    await on.done(asked)
    return asked.wish


def there(on: play.Play) -> tuple[int, int, int, int]:
    """Return what is there of Ana's credential, in numbers."""
    registry = on.world.azure.registries[acme.REGISTRY]
    tokens = [registry.tokens[name] for name in on.world.tokens()]
    reads = [len(registry.scope_maps[name].actions) for name in on.world.scope_maps()]
    held = care.held(on, acme.RESEARCH)
    return (
        sum(len(one.slots) for one in tokens),
        sum(reads),
        int(held is not None),
        len(on.world.azure.minted),
    )


@pytest.mark.parametrize("kind", KINDS)
async def test_two_hundred_approvals_of_a_change_at_once(crowded: play.Play, kind: str) -> None:
    """Two hundred approve: one approval is recorded, and the change is made once."""
    on, wish = crowded, await issued(crowded)
    asked = await asking.change(on, on.person(acme.ANA), kind, wish)
    everybody = crowd.gather(on.stage, crowd.ids(crowd.CROWD))

    reactions = await asyncio.gather(*(who.click(asked.approval, play.APPROVE) for who in everybody))
    request, decisions = await asking.decided(on.stage.bot, asked)

    assert (request.state, len(decisions), len(request.decisions)) == (model.State.DONE, 1, 1)
    assert there(on) == EXPECTED[kind]
    assert [reaction.notice for reaction in reactions if reaction.notice] == []


@pytest.mark.parametrize("kind", KINDS)
async def test_a_window_that_is_delivered_two_hundred_times(on: play.Play, kind: str) -> None:
    """Slack delivers one sending again and again: one request, one approval, one change."""
    wish, ana = await issued(on), on.person(acme.ANA)
    on.world.slack.terms.deadline_s = 30.0

    async def flood(_: people.Person) -> None:
        on.world.slack.terms.duplicates = crowd.CROWD - 1

    asked = await asking.change(on, ana, kind, wish, last=flood)
    on.world.slack.terms.duplicates = 0
    await on.approve(asked)
    request, decisions = await asking.decided(on.stage.bot, asked)

    cards = [one for one in on.person(acme.BEN).sees(play.APPROVERS) if wish.name in one.text]
    assert (request.state, len(decisions)) == (model.State.DONE, 1)
    assert len(cards) == 2  # the one for the credential itself, and the one for its change
    assert there(on) == EXPECTED[kind]


@pytest.mark.parametrize("kind", KINDS)
async def test_cancel_and_approve_a_change_at_once(on: play.Play, kind: str) -> None:
    """It is taken back while it is approved: one of the two happened, and the credential says the same."""
    wish, ana = await issued(on), on.person(acme.ANA)
    before = there(on)
    asked = await asking.change(on, ana, kind, wish)
    origin = await on.open_message(ana, play.HOME, wish.name)

    await asyncio.gather(
        ana.click(origin, play.CANCEL), on.person(acme.BEN).click(asked.approval, play.APPROVE)
    )
    request, decisions = await asking.decided(on.stage.bot, asked)

    approved = request.state is model.State.DONE
    assert request.state in {model.State.DONE, model.State.CANCELLED}
    assert len(decisions) == approved
    assert there(on) == (EXPECTED[kind] if approved else before)
