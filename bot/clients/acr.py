"""One registry's data plane with the bot's own identity: its repositories and their tags.

The way in (https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md): an Entra token is exchanged
for a refresh token of the registry, and that for an access token of one scope.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from azure.core.credentials import AccessTokenInfo
from pydantic import SecretStr

from bot import errors, model, ports, settings
from bot.clients import http, identity

PAGE = 1000
MOST_PAGES = 200
_CATALOG_SCOPE = "registry:catalog:*"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"{_PART}(?:/{_PART})*")
_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next"?')
_KEPT = 64  # access tokens held at a time


class Credential(Protocol):
    """What the data plane needs of the bot's identity."""

    async def get_token_info(self, *scopes: str) -> AccessTokenInfo:
        """Return a token for a scope."""
        ...


class DataPlane:
    """Speaks to one registry; `registry` comes from ARM, and only it says which host that is."""

    def __init__(
        self, registry: model.Registry, credential: Credential, clock: ports.Clock, *, arm_scope: str
    ) -> None:
        self.registry = registry
        self._credential = credential
        # Where tokens made for ARM are switched off only the registries' own audience works
        # (azureADAuthenticationAsArmPolicy); where a tenant does not know that one, ARM's does.
        self._scopes = [identity.REGISTRY_SCOPE, arm_scope]
        host = registry.login_server
        scheme = "http" if settings.is_loopback(urlsplit(f"//{host}").hostname) else "https"
        self._client = http.open_client(f"{scheme}://{host}")
        service = http.Service(host, "REGISTRY_BOT_REGISTRIES")
        self._sender = http.Sender(self._client, service, clock=clock)
        self._refresh: SecretStr | None = None
        self._access: dict[str, SecretStr] = {}

    async def aclose(self) -> None:
        """Close the client."""
        await self._client.aclose()

    async def pages(self) -> AsyncIterator[list[str]]:
        """List the repositories, page by page.

        A registry that never sends a Link is asked on until a page brings nothing new.
        """
        last, linked = "", False
        for _ in range(MOST_PAGES):
            query = {"n": str(PAGE)} | ({"last": last} if last else {})
            answer = await self._read("/acr/v1/_catalog", query, _CATALOG_SCOPE)
            names = _names(answer)
            if not names or names[-1] == last:
                return
            yield names
            following = _following(answer.headers.get("link", ""))
            if following is None and linked:
                return
            linked, last = linked or following is not None, following or names[-1]

    async def has(self, name: str) -> bool:
        """Ask whether there is a repository of this name."""
        answer = await self._about(name, f"/acr/v1/{quote(name)}", {})
        return answer is not None

    async def newest_tag(self, name: str) -> str | None:
        """Return the tag that was changed last; None where there is none, or no such repository."""
        answer = await self._about(name, f"/acr/v1/{quote(name)}/_tags", {"orderby": "timedesc", "n": "1"})
        tags = (answer.document() or {}).get("tags") if answer else None
        newest = tags[0] if isinstance(tags, list) and tags else None
        found = newest.get("name") if isinstance(newest, dict) else None
        return found if isinstance(found, str) and found else None

    async def _about(self, name: str, path: str, query: Mapping[str, str]) -> http.Answer | None:
        if not _NAME.fullmatch(name):  # nothing else may become part of an address
            return None
        answer = await self._read(path, query, f"repository:{name}:metadata_read")
        return None if answer.status == HTTPStatus.NOT_FOUND else answer

    async def _read(self, path: str, query: Mapping[str, str], scope: str) -> http.Answer:
        answer = await self._authorized(path, query, scope)
        if answer.status == HTTPStatus.UNAUTHORIZED:  # a token of ours may have run out
            self._refresh = None
            self._access.clear()
            answer = await self._authorized(path, query, scope)
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise self._forbidden(listing=scope == _CATALOG_SCOPE)
        if answer.ok and answer.document() is None:
            raise http.unreadable(self._sender.service, changes=False)
        if answer.ok or answer.status == HTTPStatus.NOT_FOUND:
            return answer
        raise errors.Permanent(
            f"The registry refused a question about its content (HTTP {answer.status}).",
            service=self.registry.login_server,
        )

    async def _authorized(self, path: str, query: Mapping[str, str], scope: str) -> http.Answer:
        """Send a question, or return the answer of whatever stood in its way."""
        access = self._access.get(scope)
        if access is None:
            answer = await self._token(scope)
            access = _secret(answer, "access_token")
            if access is None:
                return answer
            if len(self._access) >= _KEPT:
                self._access.clear()
            self._access[scope] = access
        headers = {"Authorization": f"Bearer {access.get_secret_value()}"}
        return await self._sender.send(http.Call("GET", path, query, headers=headers))

    async def _token(self, scope: str) -> http.Answer:
        if self._refresh is None:
            answer = await self._exchanged()
            self._refresh = _secret(answer, "refresh_token")
            if self._refresh is None:
                return answer
        return await self._post(
            "/oauth2/token",
            {
                "grant_type": "refresh_token",
                "scope": scope,
                "refresh_token": self._refresh.get_secret_value(),
            },
        )

    async def _exchanged(self) -> http.Answer:
        """Exchange an Entra token of the first audience that is accepted, and remember which."""
        for scope in tuple(self._scopes):
            try:
                entra = await self._credential.get_token_info(scope)
            except errors.Forbidden:
                if scope == self._scopes[-1]:
                    raise
                continue
            answer = await self._post(
                "/oauth2/exchange", {"grant_type": "access_token", "access_token": entra.token}
            )
            if answer.ok:
                self._scopes = [scope]
                break
        return answer

    async def _post(self, path: str, form: Mapping[str, str]) -> http.Answer:
        body = urlencode({"service": self.registry.login_server} | dict(form)).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self._sender.send(http.Call("POST", path, body=body, headers=headers))

    def _forbidden(self, *, listing: bool) -> errors.Forbidden:
        role = "AcrPull"
        if self.registry.abac:  # there AcrPull gives no data plane, and neither does Owner
            role = "Container Registry Repository " + ("Catalog Lister" if listing else "Reader")
        return errors.Forbidden(
            "The registry does not let the bot see what is in it.",
            service=self.registry.login_server,
            remedy=f"Assign the role {role} on the registry {self.registry.name} to the bot's identity.",
        )


def _names(answer: http.Answer) -> list[str]:
    listed = (answer.document() or {}).get("repositories")  # null for an empty registry
    return [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []


def _following(link: str) -> str | None:
    """Return where the next page starts; of the address in the link nothing else is used."""
    found = _NEXT.search(link)
    return next(iter(parse_qs(urlsplit(found.group(1)).query).get("last", [])), None) if found else None


def _secret(answer: http.Answer, name: str) -> SecretStr | None:
    found = (answer.document() or {}).get(name) if answer.ok else None
    return SecretStr(found) if isinstance(found, str) and found else None
