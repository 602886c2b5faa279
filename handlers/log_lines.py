"""An audit entry as one line of plain text, the same on every platform."""

from __future__ import annotations

from bot import model, ports

LONGEST = 300
TAMPERED = "this entry was changed by somebody who does not have the key"


def line(entry: ports.Line) -> str:
    """Return the line: number, time, what happened to which request, by whom, and the details."""
    time = f"{entry.time:%Y-%m-%d %H:%M:%S} UTC" if entry.time else "at an unknown time"
    number = "?" if entry.sequence is None else str(entry.sequence)
    if entry.event == "tampered":
        return f"⚠️ #{number} · {time} · {TAMPERED}"
    moved = f"{entry.before or 'new'} → {entry.after}" if entry.after else None
    details = ", ".join(f"{name}: {_flat(value)}" for name, value in entry.data.items() if value is not None)
    parts = (
        f"#{number}",
        time,
        f"request {model.short_id(entry.request)}" if entry.request else "deployment",
        entry.event,
        moved,
        f"by {entry.actor}" if entry.actor else None,
        details or None,
    )
    return " · ".join(part for part in parts if part)


def _flat(value: object) -> str:
    # Somebody's own words may have line breaks, and could look like a line of the log.
    return " ".join(str(value).split())
