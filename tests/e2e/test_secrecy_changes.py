"""No change of a credential shows its password to anybody but Tower, whatever every library logs."""

from __future__ import annotations

import pytest

from bot import model
from bot.sandbox import acme, emulator, play
from tests.e2e import asking

MINTED = {"extend": 1, "rotate": 2, "revoke": 1}


@pytest.mark.parametrize("kind", MINTED)
async def test_the_password_goes_only_to_tower(on: play.Play, kind: str) -> None:
    """One request to Tower for each password that Azure made; it is nowhere else, nor is any other secret."""
    asked = await on.ask()
    await on.approve(asked)
    await on.done(asked)

    changed = await asking.change(on, on.person(acme.ANA), kind, asked.wish)
    await on.approve(changed)
    request, _ = await asking.decided(on.stage.bot, changed)
    report = await on.stage.report()

    assert request.state is model.State.DONE
    assert (report.deliveries, len(on.world.azure.minted)) == (MINTED[kind], MINTED[kind])
    assert [str(finding) for finding in report.findings] == []


@pytest.mark.parametrize("kind", MINTED)
async def test_a_change_that_tower_refuses_shows_nothing_either(on: play.Play, kind: str) -> None:
    """What goes wrong is told without a password: in the thread, in the record, in every log."""
    asked = await on.ask()
    await on.approve(asked)
    await on.done(asked)
    changed = await asking.change(on, on.person(acme.ANA), kind, asked.wish)
    forbidden = {"extend": on.world.arm, "rotate": on.world.tower, "revoke": on.world.tower}[kind]
    forbidden.faults.append(emulator.Fault(r"^(PUT|PATCH|DELETE) ", times=None, status=403))

    await on.approve(changed)
    request, _ = await asking.decided(on.stage.bot, changed)
    forbidden.faults.clear()
    report = await on.stage.report()

    assert request.state is model.State.FAILED
    assert [str(finding) for finding in report.findings] == []
