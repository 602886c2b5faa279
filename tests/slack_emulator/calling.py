"""Calling the Web API in tests: the answer of a call, refused or not, as a plain object."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from slack_sdk.errors import SlackApiError

from tests.slack_emulator.corpus import Json


async def answer(call: Awaitable[Any]) -> Json:
    """Return what Slack answered, `ok` or not."""
    try:
        response = await call
    except SlackApiError as error:
        response = error.response
    return dict(response.data)


async def error(call: Awaitable[Any]) -> str | None:
    """Return the word that Slack refused with."""
    found = (await answer(call)).get("error")
    return str(found) if found else None
