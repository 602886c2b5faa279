"""The ASGI app: one door for each platform, and what an operator's tools ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from prometheus_client import exposition
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot import errors
from handlers.service import Service

READY_S = 5.0  # probes give up after some seconds themselves

Check = Callable[[], Awaitable[str | None]]

log = structlog.get_logger(__name__)


def build(
    service: Service,
    *,
    doors: Mapping[str, ASGIApp],
    checks: Mapping[str, Check] | None = None,
    metrics: Callable[[], bytes] = exposition.generate_latest,
) -> ASGIApp:
    """Return the app; `doors` maps a path to the platform's own ASGI app, which looks at the method.

    `checks` are what readiness needs beside the service, such as a socket that has to be connected.
    """

    async def healthy(_: Request) -> Response:
        """Tell that the process is alive; nothing else is looked at."""
        return PlainTextResponse("ok")

    async def ready(_: Request) -> Response:
        """Tell whether everything that is needed answers; only names, since anybody may ask."""
        wrong = await _wrong(service, checks or {})
        return JSONResponse({"ready": not wrong, "waiting_for": wrong}, status_code=503 if wrong else 200)

    async def measured(_: Request) -> Response:
        """Return the metrics in Prometheus' text format."""
        return Response(metrics(), media_type=exposition.CONTENT_TYPE_LATEST)

    probes = Starlette(
        routes=[
            Route("/healthz", healthy, methods=["GET"]),
            Route("/readyz", ready, methods=["GET"]),
            Route("/metrics", measured, methods=["GET"]),
        ]
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Lead a delivery to its door at once: what Starlette puts before it does nothing for it."""
        door = doors.get(scope["path"]) if scope["type"] == "http" else None
        await (door or probes)(scope, receive, send)

    return app


async def _wrong(service: Service, checks: Mapping[str, Check]) -> list[str]:
    """Return the names of what does not answer; why is for the log alone."""
    try:
        async with asyncio.timeout(READY_S):
            parts = {**await service.ready(), **{name: await check() for name, check in checks.items()}}
    except (errors.BotError, TimeoutError) as error:
        log.warning("ready.failed", error=type(error).__name__)
        return ["service"]
    # A sentence may name hosts and accounts: it goes to the log, where it is redacted as well.
    wrong = {name: problem for name, problem in parts.items() if problem is not None}
    if wrong:
        log.warning("ready.waiting", **wrong)
    return sorted(wrong)
