"""Reading what a platform sent. Payloads are documented loosely and differ between plans and clients.

Nothing is taken for granted: every value is looked up with `at`, which knows no errors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

Payload = Mapping[str, object]


class Malformed(ValueError):
    """This is not what the platform sends. The message holds nothing of it."""


def at(payload: object, *path: str | int) -> object:
    """Return what stands at a path, or None."""
    for step in path:
        if isinstance(payload, dict):
            payload = payload.get(step)
        elif isinstance(payload, list) and isinstance(step, int) and -len(payload) <= step < len(payload):
            payload = payload[step]
        else:
            return None
    return payload


def text_at(payload: object, *path: str | int) -> str:
    """Return the text at a path, or an empty one."""
    found = at(payload, *path)
    if not isinstance(found, str) or found.isascii():
        return found if isinstance(found, str) else ""
    # JSON can spell half a surrogate pair, which no store, log or digest can take.
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def needed(payload: object, *path: str | int) -> str:
    """Return the text at a path, or raise Malformed."""
    found = text_at(payload, *path)
    if not found:
        raise Malformed(f"The payload has no {'.'.join(map(str, path))}.")
    return found


def token(*parts: str) -> str:
    """Return what names a deed of these parts: the same deed, delivered again, has the same token."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
