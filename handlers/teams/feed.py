"""`ports.Feed` on Teams: the audit log as lines of plain text in a channel."""

from __future__ import annotations

from collections.abc import Sequence

from bot import ports
from handlers import log_lines
from handlers.teams import cards, markup


class TeamsFeed:
    """Posts to one channel."""

    def __init__(self, connector: ports.Connector, *, channel: str) -> None:
        self._connector = connector
        self._channel = channel

    async def tell(self, lines: Sequence[ports.Line]) -> None:
        """Post one message with a line for each entry."""
        said = tuple((markup.cut(log_lines.line(one), log_lines.LONGEST),) for one in lines)
        message = cards.private(said, lambda who: who.key)
        await self._connector.post(self._channel, message.activity())
