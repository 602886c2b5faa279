"""Who may talk to the page: a browser on this machine, from the page itself.

A page in another tab can send requests to loopback as well, and a name that it owns may point
there (DNS rebinding): so the Host must be a loopback one, and a deed must come from the page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

NAMES = ("127.0.0.1", "localhost", "[::1]")
OURS = frozenset({"same-origin", "none"})  # `none`: somebody typed the address
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def refusal(status: int, sentence: str) -> web.Response:
    """Return an error as the page's script reads it."""
    return web.json_response({"error": sentence}, status=status)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let through what comes from the page; errors become JSON."""
    refused = _refused(request)
    if refused is not None:
        refused.headers.update(HEADERS)
        return refused
    try:
        return await handler(request)
    except web.HTTPException as error:
        return refusal(error.status, f"{error.reason}.")


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Put the headers on every answer, streams included."""
    response.headers.update(HEADERS)


def _refused(request: web.Request) -> web.Response | None:
    port = request.transport.get_extra_info("sockname")[1] if request.transport else 0
    hosts = {f"{name}:{port}" for name in NAMES}
    if request.host not in hosts:
        return refusal(421, "This page answers under a loopback address only.")
    if not request.path.startswith("/api/"):
        return None
    origin = request.headers.get("Origin")
    foreign = origin is not None and origin not in {f"http://{host}" for host in hosts}
    if foreign or request.headers.get("Sec-Fetch-Site", "none") not in OURS:
        return refusal(403, "Only the page itself may do this.")
    # A form on a foreign page cannot send JSON without asking first, and is never answered then.
    if request.method == "POST" and request.content_type != "application/json":
        return refusal(415, "Send JSON.")
    return None
