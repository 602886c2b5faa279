"""Exports: everything in them, nothing that a sheet would run, and proof that they are whole."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable

import pytest

from bot import audit, model
from bot.ledger import auditor, export, files
from bot.ledger.findings import What
from tests import builders
from tests.audit.scene import KEY, OTHER, TRAIL, Scene, found, whole

JSONL, CSV = files.Form.JSONL, files.Form.CSV
ALL = export.Span()


def desk(scene: Scene) -> auditor.Auditor:
    """Return an auditor."""
    return auditor.Auditor(scene.store, scene.store.log, TRAIL, scene.time, scene.printed.append)


async def exported(scene: Scene, form: files.Form = JSONL, span: export.Span = ALL) -> list[str]:
    """Return the lines of an export."""
    out = io.StringIO(newline="")
    await desk(scene).print(span, form, out.write)
    return list(io.StringIO(out.getvalue(), newline=""))


@pytest.mark.parametrize("form", files.Form)
async def test_an_export_verifies_without_a_server(past: Scene, form: files.Form) -> None:
    """With nothing but the key."""
    await past.checkpoint()
    lines = await exported(past, form)

    report = auditor.verify_file(TRAIL, lines, past.printed)

    assert whole(report) == (True, [])
    assert (report.entries, report.first, report.last, report.covered, report.checkpoints) == (
        12,
        1,
        12,
        12,
        1,
    )


async def test_json_lines_have_every_field_in_one_order(past: Scene) -> None:
    """Each line is an object; the last ones are seals."""
    rows = [json.loads(line) for line in await exported(past)]

    assert [tuple(row) for row in rows[:12]] == [files.COLUMNS] * 12
    assert (rows[1]["event"], rows[1]["actor"]) == (audit.Event.APPROVED, builders.BEN.key)
    assert rows[-1]["event"] == "audit_export"


async def test_a_sheet_has_every_field_in_one_order(past: Scene) -> None:
    """The same columns, and a row with the seal in the end."""
    rows = list(csv.reader(await exported(past, CSV)))

    assert tuple(rows[0]) == files.COLUMNS
    assert [row[0] for row in rows[1:13]] == [str(number) for number in range(1, 13)]
    assert rows[-1][files.COLUMNS.index("event")] == "audit_export"


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'quoted"])
async def test_a_cell_that_a_sheet_would_run_is_text(scene: Scene, start: str) -> None:
    """Whoever chose it; and it reads back as it was."""
    entry = audit.draft(
        audit.Event.REFUSED, request=None, actor=None, at=builders.now(), data={"reason": start}
    )
    odd = entry.model_copy(update={"actor": start})
    await scene.store.note(TRAIL.seal(odd, ""), head="", op="one")

    lines = await exported(scene, CSV)

    cells = next(row for row in csv.reader(lines) if row[0] == "1")
    assert [cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t", "\r"}] == []
    assert whole(auditor.verify_file(TRAIL, lines)) == (True, [])


async def test_what_people_typed_reads_back(scene: Scene) -> None:
    """Line breaks, quotes, commas, other alphabets."""
    reason = 'no, "never"\r\nБ\u2028,;\x07\x00😀'
    entry = audit.draft(audit.Event.DENIED, request=None, actor=builders.BEN, at=builders.now())
    entry = entry.model_copy(update={"data": {"reason": reason}})
    await scene.store.note(TRAIL.seal(entry, ""), head="", op="one")

    reports = [auditor.verify_file(TRAIL, await exported(scene, form)) for form in files.Form]

    assert [whole(report) for report in reports] == [(True, [])] * 2


async def test_a_span_has_what_happened_in_it(past: Scene) -> None:
    """By the server's clock: from the first moment on, up to before the last."""
    times = [int(one.position.split("-")[0]) for one in await past.stream()]
    at = [dt.datetime.fromtimestamp(time / 1000, dt.UTC) for time in times]

    some = auditor.verify_file(TRAIL, await exported(past, span=export.Span(at[5], at[-1])))

    expected = [number for number, time in enumerate(times, 1) if times[5] <= time < times[-1]]
    assert whole(some) == (True, [])
    assert (some.first, some.last, some.entries) == (
        (expected[0], expected[-1], len(expected)) if expected else (0, 0, 0)
    )


async def test_an_empty_span_is_a_sound_file(past: Scene) -> None:
    """It has its seal, and says that there was nothing."""
    future = builders.now() + dt.timedelta(days=1)

    report = auditor.verify_file(TRAIL, await exported(past, span=export.Span(since=future)))

    assert (whole(report), report.entries) == ((True, []), 0)


EDITS: list[tuple[str, Callable[[list[str]], list[str]], What]] = [
    ("an edit", lambda all_: [*all_[:1], all_[1].replace("U0BEN", "U0CLEO"), *all_[2:]], What.CHANGED),
    ("a removal", lambda all_: [*all_[:2], *all_[3:]], What.MISSING),
    ("a swap", lambda all_: [*all_[:2], all_[3], all_[2], *all_[4:]], What.MOVED),
    ("a line twice", lambda all_: [*all_[:2], all_[1], *all_[2:]], What.REPEATED),
    ("a cut end", lambda all_: all_[:-3], What.CUT),
    ("a cut start", lambda all_: all_[5:], What.UNLIKE),
    ("more at the end", lambda all_: [*all_, all_[0]], What.REPEATED),
    ("a changed time", lambda all_: [all_[0].replace('"time":"20', '"time":"19'), *all_[1:]], What.UNLIKE),
    ("rubbish", lambda all_: [all_[0], "rubbish\n", *all_[1:]], What.UNREADABLE),
    ("no object", lambda all_: [all_[0], "[1]\n", *all_[1:]], What.UNREADABLE),
    (
        "a changed seal",
        lambda all_: [*all_[:-1], all_[-1].replace('"last":12', '"last":11')],
        What.CHECKPOINT,
    ),
    ("half a seal", lambda all_: [*all_[:-1], '{"event":"audit_export"}\n'], What.UNREADABLE),
]


@pytest.mark.parametrize(("edit", "what"), [edit[1:] for edit in EDITS], ids=[edit[0] for edit in EDITS])
async def test_a_file_that_was_edited_is_found(
    past: Scene, edit: Callable[[list[str]], list[str]], what: What
) -> None:
    """By its own seal, if by nothing else."""
    lines = edit(await exported(past))

    report = auditor.verify_file(TRAIL, lines)

    assert what in {one.what for one in report.findings.said}


async def test_a_sheet_that_was_edited_is_found(past: Scene) -> None:
    """A cell, a number, a row with a cell less."""
    lines = await exported(past, CSV)
    lines[2] = lines[2].replace("U0BEN", "U0CLEO")
    lines[3] = "x" + lines[3]
    lines[4] = "1,2\r\n"

    report = auditor.verify_file(TRAIL, lines)

    assert {What.CHANGED, What.UNREADABLE} <= {what for what, _ in found(report)}


async def test_a_file_of_another_key_does_not_verify(past: Scene) -> None:
    """Whoever made it."""
    report = auditor.verify_file(OTHER, await exported(past))

    assert not report.sound


async def test_a_file_is_held_against_kept_checkpoints(past: Scene) -> None:
    """Those inside it; one that was made over other entries is a finding."""
    await past.checkpoint()
    lines = await exported(past)
    forged = past.printed[0].replace('"number":1', '"number":2')

    report = auditor.verify_file(TRAIL, lines, [*past.printed, forged])

    assert (found(report), report.checkpoints) == ([(What.CHECKPOINT, None)], 1)


def test_an_empty_file_is_no_export() -> None:
    """It does not even have a seal."""
    assert found(auditor.verify_file(TRAIL, [])) == [(What.CUT, None)]


@pytest.mark.parametrize("form", files.Form)
async def test_what_was_planted_is_exported_too_and_found_again(past: Scene, form: files.Form) -> None:
    """Evidence is evidence."""
    await past.raw.execute_command(
        "XADD", past.keys.audit, "*", "seq", "13", "at", "1", "entry", "=planted()"
    )

    lines = await exported(past, form)

    report = auditor.verify_file(TRAIL, lines)
    assert any("=planted()" in line for line in lines)
    assert What.UNREADABLE in {one.what for one in report.findings.said}


async def test_no_secret_is_in_an_export(past: Scene) -> None:
    """Not the key, in any form; nor anything that is not an identifier or a code."""
    await past.checkpoint()

    text = "".join([*await exported(past), *await exported(past, CSV), *past.printed])

    assert [form for form in (KEY.decode(), KEY.hex(), model.short_id(KEY.decode())) if form in text] == []
    assert "password" not in text.lower()
