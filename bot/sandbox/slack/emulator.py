"""The Slack emulator: Web API, Socket Mode and delivery around one state."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Self

from aiohttp import web

from bot.sandbox import emulator
from bot.sandbox.slack import (
    delivery,
    entities,
    http_delivery,
    limits,
    parcels,
    people,
    socket_mode,
    state,
    webapi,
)


class SlackEmulator(emulator.Emulator):
    """A Slack team on loopback with one app installed.

    The app talks to `api_url`; with `connect` it gets its deliveries by HTTP, without it by Socket
    Mode. What people do goes through `person`. Everything that happens is told to `state.feed`.
    """

    name = "slack"
    _persons: dict[str, people.Person]

    def __init__(
        self,
        journal: emulator.Journal,
        *,
        team: entities.Team,
        people: Iterable[entities.User],
        channels: Iterable[entities.Channel],
        app: entities.App,
        groups: Iterable[entities.Usergroup] = (),
    ) -> None:
        super().__init__(journal)
        self.state = state.State(
            team=team, app=app, people=people, channels=channels, groups=groups, now=self.now
        )
        self.terms = parcels.Terms()
        self.limits = limits.Limits(self.now)
        self.http = http_delivery.HttpDelivery(journal, self.terms, app.signing_secret)
        self.socket = socket_mode.SocketMode(journal, self.terms, app.id, lambda: self.url)
        self.delivery = delivery.Delivery(self.state, self.terms, http=self.http, socket=self.socket)
        self.api = webapi.WebApi(self.state, self.limits, self.socket.ticket)
        # One object for each person: it remembers what a search offered, as a client does.
        self._persons = {}

    @property
    def api_url(self) -> str:
        """Return what SLACK_API_URL is set to."""
        return f"{self.url}/api"

    @property
    def complaints(self) -> list[str]:
        """Return what the app did that Slack refuses or silently drops."""
        return self.state.complaints

    def routes(self) -> list[web.RouteDef]:
        """Return the routes: Web API, response URLs, Socket Mode."""
        return [*self.api.routes(), web.get("/link/", self.socket.link)]

    def connect(self, url: str | None) -> None:
        """Set the app's request URL, one for all kinds of deliveries; None: Socket Mode."""
        self.http.url = url

    def person(self, user_id: str) -> people.Person:
        """Return somebody to act as; KeyError for an unknown user."""
        if user_id not in self._persons:
            user = self.state.users[user_id]
            self._persons[user_id] = people.Person(self.state, self.delivery, user, lambda: self.url)
        return self._persons[user_id]

    def throttle(self, method: str, *, times: int = 1, retry_after_s: int = 1) -> None:
        """Answer the next calls of a method with 429, whatever the limits say."""
        self.faults.append(
            emulator.Fault(
                rf"/api/{re.escape(method)}(\?|$)",
                times,
                429,
                {"Retry-After": str(retry_after_s)},
                '{"ok":false,"error":"ratelimited"}',
            )
        )

    async def until(self, condition: Callable[[], bool], what: str, *, within_s: float = 10.0) -> None:
        """Wait until something holds, looking again at each change; TimeoutError names it."""
        await self.state.feed.until(condition, what, within_s=within_s)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self.http.start()
        return self

    async def __aexit__(self, *details: object) -> None:
        # First what still sends, then what is sent over, so that nothing is left waiting.
        await self.delivery.stop()
        await self.socket.drop()
        await self.http.stop()
        await super().__aexit__(*details)
