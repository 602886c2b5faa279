"""Looks for a message that an earlier try may have posted: by the note that it carries.

People never see the note (https://docs.slack.dev/messaging/message-metadata); it holds no secret.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot import model
from handlers.slack import faults, parse
from handlers.slack.markup import Json
from handlers.spots import Spot

EVENT = "registry_bot_request"
PAGE, MOST_PAGES = 200, 10
EARLIER_S = 120.0  # Slack stamps messages with a clock of its own

Read = Callable[[str], Awaitable[AsyncSlackResponse]]  # a page, by its cursor


@dataclass(frozen=True, slots=True)
class Found:
    """Where a message is."""

    spot: Spot
    message: str


def note(request: model.Request, copy: model.Copy) -> Json | None:
    """Return what a post carries, so that it can be told from every other."""
    if copy.posting is None:
        return None
    payload = {"request": request.id, "role": copy.role.value, "token": copy.posting.token}
    return {"event_type": EVENT, "event_payload": payload}


async def find(client: AsyncWebClient, spot: Spot, posting: model.Posting, *, by: str) -> Found | None:
    """Return the message of the user `by` that carries a posting's token, if it is there.

    Raises what the client raises; for channels Slack wants the scope that fits their kind.
    """

    async def channel(cursor: str) -> AsyncSlackResponse:
        return await client.conversations_history(
            channel=spot.channel, cursor=cursor or None, limit=PAGE, include_all_metadata=True
        )

    async def thread(cursor: str) -> AsyncSlackResponse:
        return await client.conversations_replies(
            channel=spot.channel,
            ts=spot.thread or "",
            cursor=cursor or None,
            limit=PAGE,
            include_all_metadata=True,
        )

    since = posting.at.timestamp() - EARLIER_S
    if spot.thread is not None:
        try:
            found = await _first(_messages(thread), posting, by)
        except SlackApiError as error:
            if faults.code(error) not in faults.GONE:
                raise
            # Without its first message there is no thread, and the post went into the channel.
            spot = Spot(spot.channel)
        else:
            return Found(spot, found) if found else None
    found = await _first(_messages(channel, since), posting, by)
    return Found(spot, found) if found else None


async def _first(messages: AsyncIterator[object], posting: model.Posting, by: str) -> str | None:
    async for message in messages:
        token = parse.text_at(message, "metadata", "event_payload", "token")
        # Whoever reads the channel can copy a note: only the bot's own messages count.
        ours = not by or parse.text_at(message, "user") in {by, ""}
        if ours and token == posting.token:
            return parse.text_at(message, "ts") or None
    return None


async def _messages(read: Read, since: float | None = None) -> AsyncIterator[object]:
    """Yield messages page by page; with `since`, newest first, up to the page that is older."""
    cursor = ""
    for _ in range(MOST_PAGES):
        answer = await read(cursor)
        page = parse.at(answer.data, "messages")
        for message in page if isinstance(page, list) else ():
            yield message
        cursor = parse.text_at(answer.data, "response_metadata", "next_cursor")
        if not cursor or (since is not None and _moment(page) < since):
            return


def _moment(page: object) -> float:
    """Return when the last message of a page was posted; a timestamp of Slack's is its id."""
    last = page[-1] if isinstance(page, list) and page else None
    try:
        return float(parse.text_at(last, "ts"))
    except ValueError:
        return 0.0
