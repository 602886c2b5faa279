"""Reading a request's body from a stranger, in front of any parser."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import Receive

PATIENCE_S = 10.0  # for a whole body; the platforms send theirs in one piece


class TooLarge(Exception):
    """The body is larger than the limit, or says that it is."""


class TooSlow(Exception):
    """The body was not whole in time."""


class Gone(Exception):
    """The sender went away before the body was whole."""


async def body(headers: Headers, receive: Receive, *, limit: int) -> bytes:
    """Return the body; what `Content-Length` says is believed only when it is too much."""
    # Refused by its own word, a body of gigabytes costs nothing.
    declared = headers.get("content-length", "0")
    if not declared.isdecimal() or len(declared) > len(str(limit)) or int(declared) > limit:
        raise TooLarge
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await _read(receive, limit)
    except TimeoutError:
        raise TooSlow from None


async def _read(receive: Receive, limit: int) -> bytes:
    chunks = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunks += message.get("body", b"")
        if len(chunks) > limit:
            raise TooLarge
        if not message.get("more_body", False):
            return bytes(chunks)
