"""`ports.Notifier` on Slack's Web API: posts a copy once, then keeps it up to date."""

from __future__ import annotations

import hashlib
import json

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import errors, model
from bot.model import Role
from handlers import replies, spots
from handlers.slack import blocks, faults, parse, search
from handlers.slack.markup import Json
from handlers.spots import Copies, Spot

REMEMBERED = 5000  # messages


# Whose place an operator chose, and not the requester.
_CONFIGURED = frozenset({Role.APPROVAL, Role.ESCALATION, Role.REMINDER, Role.TOLD})


class SlackNotifier:
    """Shows requests. `client` must not wait out rate limits itself: the worker paces, with Throttled.

    `bot_user` is who the bot's own messages are by; without it, whoever wrote them is believed.
    `person` names people of other platforms.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        bot_user: str = "",
        operators_channel: str | None = None,
        person: blocks.Person | None = None,
    ) -> None:
        self._client = client
        # The library posts once more when a connection breaks, though Slack may have the message:
        # slackapi/python-slack-sdk, slack_sdk/http_retry/builtin_async_handlers.py.
        self._once = AsyncWebClient(
            token=client.token, base_url=client.base_url, session=client.session, retry_handlers=[]
        )
        self._bot_user = bot_user
        self._operators = operators_channel
        self._person = person or (lambda _: None)
        # Channel and message -> the version that this process showed in it last, and a digest of it.
        self._last: dict[tuple[str, str | None], tuple[int, bytes]] = {}

    async def show(
        self, request: model.Request, copy: model.Copy, *, copies: dict[Role, model.Copy]
    ) -> model.Copy:
        """Post the copy, or bring it to the request's present state; return it as it is now."""
        message = blocks.message(request, copy.role, copies, person=self._person)
        try:
            if copy.message is None:
                return self._sent(await self._posted(request, copy, copies, message), message)
            if self._same(request, copy, message) or await self._updated(copy, message):
                return self._sent(copy.model_copy(update={"shown": request.version, "error": None}), message)
            if copy.duplicate:  # gone, and missed by nobody: the copy itself is elsewhere
                return copy.model_copy(update={"shown": request.version, "error": "This message is gone."})
            return copy.model_copy(update={"message": None, "shown": 0, "error": None})
        except _Closed as error:
            # Marked as shown, so that it is tried again at the next change and not in a loop.
            return copy.model_copy(update={"error": error.sentence, "shown": request.version})

    def _same(self, request: model.Request, copy: model.Copy, message: blocks.Message) -> bool:
        """Tell whether a message shows this already: a credential may change without a word about it."""
        # By the version too: another process may have shown something else in between.
        return request.life is not None and self._last.get((copy.channel, copy.message)) == (
            copy.shown,
            _digest(message),
        )

    def _sent(self, copy: model.Copy, message: blocks.Message) -> model.Copy:
        self._last.pop((copy.channel, copy.message), None)
        self._last[copy.channel, copy.message] = (copy.shown, _digest(message))
        if len(self._last) > REMEMBERED:
            del self._last[next(iter(self._last))]
        return copy

    async def find(
        self, request: model.Request, copy: model.Copy, *, copies: dict[Role, model.Copy]
    ) -> model.Copy | None:
        """Return the copy with the message that carries its posting; None if there is none."""
        if copy.posting is None:
            return None
        try:
            spot = await self._spot(request, copy.role, copies)
        except _Closed:
            return None  # where the bot may not write it has written nothing
        found = await self._found(spot, copy.posting)
        if found is None:
            return None
        where = {"channel": found.spot.channel, "thread": found.spot.thread, "message": found.message}
        return copy.model_copy(update={**where, "shown": 0, "error": None})

    async def _found(self, spot: Spot, posting: model.Posting) -> search.Found | None:
        with faults.translated():
            try:
                return await search.find(self._client, spot, posting, by=self._bot_user)
            except SlackApiError as error:
                if faults.closed(faults.code(error)):
                    return None
                raise

    async def alert(self, text: str) -> None:
        """Tell the operators' channel, if one is set."""
        if self._operators is None:
            return
        message = blocks.private(((text,),))
        with faults.translated():
            await self._client.chat_postMessage(
                channel=self._operators,
                text=message.text,
                blocks=message.blocks,
                unfurl_links=False,
                unfurl_media=False,
            )

    async def _updated(self, copy: model.Copy, message: blocks.Message) -> bool:
        """Update a message; return False if it is gone."""
        with faults.translated():
            try:
                await self._client.chat_update(
                    channel=copy.channel, ts=copy.message or "", text=message.text, blocks=message.blocks
                )
            except SlackApiError as error:
                if faults.code(error) in faults.GONE:
                    return False
                _close(error, copy.role)
                raise
        return True

    async def _posted(
        self, request: model.Request, copy: model.Copy, copies: Copies, message: blocks.Message
    ) -> model.Copy:
        spot = await self._spot(request, copy.role, copies)
        with faults.translated():
            try:
                answer = await self._post(spot, message, search.note(request, copy))
            except SlackApiError as error:
                if faults.code(error) not in faults.GONE or spot.thread is None:
                    _close(error, copy.role)
                    raise
                spot = Spot(spot.channel)  # the thread's first message was deleted
                answer = await self._post(spot, message, search.note(request, copy))
        # With Slack's own id of the channel: updates take no names and no people's ids.
        return model.Copy(
            role=copy.role,
            platform=model.Platform.SLACK,
            channel=parse.text_at(answer, "channel") or spot.channel,
            message=parse.needed(answer, "ts"),
            thread=spot.thread,
            shown=request.version,
        )

    async def _post(self, spot: Spot, message: blocks.Message, note: Json | None) -> object:
        answer = await self._once.chat_postMessage(
            channel=spot.channel,
            thread_ts=spot.thread,
            text=message.text,
            blocks=message.blocks,
            metadata=note,
            unfurl_links=False,
            unfurl_media=False,
        )
        return answer.data

    async def _spot(self, request: model.Request, role: Role, copies: Copies) -> Spot:
        spot = spots.spot(request, role, copies)
        return spot or Spot(await self._direct(request.requester, role))

    async def _direct(self, who: model.Principal, role: Role) -> str:
        with faults.translated():
            try:
                answer = await self._client.conversations_open(users=who.user)
            except SlackApiError as error:
                _close(error, role)
                raise
        return parse.needed(answer.data, "channel", "id")


def _digest(message: blocks.Message) -> bytes:
    return hashlib.sha256(json.dumps([message.text, message.blocks]).encode()).digest()


class _Closed(Exception):
    """The place cannot be written to; `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def _close(error: SlackApiError, role: Role) -> None:
    """Raise _Closed for a refusal that only people can mend, and say of every other one what it hit."""
    why = faults.closed(faults.code(error), configured=role in _CONFIGURED)
    if why is not None:
        raise _Closed(replies.unseen(role, why)) from error
    failure = faults.ours(error)
    if isinstance(failure, errors.Permanent):
        said = replies.unsent(role, failure)
        raise type(failure)(said, service=failure.service, remedy=failure.remedy) from error
