"""Moments as services write them."""

from __future__ import annotations

import datetime as dt


def read(value: object) -> dt.datetime | None:
    """Return a moment in UTC where none is said, or None for what is not one."""
    try:
        found = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or dt.UTC) if found else None
