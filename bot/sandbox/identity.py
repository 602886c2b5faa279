"""A managed identity's endpoint, in App Service's flavour.

azure-identity speaks plain http to it, so that the real library can be used on loopback.
"""

from __future__ import annotations

import datetime as dt
import secrets
import time

from aiohttp import web

from bot.sandbox import arm_state, emulator

_API_VERSION = "2019-08-01"
_LIFETIME_S = 86_400


class IdentityEmulator(emulator.Emulator):
    """Set IDENTITY_ENDPOINT to `endpoint` and IDENTITY_HEADER to `header`.

    A resource in `unknown` is refused, as a tenant does that never heard of it.
    """

    name = "identity"

    def __init__(self, journal: emulator.Journal, state: arm_state.AzureState) -> None:
        super().__init__(journal)
        self.state = state
        self.header = secrets.token_urlsafe(18)
        self.unknown: set[str] = set()

    @property
    def endpoint(self) -> str:
        """Return what IDENTITY_ENDPOINT is to be."""
        return f"{self.url}/msi/token"

    def now(self) -> dt.datetime:
        """Return the sandbox's time."""
        return self.state.now()

    def routes(self) -> list[web.RouteDef]:
        """Return the one address."""
        return [web.get("/msi/token", self._token)]

    async def _token(self, request: web.Request) -> web.Response:
        resource = request.query.get("resource", "")
        if request.headers.get("X-IDENTITY-HEADER") != self.header:
            return web.json_response({"statusCode": 401, "message": "Unauthorized"}, status=401)
        if request.query.get("api-version") != _API_VERSION or not resource or resource in self.unknown:
            return web.json_response({"statusCode": 400, "message": "Bad request"}, status=400)
        token = f"entra-{secrets.token_urlsafe(48)}"
        self.state.bearers[token] = resource
        return web.json_response(
            {
                "access_token": token,
                # by the machine's clock, which azure-identity goes by
                "expires_on": str(int(time.time()) + _LIFETIME_S),
                "resource": resource,
                "token_type": "Bearer",
                "client_id": request.query.get("client_id", ""),
            }
        )
