"""The double of Teams: key server, login server and Bot Connector in one, and signed deliveries to the bot.

https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
"""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

import aiohttp
from aiohttp import web

from bot.sandbox import emulator
from bot.sandbox.teams import keys
from bot.sandbox.teams.entities import Conversation, Kind, Message, User

LARGEST = 100_000
PAGE = 50  # members in one page at most, so that paging is met
GIVEN_UP_S = 15.0  # when the Connector stops waiting for the bot


@dataclass(frozen=True, slots=True)
class App:
    """The bot's registration."""

    id: str
    secret: str
    tenant: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """What the bot answered to a delivery."""

    status: int
    body: dict[str, object]
    took_s: float


class TeamsEmulator(emulator.Emulator):
    """Teams on loopback with one app installed.

    The bot is given `url` as TEAMS_SERVICE_URL and TEAMS_LOGIN_ENDPOINT, and `metadata_url` as
    TEAMS_OPENID_METADATA_URL; `endpoint` is where the bot takes deliveries.
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
        self.endpoint = ""
        self.tokens: set[str] = set()
        self.complaints: list[str] = []
        self.changed = asyncio.Event()
        self._ids = itertools.count(1_790_000_000_000)
        self._session: aiohttp.ClientSession | None = None

    @property
    def metadata_url(self) -> str:
        """Return where the key server tells of itself."""
        return f"{self.url}/v1/.well-known/openidconfiguration"

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of all three servers."""
        conversation = "/v3/conversations/{conversation}"
        return [
            web.get("/v1/.well-known/openidconfiguration", self._metadata),
            web.get("/v1/.well-known/keys", self._keys),
            web.post("/{tenant}/oauth2/v2.0/token", self._token),
            web.post("/v3/conversations", self._open),
            web.post(f"{conversation}/activities", self._post),
            web.put(f"{conversation}/activities/{{message}}", self._put),
            web.get(f"{conversation}/members", self._members),
            web.get(f"{conversation}/members/{{member}}", self._member),
            web.get(f"{conversation}/pagedmembers", self._paged),
        ]

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=GIVEN_UP_S))
        return self

    async def __aexit__(self, *details: object) -> None:
        if self._session:
            await self._session.close()
        await super().__aexit__(*details)

    def personal(self, user: User) -> Conversation:
        """Return the personal chat with somebody; it is made if there is none."""
        known = f"a:1{user.id.replace('-', '')}"
        return self.conversations.setdefault(known, Conversation(known, Kind.PERSONAL, [user.id]))

    def receive(
        self, by: User, where: Conversation, activity: Mapping[str, object], root: str | None
    ) -> None:
        """Keep a message that a person wrote."""
        identity = str(activity["id"])
        where.messages[identity] = Message(identity, root or identity, by.id, activity)

    async def deliver(
        self, activity: Mapping[str, object], *, token: str | None = None, **claims: object
    ) -> Reaction:
        """Send an activity to the bot, signed as the Connector signs; `claims` replace the token's."""
        sent = {**activity}
        if sent.get("serviceUrl") == "":
            sent["serviceUrl"] = self.url
        said = keys.claims(audience=self.app.id, service_url=self.url, **claims)
        headers = {"Authorization": f"Bearer {token or self.key.token(said)}"}
        return await self.send(json.dumps(sent).encode(), headers)

    async def send(self, body: bytes, headers: Mapping[str, str]) -> Reaction:
        """Send anything to the bot."""
        if self._session is None:
            raise RuntimeError("The double is not started.")
        loop = asyncio.get_running_loop()
        begun = loop.time()
        sent = {"Content-Type": "application/json", **headers}
        async with self._session.post(self.endpoint, data=body, headers=sent) as answer:
            raw = await answer.read()
        try:
            found = json.loads(raw) if raw else {}
        except ValueError:
            found = {}
        return Reaction(answer.status, found if isinstance(found, dict) else {}, loop.time() - begun)

    async def _metadata(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": keys.ISSUER,
                "jwks_uri": f"{self.url}/v1/.well-known/keys",
                "id_token_signing_alg_values_supported": [keys.ALGORITHM],
            }
        )

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [one.public() for one in self.published]})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        given = (request.match_info["tenant"], form.get("client_id"), form.get("client_secret"))
        if given != (self.app.tenant, self.app.id, self.app.secret):
            error = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret."}
            return web.json_response(error, status=401)
        token = secrets.token_urlsafe(40)
        self.tokens.add(token)
        return web.json_response({"token_type": "Bearer", "expires_in": 3599, "access_token": token})

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
        activity, refusal = await self._activity(request)
        if refusal:
            return refusal
        identity = str(next(self._ids))
        if root is not None and root not in where.messages:
            return _error(404, "ActivityNotFound", "The thread was not found.")
        where.messages[identity] = Message(identity, root or identity, "bot", activity)
        self._tell()
        return web.json_response({"id": identity}, status=201)

    async def _put(self, request: web.Request) -> web.Response:
        where, _, refusal = self._conversation(request)
        if where is None or refusal:
            return refusal or _error(404, "ConversationNotFound", "Conversation not found.")
        activity, refusal = await self._activity(request)
        if refusal:
            return refusal
        message = where.messages.get(request.match_info["message"])
        if message is None or message.by != "bot":
            return _error(404, "ActivityNotFoundInConversation", "The message was not found.")
        message.activity, message.edits = activity, message.edits + 1
        self._tell()
        return web.json_response({"id": message.id})

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

    async def _activity(self, request: web.Request) -> tuple[dict[str, object], web.Response | None]:
        raw = await request.read()
        if len(raw) > LARGEST:
            return {}, _error(413, "MessageSizeTooBig", "Message size too large.")
        found = json.loads(raw)
        if found.get("type") != "message":
            self.complaints.append(f"activity of type {found.get('type')}")
            return {}, _error(400, "BadSyntax", "Activity type is missing.")
        return found, None

    def _tell(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
