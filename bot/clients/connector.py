"""The Bot Connector's REST interface, as far as the bot uses it: calls and answers pure, then a sender.

https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import quote, urlsplit

import stamina
from pydantic import SecretStr

from bot import clouds, errors, ports, settings
from bot.clients import connector_token, http

TEAMS = http.Service("Microsoft Teams", "TEAMS_SERVICE_URL")
KEYS = http.Service("the Bot Framework's key server", "TEAMS_OPENID_METADATA_URL")
KEYS_S = 5.0  # for one answer of the key server
PAGE = 500  # members; what Teams gives at most
_MOST_PAGES = 50
# A passing trouble by https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/rate-limit
_PASSING = frozenset({412, 502, 504})
_ATTEMPTS, _BUDGET_S = 3, 5.0
_SAFE = ":@;=-_.~"  # conversation ids have these, and servers compare them as they stand
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9]{1,63}")


@contextlib.asynccontextmanager
async def connect(config: settings.Settings, clock: ports.Clock) -> AsyncIterator[ConnectorClient]:
    """Open the client that the settings describe, and close it in the end."""
    cloud = clouds.of(config)
    origin, path = _split(cloud.metadata)
    async with (
        http.open_client(cloud.login) as login,
        http.open_client(origin) as keys,
        http.open_client(config.teams_service_url) as teams,
    ):
        yield ConnectorClient(
            http.Sender(teams, TEAMS, clock=clock),
            _tokens(config, cloud, http.Sender(login, connector_token.LOGIN, clock=clock)),
            SigningKeys(http.Sender(keys, KEYS, clock=clock), origin, path),
            bot=config.teams_client_id or "",
        )


def _tokens(
    config: settings.Settings, cloud: clouds.BotCloud, sender: http.Sender
) -> connector_token.Tokens | None:
    if config.teams_client_secret is None:  # the Agents Playground asks for no token
        return None
    call = connector_token.build(
        tenant=config.teams_tenant_id or "",
        client_id=config.teams_client_id or "",
        secret=config.teams_client_secret,
        scope=cloud.scope,
    )
    return connector_token.Tokens(sender, call)


def _split(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}", parts.path or "/"


class SigningKeys:
    """Reads the keys of whoever signs what the bot is sent: the metadata names where they are."""

    def __init__(self, sender: http.Sender, origin: str, path: str) -> None:
        self._sender = sender
        self._origin = origin
        self._path = path

    async def read(self) -> Sequence[Mapping[str, object]]:
        """Return the keys; a document that has them itself is taken as well."""
        found = await self._document(self._path)
        if "keys" not in found:
            found = await self._document(self._of(found))
        keys = found.get("keys")
        if not isinstance(keys, list):
            raise http.unreadable(KEYS, changes=False)
        return [key for key in keys if isinstance(key, dict)]

    def _of(self, metadata: Mapping[str, object]) -> str:
        origin, path = _split(str(metadata.get("jwks_uri") or ""))
        near = all(settings.is_loopback(urlsplit(one).hostname) for one in (origin, self._origin))
        # Keys from anywhere else would let whoever answers there sign for Teams.
        if origin.lower() != self._origin.lower() and not near:
            raise http.unreadable(KEYS, changes=False)
        return origin + path

    async def _document(self, path: str) -> dict[str, object]:
        answer = await self._sender.exchange(http.Call("GET", path, read_s=KEYS_S))
        failure = http.trouble(answer, KEYS, changes=False)
        found = answer.document()
        if failure or not answer.ok or found is None:
            raise failure or http.unreadable(KEYS, changes=False)
        return found


class ConnectorClient:
    """`ports.Connector`. Without `tokens` nothing is sent that says who the bot is."""

    def __init__(
        self, sender: http.Sender, tokens: connector_token.Tokens | None, keys: SigningKeys, *, bot: str
    ) -> None:
        self._sender = sender
        self._tokens = tokens
        self._keys = keys
        self._bot = bot

    async def keys(self) -> Sequence[Mapping[str, object]]:
        """Return the keys that the service signs its requests with, as JSON Web Keys."""
        return await self._keys.read()

    async def post(self, conversation: str, activity: Mapping[str, object]) -> str:
        """Send a message and return its id."""
        answer = await self._sent(_call("POST", conversation, "activities", body=activity))
        return _id(answer)

    async def update(self, conversation: str, message: str, activity: Mapping[str, object]) -> None:
        """Replace a message."""
        # The answer names the message again, or says nothing at all.
        await self._sent(_call("PUT", conversation, "activities", message, body=activity))

    async def direct(self, user: str, *, tenant: str) -> str:
        """Return the personal conversation with somebody; Teams returns the one that is there already."""
        wanted = {
            "bot": {"id": f"28:{self._bot}"},
            "isGroup": False,
            "members": [{"id": user}],
            "tenantId": tenant,
            "channelData": {"tenant": {"id": tenant}},
        }
        return _id(await self._sent(http.Call("POST", "/v3/conversations", body=_json(wanted))))

    async def member(self, conversation: str, user: str) -> ports.Member:
        """Return one member of a conversation, by the Connector's id or the Entra object id."""
        answer = await self._sent(_call("GET", conversation, "members", user))
        return parse_member(answer.document() or {})

    async def roster(self, conversation: str) -> tuple[ports.Member, ...]:
        """Return all members of a conversation, page by page."""
        found: list[ports.Member] = []
        call = replace(_call("GET", conversation, "pagedmembers"), query={"pageSize": str(PAGE)})
        for _ in range(_MOST_PAGES):
            page = (await self._sent(call)).document() or {}
            members = page.get("members")
            if not isinstance(members, list):
                raise http.unreadable(TEAMS, changes=False)
            found += [parse_member(one) for one in members if isinstance(one, dict)]
            more = page.get("continuationToken")
            if not isinstance(more, str) or not more:
                return tuple(found)
            call = replace(call, query={"pageSize": str(PAGE), "continuationToken": more})
        raise errors.Permanent("This conversation has too many members to be read.", service=TEAMS.name)

    async def check(self) -> None:
        """Raise unless a token for the Connector is given out."""
        if self._tokens:
            await self._tokens.get()

    async def _sent(self, call: http.Call) -> http.Answer:
        """Send a call, again where that may help; return a success."""
        again = functools.partial(_again, changes=call.changes)
        async for attempt in stamina.retry_context(again, attempts=_ATTEMPTS, timeout=_BUDGET_S):
            with attempt:
                answer = await self._once(call)
        return answer

    async def _once(self, call: http.Call) -> http.Answer:
        answer = await self._sender.exchange(await self._signed(call))
        if answer.status == HTTPStatus.UNAUTHORIZED and self._tokens:
            self._tokens.forget()
            answer = await self._sender.exchange(await self._signed(call))
        failure = trouble(answer, changes=call.changes)
        if failure:
            raise failure
        return answer

    async def _signed(self, call: http.Call) -> http.Call:
        if self._tokens is None:
            return call
        held: SecretStr = await self._tokens.get()
        return replace(call, headers={**call.headers, "Authorization": f"Bearer {held.get_secret_value()}"})


def _again(error: Exception, *, changes: bool) -> bool | float:
    """Tell whether a call may be repeated at once: a look always, else where Teams did nothing."""
    if isinstance(error, errors.Throttled):
        wish = error.retry_after_s
        return True if wish is None else (wish if wish < _BUDGET_S else False)
    return isinstance(error, errors.NotYet if changes else errors.Temporary)


def trouble(answer: http.Answer, *, changes: bool) -> errors.ServiceError | None:
    """Return what an answer's refusal means, or None for a success."""
    if answer.ok:
        return None
    if answer.status in _PASSING:
        return errors.NotYet(
            f"Teams could not do this just now (HTTP {answer.status}).",
            service=TEAMS.name,
            retry_after_s=answer.retry_after_s,
        )
    return http.trouble(answer, TEAMS, changes=changes) or _refusal(answer)


def _refusal(answer: http.Answer) -> errors.ServiceError:
    code = _code(answer)
    known = f" ({code})" if code else ""
    match answer.status:
        case HTTPStatus.UNAUTHORIZED:
            return errors.Forbidden(
                "Teams does not accept the bot's token.",
                service=TEAMS.name,
                remedy="Check that TEAMS_CLIENT_ID is the Azure Bot's app, and TEAMS_TENANT_ID its tenant.",
            )
        case HTTPStatus.FORBIDDEN:
            return errors.Forbidden(
                f"Teams does not let the bot in there{known}.",
                service=TEAMS.name,
                remedy="Install the app in that team or chat, or for that person.",
            )
        case HTTPStatus.NOT_FOUND:
            return errors.NotFound(f"Teams does not know this place or message{known}.", service=TEAMS.name)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return errors.Permanent("The message is too large for Teams.", service=TEAMS.name)
        case _:
            return errors.Permanent(
                f"Teams refused the call{known or f' ({answer.status})'}.", service=TEAMS.name
            )


def _code(answer: http.Answer) -> str:
    error = (answer.document() or {}).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def parse_member(found: Mapping[str, object]) -> ports.Member:
    """Return a member; older answers call the object id `objectId`."""
    return ports.Member(
        id=_text(found, "id"),
        user=(_text(found, "aadObjectId") or _text(found, "objectId")).lower(),
        tenant=_text(found, "tenantId").lower(),
        name=_text(found, "name"),
        role=_text(found, "userRole").lower(),
        login=_text(found, "userPrincipalName").lower(),
    )


def _text(found: Mapping[str, object], key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""


def _call(method: str, conversation: str, *path: str, body: Mapping[str, object] | None = None) -> http.Call:
    steps = "/".join(quote(step, safe=_SAFE) for step in ("v3", "conversations", conversation, *path))
    return http.Call(method, f"/{steps}", body=None if body is None else _json(body))


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _id(answer: http.Answer) -> str:
    found = (answer.document() or {}).get("id")
    if not isinstance(found, str) or not found:
        raise http.unreadable(TEAMS, changes=True)
    return found
