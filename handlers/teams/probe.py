"""`ports.TeamsProbe` on the Bot Connector: looks at the token and at channels, and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from bot import model, ports
from handlers.teams.directory import TeamsDirectory
from handlers.teams.seen import Seen


class TeamsProbe:
    """Looks at one deployment's Teams."""

    def __init__(self, connector: ports.Connector, *, tenants: frozenset[str]) -> None:
        self._connector = connector
        self._directory = TeamsDirectory(connector, Seen(), tenants=tenants)

    async def token(self) -> None:
        """Raise unless a token for the Bot Connector is given out."""
        await self._connector.check()

    async def roster(self, channel: str) -> Mapping[str, model.Standing]:
        """Return what each member of a channel is, by their user id."""
        members = await self._connector.roster(channel)
        return {one.user: self._directory.judge(one) for one in members if one.user}
