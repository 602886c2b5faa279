"""The forms of an export: JSON lines or CSV, each read back as the entries that it was made of.

Both have the same columns in the same order. Seals stand before and after the entries: in JSON
lines as they are, in CSV in the column `data` of a row whose event says so.
"""

from __future__ import annotations

import csv
import datetime as dt
import enum
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from bot import ports
from bot.ledger import entries, seals
from bot.ledger.findings import moment

COLUMNS = (
    "sequence", "time", "request", "event", "actor", "before", "after", "at", "data", "record", "credential",
    "head", "mac",
)  # fmt: skip
# As `audit.Entry` writes them: the text of an entry is made of its columns again.
_SEALED = ("request", "event", "actor", "before", "after", "data", "at", "record", "credential")
_OPTIONAL = ("record", "credential")  # absent, not null
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")  # a sheet would run it, or take the mark for its own
_SEALS = {kind.value for kind in seals.Kind}
Row = Mapping[str, object]


class Form(enum.StrEnum):
    """A file's form."""

    JSONL = "jsonl"
    CSV = "csv"


def writer(form: Form, write: Callable[[str], object]) -> Callable[[Row], None]:
    """Return what writes rows; a CSV begins with the names of its columns."""

    def as_json(row: Row) -> None:
        write(_json(row) + "\n")

    def as_csv(row: Row) -> None:
        row = {"event": row["event"], "data": row} if row.get("event") in _SEALS else row
        write(_csv(_cell(row.get(name)) for name in COLUMNS))

    if form is Form.JSONL:
        return as_json
    write(_csv(COLUMNS))
    return as_csv


def row(logged: ports.Logged, opened: entries.Opened | None) -> Row:
    """Return an entry's columns; of one that cannot be read, the text."""
    time = moment(logged.time_ms)
    stamp = time.isoformat(timespec="milliseconds").replace("+00:00", "Z") if time else None
    placed = {"sequence": logged.sequence, "time": stamp}
    if opened is None:
        return placed | {"event": "unreadable", "data": logged.text, "head": logged.head}
    body = opened.body
    named = {name: body.get(name) for name in COLUMNS if name in _SEALED}
    return placed | named | {"head": logged.head, "mac": opened.mac}


def seal_row(seal: seals.Seal) -> Row:
    """Return a seal's columns."""
    return seal.model_dump(mode="json")


def read(lines: Iterable[str]) -> Iterator[ports.Logged | seals.Seal]:
    """Read an export of either form; a line that is none comes as an entry that cannot be read."""
    lines = iter(lines)
    first = next(lines, "")
    if first.startswith("{"):
        yield _from_json(first)
        yield from (_from_json(line) for line in lines if line.strip())
        return
    for cells in csv.reader(lines, strict=False):
        yield _from_row(_from_cells(cells), ",".join(cells))


def _from_json(line: str) -> ports.Logged | seals.Seal:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return _unreadable(line)
    return _from_row(found, line) if isinstance(found, dict) else _unreadable(line)


def _from_row(found: Row, text: str) -> ports.Logged | seals.Seal:
    if found.get("event") in _SEALS:
        return seals.read(_json(found.get("data", found))) or _unreadable(text)
    sequence, head = found.get("sequence"), found.get("head")
    body = {name: found.get(name) for name in _SEALED if name not in _OPTIONAL or found.get(name) is not None}
    return ports.Logged(
        position="",
        sequence=sequence if type(sequence) is int else None,
        time_ms=_milliseconds(found.get("time")),
        head=head if isinstance(head, str) else "",
        text=_json(body | {"mac": found.get("mac")}) if "mac" in found else text,
    )


def _unreadable(text: str) -> ports.Logged:
    return ports.Logged("", None, None, "", text)


def _milliseconds(stamp: object) -> int | None:
    try:
        time = dt.datetime.fromisoformat(str(stamp))
        return round((time - dt.datetime.fromtimestamp(0, dt.UTC)) / dt.timedelta(milliseconds=1))
    except (ValueError, TypeError, OverflowError):  # a moment without a zone is a TypeError
        return None


def _cell(value: object) -> str:
    text = value if isinstance(value, str) else "" if value is None else _json(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _from_cells(cells: list[str]) -> Row:
    if len(cells) != len(COLUMNS):
        return {}
    found: dict[str, object] = {}
    for name, cell in zip(COLUMNS, cells, strict=True):
        text = cell.removeprefix("'")
        found[name] = text or (None if name != "head" else "")
    for name in ("sequence", "data"):
        try:
            found[name] = json.loads(str(found[name]))
        except (ValueError, RecursionError):
            found[name] = None
    return found


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _csv(cells: Iterable[str]) -> str:
    sheet = io.StringIO(newline="")
    csv.writer(sheet, lineterminator="\r\n").writerow(cells)
    return sheet.getvalue()
