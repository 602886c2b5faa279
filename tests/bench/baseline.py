"""A bare bolt app, as its documentation shows it: `python -m tests.bench.baseline PORT API SECRET TOKEN`."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


def main(port: str, api: str, secret: str, token: str) -> None:
    """Answer one slash command."""
    bolt = AsyncApp(client=AsyncWebClient(token=token, base_url=api + "/"), signing_secret=secret)
    handler = AsyncSlackRequestHandler(bolt)

    @bolt.command("/registry")
    async def answer(ack: Any) -> None:
        await ack("What this bot does.")

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    async def ready(_: Request) -> Response:
        return PlainTextResponse("ok")

    routes = [Route("/slack/events", events, methods=["POST"]), Route("/readyz", ready)]
    # On the event loop that ours has: by itself uvicorn takes uvloop wherever that is installed.
    app = Starlette(routes=routes)
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", loop="asyncio")


if __name__ == "__main__":
    main(*sys.argv[1:])
