"""One entry of the stream, read without trust."""

from __future__ import annotations

import json
from typing import NamedTuple

from bot import audit, model, ports

_MAC_ROOM = len(',"mac":""')


class Opened(NamedTuple):
    """An entry's content. Not `genuine`: somebody without the key wrote or changed it."""

    body: dict[str, object]  # all but the MAC, as it was sealed
    mac: str
    genuine: bool
    request: str | None
    after: str | None


def opened(trail: audit.Trail, logged: ports.Logged) -> Opened | None:
    """Read an entry and check its MAC; return None for what is no entry at all."""
    try:
        body = json.loads(logged.text)
        if type(body) is not dict:
            return None
        mac, request, after = body.pop("mac", None), body.get("request"), body.get("after")
        if not (type(mac) is str and isinstance(request, str | None) and isinstance(after, str | None)):
            return None
        sealed = model.canonical(body)
        # The bot writes nothing but what it seals, so more than that (a key twice, a blank) shows
        # in the length. Both MACs are known to whoever looks: no need to compare in constant time.
        genuine = (
            trail.sealed(sealed, logged.head) == mac
            and len(logged.text.encode()) == len(sealed) + len(mac) + _MAC_ROOM
        )
    except (ValueError, RecursionError):  # no JSON, half a surrogate, a thousand brackets
        return None
    return Opened(body, mac, genuine, request, after)


def line(logged: ports.Logged, mac: str) -> bytes:
    """Return what a checkpoint takes in of an entry. The MAC stands for the content, and for the past."""
    return f"{logged.sequence}:{logged.time_ms}:{mac}\n".encode("utf-8", "replace")
