"""Seqera Platform's API over real HTTP, as old as 22.4 or as of today.

Saving a credential tries its login, as Tower does through Wave
(https://github.com/seqeralabs/wave/issues/29); passwords are kept for Wave and never answered.
Lists, ids and messages follow the API description of Seqera Cloud 1.187.0
(https://github.com/seqeralabs/terraform-provider-seqera, specs/seqera-api-cloud.yaml).
"""

from __future__ import annotations

import collections
import datetime as dt
import inspect
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from aiohttp import web

from bot.sandbox import emulator, openapi, tower_state

Login = Callable[[str, str, str], Awaitable[bool] | bool]
_Handler = Callable[[web.Request, tower_state.User], Awaitable[web.Response]]
_INVALID_LOGIN = "Invalid credentials for container registry"


class TowerEmulator(emulator.Emulator):
    """A Tower. `login(login_server, user, password)` says whether a registry accepts a password.

    `specs` is the vendor's API description; where it is given, what differs from it is told in
    `violations`. `prefix` is "/api" for an Enterprise installation. `state` may be read and
    changed at any time; `state.switches` say how this Tower behaves.
    """

    name = "tower"

    def __init__(
        self,
        journal: emulator.Journal,
        *,
        workspaces: Sequence[tower_state.Workspace],
        users: Sequence[tower_state.User],
        login: Login,
        specs: Path | None = None,
        prefix: str = "",
    ) -> None:
        super().__init__(journal)
        self.state = tower_state.TowerState(workspaces=workspaces, users=users)
        self.violations: list[str] = []
        self.prefix = prefix
        self._login = login
        self._contract = openapi.Contract.load(specs)
        self._calls: dict[str, collections.deque[float]] = collections.defaultdict(collections.deque)

    @property
    def switches(self) -> tower_state.Switches:
        """Return how this Tower behaves."""
        return self.state.switches

    @property
    def deliveries(self) -> Mapping[str, int]:
        """Return how many times each password arrived."""
        return self.state.deliveries

    @property
    def endpoint(self) -> str:
        """Return what TOWER_API_ENDPOINT would say."""
        return f"{self.url}{self.prefix}"

    def routes(self) -> list[web.RouteDef]:
        """Return the part of the API that the bot and Wave use."""
        table: tuple[tuple[str, str, _Handler], ...] = (
            ("GET", "/user-info", self._user_info),
            ("GET", "/user/{user}/workspaces", self._user_workspaces),
            ("GET", "/orgs/{org}/workspaces/{workspace}/participants", self._participants),
            ("GET", "/credentials", self._list),
            ("POST", "/credentials", self._create),
            ("GET", "/credentials/validate", self._validate_name),
            ("GET", "/credentials/{id}", self._describe),
            ("PUT", "/credentials/{id}", self._update),
            ("DELETE", "/credentials/{id}", self._delete),
            ("POST", "/credentials/{id}/validate", self._probe),
        )
        guarded = [web.route(verb, self.prefix + path, self._guard(each)) for verb, path, each in table]
        return [web.get(self.prefix + "/service-info", self._service_info), *guarded]

    def _guard(self, handler: _Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def guarded(request: web.Request) -> web.Response:
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            try:
                await self._check(request)
                self._count(token)
                return await handler(request, self.state.user(token))
            except tower_state.Refused as refused:
                headers = (
                    {"Retry-After": "1"} if refused.status == web.HTTPTooManyRequests.status_code else {}
                )
                if refused.message is None:
                    return web.Response(status=refused.status, headers=headers)
                return web.json_response({"message": refused.message}, status=refused.status, headers=headers)

        return guarded

    async def _check(self, request: web.Request) -> None:
        if self._contract:
            body = await _document(request)
            path = request.path.removeprefix(self.prefix)
            self.violations += self._contract.request(request.method, path, request.query, body)

    def _count(self, token: str) -> None:
        calls, now = self._calls[token], time.monotonic()
        while calls and calls[0] <= now - 1.0:
            calls.popleft()
        limit = self.switches.calls_per_s
        if limit is not None and len(calls) >= limit:
            raise tower_state.Refused(429, "Too many requests")
        calls.append(now)

    async def _service_info(self, _: web.Request) -> web.Response:
        today = self.switches.era is tower_state.Era.TODAY
        info = {
            "version": "26.2.0" if today else "22.4.0",
            "apiVersion": "1.187.0" if today else "1.15",
            "waveEnabled": self.switches.wave_enabled,
        }
        return web.json_response({"serviceInfo": info})

    async def _user_info(self, _: web.Request, user: tower_state.User) -> web.Response:
        shown = {"id": user.id, "userName": user.name, "email": user.email}
        return web.json_response({"user": shown, "needConsent": False, "defaultWorkspaceId": None})

    async def _user_workspaces(self, request: web.Request, user: tower_state.User) -> web.Response:
        if request.match_info["user"] != str(user.id):
            raise tower_state.Refused(403, "Forbidden")
        mine = [workspace for id_, workspace in self.state.workspaces.items() if id_ in user.roles]
        orgs = dict.fromkeys((workspace.org_id, workspace.org) for workspace in mine)
        rows = [self._row(org_id, org) for org_id, org in orgs]
        rows += [self._row(each.org_id, each.org, each, user.roles[each.id]) for each in mine]
        return web.json_response({"orgsAndWorkspaces": rows})

    def _row(
        self, org_id: int, org: str, workspace: tower_state.Workspace | None = None, role: str = "member"
    ) -> dict[str, object]:
        row: dict[str, object] = {
            "orgId": org_id,
            "orgName": org,
            "orgLogoUrl": None,
            "workspaceId": workspace.id if workspace else None,
            "workspaceName": workspace.name if workspace else None,
        }
        if self.switches.era is tower_state.Era.TODAY:
            row |= {"workspaceFullName": f"{org}/{workspace.name}" if workspace else None, "roles": [role]}
            row |= {"visibility": "PRIVATE" if workspace else None}
        return row

    async def _participants(self, request: web.Request, user: tower_state.User) -> web.Response:
        workspace = int(request.match_info["workspace"])
        self.state.place(user, workspace, roles=tower_state.PARTICIPANTS)
        found = [
            {
                "participantId": 1000 + each.id,
                "memberId": 2000 + each.id,
                "userName": each.name,
                "email": each.email,
                "orgRole": "member",
                "wspRole": each.roles[workspace],
                "type": "MEMBER",
            }
            for each in self.state.users.values()
            if workspace in each.roles and request.query.get("search", "") in each.name
        ]
        start, size = int(request.query.get("offset", 0)), int(request.query.get("max", 50))
        return web.json_response({"participants": found[start : start + size], "totalSize": len(found)})

    async def _list(self, request: web.Request, user: tower_state.User) -> web.Response:
        place = self._place(request, user, tower_state.PARTICIPANTS)
        return web.json_response({"credentials": [self._shown(each) for each in self.state.listed(place)]})

    async def _describe(self, request: web.Request, user: tower_state.User) -> web.Response:
        place = self._place(request, user, tower_state.PARTICIPANTS)
        return web.json_response(
            {"credentials": self._shown(self.state.find(place, request.match_info["id"]))}
        )

    async def _validate_name(self, request: web.Request, user: tower_state.User) -> web.Response:
        if self.switches.era is tower_state.Era.V22_4:
            raise tower_state.Refused(404, "Unknown credentials")
        place = self._place(request, user, tower_state.WRITERS)
        self.state.check_name(place, request.query.get("name", ""))
        return web.Response(status=204)

    async def _create(self, request: web.Request, user: tower_state.User) -> web.Response:
        made = await self._received(request, user, tower_state.new_credential_id())
        self.state.add(self._place(request, user, tower_state.WRITERS), made)
        return web.json_response({"credentialsId": made.id})

    async def _update(self, request: web.Request, user: tower_state.User) -> web.Response:
        place = self._place(request, user, tower_state.WRITERS)
        self.state.find(place, request.match_info["id"])
        self.state.change(place, await self._received(request, user, request.match_info["id"]))
        return web.Response(status=204)

    async def _delete(self, request: web.Request, user: tower_state.User) -> web.Response:
        place, id_ = self._place(request, user, tower_state.WRITERS), request.match_info["id"]
        self.state.find(place, id_)
        jobs = self.state.jobs.get(id_, ())
        known = self.switches.era is tower_state.Era.TODAY  # `checked` came after 22.4
        if known and jobs and request.query.get("checked") == "true":
            conflicts = [{"id": job.id, "name": job.name, "type": job.type} for job in jobs]
            return web.json_response({"conflicts": conflicts, "credentialsId": id_}, status=409)
        self.state.remove(place, id_)
        return web.Response(status=204)

    async def _probe(self, request: web.Request, user: tower_state.User) -> web.Response:
        # a credential that was never probed is AVAILABLE as well: this proves nothing (facts C)
        if self.switches.era is tower_state.Era.V22_4:
            raise tower_state.Refused(404, "Not found")
        self.state.find(self._place(request, user, tower_state.WRITERS), request.match_info["id"])
        return web.json_response({"status": "AVAILABLE", "transientError": False, "message": None})

    def _place(self, request: web.Request, user: tower_state.User, roles: frozenset[str]) -> int:
        workspace = request.query.get("workspaceId")
        if workspace is not None and not workspace.isdecimal():
            raise tower_state.Refused(400, "Invalid workspaceId")
        return self.state.place(user, int(workspace) if workspace else None, roles=roles)

    async def _received(
        self, request: web.Request, user: tower_state.User, credential_id: str
    ) -> tower_state.Credential:
        """Read a credential from a request, try its login, and return it."""
        place = self._place(request, user, tower_state.WRITERS)
        match await _document(request):
            case {
                "credentials": {"name": str(name), "provider": "container-reg", "keys": dict(keys)} as sent
            }:
                registry, login, password = (keys.get(key) for key in ("registry", "userName", "password"))
            case _:
                raise tower_state.Refused(400, "Missing credentials")
        if not (isinstance(registry, str) and isinstance(login, str) and isinstance(password, str)):
            raise tower_state.Refused(400, "Missing container registry keys")
        self.state.deliveries[password] += 1
        self.state.check_name(place, name, but=credential_id)
        if not await self._accepted(registry, login, password):
            raise tower_state.Refused(400, _INVALID_LOGIN)
        now = self.now()
        about = sent.get("description") if self.switches.describes else None
        return tower_state.Credential(
            credential_id, name, registry, login, password, now, now, description=about
        )

    async def _accepted(self, registry: str, user: str, password: str) -> bool:
        if self.switches.refuse_logins:
            self.switches.refuse_logins -= 1
            return False
        now = self.now()
        since_first = now - self.state.first_saves.setdefault(registry, now)
        if since_first.total_seconds() < self.switches.refuse_logins_s:
            return False
        if not self.switches.tests_login:
            return True
        answer = self._login(registry, user, password)
        return await answer if inspect.isawaitable(answer) else answer

    def _shown(self, credential: tower_state.Credential) -> dict[str, object]:
        shown: dict[str, object] = {
            "id": credential.id,
            "name": credential.name,
            "description": credential.description,
            "baseUrl": None,
            "provider": "container-reg",
            "deleted": None,
            "lastUsed": _stamp(credential.used) if credential.used else None,
            "dateCreated": _stamp(credential.created),
            "lastUpdated": _stamp(credential.updated),
            "keys": {
                "registry": credential.registry,
                "userName": credential.user,
                "discriminator": "container-reg",
            },
        }
        return shown | ({"status": "AVAILABLE"} if self.switches.era is tower_state.Era.TODAY else {})


def _stamp(moment: dt.datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


async def _document(request: web.Request) -> object:
    try:
        return json.loads(await request.read() or b"null")
    except ValueError as error:
        raise tower_state.Refused(400, "Malformed body") from error
