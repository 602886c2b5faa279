"""A small bot of a test's own, behind the double of Teams: it answers what the test says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from bot.sandbox import emulator
from bot.sandbox.teams import people, tenant
from bot.sandbox.teams.connector import TeamsEmulator
from bot.sandbox.teams.entities import User

SECRET = "made-up-client-secret"
Json = dict[str, Any]
TEXT: Json = {"type": "TextBlock", "text": "Hello"}
OPEN: Json = {
    "type": "Action.Submit",
    "title": "Open",
    "data": {"action": "open", "msteams": {"type": "task/fetch"}},
}
NAME: Json = {"type": "Input.Text", "id": "name", "label": "Name", "isRequired": True, "errorMessage": "Who?"}
FIND: Json = {
    "type": "Input.ChoiceSet",
    "id": "find",
    "label": "Find",
    "style": "filtered",
    "choices": [{"title": "One", "value": "1"}],
    "choices.data": {"type": "Data.Query", "dataset": "things"},
}
SEND: Json = {"type": "Action.Submit", "title": "Send", "data": {"action": "send"}}


def press(title: str = "Go", **more: object) -> Json:
    """Return a button that the bot answers."""
    return {"type": "Action.Execute", "title": title, "verb": "go", "data": {"action": "go"}, **more}


def card(*body: Json, actions: tuple[Json, ...] = ()) -> Json:
    """Return a card."""
    return {"type": "AdaptiveCard", "version": "1.5", "body": list(body), "actions": list(actions)}


def message(shown: Json) -> Json:
    """Return a message with a card."""
    attached = {"contentType": "application/vnd.microsoft.card.adaptive", "content": shown}
    return {"type": "message", "attachments": [attached]}


def dialog(shown: Json) -> Json:
    """Return the answer that shows a dialog."""
    attached = {"contentType": "application/vnd.microsoft.card.adaptive", "content": shown}
    return {"task": {"type": "continue", "value": {"title": "A form", "card": attached}}}


def told(words: str) -> Json:
    """Return the answer that tells something."""
    return {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": words}


@dataclass
class Bot:
    """What the bot was sent, what it answers by the invoke's name, and the Teams around it."""

    teams: TeamsEmulator
    got: list[Json] = field(default_factory=list)
    answers: dict[str, Callable[[], web.Response]] = field(default_factory=dict)
    session: aiohttp.ClientSession | None = None
    token: str = ""

    def person(self, user: User = tenant.ANA) -> people.Person:
        """Return somebody at their Teams."""
        return people.Person(self.teams, user.id)

    def answer(self, name: str, body: object = None, status: int = 200) -> None:
        """Say what an invoke is answered."""
        self.answers[name] = lambda: web.json_response(body, status=status)

    async def call(
        self, method: str, path: str, body: object = None, token: str | None = None
    ) -> tuple[int, Json]:
        """Call the Connector as the bot does."""
        assert self.session
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        async with self.session.request(
            method, self.teams.url + path, json=body, headers=headers
        ) as response:
            raw = await response.read()
            return response.status, json.loads(raw) if raw else {}

    async def post(self, shown: Json, where: str = tenant.GENOMICS) -> str:
        """Post a card, and return the message's id."""
        status, body = await self.call("POST", f"/v3/conversations/{where}/activities", message(shown))
        assert status == 201
        return str(body["id"])

    async def login(self, **changes: str) -> tuple[int, Json]:
        """Ask for a token."""
        assert self.session
        form = {
            "grant_type": "client_credentials",
            "client_id": tenant.CLIENT_ID,
            "client_secret": SECRET,
            "scope": "https://api.botframework.com/.default",
            **changes,
        }
        async with self.session.post(
            f"{self.teams.url}/{tenant.TENANT}/oauth2/v2.0/token", data=form
        ) as response:
            return response.status, await response.json()

    async def handle(self, request: web.Request) -> web.Response:
        """Take a delivery."""
        activity = await request.json()
        self.got.append(activity | {"Authorization": request.headers.get("Authorization", "")})
        answer = self.answers.get(activity.get("name", ""))
        return answer() if answer else web.Response()


@asynccontextmanager
async def opened() -> AsyncIterator[Bot]:
    """Return a bot with Teams around it, and a token in its hand."""
    app = web.Application()
    async with tenant.emulator_of(emulator.Journal(), secret=SECRET) as teams:
        bot = Bot(teams)
        app.add_routes([web.post("/api/messages", bot.handle)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        teams.endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}/api/messages"
        async with aiohttp.ClientSession() as bot.session:
            _, granted = await bot.login()
            bot.token = granted["access_token"]
            yield bot
        await runner.cleanup()
