"""The bot's access token for the Bot Connector: client credentials of its own tenant, kept until they lapse.

The Teams SDK asks through MSAL, which refuses a login endpoint on loopback and sends without a time limit.
https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from __future__ import annotations

import asyncio
import re
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from bot import errors
from bot.clients import http

LOGIN = http.Service("Microsoft Entra", "TEAMS_LOGIN_ENDPOINT")
EARLY_S = 300.0  # before its end a token is no longer used
_SHORTEST_S = 30.0
_CODE = re.compile(r"AADSTS\d{4,7}|[a-z_]{3,40}")
_REMEDY = "Check TEAMS_CLIENT_ID, TEAMS_CLIENT_SECRET (its value, not its id) and TEAMS_TENANT_ID."


class Tokens:
    """Gives out one token at a time; whoever comes while it is fetched waits for the same one."""

    def __init__(self, sender: http.Sender, call: http.Call) -> None:
        self._sender = sender
        self._call = call
        self._held: SecretStr | None = None
        self._until = 0.0  # by the loop's clock
        self._turn = asyncio.Lock()

    async def get(self) -> SecretStr:
        """Return a token that is good for some minutes."""
        async with self._turn:
            now = asyncio.get_running_loop().time()
            if self._held is None or now >= self._until:
                self._held, lasts_s = parse(await self._fetched())
                self._until = now + max(lasts_s - EARLY_S, min(lasts_s, _SHORTEST_S))
            return self._held

    async def _fetched(self) -> http.Answer:
        try:
            return await self._sender.send(self._call)
        except errors.Unknown:
            # Asking for a token changes nothing, so a lost answer is no more than that.
            failure = http.lost(self._sender.service, changes=False)
        raise failure

    def forget(self) -> None:
        """Fetch a new token the next time: the Connector does not take this one."""
        self._held = None


def build(*, tenant: str, client_id: str, secret: SecretStr, scope: str) -> http.Call:
    """Return the request for a token."""
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": secret.get_secret_value(),
        "scope": scope,
    }
    return http.Call(
        "POST",
        f"/{quote(tenant, safe='')}/oauth2/v2.0/token",
        body=urlencode(form).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )


def parse(answer: http.Answer) -> tuple[SecretStr, float]:
    """Return the token and for how many seconds it is good; raise Forbidden for a refusal."""
    found = answer.document() or {}
    if not answer.ok:
        raise errors.Forbidden(
            f"Microsoft Entra gives the bot no token ({_code(found) or answer.status}).",
            service=LOGIN.name,
            remedy=_REMEDY,
        )
    token, lasts = found.get("access_token"), found.get("expires_in")
    if not isinstance(token, str) or not token:
        raise http.unreadable(LOGIN, changes=False)
    # Entra sends a number; its older endpoint sent a text.
    return SecretStr(token), float(str(lasts)) if str(lasts).isdecimal() else 0.0


def _code(found: dict[str, object]) -> str:
    """Return the documented code of a refusal: Entra's own number, or OAuth's word."""
    for key in ("error_description", "error"):
        known = _CODE.match(str(found.get(key) or ""))
        if known:
            return known[0]
    return ""
