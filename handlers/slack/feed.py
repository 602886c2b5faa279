"""`ports.Feed` on Slack's Web API: the audit log as lines of plain text in a channel."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.web.async_client import AsyncWebClient

from bot import ports
from handlers import log_lines
from handlers.slack import faults, markup


class SlackFeed:
    """Posts to one channel. `client` must not wait out rate limits itself: the feeder tries again."""

    def __init__(self, client: AsyncWebClient, *, channel: str) -> None:
        self._client = client
        self._channel = channel

    async def tell(self, lines: Sequence[ports.Line]) -> None:
        """Post one message with a line for each entry."""
        said = [markup.cut(log_lines.line(one), log_lines.LONGEST) for one in lines]
        # Rich text is never read as markup, and a user id in it calls nobody.
        section = {"type": "rich_text_section", "elements": [{"type": "text", "text": "\n".join(said)}]}
        with faults.translated():
            await self._client.chat_postMessage(
                channel=self._channel,
                text=markup.cut(markup.escape("\n".join(said)), markup.LONGEST_MESSAGE),
                blocks=[{"type": "rich_text", "elements": [section]}],
                unfurl_links=False,
                unfurl_media=False,
            )
