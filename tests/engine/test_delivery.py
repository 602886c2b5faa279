"""How a fresh password gets to Tower, whatever comes between."""

from __future__ import annotations

import datetime as dt
import traceback
from collections.abc import Callable

import pytest
import structlog

from bot import audit, errors, model, ports
from bot.provision import delivery, names
from tests import builders, fakes
from tests.engine import parts

LOST = errors.Unknown("The answer was lost.", service="Tower")
NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def filled(slot: str, hours: int | None) -> ports.Password:
    """Return a slot filled so many hours after noon; None for a time that ARM does not tell."""
    created = None if hours is None else NOON + dt.timedelta(hours=hours)
    return ports.Password(slot, created, None)


@pytest.mark.parametrize(
    ("passwords", "expected"),
    [
        ([], "password1"),
        ([filled("password1", 0)], "password2"),
        ([filled("password2", 0)], "password1"),
        ([filled("password1", 0), filled("password2", 1)], "password1"),
        ([filled("password1", 1), filled("password2", 0)], "password2"),
        ([filled("password1", 1), filled("password2", None)], "password2"),
    ],
)
def test_an_empty_slot_comes_first_then_the_older(passwords: list[ports.Password], expected: str) -> None:
    """A first password works at once, so an empty slot is better than a regenerated one."""
    assert delivery.choose(passwords) == expected


async def test_a_password_is_minted_once_and_given_once(engine: parts.Engine) -> None:
    """A healthy delivery mints one password and creates one credential."""
    await engine.drive(await engine.approved())

    assert (engine.journal.count("mint"), engine.journal.count("create")) == (1, 1)
    assert engine.journal.count("keep_only") == 0


async def test_a_crash_between_minting_and_giving_uses_the_empty_slot(engine: parts.Engine) -> None:
    """The lost password's slot is left alone until Tower has another one, and then emptied."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault("create", fakes.Crash()))

    ended = await engine.drive(request)

    assert ended.progress.slot == "password2"
    assert list(engine.registries.held_tokens[names.token(request)].passwords) == ["password2"]
    assert engine.journal.calls.index("keep_only") > engine.journal.calls.index("inspect")


async def test_an_orphan_that_cannot_be_removed_fails_nothing(engine: parts.Engine) -> None:
    """Nobody knows the orphan's value, so a credential that works is not given up for it."""
    request = await engine.approved()
    forbidden = errors.Forbidden("You may not.", service="Azure")
    engine.journal.faults += [fakes.Fault("create", fakes.Crash()), fakes.Fault("keep_only", forbidden)]

    with structlog.testing.capture_logs() as logs:
        ended = await engine.drive(request)

    assert ended.state is model.State.DONE
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["unused password left"]


async def test_a_lost_answer_is_looked_into_and_mended_in_place(engine: parts.Engine) -> None:
    """A credential whose creation was not answered is found and updated with the same password."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault("create", LOST, after=True))

    ended = await engine.drive(request)

    assert (ended.state, ended.progress.tower_id) == (model.State.DONE, "tower1")
    assert (engine.journal.count("mint"), engine.journal.count("update")) == (1, 1)
    assert engine.works(request)


async def test_a_lost_request_is_sent_again(engine: parts.Engine) -> None:
    """Where the look finds nothing, the same password is given once more."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault("create", LOST))

    await engine.drive(request)

    assert (engine.journal.count("mint"), engine.journal.count("create")) == (1, 2)
    assert engine.works(request)


async def test_a_lost_mint_is_looked_into_by_the_slots(engine: parts.Engine) -> None:
    """A password whose value was lost stays unused; the next one goes into the other slot."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault("mint", LOST, after=True))

    ended = await engine.drive(request)

    assert ended.progress.slot == "password2"
    assert engine.works(request)


async def test_not_yet_waits_with_the_same_password(engine: parts.Engine) -> None:
    """A password that has not arrived at the registry's edge is given again in steps of 7 s."""
    request = await engine.approved()
    engine.tower.not_yet = 5

    await engine.drive(request)

    assert (engine.journal.count("mint"), engine.journal.count("create")) == (1, 6)
    assert engine.clock.slept.count(7.0) == 5


async def test_a_password_that_never_works_fails_the_request(engine: parts.Engine) -> None:
    """After two minutes of 'not yet' the request says that Tower could not log in, and takes all back."""
    request = await engine.approved()
    engine.tower.not_yet = 1000

    ended = await engine.drive(request)

    assert (ended.state, engine.made(request)) == (model.State.FAILED, [])
    assert "could not log in to acmegenomics.azurecr.io" in (ended.error or "")
    assert "firewall" in (ended.remedy or "")
    assert engine.journal.count("mint") == 1


async def test_a_wait_longer_than_the_window_is_another_try(engine: parts.Engine) -> None:
    """A Tower that asks for ten minutes gets them, and then a new password."""
    request = await engine.approved()
    busy = errors.Throttled("Slow down.", service="Tower", retry_after_s=600.0)
    engine.journal.faults.append(fakes.Fault("create", busy))

    ended = await engine.drive(request)

    assert (ended.state, engine.journal.count("mint")) == (model.State.DONE, 2)
    assert engine.works(request)


async def test_a_host_taken_by_hand_meanwhile_ends_the_delivery(engine: parts.Engine) -> None:
    """A credential that appears between check and delivery fails the request before a password exists."""
    request = await engine.approved()
    take = fakes.Fault("put_token", hook=lambda: engine.tower.add(101, registry=builders.HOST))
    engine.journal.faults.append(take)

    ended = await engine.drive(request)

    assert (ended.state, engine.made(request)) == (model.State.FAILED, [])
    assert engine.registries.minted == []


@pytest.mark.parametrize("moment", ["mint", "create"])
async def test_a_host_taken_by_hand_while_a_password_is_made_is_noticed(
    engine: parts.Engine, moment: str
) -> None:
    """Between minting and giving there is one more look, before each try: two would fail silently."""
    request = await engine.approved()
    engine.tower.not_yet = 1
    take = fakes.Fault(moment, after=moment == "mint", hook=lambda: add_by_hand(engine))
    engine.journal.faults.append(take)

    ended = await engine.drive(request)

    assert (ended.state, engine.made(request)) == (model.State.FAILED, [])
    assert "that the bot did not make" in (ended.error or "")
    assert [one.shown.name for one in engine.tower.held[101]] == ["by-hand"]


def add_by_hand(engine: parts.Engine) -> None:
    """Add a credential for the same host, as an administrator could."""
    engine.tower.add(101, registry=builders.HOST)


async def test_a_name_taken_by_hand_meanwhile_ends_the_delivery(engine: parts.Engine) -> None:
    """A name that somebody else's credential got after the check fails the request."""
    request = await engine.approved()
    name = request.spec.name
    take = fakes.Fault("mint", hook=lambda: engine.tower.add(101, name=name, registry="other.io"))
    engine.journal.faults.append(take)

    ended = await engine.drive(request)

    assert (ended.state, ended.error) == (model.State.FAILED, "The name is taken.")
    assert engine.made(request) == []


async def test_a_credential_deleted_meanwhile_is_made_again(engine: parts.Engine) -> None:
    """A credential of an earlier try that vanishes before its update is created anew."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault("create", fakes.Crash(), after=True))
    engine.journal.faults.append(fakes.Fault("update", hook=engine.tower.held[101].clear))

    ended = await engine.drive(request)

    assert (ended.state, ended.progress.tower_id) == (model.State.DONE, "tower2")
    assert engine.works(request)


def rebind(engine: parts.Engine, name: str) -> None:
    """Bind a token to another scope map, as an administrator could."""
    engine.registries.held_tokens[name].scope_map = "_repositories_admin"


def disable(engine: parts.Engine, name: str) -> None:
    """Disable a token, as an administrator could."""
    engine.registries.held_tokens[name].enabled = False


def remove(engine: parts.Engine, name: str) -> None:
    """Delete a token, as an administrator could."""
    del engine.registries.held_tokens[name]


@pytest.mark.parametrize("meddle", [rebind, disable, remove])
async def test_a_token_that_somebody_changed_gets_no_password(
    engine: parts.Engine, meddle: Callable[[parts.Engine, str], None]
) -> None:
    """A token that is not as we made it is not trusted with a password."""
    request = await engine.approved()
    name = names.token(request)
    engine.journal.faults.append(fakes.Fault("put_token", after=True, hook=lambda: meddle(engine, name)))

    ended = await engine.drive(request)

    assert (ended.state, engine.registries.minted) == (model.State.FAILED, [])
    assert "was changed or removed by somebody else" in (ended.error or "")


async def test_a_token_that_is_being_made_already_is_waited_for(engine: parts.Engine) -> None:
    """A PUT that conflicts with an earlier one of ours is not a failure."""
    request = await engine.approved()
    there = errors.AlreadyThere("It is being made.", service="Azure")
    engine.journal.faults.append(fakes.Fault("put_token", there, after=True))

    ended = await engine.drive(request)

    assert ended.state is model.State.DONE


async def test_decisions_are_checked_again_before_a_password_is_made(engine: parts.Engine) -> None:
    """A trail that stops fitting while the token is made ends the request with no call after that."""
    request = await engine.approved()
    other = audit.Trail(b"the key of somebody who can only write to Redis")
    tamper = fakes.Fault("put_token", after=True, hook=lambda: setattr(engine.record, "_trail", other))
    engine.journal.faults.append(tamper)

    ended = await engine.drive(request)

    assert (ended.state, engine.outside[-1]) == (model.State.FAILED, "put_token")
    assert "its audit trail is broken" in (ended.error or "")
    assert ended.progress.undone == ()


@pytest.mark.parametrize("call", ["create", "mint"])
async def test_a_password_is_in_no_traceback(engine: parts.Engine, call: str) -> None:
    """An unexpected error in the delivery shows no password, even with every frame's variables."""
    await engine.approved()
    engine.journal.faults.append(fakes.Fault(call, RuntimeError("a mistake"), after=True))
    held = await engine.claimed()
    assert held is not None

    with pytest.raises(RuntimeError) as caught:
        await engine.attention(held)

    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [line for line in told.format() if "tests/fakes.py" not in line]
    assert all(engine.registries.minted[0] not in line for line in ours)


async def test_a_password_is_in_no_record_and_no_log(engine: parts.Engine) -> None:
    """Neither what is stored nor what is logged about a request contains the password."""
    request = await engine.approved()
    engine.tower.not_yet = 1

    with structlog.testing.capture_logs() as logs:
        await engine.drive(request)

    trail = await engine.healthy.trail(request.id)
    everything = f"{await engine.snapshot(request)!r} {trail!r} {logs!r}"
    assert len(engine.registries.minted) == 1
    assert engine.registries.minted[0] not in everything
