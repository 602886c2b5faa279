"""What a chat platform gives to a process, whichever it is; the composition root puts them together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp

from bot import model, ports
from handlers import http
from handlers.service import Service

# Hears who opened their home, and draws it.
Opened = Callable[[model.Principal], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where a platform's deliveries come in, and what readiness needs beside the service."""

    doors: Mapping[str, ASGIApp] = field(default_factory=dict)
    checks: Mapping[str, http.Check] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform, connected. `tenants` are those whose people count."""

    name: model.Platform
    tenants: frozenset[str]
    notifier: ports.Notifier
    directory: ports.Directory
    feed: Callable[[str], ports.Feed]  # for a channel
    entrance: Callable[[Service, Opened], Awaitable[Entrance]]
    drawing: Callable[[Service], Opened] | None = None  # None: people have no home there
