"""Wave's inspect over real HTTP: first credential by host, its caches, and the answers of v1.37.0.

It asks the Tower double and the registries directly, in the order of Wave's own source
(InspectController, ContainerInspectServiceImpl, CredentialServiceImpl, ErrorHandler in
https://github.com/seqeralabs/wave).
"""

from __future__ import annotations

import datetime as dt
import enum
import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from aiohttp import web

from bot.sandbox import emulator, tower, tower_state

_T = TypeVar("_T")


class Registries(Protocol):
    """What Wave finds out from registries; `AzureState` fits."""

    @property
    def repositories(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """Return login server → repository → tags."""
        ...

    def login(self, login_server: str, user: str, password: str, /) -> bool:
        """Tell whether a registry accepts a login."""
        ...

    def may_pull(self, login_server: str, user: str | None, repository: str, /) -> bool:
        """Tell whether a logged-in user (None: nobody) may read a repository."""
        ...


class BadToken(enum.StrEnum):
    """How Wave shows that Tower did not accept the token: the source leaves three ways open."""

    EMPTY = "empty"  # UnauthorizedException: 401 without a body
    MESSAGE = "message"  # HttpResponseException: 401 with a message that names the Tower resource
    SERVER_ERROR = "server_error"  # the same, wrapped by the cache: 500


@dataclass(slots=True)
class Switches:
    """How this Wave behaves, and what is wrong around it."""

    paired: bool = True  # whether the Tower is paired with this Wave
    bad_token: BadToken = BadToken.EMPTY
    unreachable: dict[str, int] = field(default_factory=dict)  # login server → status that Wave answers
    multi_arch: bool = False  # answer `index` instead of `container`
    keeps_bearers: bool = True  # off: each pull logs in, as those do whose bearer has just lapsed


class _Stop(Exception):
    """Ends an inspection with an answer; `document` None is an empty body."""

    def __init__(
        self, status: int, document: object = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status)
        self.status = status
        self.document = document
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class _Keys:
    """What Wave got to know of a credential."""

    user: str
    password: str = field(repr=False)


class WaveEmulator(emulator.Emulator):
    """A Wave beside one Tower. `speed` divides the life of its caches (60 s, 1 h, 24 h).

    `used` lists the Tower credential ids that answered each inspection or pull, newest last.
    """

    name = "wave"

    def __init__(
        self,
        journal: emulator.Journal,
        *,
        tower: tower.TowerEmulator,
        registries: Registries,
        speed: float = 1.0,
    ) -> None:
        super().__init__(journal)
        self.switches = Switches()
        self.used: list[str | None] = []
        self._tower = tower
        self._registries = registries
        self._speed = speed
        self._cache: dict[Hashable, tuple[dt.datetime, object]] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return Wave's routes."""
        return [web.post("/v1alpha1/inspect", self._inspect), web.get("/service-info", self._service_info)]

    async def pull(self, image: str, *, token: str, workspace_id: int | None) -> bool:
        """Tell whether a pipeline of this workspace gets the image through Wave now."""
        try:
            self._look(image, token, workspace_id)
        except (_Stop, tower_state.Refused):
            return False
        return True

    def forget(self) -> None:
        """Drop all caches, as if their time had passed."""
        self._cache.clear()

    async def _service_info(self, _: web.Request) -> web.Response:
        return web.json_response({"serviceInfo": {"version": "1.37.0", "commitId": "7b8b9f6"}})

    async def _inspect(self, request: web.Request) -> web.Response:
        try:
            asked = json.loads(await request.read() or b"null")
            digest = self._asked(asked if isinstance(asked, dict) else {})
        except ValueError:
            return web.json_response({"message": "Invalid JSON"}, status=400)
        except _Stop as stop:
            if stop.document is None:
                return web.Response(status=stop.status, headers=stop.headers)
            return web.json_response(stop.document, status=stop.status, headers=stop.headers)
        shown = {"registry": asked["containerImage"].partition("/")[0], "digest": digest}
        return web.json_response({"index" if self.switches.multi_arch else "container": shown})

    def _asked(self, asked: Mapping[str, object]) -> str:
        image, token = asked.get("containerImage"), asked.get("towerAccessToken")
        endpoint, workspace = asked.get("towerEndpoint"), asked.get("towerWorkspaceId")
        if not isinstance(image, str) or not image:
            raise _Stop(400, {"message": "Missing 'containerImage' attribute"})
        if not isinstance(token, str) or not token:
            return self._read(image, None, "anonymous")
        if not self.switches.paired or endpoint != self._tower.endpoint:
            refusal = f"Tower instance '{endpoint}' has not enabled to connect Wave service '{self.url}'"
            raise _Stop(400, {"message": refusal})
        return self._look(image, token, int(str(workspace)) if workspace is not None else None)

    def _look(self, image: str, token: str, workspace_id: int | None) -> str:
        """Inspect with the workspace's first credential for the image's host."""
        user = self._user(token)
        host = image.partition("/")[0]
        try:
            keys = self._keys(user, token, workspace_id, host)
        except tower_state.Refused as refused:
            message = f"Unexpected status code {refused.status} while accessing Tower resource: "
            raise _Stop(
                refused.status, {"message": f"{message}{self._tower.endpoint}/credentials"}
            ) from refused
        return self._read(image, keys, token)

    def _user(self, token: str) -> tower_state.User:
        held = self._cached(("user", token))
        if isinstance(held, tower_state.User):
            return held
        try:
            return self._keep(("user", token), self._tower.state.user(token), 86_400)
        except tower_state.Refused as refused:
            raise self._unauthorized(refused.status) from refused

    def _unauthorized(self, status: int) -> _Stop:
        message = f"Unauthorized access to Tower resource: {self._tower.endpoint}/user-info"
        message += f" - HTTP status={status} - response=-"
        match self.switches.bad_token:
            case BadToken.EMPTY:
                return _Stop(401)
            case BadToken.MESSAGE:
                return _Stop(status, {"message": message})
            case BadToken.SERVER_ERROR:
                wrapped = f"io.seqera.wave.exception.HttpResponseException: {message} - Error ID: 0f3a"
                return _Stop(500, {"message": wrapped})

    def _keys(
        self, user: tower_state.User, token: str, workspace_id: int | None, host: str
    ) -> tuple[str, _Keys] | None:
        state = self._tower.state
        listed = self._cached(("list", token, workspace_id))
        if not isinstance(listed, tuple):
            place = state.place(user, workspace_id, roles=tower_state.PARTICIPANTS)
            found = tuple((each.id, each.registry or "docker.io") for each in state.listed(place))
            listed = self._keep(("list", token, workspace_id), found, 60)
        first = next((id_ for id_, registry in listed if registry == host), None)
        if first is None:
            return None
        keys = self._cached(("keys", token, workspace_id, first))
        if not isinstance(keys, _Keys):
            place = state.place(user, workspace_id, roles=tower_state.KEY_READERS)
            held = state.use(place, first, self.now())
            keys = self._keep(("keys", token, workspace_id, first), _Keys(held.user, held.password), 60)
        return first, keys

    def _read(self, image: str, credential: tuple[str, _Keys] | None, whose: str) -> str:
        host, _, rest = image.partition("/")
        repository, _, tag = rest.partition(":")
        self.used.append(credential[0] if credential else None)
        if host in self.switches.unreachable:
            status = self.switches.unreachable[host]
            reason = web.Response(status=status).reason.lower()
            raise _Stop(status, {"message": f"repository '{host}/{repository}' {reason} ({status})"})
        self._authorize(host, repository, credential[1] if credential else None, whose)
        if (tag or "latest") not in self._registries.repositories.get(host, {}).get(repository, ()):
            raise _Stop(404, {"message": f"repository '{host}/{repository}' not found"})
        return "sha256:" + "0" * 64

    def _authorize(self, host: str, repository: str, keys: _Keys | None, whose: str) -> None:
        """Get the registry's bearer. Only one that opened the repository is kept: on 401 Wave asks anew."""
        bearer = ("bearer", host, repository, keys or whose)
        if self.switches.keeps_bearers and self._cached(bearer):
            return
        if keys and not self._registries.login(host, keys.user, keys.password):
            raise _Stop(401, _acr_error("UNAUTHORIZED", "Invalid clientid or client secret."), _ACR_HEADERS)
        if not self._registries.may_pull(host, keys.user if keys else None, repository):
            if keys is None:
                raise _Stop(401, _acr_error("UNAUTHORIZED", "authentication required"), _ACR_HEADERS)
            raise _Stop(401, {"message": f"repository '{host}/{repository}' unauthorized (401)"})
        self._keep(bearer, value=True, seconds=3600)

    def _cached(self, key: Hashable) -> object:
        until, value = self._cache.get(key, (None, None))
        return value if until and self.now() < until else None

    def _keep(self, key: Hashable, value: _T, seconds: float) -> _T:
        self._cache[key] = (self.now() + dt.timedelta(seconds=seconds / self._speed), value)
        return value


_ACR_HEADERS = {"Docker-Distribution-Api-Version": "registry/2.0", "Www-Authenticate": "Bearer"}


def _acr_error(code: str, message: str) -> dict[str, object]:
    return {"errors": [{"code": code, "message": message, "detail": None}]}
