"""`ports.Notifier` on the Bot Connector: posts a copy once, then keeps it up to date."""

from __future__ import annotations

import structlog

from bot import errors, model, ports
from bot.model import Role
from handlers import replies, said, spots, text
from handlers.teams import cards, parse
from handlers.teams.names import Names
from handlers.teams.seen import Seen

_CALLING = frozenset({Role.APPROVAL, Role.ESCALATION, Role.REMINDER})  # whoever may decide is called
_MISSING = "install the app in that team, from the team's own Apps tab."
_ABSENT = "that person has to install the app, or an administrator for them."

log = structlog.get_logger(__name__)


class TeamsNotifier:
    """Shows requests."""

    def __init__(
        self, connector: ports.Connector, seen: Seen, names: Names, *, operators_channel: str | None = None
    ) -> None:
        self._connector = connector
        self._seen = seen
        self._names = names
        self._operators = operators_channel
        self._learned: set[str] = set()  # channels whose people's names were read

    async def show(
        self, request: model.Request, copy: model.Copy, *, copies: dict[Role, model.Copy]
    ) -> model.Copy:
        """Post the copy, or bring it to the request's present state; return it as it is now."""
        await self._learn(request)
        message = self._message(request, copy, copies)
        try:
            if copy.message is None:
                return await self._posted(request, copy, copies, message)
            if await self._updated(copy, copy.message, message):
                return copy.model_copy(update={"shown": request.version, "error": None})
            if copy.duplicate:  # gone, and missed by nobody: the copy itself is elsewhere
                return copy.model_copy(update={"shown": request.version, "error": "This message is gone."})
            return copy.model_copy(update={"message": None, "shown": 0, "error": None})
        except (errors.NotFound, errors.Forbidden) as error:
            # Marked as shown, so that it is tried again at the next change and not in a loop.
            why = replies.unseen(copy.role, _ABSENT if copy.role is Role.DIRECT else _MISSING)
            log.warning("teams.copy.closed", role=copy.role.value, error=str(error))
            return copy.model_copy(update={"error": why, "shown": request.version})

    async def find(
        self, request: model.Request, copy: model.Copy, *, copies: dict[Role, model.Copy]
    ) -> model.Copy | None:
        """Raise Permanent: a bot cannot read what was written in Teams, its own messages included.

        https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/get-teams-context
        """
        del request, copy, copies
        raise errors.Permanent("A bot cannot look messages up in Teams.", service="Microsoft Teams")

    async def alert(self, words: str) -> None:
        """Tell the operators' channel, if one is set."""
        if self._operators is not None:
            await self._connector.post(self._operators, cards.private(((words,),), self._names).activity())

    def _message(self, request: model.Request, copy: model.Copy, copies: spots.Copies) -> cards.Message:
        what = said.message(request, copy.role, copies)
        # Only a new message calls anybody: each update would otherwise do it again.
        notify = () if copy.message else self._called(request, copy.role)
        return cards.message(request, copy.role, what, call=self._names, notify=notify)

    def _called(self, request: model.Request, role: Role) -> tuple[cards.Mention, ...]:
        people: tuple[object, ...] = ()
        if role in _CALLING and request.state is model.State.PENDING:
            people = text.deciding(request)
        elif role is Role.RESULT:
            people = (request.requester,)
        return tuple(
            (who, name)
            for who in people
            if isinstance(who, model.Principal) and (name := self._names.known(who))
        )

    async def _learn(self, request: model.Request) -> None:
        """Read the names of those who decide, once for each channel: a card without them still works."""
        channel = request.approval.channel
        if request.approval.platform is not model.Platform.TEAMS or channel in self._learned:
            return
        self._learned.add(channel)
        try:
            self._seen.learn(await self._connector.roster(channel))
        except errors.ServiceError as error:
            self._learned.discard(channel)
            log.info("teams.names.unknown", error=type(error).__name__)

    async def _updated(self, copy: model.Copy, shown: str, message: cards.Message) -> bool:
        """Update a message; return False if it is gone."""
        where = parse.joined(copy.channel, copy.thread)
        try:
            await self._connector.update(where, shown, message.activity())
        except errors.NotFound:
            return False
        return True

    async def _personal(self, who: model.Principal) -> str:
        """Return somebody's personal chat, asked for by the Connector's own id where that is known."""
        sight = self._seen.sight(who)
        return await self._connector.direct(sight.member if sight else who.user, tenant=who.tenant)

    async def _call(self, where: str, message: cards.Message) -> None:
        """Call people below a card; the card itself is there, with or without that."""
        call = message.call()
        if call is None:
            return
        try:
            await self._connector.post(where, call)
        except errors.ServiceError as error:
            log.info("teams.call.lost", error=str(error))

    async def _posted(
        self, request: model.Request, copy: model.Copy, copies: spots.Copies, message: cards.Message
    ) -> model.Copy:
        spot = spots.spot(request, copy.role, copies)
        if spot is None:
            spot = spots.Spot(await self._personal(request.requester))
        try:
            posted = await self._connector.post(parse.joined(spot.channel, spot.thread), message.activity())
        except errors.NotFound:
            if spot.thread is None:
                raise
            spot = spots.Spot(spot.channel)  # the thread's first message was deleted
            posted = await self._connector.post(spot.channel, message.activity())
        await self._call(parse.joined(spot.channel, spot.thread or posted), message)
        return model.Copy(
            role=copy.role,
            platform=model.Platform.TEAMS,
            channel=spot.channel,
            message=posted,
            thread=spot.thread,
            shown=request.version,
        )
