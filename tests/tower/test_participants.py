"""Who takes part in a workspace: asked of Tower page by page, and never guessed."""

from __future__ import annotations

import pytest

from bot import errors, model
from bot.clients import tower as tower_client
from bot.sandbox import tower, tower_state
from tests.tower.conftest import HIDDEN, RESEARCH, tower_fault

LAB = model.Workspace(id=RESEARCH, org="acme", name="research")


def crowd(double: tower.TowerEmulator, number: int) -> None:
    """Let many people take part."""
    for each in range(number):
        user = tower_state.User(1000 + each, f"person-{each}", f"token-{each}", {RESEARCH: "view"})
        double.state.users[user.token] = user


@pytest.mark.parametrize(
    ("user", "expected"),
    [("registry-verifier", True), ("person-229", True), ("nobody", False), ("person", False), ("", False)],
)
async def test_a_participant_is_found_on_any_page(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, *, user: str, expected: bool
) -> None:
    """By the whole user name, to the last page."""
    crowd(tower, 230)

    assert await client.participates(LAB, user) is expected


async def test_a_workspace_that_is_not_the_bots_has_nobody(
    client: tower_client.TowerClient, tower: tower.TowerEmulator
) -> None:
    """Where the bot sees nothing, nobody is a participant, and Tower is not asked who."""
    hidden = model.Workspace(id=HIDDEN, org="acme", name="hidden")

    assert not await client.participates(hidden, "registry-bot")
    assert [one for one in tower.journal.exchanges if "participants" in one.path] == []


async def test_a_tower_that_does_not_say_is_an_error(
    client: tower_client.TowerClient, tower: tower.TowerEmulator
) -> None:
    """A refusal is not a no."""
    tower.faults.append(tower_fault("participants", status=404))

    with pytest.raises(errors.NotFound):
        await client.participates(LAB, "registry-verifier")
