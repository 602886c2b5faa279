"""azure-core's transport over aiohttp, without aiohttp's own second try of a write."""

from __future__ import annotations

from typing import Any

import aiohttp
from azure.core.pipeline import transport


class Once(transport.AioHttpTransport):  # type: ignore[misc]  # exported lazily, without a type
    """Sends each request once.

    aiohttp sends a PUT or a DELETE again by itself when the connection breaks (3.14, client.py,
    `ClientSession._request`). That would act without asking whether the lease still holds: in a
    process that was frozen, long after somebody else took the work over.
    """

    async def send(self, request: Any, **options: Any) -> Any:
        """Send, with aiohttp kept from repeating."""
        return await super().send(request, middlewares=(_once,), **options)


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise  # it never left, and is not repeated
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError("The connection broke.") from error  # a kind that is not repeated
