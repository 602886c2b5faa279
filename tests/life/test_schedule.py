"""Rotation by schedule: the rule's time comes, and a request does the rest."""

from __future__ import annotations

import asyncio

import pytest

from bot import audit, following, model, ports
from bot.model import Kind, Role, State
from tests import builders, fakes
from tests.engine import parts
from tests.life import calendar
from tests.life.calendar import DAY


async def openly(rotating: calendar.Calendar, request: model.Request) -> model.Request | None:
    """Return the request that holds the right to change a credential, if there is one."""
    holder = await rotating.engine.healthy.holder(f"change:{request.id}")
    found = await rotating.engine.healthy.load(holder) if holder else None
    return found.request if found else None


async def ready(rotating: calendar.Calendar) -> model.Request:
    """Return an issued request whose rotation is due, with nobody at work."""
    request = await rotating.issued()
    rotating.engine.clock.shift += 81 * DAY
    return request


async def test_a_rule_rotates_by_itself(rotating: calendar.Calendar) -> None:
    """Ten days before the end the password is replaced, and the record says that it was by the rule."""
    request = await rotating.issued()
    made = await rotating.credential(request)

    await rotating.until(rotating.engine.clock.now() + 82 * DAY)

    (rotation,) = await rotating.rotations()
    entries = await rotating.engine.record.verified(rotation.id)
    now = await rotating.credential(request)
    assert made.expires is not None
    assert now.expires is not None
    assert now.expires > made.expires
    assert (rotation.spec.kind, rotation.requester, rotation.automatic) == (Kind.ROTATE, builders.ANA, True)
    assert (entries[1].event, entries[1].data["rule"]) == (audit.Event.AUTOMATIC, builders.RULE)
    assert entries[1].data["schedule"] == "before 10 days"


async def test_a_year_goes_by(rotating: calendar.Calendar) -> None:
    """In a year with daily restarts, each password is warned of once and replaced in time."""
    request = await rotating.issued()

    await rotating.until(rotating.engine.clock.now() + 365 * DAY, restarts=True)

    credential, now = await rotating.credential(request), await rotating.engine.now(request)
    assert credential.expires is not None
    assert credential.expires > rotating.engine.clock.now()
    assert await rotating.warned(request) == [14, 14, 14, 14]
    assert set(rotating.warnings().values()) == {now.version}
    assert rotating.engine.notifier.alerts == []


async def test_a_year_of_real_rotations(store: ports.Store, store_clock: fakes.FakeClock) -> None:
    """With the work done for real, what Tower holds opens the repository at every turn of the year."""
    policy = builders.a_policy(builders.a_rule(rotate_before_days=10))
    real = calendar.Calendar(parts.Engine(store, store_clock, policy=policy), played=False)
    request = await real.issued()
    opened = []

    for _ in range(12):
        await real.until(real.engine.clock.now() + 30 * DAY)
        opened.append(real.engine.works(request))

    credential, now = await real.credential(request), await real.engine.now(request)
    assert opened == [True] * 12
    assert credential.expires is not None
    assert credential.expires > real.engine.clock.now()
    assert credential.version > 4
    assert set(real.warnings().values()) == {now.version}
    assert real.engine.notifier.alerts == []


async def test_a_rotation_is_shown_in_the_owners_thread(rotating: calendar.Calendar) -> None:
    """The messages of a scheduled rotation are below the one where the credential was asked for."""
    request = await rotating.issued()
    origin = (await rotating.engine.snapshot(request)).copies[Role.ORIGIN]
    await rotating.until(rotating.engine.clock.now() + 82 * DAY)

    (rotation,) = await rotating.rotations()

    assert rotation.place is not None
    assert (rotation.place.channel, rotation.place.thread) == (origin.channel, origin.message)


async def test_where_nobody_can_write_a_rotation_is_shown_as_any(rotating: calendar.Calendar) -> None:
    """Without a message in the channel there is no thread, and the place is as it was asked in."""
    rotating.engine.notifier.closed.add(Role.ORIGIN)
    request = await rotating.issued()
    await rotating.until(rotating.engine.clock.now() + 82 * DAY)

    (rotation,) = await rotating.rotations()

    assert rotation.place == request.place


async def test_two_replicas_ask_once(rotating: calendar.Calendar) -> None:
    """Two processes with the same thought at the same moment make one request."""
    request = await ready(rotating)
    now = rotating.engine.clock.now()
    follow = [rotating.engine.an_attention().following for _ in range(2)]
    credential = await rotating.credential(request)

    schedules = await asyncio.gather(*(one._scheduled(credential, request, now) for one in follow))

    found = await openly(rotating, request)
    assert [one.under_way for one in schedules] == [True, True]
    assert found is not None
    assert (await rotating.events(found)).count(audit.Event.SUBMITTED) == 1
    assert (await rotating.events(found)).count(audit.Event.AUTOMATIC) == 1


@pytest.mark.parametrize("call", ["commit", "load"])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("which", [0, 1, 2])
async def test_a_crash_anywhere_makes_no_second_one(
    rotating: calendar.Calendar, call: str, which: int, *, after: bool
) -> None:
    """Killed before or after any step of asking, a process leaves one rotation, and it is carried out."""
    await ready(rotating)
    held = await rotating.engine.claimed()
    assert held is not None
    seen: list[int] = []

    def die() -> None:
        seen.append(1)
        if len(seen) == which + 1:
            raise fakes.Crash

    rotating.engine.journal.faults.append(fakes.Fault(call, after=after, times=None, hook=die))
    await rotating.engine.survive(held)
    rotating.engine.journal.faults.clear()
    await rotating.settle()

    assert len(await rotating.rotations()) == 1


async def test_an_open_change_is_left_alone(rotating: calendar.Calendar) -> None:
    """While another request has the credential, the schedule waits, and comes again when it is over."""
    request = await ready(rotating)
    spec = builders.a_spec(kind=Kind.EXTEND, credential=request.id, name="extension")
    other = builders.a_request(spec=spec, deadline=rotating.engine.clock.now() + DAY)
    await rotating.engine.record.create(other, op=other.id)

    await rotating.settle()
    waited = await rotating.rotations()
    await rotating.engine.service.cancel(builders.a_click(other, builders.ANA))
    await rotating.until(rotating.engine.clock.now() + DAY / 6)

    assert waited == []
    assert len(await rotating.rotations()) == 1


async def test_a_rotation_that_fails_is_told_and_tried_at_the_next_warning(
    rotating: calendar.Calendar,
) -> None:
    """Operators hear of it once, the owner is warned, and three days before the end it is tried again."""
    request = await rotating.issued()
    rotating.hands.works = False
    await rotating.until(rotating.engine.clock.now() + 84 * DAY, restarts=True)
    alerts = list(rotating.engine.notifier.alerts)
    rotating.hands.works = True

    await rotating.until(rotating.engine.clock.now() + 4 * DAY)

    (told,) = [one for one in alerts if "tries again" in one]
    assert "ended as failed" in told
    assert await rotating.warned(request) == [14]
    assert len(await rotating.rotations()) == 1


async def test_a_rotation_that_takes_long_is_waited_for(rotating: calendar.Calendar) -> None:
    """While a rotation is under way nobody is warned, and no second one begins."""
    request = await rotating.issued()
    rotating.hands.stuck = True

    await rotating.until(rotating.engine.clock.now() + 88 * DAY)

    assert await rotating.warned(request) == [14]
    assert (await rotating.events(request)).count(audit.Event.FOLLOWED) == 1


async def test_an_approved_rotation_that_nobody_works_on_is_looked_at_again(
    rotating: calendar.Calendar,
) -> None:
    """A rotation that is approved and waits for hands keeps the warning back, for now."""
    request = await ready(rotating)
    follow = rotating.engine.an_attention().following
    credential, now = await rotating.credential(request), rotating.engine.clock.now()
    await follow._scheduled(credential, request, now)

    again = await follow._scheduled(credential, request, now)

    assert (again.under_way, again.due) == (True, now + DAY / 24)


async def test_an_owner_who_left_is_no_hindrance(rotating: calendar.Calendar) -> None:
    """The rule says that it is rotated, whoever asked for the credential once."""
    rotating.engine.notifier.closed.add(Role.DIRECT)
    request = await rotating.issued()

    await rotating.until(rotating.engine.clock.now() + 82 * DAY)

    assert (await rotating.credential(request)).by is not None


async def test_a_rule_that_is_gone_rotates_nothing(rotating: calendar.Calendar) -> None:
    """What no rule of the policy in force wants is not done; the owner is warned all the same."""
    request = await rotating.issued()
    rotating.engine.source.policy = builders.a_policy(builders.a_rule("another", rotate_before_days=10))

    await rotating.until(rotating.engine.clock.now() + 88 * DAY)

    assert await rotating.rotations() == []
    assert await rotating.warned(request) == [14, 3]


async def test_passwords_without_an_end_are_rotated_by_age(
    store: ports.Store, store_clock: fakes.FakeClock
) -> None:
    """A rule may have passwords replaced every so many days, whatever their validity."""
    policy = builders.a_policy(builders.a_rule(rotate_every_days=30))
    monthly = calendar.Calendar(parts.Engine(store, store_clock, policy=policy))
    await monthly.issued(validity_days=None)

    await monthly.until(monthly.engine.clock.now() + 100 * DAY)

    assert len(await monthly.rotations()) == 3


async def test_somebodys_denial_stands(rotating: calendar.Calendar) -> None:
    """A rotation that was denied between its two commits is not approved over that."""
    request = await ready(rotating)
    follow = rotating.engine.an_attention().following
    credential = await rotating.credential(request)
    turned = rotating.engine.journal
    turned.faults.append(fakes.Fault("commit", fakes.Crash(), after=True))
    with pytest.raises(fakes.Crash):
        await follow._scheduled(credential, request, rotating.engine.clock.now())
    made = await openly(rotating, request)
    assert made is not None
    await rotating.engine.service.deny(builders.a_click(made), "not now")

    again = await follow._approved(made.id, rotating.engine.source.policy.rules[0])

    assert again is not None
    assert again.state is State.DENIED


def test_the_record_tells_both_times() -> None:
    """A rule may name a time before the end and one after the start."""
    terms = builders.a_rule(rotate_before_days=10, rotate_every_days=60).terms

    assert following._words(terms) == "before 10 days, every 60 days"
