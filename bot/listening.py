"""Takes the address that the bot listens on, before anything else is begun."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import AsyncIterator

from bot import errors

_ABSENT = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


@contextlib.asynccontextmanager
async def on(host: str, port: int) -> AsyncIterator[list[socket.socket]]:
    """Bind to a host's addresses; nobody is answered before somebody listens.

    Raises ConfigurationError, which names the setting to change.
    """
    with contextlib.ExitStack() as stack:
        bound: list[socket.socket] = []
        absent: OSError | None = None
        for family, address in _addresses(host, port):
            try:
                bound.append(stack.enter_context(bound_to(family, address)))
            except OSError as error:
                if error.errno not in _ABSENT:
                    raise refusal(host, port, error) from None
                absent = error  # localhost may have an address of a kind that is switched off here
        if not bound:
            raise _unknown(host) from absent
        yield bound


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise _unknown(host) from None
    return list(dict.fromkeys((family, (str(at[0]), port)) for family, _, _, _, at in found))


def bound_to(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    """Return a socket at one address; raise OSError where that is not to be had."""
    # With its protocol by name: asyncio sets TCP_NODELAY on no other, and an answer of two writes then
    # waits 40 ms for its reader's acknowledgement (Lib/asyncio/base_events.py, _set_nodelay).
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # 0.0.0.0 has its own
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made


def _unknown(host: str) -> errors.ConfigurationError:
    return errors.ConfigurationError(
        f"REGISTRY_BOT_HOST: {host} is not an address of this machine. Set it to one, to 127.0.0.1 for this "
        "machine alone, or to 0.0.0.0 for all of its addresses."
    )


def refusal(host: str, port: int, error: OSError) -> errors.ConfigurationError:
    """Return what to say of an address that the system does not give."""
    if error.errno == errno.EADDRINUSE:
        return errors.ConfigurationError(
            f"REGISTRY_BOT_PORT: something listens on port {port} of {host} already. Stop that, or set "
            "another port."
        )
    if error.errno == errno.EACCES:
        return errors.ConfigurationError(
            f"REGISTRY_BOT_PORT: this account may not listen on port {port} of {host}. Set a port above 1023."
        )
    return errors.ConfigurationError(
        f"REGISTRY_BOT_HOST and REGISTRY_BOT_PORT: {host}, port {port}, cannot be listened on "
        f"({errno.errorcode.get(error.errno or 0, 'unknown error')})."
    )
