"""Azure Resource Manager for container registries, over real HTTP.

Writes come in the two shapes that are known: every one a long-running operation, and the one of
azure-cli's recordings (test_repository_token_create.yaml), where only the token is.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

from aiohttp import web

from bot.sandbox import arm_answers, arm_permissions, arm_rules, arm_shapes, arm_spec, arm_state, emulator

_GROUP = "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.ContainerRegistry/registries"
_ONE = f"{_GROUP}/{{reg}}"
Shape: TypeAlias = arm_answers.Shape
OPERATIONS, RECORDED = arm_answers.OPERATIONS, arm_answers.RECORDED
_Handler = Callable[[web.Request, arm_state.Registry], Awaitable[web.Response]]


class ArmEmulator(arm_answers.ArmAnswers):
    """ARM on loopback. `violations` lists what requests broke of the vendor's own description."""

    name = "arm"

    def __init__(
        self,
        journal: emulator.Journal,
        state: arm_state.AzureState,
        *,
        shape: arm_answers.Shape = OPERATIONS,
        specs: Path | None = None,
        page: int = 100,
    ) -> None:
        super().__init__(journal, state, shape=shape, page=page)
        self.violations: list[str] = []
        self._description = arm_spec.Description.load(specs)

    def routes(self) -> list[web.RouteDef]:
        """Return what the bot may call of ARM."""
        table: tuple[tuple[str, str, str, _Handler], ...] = (
            ("GET", _ONE, "read", self._registry),
            ("GET", f"{_ONE}/listUsages", "listUsages/read", self._usages),
            ("POST", f"{_ONE}/generateCredentials", "generateCredentials/action", self._generate),
            ("GET", f"{_ONE}/operationStatuses/{{op}}", "operationStatuses/read", self._status),
            ("GET", f"{_ONE}/scopeMaps", "scopeMaps/read", self._scope_maps),
            ("GET", f"{_ONE}/scopeMaps/{{name}}", "scopeMaps/read", self._scope_map),
            ("PUT", f"{_ONE}/scopeMaps/{{name}}", "scopeMaps/write", self._put_scope_map),
            ("PATCH", f"{_ONE}/scopeMaps/{{name}}", "scopeMaps/write", self._patch_scope_map),
            ("DELETE", f"{_ONE}/scopeMaps/{{name}}", "scopeMaps/delete", self._delete_scope_map),
            (
                "GET",
                f"{_ONE}/scopeMaps/{{name}}/operationStatuses/{{op}}",
                "operationStatuses/read",
                self._progress,
            ),
            (
                "GET",
                f"{_ONE}/tokens/{{name}}/operationStatuses/{{op}}",
                "operationStatuses/read",
                self._progress,
            ),
            ("GET", f"{_ONE}/tokens", "tokens/read", self._tokens),
            ("GET", f"{_ONE}/tokens/{{name}}", "tokens/read", self._token),
            ("PUT", f"{_ONE}/tokens/{{name}}", "tokens/write", self._put_token),
            ("PATCH", f"{_ONE}/tokens/{{name}}", "tokens/write", self._patch_token),
            ("DELETE", f"{_ONE}/tokens/{{name}}", "tokens/delete", self._delete_token),
        )
        lists = [
            web.get(
                "/subscriptions/{sub}/providers/Microsoft.ContainerRegistry/registries", self._registries
            ),
            web.get(_GROUP, self._registries),
            web.get(f"{_ONE}/{arm_permissions.PATH}", self._permissions),
        ]
        return lists + [
            web.route(method, path, self._guarded(action, handler)) for method, path, action, handler in table
        ]

    def _guarded(self, action: str, handler: _Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def guarded(request: web.Request) -> web.Response:
            try:
                await self._enter(request, action)
                return await handler(request, self._find(request))
            except arm_rules.ArmError as error:
                return error.answer()

        return guarded

    async def _enter(self, request: web.Request, action: str) -> None:
        arm_rules.bearer(self.state, request.headers.get("Authorization"))
        arm_rules.version(request.query.get("api-version"))
        if request.match_info["sub"].lower() != self.state.subscription:
            raise arm_rules.ArmError(404, "SubscriptionNotFound", "The subscription could not be found.")
        if self._description and "op" not in request.match_info:
            body = json.loads(await request.read() or b"null")
            query = {name: value for name, value in request.query.items() if name != "$skiptoken"}
            self.violations += self._description.request(request.method, request.path, query, body)
        arm_rules.may(self.state, action)

    def _find(self, request: web.Request) -> arm_state.Registry:
        group, name = request.match_info["rg"].lower(), request.match_info["reg"].lower()
        found = self.state.registries.get(name)
        if found is None or found.resource_group.lower() != group:
            itself = request.path.rstrip("/").lower().endswith(f"/{name}")
            code = "ResourceNotFound" if itself else "ParentResourceNotFound"
            raise arm_rules.ArmError(404, code, f"The Resource '{name}' was not found.")
        return found

    async def _registries(self, request: web.Request) -> web.Response:
        try:
            await self._enter(request, "read")
        except arm_rules.ArmError as error:
            return error.answer()
        group = request.match_info.get("rg", "").lower()
        every = self.state.registries.values()
        found = [one for one in every if group in {"", one.resource_group.lower()}]
        return self._paged(request, found, lambda one: arm_shapes.registry(self.state, one))

    async def _registry(self, _: web.Request, registry: arm_state.Registry) -> web.Response:
        return web.json_response(arm_shapes.registry(self.state, registry))

    async def _permissions(self, request: web.Request) -> web.Response:
        try:
            arm_permissions.enter(self.state, request)
            self._find(request)
        except arm_rules.ArmError as error:
            return error.answer()
        return web.json_response({"value": arm_permissions.shown(self.state)})

    async def _usages(self, _: web.Request, __: arm_state.Registry) -> web.Response:
        # the real answer counts neither tokens nor scope maps (vendor example RegistryListUsages)
        size = {"name": "Size", "limit": 107374182400, "currentValue": 12345678, "unit": "Bytes"}
        hooks = {"name": "Webhooks", "limit": 10, "currentValue": 2, "unit": "Count"}
        return web.json_response({"value": [size, hooks]})

    async def _scope_maps(self, request: web.Request, registry: arm_state.Registry) -> web.Response:
        arm_state.sweep(registry.scope_maps)
        held = list(registry.scope_maps.values())
        return self._paged(request, held, lambda one: arm_shapes.scope_map(self.state, registry, one))

    async def _scope_map(self, request: web.Request, registry: arm_state.Registry) -> web.Response:
        one = arm_rules.existing(registry.scope_maps, request.match_info["name"])
        return web.json_response(arm_shapes.scope_map(self.state, registry, one))

    async def _put_scope_map(self, request: web.Request, registry: arm_state.Registry) -> web.Response:
        name, properties = request.match_info["name"], await arm_rules.properties(request)
        arm_rules.name_of_scope_map(name)
        actions = arm_rules.actions(properties.get("actions"))
        arm_state.sweep(registry.scope_maps)
        if name not in registry.scope_maps:
            arm_rules.room(registry, "ScopeMap", list(registry.scope_maps))
        one = arm_state.ScopeMap(
            name, self.now(), 0.0, actions=actions, description=properties.get("description")
        )
        return await self._write_scope_map(request, registry, one)

    async def _patch_scope_map(self, request: web.Request, registry: arm_state.Registry) -> web.Response:
        properties = await arm_rules.properties(request)
        one = arm_rules.existing(registry.scope_maps, request.match_info["name"])
        arm_rules.settled(one)
        actions = arm_rules.actions(properties["actions"]) if "actions" in properties else one.actions
        one.before, one.actions = one.actions, actions
        one.description, one.doing = properties.get("description", one.description), "Updating"
        return await self._write_scope_map(request, registry, one)

    async def _write_scope_map(
        self, request: web.Request, registry: arm_state.Registry, one: arm_state.ScopeMap
    ) -> web.Response:
        self.state.server_seconds += self.shape.scope_map_s
        if self.shape.recorded:
            await asyncio.sleep(self.shape.scope_map_s)
        else:
            one.ready = time.monotonic() + self.shape.scope_map_s
        registry.scope_maps[one.name] = one
        return self._written(request, arm_shapes.scope_map(self.state, registry, one), "scopemaps")

    async def _delete_scope_map(self, request: web.Request, registry: arm_state.Registry) -> web.Response:
        name = request.match_info["name"]
        if any(token.scope_map == name and token.gone is None for token in registry.tokens.values()):
            raise arm_rules.ArmError(409, "ScopeMapInUse", "The scope map is used by a token.")
        return self._deleted(request, registry.scope_maps.get(name), "scopemaps")

    async def _tokens(self, request: web.Request, registry: arm_state.Registry) -> web.Response:
        arm_state.sweep(registry.tokens)
        held = list(registry.tokens.values())
        return self._paged(request, held, lambda one: arm_shapes.token(self.state, registry, one))

    async def _token(self, request: web.Request, registry: arm_state.Registry) -> web.Response:
        one = arm_rules.existing(registry.tokens, request.match_info["name"])
        return web.json_response(arm_shapes.token(self.state, registry, one))

    async def _put_token(self, request: web.Request, registry: arm_state.Registry) -> web.Response:
        name, properties = request.match_info["name"], await arm_rules.properties(request)
        arm_rules.name_of_token(name)
        arm_state.sweep(registry.tokens)
        if name in registry.tokens:
            raise arm_rules.ArmError(409, "TokenAlreadyExists", "The token already exists.")
        arm_rules.room(registry, "Token", list(registry.tokens))
        scope_map = arm_rules.bound(registry, properties.get("scopeMapId"))
        status = arm_rules.status(properties.get("status", "enabled"))
        self.state.server_seconds += self.shape.token_s
        ready = time.monotonic() + self.shape.token_s
        one = arm_state.Token(name, self.now(), ready, scope_map=scope_map, status=status)
        registry.tokens[name] = one
        return self._written(request, arm_shapes.token(self.state, registry, one), "token")

    async def _patch_token(self, request: web.Request, registry: arm_state.Registry) -> web.Response:
        properties = await arm_rules.properties(request)
        one = arm_rules.existing(registry.tokens, request.match_info["name"])
        arm_rules.settled(one)
        status = arm_rules.status(properties.get("status", one.status))
        scope_map = one.scope_map
        if "scopeMapId" in properties:
            scope_map = arm_rules.bound(registry, properties["scopeMapId"])
        if "credentials" in properties:
            one.slots = arm_rules.kept(one, properties["credentials"])
        one.status, one.scope_map = status, scope_map
        self.state.server_seconds += self.shape.token_s
        one.ready, one.doing = time.monotonic() + self.shape.token_s, "Updating"
        return self._written(request, arm_shapes.token(self.state, registry, one), "token")

    async def _delete_token(self, request: web.Request, registry: arm_state.Registry) -> web.Response:
        return self._deleted(request, registry.tokens.get(request.match_info["name"]), "token")

    async def _generate(self, request: web.Request, registry: arm_state.Registry) -> web.Response:
        asked = json.loads(await request.read())
        one = registry.tokens.get(str(asked.get("tokenId", "")).rsplit("/", 1)[-1])
        if one is None:
            raise arm_rules.ArmError(404, "TokenNotFound", "The token does not exist.")
        if one.state != "Succeeded":
            raise arm_rules.ArmError(409, "TokenNotActive", "The token is not active yet.")
        expires = dt.datetime.fromisoformat(asked["expiry"]) if asked.get("expiry") else None
        self.state.server_seconds += self.shape.generate_s
        if self.shape.recorded:
            await asyncio.sleep(self.shape.generate_s)
        slots = (asked["name"],) if asked.get("name") else arm_state.SLOTS
        fresh = {slot: self.state.generate(one, slot, expires) for slot in slots}
        body = arm_shapes.generated(one, fresh)
        if self.shape.recorded:
            return web.json_response(body)
        operation = f"registries-{uuid.uuid4()}"
        self._operations[operation] = arm_answers.Operation(time.monotonic() + self.shape.generate_s, body)
        where = request.path.removesuffix("generateCredentials")
        return self._going_on(f"{where}operationStatuses/{operation}")
