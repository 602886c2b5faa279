"""What is taken back when a request fails, and what is said when that fails too."""

from __future__ import annotations

import pytest

from bot import audit, errors, model
from bot.provision import names
from tests import builders, fakes
from tests.engine import parts

FORBIDDEN = errors.Forbidden("You may not.", service="it", remedy="Grant the role.")
BROKEN = errors.Temporary("Something broke.", service="it")


async def failing(engine: parts.Engine, *faults: fakes.Fault) -> model.Request:
    """Return a request whose delivery is refused after Tower took the credential."""
    request = await engine.approved()
    late = errors.Permanent("Tower changed its mind.", service="Tower", remedy="Ask Tower.")
    engine.journal.faults += [fakes.Fault("create", late, after=True), *faults]
    return request


async def test_everything_is_taken_back_last_first(engine: parts.Engine) -> None:
    """Tower's credential goes first, then the token, then the scope map."""
    request = await failing(engine)

    ended = await engine.drive(request)

    assert [call for call in engine.outside if call in parts.UNDO] == [
        "delete",
        "delete_token",
        "delete_scope_map",
    ]
    assert ended.progress.undone == ("deliver", "token", "scope_map")
    assert (ended.error, ended.remedy) == ("Tower changed its mind.", "Ask Tower.")


async def test_the_trail_tells_of_the_way_back(engine: parts.Engine) -> None:
    """A failed step, each thing undone and the end are audit entries."""
    request = await failing(engine)

    await engine.drive(request)

    entries = await engine.record.verified(request.id)
    assert [entry.event for entry in entries[-5:]] == [
        audit.Event.STEP_FAILED,
        *[audit.Event.UNDONE] * 3,
        audit.Event.FAILED,
    ]


async def test_what_was_never_made_is_not_deleted(engine: parts.Engine) -> None:
    """A request that fails at its scope map looks, finds nothing, and deletes nothing."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault("put_scope_map", FORBIDDEN))

    ended = await engine.drive(request)

    assert parts.UNDO.isdisjoint(engine.outside)
    assert ended.progress.undone == ()


async def test_other_peoples_credentials_stay(engine: parts.Engine) -> None:
    """Undoing removes what carries the request's token, and nothing beside it."""
    request = await failing(engine)
    engine.tower.add(101, name="theirs", registry="other.azurecr.io")

    await engine.drive(request)

    assert [one.shown.name for one in engine.tower.held[101]] == ["theirs"]


@pytest.mark.parametrize("error", [BROKEN, errors.Unknown("It was lost.", service="it")])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", sorted(parts.UNDO))
async def test_an_undo_that_fails_for_a_moment_is_tried_again(
    engine: parts.Engine, call: str, error: errors.Temporary, *, after: bool
) -> None:
    """One hiccup on the way back leaves nothing behind."""
    request = await failing(engine, fakes.Fault(call, error, after=after))

    ended = await engine.drive(request)

    assert (ended.state, engine.made(request)) == (model.State.FAILED, [])
    assert "Remove by hand" not in (ended.remedy or "")


LEFT = {
    "delete": "the credential acr-main in Tower's workspace acme/research",
    "delete_token": "the token {name} in acmegenomics.azurecr.io",
    "delete_scope_map": "the scope map {name} in acmegenomics.azurecr.io",
}


@pytest.mark.parametrize("error", [FORBIDDEN, BROKEN], ids=["for good", "for ever"])
@pytest.mark.parametrize("call", sorted(parts.UNDO))
async def test_what_cannot_be_taken_back_is_named(
    engine: parts.Engine, call: str, error: errors.ServiceError
) -> None:
    """The rest is taken back; what stays is named to an operator, and the alert says the same."""
    request = await failing(engine, fakes.Fault(call, error, times=None))

    ended = await engine.drive(request)

    left = LEFT[call].format(name=names.token(request))
    assert (ended.state, ended.error) == (model.State.FAILED, "Tower changed its mind.")
    assert (ended.remedy or "").startswith("Ask Tower. Remove by hand: ")
    assert left in (ended.remedy or "")
    assert left in engine.notifier.alerts[0]


async def test_a_step_cut_off_counts_as_made_when_it_cannot_be_undone(engine: parts.Engine) -> None:
    """Chat must not say that nothing is left behind when nobody could look."""
    request = await failing(engine, fakes.Fault("delete", FORBIDDEN))

    ended = await engine.drive(request)

    assert "deliver" in ended.progress.steps
    assert "deliver" not in ended.progress.undone


async def test_giving_up_the_undo_makes_no_further_call(engine: parts.Engine) -> None:
    """A way back that was tried too often ends the request and names all that may be left."""
    request = await failing(engine, fakes.Fault("delete", fakes.Crash()))
    held = await engine.claimed()
    assert held is not None
    await engine.survive(held)
    before = list(engine.outside)

    await engine.once(attempts=2 * parts.MAX_ATTEMPTS)

    ended = await engine.now(request)
    assert engine.outside == before
    assert ended.state is model.State.FAILED
    assert all(left.format(name=names.token(request)) in (ended.remedy or "") for left in LEFT.values())


async def test_the_claims_are_free_again(engine: parts.Engine) -> None:
    """After a failure the same name and host can be asked for at once."""
    request = await failing(engine)
    await engine.drive(request)

    again = await engine.approved(name=request.spec.name)
    ended = await engine.drive(again)

    assert ended.state is model.State.DONE
    assert engine.made(again) == engine.everything(again)


async def test_nothing_of_a_request_that_failed_its_check_is_looked_for(engine: parts.Engine) -> None:
    """A request that never made anything ends without a single further call."""
    request = await engine.approved()
    engine.tower.add(101, registry=builders.HOST)

    await engine.drive(request)

    assert len(engine.outside) == 7
