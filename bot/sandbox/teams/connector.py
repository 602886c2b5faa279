"""The double of Teams: key server, login server and Bot Connector in one, and signed deliveries to the bot.

https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from typing import Self

from aiohttp import web

from bot.sandbox import emulator
from bot.sandbox.slack import changes
from bot.sandbox.teams import answers, cards, courier, keys, limits, login
from bot.sandbox.teams.courier import Reaction
from bot.sandbox.teams.entities import Conversation, Kind, Message, User, Window
from bot.sandbox.teams.login import App

LARGEST = 100_000
PAGE = 50  # members in one page at most, so that paging is met

__all__ = ["App", "Reaction", "TeamsEmulator"]


class TeamsEmulator(emulator.Emulator):
    """Teams on loopback with one app installed.

    The bot is given `url` as TEAMS_SERVICE_URL and TEAMS_LOGIN_ENDPOINT, and `metadata_url` as
    TEAMS_OPENID_METADATA_URL; `endpoint` is where the bot takes deliveries. What the bot sends that
    Teams would not draw stands in `complaints`.
    """

    name = "teams"

    def __init__(
        self,
        journal: emulator.Journal,
        *,
        app: App,
        people: Iterable[User],
        conversations: Iterable[Conversation],
    ) -> None:
        super().__init__(journal)
        self.app = app
        self.people = {one.id: one for one in people}
        self.conversations = {one.id: one for one in conversations}
        self.key = keys.SigningKey()
        self.published = [self.key]
        self.login = login.LoginServer(app, lambda: self.published, lambda: self.url)
        self.limits = limits.Limits(on=False)
        self.complaints: list[str] = []
        self.feed = changes.Feed()
        self.duplicates = 0  # how often each delivery comes once more
        self.courier = courier.Courier(journal)
        self._ids = itertools.count(1_790_000_000_000)
        self.windows: dict[str, Window] = {}  # the dialog that each person has open

    @property
    def metadata_url(self) -> str:
        """Return where the key server tells of itself."""
        return f"{self.url}/v1/.well-known/openidconfiguration"

    @property
    def tokens(self) -> set[str]:
        """Return every token that was given out."""
        return self.login.tokens

    @property
    def endpoint(self) -> str:
        """Return where the bot takes deliveries."""
        return self.courier.endpoint

    @endpoint.setter
    def endpoint(self, address: str) -> None:
        self.courier.endpoint = address

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of all three servers."""
        conversation = "/v3/conversations/{conversation}"
        message = f"{conversation}/activities/{{message}}"
        return [
            *self.login.routes(),
            web.post("/v3/conversations", self._open),
            web.post(f"{conversation}/activities", self._post),
            web.post(message, self._post),  # a reply; in a channel the conversation names the thread
            web.put(message, self._put),
            web.delete(message, self._delete),
            web.get(f"{conversation}/members", self._members),
            web.get(f"{conversation}/members/{{member}}", self._member),
            web.get(f"{conversation}/pagedmembers", self._paged),
        ]

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self.courier.start()
        return self

    async def __aexit__(self, *details: object) -> None:
        await self.courier.stop()
        await super().__aexit__(*details)

    def personal(self, user: User) -> Conversation:
        """Return the personal chat with somebody; it is made if there is none."""
        known = f"a:1{user.id.replace('-', '')}"
        if known not in self.conversations:
            self.conversations[known] = Conversation(known, Kind.PERSONAL, [user.id])
            self.feed.tell(changes.What.CHANNEL_CHANGED, channel=known)
        return self.conversations[known]

    def receive(
        self, by: User, where: Conversation, activity: Mapping[str, object], root: str | None
    ) -> None:
        """Keep a message that a person wrote."""
        identity = str(activity["id"])
        where.messages[identity] = Message(identity, root or identity, by.id, activity)
        self.feed.tell(changes.What.MESSAGE_POSTED, channel=where.id, ts=identity)

    async def deliver(
        self, activity: Mapping[str, object], *, token: str | None = None, **claims: object
    ) -> Reaction:
        """Send an activity to the bot, signed as the Connector signs; `claims` replace the token's."""
        sent = {**activity}
        if sent.get("serviceUrl") == "":
            sent["serviceUrl"] = self.url
        said = keys.claims(audience=self.app.id, service_url=self.url, **claims)
        headers = {"Authorization": f"Bearer {token or self.key.token(said)}"}
        body = json.dumps(sent).encode()
        reaction = await self.send(body, headers)
        for _ in range(self.duplicates):
            await self.send(body, headers)
        return reaction

    async def send(self, body: bytes, headers: Mapping[str, str]) -> Reaction:
        """Send anything to the bot."""
        return await self.courier.send(body, headers)

    def complain(self, words: str) -> None:
        """Note what Teams would not have taken."""
        self.complaints.append(words)
        self.feed.tell(changes.What.COMPLAINT, text=words)

    async def _open(self, request: web.Request) -> web.Response:
        if refusal := self._stranger(request):
            return refusal
        wanted = await request.json()
        named = wanted["members"][0]["id"]
        user = next((one for one in self.people.values() if named in {one.id, one.member}), None)
        if user is None or wanted.get("tenantId") != user.tenant:
            return _error(404, "NotFound", "The member was not found.")
        return web.json_response({"id": self.personal(user).id}, status=201)

    async def _post(self, request: web.Request) -> web.Response:
        where, root, refusal = self._conversation(request)
        if where is None or refusal:
            return refusal or _error(404, "ConversationNotFound", "Conversation not found.")
        activity, refusal = await self._activity(request, where)
        if refusal:
            return refusal
        identity = str(next(self._ids))
        if root is not None and root not in where.messages:
            return _error(404, "ActivityNotFound", "The thread was not found.")
        where.messages[identity] = Message(identity, root or identity, "bot", activity)
        self.feed.tell(changes.What.MESSAGE_POSTED, channel=where.id, ts=identity)
        if activity.get("text") and activity.get("attachments"):
            # Two messages, and so no id; Microsoft's Agents Playground does the same.
            self.complain("text and a card at once are two messages")
            return web.Response(status=202)
        return web.json_response({"id": identity}, status=201)

    async def _put(self, request: web.Request) -> web.Response:
        where, _, refusal = self._conversation(request)
        if where is None or refusal:
            return refusal or _error(404, "ConversationNotFound", "Conversation not found.")
        activity, refusal = await self._activity(request, where)
        if refusal:
            return refusal
        message = self._own(where, request)
        if message is None:
            return _error(404, "ActivityNotFoundInConversation", "The message was not found.")
        message.activity, message.edits = activity, message.edits + 1
        message.views.clear()
        self.feed.tell(changes.What.MESSAGE_CHANGED, channel=where.id, ts=message.id)
        return web.json_response({"id": message.id})

    async def _delete(self, request: web.Request) -> web.Response:
        where, _, refusal = self._conversation(request)
        if where is None or refusal:
            return refusal or _error(404, "ConversationNotFound", "Conversation not found.")
        message = self._own(where, request)
        if message is None:
            return _error(404, "ActivityNotFoundInConversation", "The message was not found.")
        del where.messages[message.id]
        self.feed.tell(changes.What.MESSAGE_DELETED, channel=where.id, ts=message.id)
        return web.json_response({})

    @staticmethod
    def _own(where: Conversation, request: web.Request) -> Message | None:
        """Return the message that is meant, if it is one of the bot's own."""
        found = where.messages.get(request.match_info["message"])
        return found if found is not None and found.by == "bot" else None

    async def _members(self, request: web.Request) -> web.Response:
        where, _, refusal = self._conversation(request)
        if where is None or refusal:
            return refusal or _error(404, "ConversationNotFound", "Conversation not found.")
        return web.json_response([self.people[one].listed() for one in where.members])

    async def _member(self, request: web.Request) -> web.Response:
        where, _, refusal = self._conversation(request)
        if where is None or refusal:
            return refusal or _error(404, "ConversationNotFound", "Conversation not found.")
        wanted = request.match_info["member"]
        for one in (self.people[known] for known in where.members):
            if wanted in {one.id, one.member}:
                return web.json_response(one.listed())
        return _error(404, "MemberNotFoundInConversation", "The member was not found.")

    async def _paged(self, request: web.Request) -> web.Response:
        where, _, refusal = self._conversation(request)
        if where is None or refusal:
            return refusal or _error(404, "ConversationNotFound", "Conversation not found.")
        begin = int(request.query.get("continuationToken", "0"))
        size = min(int(request.query.get("pageSize", PAGE)), PAGE)
        page: dict[str, object] = {
            "members": [self.people[one].listed() for one in where.members[begin : begin + size]]
        }
        if begin + size < len(where.members):
            page["continuationToken"] = str(begin + size)
        return web.json_response(page)

    def _stranger(self, request: web.Request) -> web.Response | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer" and token in self.tokens:
            return None
        return _error(401, "Unauthorized", "Authorization has been denied for this request.")

    def _conversation(
        self, request: web.Request
    ) -> tuple[Conversation | None, str | None, web.Response | None]:
        """Return a conversation and the thread in it that are meant, or why there is none."""
        if refusal := self._stranger(request):
            return None, None, refusal
        base, _, root = request.match_info["conversation"].partition(";messageid=")
        where = self.conversations.get(base)
        if where is not None and not where.installed:
            return None, None, _error(403, "BotNotInConversationRoster", "The bot is not part of it.")
        return where, root or None, None

    async def _activity(
        self, request: web.Request, where: Conversation
    ) -> tuple[dict[str, object], web.Response | None]:
        raw = await request.read()
        wait = self.limits.wait_s(where.id, self.now().timestamp())
        if wait:
            refusal = _error(429, "TooManyRequests", "API calls quota exceeded!")
            refusal.headers["Retry-After"] = str(wait)
            return {}, refusal
        if len(raw) > LARGEST:
            return {}, _error(413, "MessageSizeTooBig", "Message size too large.")
        found = json.loads(raw)
        if found.get("type") != "message":
            self.complain(f"activity of type {found.get('type')}")
            return {}, _error(400, "BadSyntax", "Activity type is missing.")
        for problem in _drawn(found):
            self.complain(problem)
        return found, None


def _drawn(activity: Mapping[str, object]) -> list[str]:
    """Return what Teams would not draw of a message."""
    attached = activity.get("attachments")
    found = [one for one in attached if isinstance(one, dict)] if isinstance(attached, list) else []
    if not found and not activity.get("text"):
        return ["a message with nothing in it"]
    shown = [one.get("content") for one in found if one.get("contentType") == answers.CARD]
    return [
        problem for card in shown if isinstance(card, dict) for problem in cards.problems(card, dialog=False)
    ]


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
