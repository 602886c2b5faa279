"""Checkpoints while the bot runs: when, by whom, one chain; and how the lines are found again."""

from __future__ import annotations

import asyncio
import datetime as dt
import json

import pytest

from bot import errors, ports
from bot.ledger import keeper, seals
from bot.ledger.findings import What
from tests import fakes
from tests.audit.scene import OTHER, TRAIL, Scene, found, seal_lines, whole
from tests.waiting import wait_until

FIVE = dt.timedelta(minutes=5)


async def test_a_checkpoint_has_one_fixed_shape(past: Scene) -> None:
    """One line of JSON, which says what it is, what it covers, and tells nothing of the key."""
    await past.checkpoint()

    seal = json.loads(past.printed[0])

    assert list(seal) == [
        "event", "number", "at", "first", "last", "entries", "problems", "position", "hash", "previous",
        "key", "mac",
    ]  # fmt: skip
    assert (seal["event"], seal["number"], seal["first"], seal["last"]) == ("audit_checkpoint", 1, 1, 12)
    assert (seal["previous"], seal["problems"]) == ("", 0)


async def test_an_empty_log_gets_none(scene: Scene) -> None:
    """There is nothing to vouch for."""
    await scene.keeper().turn()

    assert (await scene.checkpoint(), scene.printed) == (None, [])


async def test_one_is_due_when_five_minutes_are_over(past: Scene) -> None:
    """The first at once, the next after that time, and none where nothing happened."""
    one = past.keeper()
    await one.turn()
    await past.refuse(None)
    await one.turn()
    early = len(past.printed)
    past.time.shift += FIVE
    await one.turn()
    due = len(past.printed)
    past.time.shift += FIVE
    await one.turn()

    assert (early, due, len(past.printed)) == (1, 2, 2)


async def test_one_is_due_at_a_thousand_entries(past: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """However short the time; and none covers more, so that a finding is near its place."""
    monkeypatch.setattr(keeper, "MOST", 10)
    one = past.keeper()
    await one.turn()
    for _ in range(9):
        await past.refuse(None)
    await one.turn()
    early = len(past.printed)
    await past.refuse(None)
    await one.turn()

    assert early == 2
    assert [json.loads(line)["last"] for line in past.printed] == [10, 12, 22]


async def test_two_replicas_make_one_chain(past: Scene) -> None:
    """Both look at the same moment; each number is made once, and continues the one before."""
    ones = [past.keeper() for _ in range(4)]
    for _ in range(6):
        await past.refuse(None)
        past.time.shift += FIVE
        await asyncio.gather(*(one.turn() for one in ones))

    kept, findings = seal_lines(past.printed)

    assert [seal.number for seal in kept.seals] == list(range(1, len(kept.seals) + 1))
    assert (findings.count, kept.absent) == (0, 0)
    assert whole(await past.verify()) == (True, [])


async def test_a_line_that_was_never_printed_is_printed_by_the_next(past: Scene) -> None:
    """Its maker died in between; the chain in Redis is ahead of what anybody kept."""
    await past.checkpoint()
    past.printed.clear()
    await past.refuse(None)
    past.time.shift += FIVE

    await past.keeper().turn()

    assert [json.loads(line)["number"] for line in past.printed] == [1, 2]


async def test_a_line_that_could_not_be_written_is_written_later(past: Scene) -> None:
    """A full disk or a closed pipe ends nothing."""
    broken = [True]

    def write(line: str) -> None:
        if broken:
            raise BrokenPipeError(broken.pop())
        past.printed.append(line)

    one = keeper.Keeper(past.store.log, TRAIL, past.time, write=write, alert=past.alert)
    with pytest.raises(BrokenPipeError):
        await one.turn()
    await past.refuse(None)
    past.time.shift += FIVE
    await one.turn()

    assert [json.loads(line)["number"] for line in past.printed] == [1, 2]


async def test_it_runs_until_it_is_cancelled(past: Scene) -> None:
    """Through a store that is away, and a pipe that is closed."""
    clock = fakes.FakeClock()
    faults: list[Exception] = [BrokenPipeError(), errors.NotAccepted("away")]

    def write(line: str) -> None:
        if faults:
            raise faults.pop()
        past.printed.append(line)

    one = keeper.Keeper(past.store.log, TRAIL, clock, write=write, alert=past.alert)
    task = asyncio.ensure_future(one.run())
    await past.refuse(None)
    await wait_until(lambda: _refused_and_printed(past), "a second line is printed")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert set(clock.slept) == {15.0}


async def _refused_and_printed(scene: Scene) -> bool:
    await scene.refuse(None)
    return len(scene.printed) > 1


async def test_tampering_is_told_while_the_bot_runs(past: Scene) -> None:
    """Not only to an auditor, some day; and once."""
    await past.rewrite(lambda all_: [*all_[:1], all_[1].saying("U0BEN", "U0CLEO"), *all_[2:]])
    one = past.keeper()
    await one.turn()
    past.time.shift += FIVE
    await one.turn()

    assert [text[:60] for text in past.alerts] == [
        "The audit log was tampered with: of entries 1 to 12, 1 thing"
    ]
    assert json.loads(past.printed[0])["problems"] == 1


@pytest.mark.parametrize("value", [None, "rubbish", "older", "foreign"])
async def test_a_checkpoint_that_was_set_back_is_told(past: Scene, value: str | None) -> None:
    """The process knows better, goes on from what it knows, and says so once."""
    one, mark = past.keeper(), past.keys.mark(ports.Mark.CHECKPOINT)
    await one.turn()
    first = past.printed[0]
    await past.refuse(None)
    past.time.shift += FIVE
    await one.turn()
    forged = seals.sealed(OTHER, seals.Seal.model_validate_json(past.printed[-1])).model_dump_json()
    planted = {"older": first, "foreign": forged}.get(str(value), value)
    await past.raw.execute_command(*(("SET", mark, planted) if planted else ("DEL", mark)))
    await past.refuse(None)
    past.time.shift += FIVE
    await one.turn()
    await one.turn()

    assert past.alerts == [keeper.SET_BACK]
    assert [json.loads(line)["number"] for line in past.printed] == [1, 2, 3]


async def test_an_alert_that_does_not_get_out_stops_nothing(past: Scene) -> None:
    """Chat may be away just then."""

    async def alert(_: str) -> None:
        raise errors.Temporary("Slack did not answer.", service="Slack")

    await past.raw.execute_command("SET", past.keys.mark(ports.Mark.CHECKPOINT), "rubbish")
    await keeper.Keeper(past.store.log, TRAIL, past.time, write=past.printed.append, alert=alert).turn()

    assert len(past.printed) == 1


@pytest.mark.parametrize(
    "wrap",
    [
        "{}",
        "2026-10-18T09:00:00.1Z stdout F {}",
        'bot-1  | {} and {{"more": 1',
        "{{not JSON}} {}",
    ],
)
async def test_a_line_is_found_wherever_a_log_put_it(past: Scene, wrap: str) -> None:
    """Behind a time stamp, between other things."""
    await past.checkpoint()

    kept, findings = seal_lines(["rubbish", '{"event": "work_begun"}', wrap.format(past.printed[0]), ""])

    assert ([seal.number for seal in kept.seals], findings.count) == ([1], 0)


async def test_a_line_is_found_inside_other_formats(past: Scene) -> None:
    """As Docker, a collector with fields of its own, and an export to CSV write it; each once."""
    await past.checkpoint()
    line = past.printed[0]
    docker = json.dumps({"log": line + "\n", "stream": "stdout"})
    collector = json.dumps({"records": {"pod": "bot-1"} | {"inner": json.loads(line) | {"host": "n1"}}})
    sheet = 'a,b,"{}"'.format(line.replace('"', '""'))

    for one in (docker, collector, sheet):
        kept, findings = seal_lines([one, line])
        assert ([seal.number for seal in kept.seals], findings.count) == ([1], 0)


async def test_a_line_that_was_changed_is_found(past: Scene) -> None:
    """Or that is no checkpoint at all."""
    await past.checkpoint()
    lines = [past.printed[0].replace('"last":12', '"last":11'), '{"event":"audit_checkpoint"}']

    _, findings = seal_lines(lines)

    assert [one.what for one in findings.said] == [What.CHECKPOINT] * 2
    assert findings.said[0].sentence.startswith("Line 1 is a checkpoint that was changed")


async def test_lines_of_another_key_are_counted_and_left(past: Scene) -> None:
    """Staging may write into the same log."""
    await past.checkpoint()
    seal = seals.Seal.model_validate_json(past.printed[0])
    other = seals.sealed(OTHER, seal.model_copy(update={"key": seals.key_id(OTHER)}))
    past.printed.append(other.model_dump_json())

    report = await past.verify()

    assert (whole(report), report.foreign) == ((True, []), 1)


async def test_lines_that_are_absent_are_counted(past: Scene) -> None:
    """They prove nothing: a log may have lost them. Those that are there are held against the log."""
    for _ in range(4):
        await past.refuse(None)
        await past.checkpoint()
    del past.printed[1:3]

    report = await past.verify()

    assert (whole(report), report.absent) == ((True, []), 2)


async def test_a_fork_is_found(past: Scene) -> None:
    """Two checkpoints of one number are two logs."""
    await past.checkpoint()
    seal = seals.Seal.model_validate_json(past.printed[0])
    fork = seals.sealed(TRAIL, seal.model_copy(update={"hash": "0" * 64}))
    past.printed.append(fork.model_dump_json())

    report = await past.verify()

    assert sorted(found(report), key=str) == [(What.CHECKPOINT, 1), (What.UNLIKE, 1)]


async def test_a_checkpoint_that_continues_another_log_is_found(past: Scene) -> None:
    """Its number fits and its MAC is genuine, but not what it follows."""
    await past.checkpoint()
    await past.refuse(None)
    await past.checkpoint()
    seal = seals.sealed(
        TRAIL, seals.Seal.model_validate_json(past.printed[1]).model_copy(update={"previous": "0"})
    )
    past.printed[1] = seal.model_dump_json()

    _, findings = seal_lines(past.printed)

    assert [one.sentence for one in findings.said] == ["Checkpoint 2 does not continue the one before."]


async def test_a_forged_mark_in_redis_is_found(past: Scene) -> None:
    """Of either kind; one cannot stand for the other."""
    await past.checkpoint()
    await past.raw.execute_command("SET", past.keys.mark(ports.Mark.TRIMMED), past.printed[0])

    report = await past.verify()

    assert [one.what for one in report.findings.said] == [What.CHECKPOINT]
