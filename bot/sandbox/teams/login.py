"""The login and key servers beside the Bot Connector: tokens for the bot, and keys that prove deliveries.

https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aiohttp import web

from bot.sandbox.teams import keys

SCOPE = "https://api.botframework.com/.default"


@dataclass(frozen=True, slots=True)
class App:
    """The bot's registration."""

    id: str
    secret: str
    tenant: str


class LoginServer:
    """Gives the one app its tokens, and shows the `published` keys."""

    def __init__(
        self, app: App, published: Callable[[], Iterable[keys.SigningKey]], address: Callable[[], str]
    ) -> None:
        self._app = app
        self._published = published
        self._address = address
        self.tokens: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of both servers."""
        return [
            web.get("/v1/.well-known/openidconfiguration", self._metadata),
            web.get("/v1/.well-known/keys", self._keys),
            web.post("/{tenant}/oauth2/v2.0/token", self._token),
        ]

    async def _metadata(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": keys.ISSUER,
                "jwks_uri": f"{self._address()}/v1/.well-known/keys",
                "id_token_signing_alg_values_supported": [keys.ALGORITHM],
            }
        )

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [one.public() for one in self._published()]})

    async def _token(self, request: web.Request) -> web.Response:
        form, app = await request.post(), self._app
        given = (request.match_info["tenant"], form.get("client_id"), form.get("client_secret"))
        if given != (app.tenant, app.id, app.secret):
            return _refused("invalid_client", "AADSTS7000215: Invalid client secret.", 401)
        if form.get("grant_type") != "client_credentials":
            return _refused("unsupported_grant_type", "AADSTS70003: The grant type is not supported.", 400)
        if form.get("scope") != SCOPE:
            return _refused("invalid_scope", "AADSTS70011: The scope is not valid.", 400)
        token = secrets.token_urlsafe(40)
        self.tokens.add(token)
        return web.json_response({"token_type": "Bearer", "expires_in": 3599, "access_token": token})


def _refused(error: str, words: str, status: int) -> web.Response:
    return web.json_response({"error": error, "error_description": words}, status=status)
