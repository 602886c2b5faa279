"""One registry's data plane: token service, catalog, tags and manifests.

The bot's identity comes with an Entra token that is exchanged
(https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md); pulls come with a token's password.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from aiohttp import web

from bot.sandbox import arm_state, emulator

_LONGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class _Access:
    """What a bearer of the registry's own opens. `user` None is the bot's identity or nobody."""

    scopes: frozenset[str]
    user: str | None = None
    identity: bool = False


class AcrEmulator(emulator.Emulator):
    """The data plane of one registry, on its own port; starting it sets `registry.login_server`.

    `links` off leaves out the Link header of pages; `page` caps how many names one page has.
    """

    name = "acr"

    def __init__(
        self,
        journal: emulator.Journal,
        state: arm_state.AzureState,
        registry: arm_state.Registry,
        *,
        page: int = _LONGEST_PAGE,
    ) -> None:
        super().__init__(journal)
        self.name = f"acr:{registry.name}"
        self.state = state
        self.registry = registry
        self.page = page
        self.links = True
        self._refresh: set[str] = set()
        self._access: dict[str, _Access] = {}

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.registry.login_server = f"127.0.0.1:{self.port}"
        return self

    def now(self) -> dt.datetime:
        """Return the sandbox's time."""
        return self.state.now()

    def forget(self) -> None:
        """Make every token that was given out invalid, as after their expiry."""
        self._refresh.clear()
        self._access.clear()

    def routes(self) -> list[web.RouteDef]:
        """Return the token service, the catalog and the part of the distribution API that pulls need."""
        return [
            web.get("/v2/", self._challenge),
            web.post("/oauth2/exchange", self._exchange),
            web.post("/oauth2/token", self._token),
            web.get("/oauth2/token", self._login),
            web.get("/acr/v1/_catalog", self._catalog),
            web.get("/acr/v1/{name:.+}/_tags", self._tags),
            web.get("/acr/v1/{name:.+}", self._repository),
            web.get("/v2/{name:.+}/manifests/{reference}", self._manifest),  # HEAD too
        ]

    async def _challenge(self, request: web.Request) -> web.Response:
        return web.json_response({}) if self._bearer(request) else self._unauthorized()

    async def _exchange(self, request: web.Request) -> web.Response:
        form = await request.post()
        audience = self.state.bearers.get(str(form.get("access_token")), "")
        ours = audience.startswith("https://containerregistry.azure.net")
        if form.get("grant_type") != "access_token" or form.get("service") != self.registry.login_server:
            return _refusal(400, "BAD_REQUEST", "invalid parameters")
        if not ours and not (audience and self.registry.arm_audience):
            return self._unauthorized()
        refresh = f"refresh-{secrets.token_urlsafe(24)}"
        self._refresh.add(refresh)
        return web.json_response({"refresh_token": refresh})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form.get("grant_type") != "refresh_token" or form.get("service") != self.registry.login_server:
            return _refusal(400, "BAD_REQUEST", "invalid parameters")
        if str(form.get("refresh_token")) not in self._refresh:
            return self._unauthorized()
        return self._grant([str(scope) for scope in form.getall("scope", [])], identity=True)

    async def _login(self, request: web.Request) -> web.Response:
        header, user = request.headers.get("Authorization", ""), None
        if header:
            user, _, password = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
            if not self.state.login(self.registry.login_server, user, password):
                return self._unauthorized()
        elif not self.registry.anonymous_pull:
            return self._unauthorized()
        return self._grant(request.query.getall("scope", []), user=user)

    def _grant(
        self, scopes: Sequence[str], *, user: str | None = None, identity: bool = False
    ) -> web.Response:
        access = f"access-{secrets.token_urlsafe(24)}"
        asked = frozenset(part for scope in scopes for part in scope.split())
        self._access[access] = _Access(asked, user, identity)
        return web.json_response({"access_token": access})

    async def _catalog(self, request: web.Request) -> web.Response:
        access = self._bearer(request)
        if not (access and access.identity and "registry:catalog:*" in access.scopes):
            return self._unauthorized()
        if not self.state.may_list(self.registry):
            return self._denied()
        names, last = sorted(self.registry.repositories), request.query.get("last", "")
        size = min(int(request.query.get("n", "100")), self.page)
        found = [name for name in names if name > last][:size]
        more = bool(found) and found[-1] != names[-1]
        link = f'</acr/v1/_catalog?last={found[-1]}&n={size}&orderby=>; rel="next"' if more else None
        headers = {"Link": link} if link and self.links else {}
        return web.json_response({"repositories": found or None}, headers=headers)

    async def _tags(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        refused = self._refused(request, name)
        if refused is not None:
            return refused
        tags = self.registry.repositories[name]
        newest = list(reversed(tags)) if request.query.get("orderby") == "timedesc" else tags
        shown = [{"name": tag, "digest": _digest(name, tag)} for tag in newest]
        size = int(request.query.get("n", "100"))
        body = {"registry": self.registry.login_server, "imageName": name, "tags": shown[:size] or None}
        return web.json_response(body)

    async def _repository(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        tags = self.registry.repositories.get(name, [])
        body = {"registry": self.registry.login_server, "imageName": name, "tagCount": len(tags)}
        return self._refused(request, name) or web.json_response(body)

    def _refused(self, request: web.Request, name: str) -> web.Response | None:
        access = self._bearer(request)
        if not (access and access.identity and f"repository:{name}:metadata_read" in access.scopes):
            return self._unauthorized()
        if not self.state.may_read(self.registry):
            return self._denied()
        known = name in self.registry.repositories
        return None if known else _refusal(404, "NAME_UNKNOWN", "repository name not known to registry")

    async def _manifest(self, request: web.Request) -> web.Response:
        name, reference = request.match_info["name"], request.match_info["reference"]
        access = self._bearer(request)
        if access is None or f"repository:{name}:pull" not in access.scopes:
            return self._unauthorized()
        if not self.state.may_pull(self.registry.login_server, access.user, name):
            return self._unauthorized()
        if reference not in self.registry.repositories.get(name, []):
            return _refusal(404, "MANIFEST_UNKNOWN", "manifest is not known to the registry")
        digest = _digest(name, reference)
        return web.json_response(
            {"schemaVersion": 2, "config": {"digest": digest}}, headers={"Docker-Content-Digest": digest}
        )

    def _bearer(self, request: web.Request) -> _Access | None:
        return self._access.get(request.headers.get("Authorization", "").removeprefix("Bearer "))

    def _unauthorized(self) -> web.Response:
        realm = f'Bearer realm="{self.url}/oauth2/token",service="{self.registry.login_server}"'
        return _refusal(401, "UNAUTHORIZED", "authentication required", {"WWW-Authenticate": realm})

    def _denied(self) -> web.Response:
        """Refuse an identity without a role; the two permission modes are told apart by the status."""
        return _refusal(403, "DENIED", "denied") if self.registry.abac else self._unauthorized()


def _refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    body = {"errors": [{"code": code, "message": message}]}
    return web.json_response(body, status=status, headers=headers)


def _digest(name: str, tag: str) -> str:
    return "sha256:" + hashlib.sha256(f"{name}:{tag}".encode()).hexdigest()
