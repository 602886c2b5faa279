"""What is taken back when a request fails, and what is said when that fails too."""

from __future__ import annotations

from collections import Counter

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
    assert (ended.remedy or "").startswith("Ask Tower. ")
    assert left in (ended.remedy or "")
    assert left in engine.notifier.alerts[0]


ROLE = errors.Forbidden("You may not.", service="Azure", remedy="Grant tokens/delete.")
HELD = errors.NotYet("A token uses it.", service="Azure")


async def test_a_scope_map_is_not_tried_while_its_token_stays(engine: parts.Engine) -> None:
    """Without the right to delete tokens, the end comes at once: nobody asks for what Azure must refuse."""
    request = await failing(engine, fakes.Fault("delete_token", ROLE, times=None))
    engine.journal.faults.append(fakes.Fault("delete_scope_map", HELD, times=None))

    ended = await engine.drive(request)

    assert (engine.journal.count("delete_token"), engine.journal.count("delete_scope_map")) == (1, 0)
    assert ended.progress.left == ("token", "scope_map")


async def test_the_role_that_an_undo_needs_is_named(engine: parts.Engine) -> None:
    """What would have helped stands in the remedy, beside what has to be removed by hand."""
    request = await failing(engine, fakes.Fault("delete_token", ROLE, times=None))

    ended = await engine.drive(request)

    name = names.token(request)
    assert ended.remedy == (
        "Ask Tower. Grant tokens/delete. Remove by hand: "
        f"the scope map {name} in {builders.HOST}, the token {name} in {builders.HOST}."
    )
    assert "Grant tokens/delete." in engine.notifier.alerts[-1]


async def test_operators_hear_of_an_undo_that_cannot_work_before_the_rest_is_through(
    engine: parts.Engine,
) -> None:
    """While another part is still tried again, they know already what they have to allow."""
    request = await failing(engine, fakes.Fault("delete", ROLE), fakes.Fault("delete_token", BROKEN))

    settlement = await engine.once()

    assert settlement.due is not None
    assert (await engine.now(request)).state is model.State.RUNNING
    (alert,) = engine.notifier.alerts
    assert alert.endswith("is being taken back. What stays: deliver. You may not. Grant tokens/delete.")


async def test_an_undo_that_cannot_work_is_told_once(engine: parts.Engine) -> None:
    """The next attendance neither tries nor tells it again; the end names it once more."""
    request = await failing(engine, fakes.Fault("delete", ROLE), fakes.Fault("delete_token", BROKEN))

    await engine.drive(request)

    assert engine.journal.count("delete") == 1
    assert len(engine.notifier.alerts) == 2


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
    """A request that never made anything ends without a look at what it might have made."""
    request = await engine.approved()
    engine.tower.add(101, registry=builders.HOST)

    ended = await engine.drive(request)

    # The check's own looks run beside each other, and the first to fail may stop the rest. Taking
    # something back would look a second time.
    assert set(Counter(engine.outside).values()) == {1}
    assert parts.UNDO.isdisjoint(engine.outside)
    assert (ended.progress.steps, ended.progress.undone) == ((), ())
