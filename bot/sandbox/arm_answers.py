"""How ARM answers lists and writes: pages, long-running operations, status monitors."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import web

from bot.sandbox import arm_rules, arm_shapes, arm_state, emulator

One = TypeVar("One")
_SIGNED = "&t=638780000000000000&c=MIIHsandbox&s=signature-of-the-status-url"


@dataclass(frozen=True, slots=True)
class Shape:
    """How long writes take, and in which of the two known shapes ARM answers them."""

    scope_map_s: float = 1.0
    token_s: float = 1.0
    generate_s: float = 0.5
    delete_s: float = 0.2
    recorded: bool = False  # scope map 200 after its time, token 201 Creating, generate 200; else all LROs
    retry_after_s: int | None = None  # sent with the answers to writes, as the service is believed to


OPERATIONS = Shape()
RECORDED = Shape(scope_map_s=0.4, token_s=5.0, generate_s=0.4, recorded=True)


@dataclass(frozen=True, slots=True)
class Operation:
    """A long-running operation whose value only its status address tells."""

    ready: float
    body: arm_shapes.Json


class ArmAnswers(emulator.Emulator):
    """What the ARM emulator answers with, whatever the resource."""

    def __init__(
        self, journal: emulator.Journal, state: arm_state.AzureState, *, shape: Shape, page: int
    ) -> None:
        super().__init__(journal)
        self.state = state
        self.shape = shape
        self.page = page
        self._operations: dict[str, Operation] = {}

    def now(self) -> dt.datetime:
        """Return the sandbox's time."""
        return self.state.now()

    def _paged(
        self, request: web.Request, held: Sequence[One], show: Callable[[One], arm_shapes.Json]
    ) -> web.Response:
        start = int(request.query.get("$skiptoken", "0"))
        body: arm_shapes.Json = {"value": [show(one) for one in held[start : start + self.page]]}
        if start + self.page < len(held):
            query = f"api-version={arm_rules.API_VERSION}&$skiptoken={start + self.page}"
            body["nextLink"] = f"{self.url}{request.path}?{query}"
        return web.json_response(body)

    async def _status(self, request: web.Request, _: arm_state.Registry) -> web.Response:
        operation = self._operations.get(request.match_info["op"])
        if operation is None:
            raise arm_rules.ArmError(404, "OperationNotFound", "The operation does not exist.")
        if time.monotonic() < operation.ready:
            return self._going_on(request.path)
        return web.json_response(operation.body)

    async def _progress(self, request: web.Request, registry: arm_state.Registry) -> web.Response:
        """Answer what only the SDK's own poller asks: how a write of a resource is getting on."""
        held: Mapping[str, arm_state.Resource] = (
            registry.tokens if "/tokens/" in request.path else registry.scope_maps
        )
        one = held.get(request.match_info["name"])
        if one is None or one.state == "Gone":
            return web.Response(status=204)
        return self._going_on(request.path) if one.gone else web.json_response({"status": one.state})

    def _going_on(self, path: str) -> web.Response:
        location = f"{self.url}{path}?api-version={arm_rules.API_VERSION}{_SIGNED}"
        return web.Response(status=202, headers={"Location": location} | self._hint())

    def _written(self, request: web.Request, body: arm_shapes.Json, kind: str) -> web.Response:
        properties: Any = body["properties"]
        if properties["provisioningState"] == "Succeeded":
            return web.json_response(body)
        status = f"{self.url}{request.path}/operationStatuses/{kind}-{uuid.uuid4()}"
        headers = {"Azure-AsyncOperation": f"{status}?api-version={arm_rules.API_VERSION}{_SIGNED}"}
        return web.json_response(body, status=201, headers=headers | self._hint())

    def _deleted(self, request: web.Request, one: arm_state.Resource | None, kind: str) -> web.Response:
        if one is None:
            return web.Response(status=204)
        if one.gone is None:
            self.state.server_seconds += self.shape.delete_s
            one.gone = time.monotonic() + self.shape.delete_s
        return self._going_on(f"{request.path}/operationStatuses/{kind}-{uuid.uuid4()}")

    def _hint(self) -> dict[str, str]:
        seconds = self.shape.retry_after_s
        return {} if seconds is None else {"Retry-After": str(seconds)}
