"""What the form does not take, and what the result says when there is nothing to verify."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.sandbox import acme, play, world


@dataclass(frozen=True)
class Row:
    """A wish that is refused: at which field, and in what words."""

    wish: play.Wish
    field: str
    words: str


REFUSED = {
    "a name with a blank": Row(play.Wish(name="my aligner"), play.NAME, "letters, digits, dashes"),
    "a name of one letter": Row(play.Wish(name="a"), play.NAME, "2 to 99"),
    "a name that is taken": Row(
        play.Wish(name=acme.BY_HAND_NAME, workspace=acme.PRODUCTION), play.NAME, "already has this name"
    ),
    "a registry without room": Row(
        play.Wish(registry="acmelegacy", repository="pipeline/caller"), play.REPOSITORY, "100 of 100 (Basic)"
    ),
    "a host that somebody registered by hand": Row(
        play.Wish(
            registry=acme.BY_HAND_REGISTRY, repository="proteomics/quant", workspace=acme.BY_HAND_WORKSPACE
        ),
        play.REPOSITORY,
        "made by hand (proteomics-by-hand)",
    ),
}


@pytest.mark.parametrize("row", REFUSED)
async def test_a_form_that_is_not_taken(on: play.Play, row: str) -> None:
    """Each problem is told at its field, what was typed stays, and nothing is stored."""
    ana, wish = on.person(acme.ANA), REFUSED[row].wish
    await on.open_form(ana)
    await on.fill(ana, wish)

    reaction = await ana.submit()

    assert REFUSED[row].words in reaction.errors[REFUSED[row].field]
    assert ana.modal() is not None
    assert on.person(acme.BEN).sees(play.APPROVERS) == []


async def test_a_second_request_for_a_host(on: play.Play) -> None:
    """One credential for a workspace and a host: what is asked for next joins it, without a new password."""
    asked = await on.ask()
    await on.approve(asked)
    await on.done(asked)
    tokens, (scope_map,) = on.world.tokens(), on.world.scope_maps()

    more = await on.ask(play.Wish(repository="genomics/phasing"))
    await on.approve(more)

    def readable() -> tuple[str, ...]:
        return on.world.azure.registries[acme.REGISTRY].scope_maps[scope_map].actions

    await on.until(lambda: len(readable()) == 2, "the scope map reads both")
    assert readable() == (
        "repositories/genomics/aligner/content/read",
        "repositories/genomics/phasing/content/read",
    )
    assert (on.world.tokens(), on.world.scope_maps()) == (tokens, (scope_map,))


async def test_what_is_readable_already_is_refused(on: play.Play) -> None:
    """The form says so beside the repository."""
    asked, ana = await on.ask(), on.person(acme.ANA)
    await on.approve(asked)
    await on.done(asked)

    await on.open_form(ana)
    await on.fill(ana, play.Wish())
    reaction = await ana.submit()

    assert "reads this already" in reaction.errors[play.REPOSITORY]


async def test_a_workspace_where_the_bot_may_not_write(on: play.Play) -> None:
    """A workspace in which the bot can only launch is not offered."""
    ana = on.person(acme.ANA)

    await on.open_form(ana)

    with pytest.raises(Exception, match=r"does not offer 'acme/teaching'"):
        await ana.choose(play.WORKSPACE, "acme/teaching")


async def test_a_room_that_is_taken_meanwhile(on: play.Play) -> None:
    """What was free at the form may be gone at the approval: it is refused then, and nothing is left."""
    asked = await on.ask()
    _by_hand(on.world, asked)

    await on.approve(asked)
    await on.agree("failed", asked)

    result = await on.person(acme.ANA).awaits(play.HOME, "ask again with", thread=asked.origin.ts)
    assert "the bot did not make" in result.text
    assert (on.world.tokens(), on.world.scope_maps()) == ((), ())


def _by_hand(outside: world.World, asked: play.Asked) -> None:
    outside.tower.state.seed(
        asked.wish.workspace, name="quick", registry=outside.login_server(), user="me", password="mine"
    )


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (play.Wish(repository="genomics/new-project"), "The repository has no tag yet"),
        (play.Wish(registry="acmepublic", repository="tutorial/hello"), "lets anybody pull"),
    ],
)
async def test_nothing_to_verify(on: play.Play, wish: play.Wish, why: str) -> None:
    """What Wave could not prove is not called verified, and the reason is told."""
    asked = await on.ask(wish)

    await on.approve(asked)

    result = await on.person(acme.ANA).awaits(play.HOME, "What to do next", thread=asked.origin.ts)
    assert "Not verified, because" in result.text
    assert why in result.text


@pytest.mark.parametrize(
    "reason", ["<!channel> look", "*bold* `code` <http://evil|ACME>", "& < > \"'", "日本語 🎉"]
)
async def test_a_reason_is_shown_as_typed(on: play.Play, reason: str) -> None:
    """User text is never markup, wherever it is shown."""
    asked = await on.ask(play.Wish(reason=reason))

    assert f"> {reason}" in asked.approval.text
