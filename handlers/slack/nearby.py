"""Which hosts no proxy stands before. Slack's library asks HTTPS_PROXY alone, for every address.

It takes the first of HTTPS_PROXY and HTTP_PROXY for whatever it sends, this machine's own addresses
included, and never looks at NO_PROXY (slack_sdk 3.47, proxy_env_variable_loader.py).
"""

from __future__ import annotations

import urllib.request

from aiohttp import ClientHandlerType, ClientRequest, ClientResponse

from bot import settings


def is_near(host: str | None) -> bool:
    """Tell whether a host is reached without a proxy: this machine's own, or one that NO_PROXY names."""
    return settings.is_loopback(host) or bool(host and urllib.request.proxy_bypass(host))


async def without_proxy(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Send what goes to a near host there, and nowhere else; for a session's middlewares."""
    if is_near(request.url.host):
        request.proxy = None
    return await handler(request)
