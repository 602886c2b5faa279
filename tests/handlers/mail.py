"""Deliveries as Slack sends them, signed or not."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from urllib.parse import urlencode

import httpx

from bot.sandbox.slack import signing
from handlers.slack import ids
from tests.handlers import samples
from tests.handlers.house import SECRET, House

FORM = "application/x-www-form-urlencoded"
MARKER = "a-word-that-must-not-be-logged"
HELP = {
    "command": ids.COMMAND,
    "text": "help",
    "user_id": "U0ANA",
    "team_id": samples.TEAM,
    "channel_id": "C0GENOMICS",
}


def signed(
    raw: bytes, *, content_type: str = FORM, at: float | None = None, secret: str = SECRET
) -> dict[str, str]:
    """Return the headers of a delivery."""
    moment = time.time() if at is None else at
    return {"Content-Type": content_type, **signing.headers(secret, raw, at=moment)}


def command(**changes: str) -> bytes:
    """Return a slash command's body."""
    return urlencode({**HELP, **changes}).encode()


def interaction(**payload: object) -> bytes:
    """Return an interaction's body."""
    return urlencode({"payload": json.dumps(payload)}).encode()


async def post(
    browser: httpx.AsyncClient, house: House, raw: bytes, headers: Mapping[str, str]
) -> httpx.Response:
    """Send a body with these headers."""
    return await browser.post(house.events, content=raw, headers=headers)
