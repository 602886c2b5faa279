"""What administrators changed by hand, or what could not be taken back: not built on, and told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from bot import errors, ports
from bot.model import CredentialState, State
from tests import builders, fakes
from tests.engine import lives, parts

MOMENTS = parts.OUTSIDE | {"commit"}
RUNNING = [(case, number) for case in lives.CHANGES for number in range(20 if case is lives.ROTATE else 9)]


async def test_what_an_extension_cannot_take_back_is_on_the_record(engine: parts.Engine) -> None:
    """The credential is told to differ from what it should be, and the remedy says what to do."""
    request = await lives.begun(engine, lives.EXTEND)
    forbidden = errors.Forbidden("You may not.", service="Azure", remedy="Grant the role.")
    late = fakes.Fault("patch_scope_map", forbidden, after=True)
    engine.journal.faults += [late, fakes.Fault("patch_scope_map", forbidden, times=None)]

    ended = await engine.drive(request)

    credential = await lives.stored(engine, request.about)
    left = f"what this request changed in the scope map {credential.scope_map} in {builders.HOST}"
    assert ended.remedy == f"Grant the role. Remove by hand: {left}."
    assert (credential.state, credential.busy) == (CredentialState.DRIFTED, None)
    assert left in (credential.drift or "")


async def test_a_credential_that_drifted_stays_so(engine: parts.Engine) -> None:
    """A rotation mends no scope map: what reconciling found stays on the record until it is gone."""
    request = await lives.begun(engine, lives.ROTATE)
    await lives.written(engine, request.about, state=CredentialState.DRIFTED, drift="Its scope map is wider.")

    await engine.drive(request)

    credential = await lives.stored(engine, request.about)
    assert (credential.state, credential.drift) == (CredentialState.DRIFTED, "Its scope map is wider.")


MEDDLED: dict[str, Callable[[parts.Engine], object]] = {
    "it was removed in Tower": lambda engine: engine.tower.held[101].clear(),
    "it names another token": lambda engine: rename(engine, user="theirs"),
    "it is for another registry": lambda engine: rename(engine, registry="other.azurecr.io"),
    "its token was disabled": lambda engine: meddle(engine, enabled=False),
    "its token has another scope map": lambda engine: meddle(engine, scope_map="_repositories_admin"),
    "its token was removed": lambda engine: engine.registries.held_tokens.clear(),
}


def rename(engine: parts.Engine, **fields: str) -> None:
    """Edit Tower's credential, as an administrator could."""
    held = engine.tower.held[101][0]
    values = {name: getattr(held.shown, name) for name in held.shown.__dataclass_fields__}
    held.shown = ports.TowerCredential(**(values | fields))


def meddle(engine: parts.Engine, **fields: Any) -> None:
    """Change the token, as an administrator could."""
    for token in engine.registries.held_tokens.values():
        for name, value in fields.items():
            setattr(token, name, value)


@pytest.mark.parametrize("what", MEDDLED)
@pytest.mark.parametrize("case", [lives.EXTEND, lives.ROTATE], ids=str)
async def test_what_somebody_changed_by_hand_is_not_built_on(
    engine: parts.Engine, case: lives.Case, what: str
) -> None:
    """Nothing is granted and no password made for what is not ours any more; it is said what is wrong."""
    request = await lives.begun(engine, case)
    MEDDLED[what](engine)
    minted = len(engine.registries.minted)

    ended = await engine.drive(request)

    assert ended.state is State.FAILED
    assert "by somebody else" in (ended.error or "")
    assert (len(engine.registries.minted), engine.journal.count("patch_scope_map")) == (minted, 0)


async def test_a_second_credential_for_the_host_stops_an_extension(engine: parts.Engine) -> None:
    """Wave would use only one of the two, so nothing is added."""
    request = await lives.begun(engine, lives.EXTEND)
    engine.tower.add(101, registry=builders.HOST)

    ended = await engine.drive(request)

    assert "that the bot did not make" in (ended.error or "")
    assert engine.journal.count("patch_scope_map") == 0


@pytest.mark.parametrize("what", MEDDLED)
async def test_whatever_was_changed_by_hand_can_be_revoked(engine: parts.Engine, what: str) -> None:
    """What is left of a credential goes."""
    request = await lives.begun(engine, lives.REVOKE)
    MEDDLED[what](engine)

    ended = await engine.drive(request)

    assert ended.state is State.DONE
    assert await lives.complaints(engine, ended) == []


async def test_a_password_lasts_no_longer_than_was_approved(engine: parts.Engine) -> None:
    """A rule that allows less by now shortens what a rotation makes."""
    credential = await lives.live(engine, validity_days=90)
    spec = lives.spec_of(lives.ROTATE, credential).model_copy(update={"validity_days": 30})

    await engine.drive(await lives.approved(engine, spec))

    after = await lives.stored(engine, credential.id)
    assert after.expires is not None
    assert after.expires - engine.clock.now() <= dt.timedelta(days=30)
    assert after.validity_days == 30
