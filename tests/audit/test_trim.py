"""Trimming: only what is safe elsewhere and needed nowhere, and the log verifies at every moment."""

from __future__ import annotations

import datetime as dt
import json
import stat
from pathlib import Path

import pytest

from bot import model, ports
from bot import store as stores
from bot.ledger import auditor, export, files, sink, trim
from bot.ledger.findings import What
from bot.store import log
from tests import builders
from tests.audit.scene import DENIED, ISSUED, TRAIL, Scene, found, whole
from tests.audit.test_export import ALL, JSONL, desk
from tests.waiting import wait_until

IN_FILE = 12


async def numbers(scene: Scene) -> list[int]:
    """Return the numbers that the stream has."""
    return [int(one.fields["seq"]) for one in await scene.stream()]


async def owners(scene: Scene) -> set[str | None]:
    """Return whose entries the stream has."""
    return {json.loads(one.fields["entry"])["request"] for one in await scene.stream()}


async def test_a_trim_leaves_what_is_needed(past: Scene, tmp_path: Path) -> None:
    """The open request's entries, and the live credential's; what ended for good is gone."""
    done, gone = await desk(past).save(ALL, JSONL, tmp_path / "a.jsonl", trim=True)

    assert (done.run.entries, gone) == (12, trim.Trimmed(removed=4, stayed=8))
    # 13 says that there was a trim.
    assert await numbers(past) == [1, 2, 3, 4, 5, 8, 9, 11, 13]
    assert json.loads((await past.stream())[-1].fields["entry"])["event"] == "audit:stream:trimmed"


async def test_a_trimmed_log_verifies(past: Scene, tmp_path: Path) -> None:
    """With the checkpoints kept, which say what they cannot be held against; and so does the file."""
    await past.checkpoint()
    await desk(past).save(ALL, JSONL, tmp_path / "a.jsonl", trim=True)

    report = await past.verify()

    with (tmp_path / "a.jsonl").open(newline="") as file:
        in_file = auditor.verify_file(TRAIL, file, past.printed)
    assert (whole(report), report.trimmed) == ((True, []), 1)
    assert (whole(in_file), in_file.entries) == ((True, []), IN_FILE)


async def test_life_goes_on_after_a_trim(past: Scene, tmp_path: Path) -> None:
    """New requests, refusals at trimmed ones, checkpoints, and the next trim."""
    denied = await past.request(*DENIED)
    await desk(past).save(ALL, JSONL, tmp_path / "a.jsonl", trim=True)
    await past.refuse(denied.id)
    await past.refuse(None)
    await past.request(*DENIED)
    await past.checkpoint()
    between = await past.verify()

    _, gone = await desk(past).save(ALL, JSONL, tmp_path / "b.jsonl", trim=True)

    after = await past.verify()
    assert (whole(between), whole(after)) == ((True, []), (True, []))
    assert gone is not None
    assert gone.removed > 0


async def test_both_files_together_have_everything(past: Scene, tmp_path: Path) -> None:
    """Of a log trimmed twice; the second file says what it cannot have."""
    await desk(past).save(ALL, JSONL, tmp_path / "a.jsonl", trim=True)
    await past.request(*DENIED)
    await desk(past).save(ALL, JSONL, tmp_path / "b.jsonl", trim=True)

    seen = set()
    for name in ("a.jsonl", "b.jsonl"):
        lines = (tmp_path / name).read_text().splitlines()
        assert whole(auditor.verify_file(TRAIL, lines)) == (True, [])
        seen |= {json.loads(line).get("sequence") for line in lines}
    assert seen - {None} == set(range(1, 16))


async def test_what_was_left_is_let_go_later(scene: Scene, tmp_path: Path) -> None:
    """Once the credential is revoked, and its record says so."""
    request = await scene.request(*ISSUED)
    await desk(scene).save(ALL, JSONL, tmp_path / "a.jsonl", trim=True)
    before = await owners(scene)
    await scene.revoke(request)

    await desk(scene).save(ALL, JSONL, tmp_path / "b.jsonl", trim=True)

    assert (before, await owners(scene)) == ({request.id, None}, {None})
    assert whole(await scene.verify()) == (True, [])


async def test_only_what_was_exported_is_removed(past: Scene, tmp_path: Path) -> None:
    """An export from some time on leaves what came before."""
    positions = [one.position for one in await past.stream()]
    moment = builders.now() + dt.timedelta(milliseconds=5)
    await wait_until(lambda: builders.now() > moment, "the moment is over")
    denied = await past.request(*DENIED)

    done, _ = await desk(past).save(export.Span(since=moment), JSONL, tmp_path / "a.jsonl", trim=True)

    assert denied.id not in await owners(past)
    assert [one.position for one in await past.stream()][:12] == positions
    assert (done.run.first, whole(await past.verify())) == (13, (True, []))


@pytest.mark.parametrize("number", [0, 5, 8])
async def test_what_a_trim_left_is_sealed(past: Scene, tmp_path: Path, number: int) -> None:
    """A removal or an edit there is found, though numbers are missing anyway."""
    await desk(past).save(ALL, JSONL, tmp_path / "a.jsonl", trim=True)
    await past.rewrite(lambda all_: [*all_[:number], *all_[number + 1 :]])

    report = await past.verify()

    assert not report.sound
    assert {What.UNLIKE, What.CUT} & {what for what, _ in found(report)}


async def test_a_trim_that_somebody_denies_is_found(past: Scene, tmp_path: Path) -> None:
    """Without the seal of what was left, its gaps are gaps."""
    await desk(past).save(ALL, JSONL, tmp_path / "a.jsonl", trim=True)
    await past.raw.execute_command("DEL", past.keys.mark(ports.Mark.TRIMMED))

    report = await past.verify()

    assert (What.MISSING, 6) in found(report)


async def test_a_log_that_does_not_verify_is_not_trimmed(past: Scene, tmp_path: Path) -> None:
    """Evidence stays where it is; the file has it too."""
    await past.rewrite(lambda all_: [*all_[:1], all_[1].saying("U0BEN", "U0CLEO"), *all_[2:]])

    with pytest.raises(trim.Stopped, match="does not verify"):
        await desk(past).save(ALL, JSONL, tmp_path / "a.jsonl", trim=True)

    assert await numbers(past) == list(range(1, 13))
    assert (tmp_path / "a.jsonl").exists()


async def test_nothing_is_removed_when_the_file_is_not_safe(past: Scene, tmp_path: Path) -> None:
    """A disk that is full, for instance; nor does half a file stay."""
    before = await past.stream()

    with pytest.raises(OSError, match="No such file"):
        await desk(past).save(ALL, JSONL, tmp_path / "missing" / "a.jsonl", trim=True)

    assert await past.stream() == before
    assert not (tmp_path / "missing").exists()


async def test_a_trim_stops_where_the_log_is_another(past: Scene) -> None:
    """It was exchanged between the export and the trim."""
    keeper = past.keeper()
    done = await export.export(past.store.log, TRAIL, ALL, lambda _: None)
    await keeper.catch_up()
    done.run.add((await past.store.log.page(limit=1))[0], b"something else")

    with pytest.raises(trim.Stopped, match="not the one that was exported"):
        await trim.Trim(past.store, past.store.log, TRAIL, past.time, keeper).remove(done)


async def test_an_empty_log_is_trimmed_of_nothing(scene: Scene, tmp_path: Path) -> None:
    """And nothing is said of it in the log."""
    _, gone = await desk(scene).save(ALL, JSONL, tmp_path / "a.jsonl", trim=True)

    assert (gone, await scene.stream()) == (trim.Trimmed(0, 0), [])


class Failing(log.RedisAuditLog):
    """The log, which dies at the n-th move of a trim."""

    def __init__(self, scene: Scene, fatal: int) -> None:
        below = scene.store.log
        super().__init__(below._client, below._keys, below._calls, below._lua)
        self._fatal = fatal

    async def page(self, *, after: str = "", limit: int = ports.PAGE) -> tuple[ports.Logged, ...]:
        """Read small pages, so that a trim has many batches."""
        return await super().page(after=after, limit=min(limit, 3))

    async def move(self, mark: ports.Mark, *, seen: str | None, value: str, remove: object = ()) -> bool:
        """Count down to the end."""
        if mark is ports.Mark.TRIMMED:
            self._fatal -= 1
            if self._fatal == 0:
                raise KeyboardInterrupt
            if self._fatal == -1:
                return False
        return await super().move(mark, seen=seen, value=value, remove=remove)  # type: ignore[arg-type]  # as given


@pytest.mark.parametrize("fatal", [1, 2, 3])
async def test_a_trim_that_dies_leaves_a_log_that_verifies(past: Scene, tmp_path: Path, fatal: int) -> None:
    """Between any two of its batches; and it can be done again."""
    broken = auditor.Auditor(past.store, Failing(past, fatal), TRAIL, past.time, past.printed.append)
    with pytest.raises(KeyboardInterrupt):
        await broken.save(ALL, JSONL, tmp_path / "a.jsonl", trim=True)

    between = await past.verify()
    await desk(past).save(ALL, JSONL, tmp_path / "b.jsonl", trim=True)

    assert (whole(between), whole(await past.verify())) == ((True, []), (True, []))


async def test_two_trims_at_once_do_not_both(past: Scene, tmp_path: Path) -> None:
    """The second finds that the seal moved on."""
    broken = auditor.Auditor(past.store, Failing(past, 0), TRAIL, past.time, past.printed.append)

    with pytest.raises(trim.Stopped, match="somebody else"):
        await broken.save(ALL, JSONL, tmp_path / "a.jsonl", trim=True)

    assert whole(await past.verify()) == (True, [])


async def test_a_requests_own_trail_is_never_trimmed(past: Scene, tmp_path: Path) -> None:
    """What the saga reads stays whole as long as the request is kept."""
    request = await past.request(*DENIED)
    before = await past.store.trail(request.id)

    await desk(past).save(ALL, JSONL, tmp_path / "a.jsonl", trim=True)

    assert await past.record.verified(request.id) == before


def test_a_file_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    """For its owner alone, and in nobody's place."""
    path = tmp_path / "a.jsonl"
    with sink.Sink(path) as lost:
        lost.write("never kept")
    with sink.Sink(path) as kept:
        kept.write("kept")
        kept.keep()

    with pytest.raises(FileExistsError), sink.Sink(path):
        pass

    assert [file.name for file in tmp_path.iterdir()] == ["a.jsonl"]
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("kept", 0o600)


async def test_a_credential_that_cannot_be_read_is_needed(store: stores.RedisStore, past: Scene) -> None:
    """Better keep too much."""
    request = await past.request(*DENIED)
    await past.raw.execute_command("SET", past.keys.credential(request.id), "rubbish", "EX", 100)

    assert await store.log.needed([request.id, model.new_id()]) == {request.id}


async def test_csv_can_be_trimmed_after_as_well(past: Scene, tmp_path: Path) -> None:
    """The form does not matter."""
    _, gone = await desk(past).save(ALL, files.Form.CSV, tmp_path / "a.csv", trim=True)

    with (tmp_path / "a.csv").open(newline="") as file:
        report = auditor.verify_file(TRAIL, file)
    assert (whole(report), gone) == ((True, []), trim.Trimmed(4, 8))
