"""Two apps for the emulator to talk to: a small real one on bolt, and one that answers as it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import slack
from tests import waiting
from tests.slack_emulator import corpus
from tests.slack_emulator.corpus import Json

FORM = corpus.modal(
    corpus.field(corpus.written(action_id="name"), block_id="name", label=corpus.plain("Name")),
    corpus.field(corpus.select(action_id="workspace"), block_id="workspace", label=corpus.plain("Workspace")),
    corpus.field(
        {"type": "external_select", "action_id": "repository"},
        block_id="repository",
        label=corpus.plain("Repository"),
        dispatch_action=True,
    ),
    corpus.field(
        corpus.written(action_id="reason", multiline=True),
        block_id="reason",
        label=corpus.plain("Reason"),
        optional=True,
    ),
    callback_id="form",
    notify_on_close=True,
)
REASON = corpus.modal(
    corpus.field(corpus.written(action_id="why"), block_id="why", label=corpus.plain("Why")),
    callback_id="why",
)


def approval(text: str) -> list[Json]:
    """Return the blocks of an approval message."""
    return [
        corpus.section(text=corpus.mrkdwn(text)),
        corpus.actions(
            corpus.button(action_id="approve", text=corpus.plain("Approve"), value="r1", style="primary"),
            corpus.button(action_id="deny", text=corpus.plain("Deny"), confirm=corpus.CONFIRM),
            block_id="decide",
        ),
    ]


def _listening() -> list[asyncio.Task[Any]]:
    """Return what bolt has running: it keeps no listener tasks of its own."""
    tasks = {task: task.get_coro() for task in asyncio.all_tasks()}
    frames = {task: getattr(coroutine, "cr_code", None) for task, coroutine in tasks.items()}
    names = ("slack_bolt", "async_client.py")
    return [
        task
        for task, code in frames.items()
        if code and any(name in code.co_filename for name in names) and code.co_name != "process_messages"
    ]


class BoltApp:
    """A real AsyncApp with one small approval flow. `bodies` is what its listeners got."""

    def __init__(self, emulator: slack.SlackEmulator) -> None:
        app = emulator.state.app
        self._emulator = emulator
        self._session = aiohttp.ClientSession()
        self.client = AsyncWebClient(
            token=app.bot_token, base_url=f"{emulator.api_url}/", session=self._session
        )
        self.bolt = AsyncApp(client=self.client, signing_secret=app.signing_secret)
        self.bodies: list[Json] = []
        self.gate = asyncio.Event()  # what /wait waits for
        self._runner: web.AppRunner | None = None
        self._socket: AsyncSocketModeHandler | None = None
        self._register()

    async def serve(self) -> None:
        """Take deliveries by HTTP."""
        self._runner = web.AppRunner(self.bolt.server(path="/slack/events").web_app, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._emulator.connect(f"http://127.0.0.1:{self._runner.addresses[0][1]}/slack/events")

    async def listen(self) -> None:
        """Take deliveries over one more connection of Socket Mode."""
        before = len(self._emulator.socket.connections)
        self._socket = AsyncSocketModeHandler(self.bolt, self._emulator.state.app.app_token, ping_interval=1)
        await self._socket.connect_async()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
        assert len(self._emulator.socket.connections) == before + 1

    async def stop(self) -> None:
        """Close everything."""
        self.gate.set()
        await waiting.wait_until(lambda: not _listening(), "the listeners to end")
        if self._runner:
            await self._runner.cleanup()
        if self._socket:
            handler = self._socket
            running = [handler.client.message_processor, handler.client.current_session_monitor]
            running.append(handler.client.message_receiver)
            await handler.close_async()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
            await asyncio.gather(*(task for task in running if task), return_exceptions=True)
        await self._session.close()

    def of(self, kind: str) -> list[Json]:
        """Return what listeners got of one kind; a command counts under its own name."""
        return [body for body in self.bodies if kind in {body.get("type"), body.get("command")}]

    def _register(self) -> None:
        bolt = self.bolt
        bolt.command("/registry")(self._open_form)
        bolt.command("/say")(self._say)
        bolt.command("/wait")(self._wait)
        bolt.command("/crash")(self._crash)
        bolt.shortcut("new")(self._open_form)
        bolt.options("repository")(self._find)
        bolt.action("repository")(self._note)
        bolt.view("form")(self._submitted)
        bolt.view_closed("form")(self._note)
        bolt.action("approve")(self._approve)
        bolt.action("deny")(self._deny)
        bolt.view("why")(self._denied)
        bolt.event("app_home_opened")(self._home)

    async def _note(self, ack: Any, body: Json) -> None:
        self.bodies.append(body)
        await ack()

    async def _open_form(self, ack: Any, body: Json, client: AsyncWebClient) -> None:
        self.bodies.append(body)
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)

    async def _say(self, ack: Any, body: Json) -> None:
        self.bodies.append(body)
        await ack(
            text=f"You said {body['text']}", response_type="in_channel" if body["text"] else "ephemeral"
        )

    async def _wait(self, ack: Any, body: Json) -> None:
        self.bodies.append(body)
        await self.gate.wait()
        await ack("late")

    async def _crash(self) -> None:
        raise RuntimeError("a bug in the app")

    async def _find(self, ack: Any, body: Json) -> None:
        self.bodies.append(body)
        names = [f"host/{body['value']}-{number}" for number in range(3)]
        await ack(options=[corpus.option(name, name) for name in names])

    async def _submitted(self, ack: Any, body: Json, client: AsyncWebClient) -> None:
        self.bodies.append(body)
        values = body["view"]["state"]["values"]
        if len(values["name"]["name"]["value"]) < 3:
            await ack(response_action="errors", errors={"name": "Too short."})
            return
        await ack()
        name = values["name"]["name"]["value"]
        text = f"<@{body['user']['id']}> asks for *{name}*"
        await client.chat_postMessage(channel="C0APPROVALS", text=text, blocks=approval(text))

    async def _approve(self, ack: Any, body: Json, client: AsyncWebClient) -> None:
        self.bodies.append(body)
        await ack()
        channel, ts, user = body["channel"]["id"], body["message"]["ts"], body["user"]["id"]
        text = f"Approved by <@{user}>"
        await client.chat_update(
            channel=channel, ts=ts, text=text, blocks=[corpus.section(text=corpus.mrkdwn(text))]
        )
        await client.chat_postMessage(channel=channel, thread_ts=ts, text="The credential is in Tower.")
        await client.chat_postEphemeral(channel=channel, user=user, text="Thank you.")

    async def _deny(self, ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=REASON)

    async def _denied(self, ack: Any, body: Json) -> None:
        self.bodies.append(body)
        await ack(response_action="clear")

    async def _home(self, event: Json, client: AsyncWebClient) -> None:
        self.bodies.append(event)
        view = {"type": "home", "blocks": [corpus.section(text=corpus.plain("My requests"))]}
        await client.views_publish(user_id=event["user"], view=view)


@dataclass(frozen=True, slots=True)
class Got:
    """One request as it came over the wire."""

    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """Return the fields of a form body."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def payload(self) -> Json:
        """Return the decoded payload, of whichever kind."""
        if self.headers["Content-Type"] == "application/json":
            return dict(json.loads(self.body))
        form = self.form
        return dict(json.loads(form["payload"])) if "payload" in form else dict(form)


@dataclass(slots=True)
class RawApp:
    """Answers each delivery with `answer` and keeps what came; knows nothing of Slack."""

    emulator: slack.SlackEmulator
    got: list[Got] = field(default_factory=list)
    answers: list[web.Response] = field(default_factory=list)  # used up first
    status: int = 200
    body: Any = None
    before: Callable[[Json], Awaitable[None]] | None = None
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Take deliveries by HTTP."""
        app = web.Application()
        app.add_routes([web.post("/slack/events", self._take)])
        self._runner = web.AppRunner(app, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.emulator.connect(f"http://127.0.0.1:{self._runner.addresses[0][1]}/slack/events")

    async def stop(self) -> None:
        """Close the server."""
        if self._runner:
            await self._runner.cleanup()

    @property
    def last(self) -> Got:
        """Return what came last."""
        return self.got[-1]

    async def _take(self, request: web.Request) -> web.Response:
        got = Got(dict(request.headers), await request.read())
        self.got.append(got)
        if self.before:
            await self.before(got.payload)
        if self.answers:
            return self.answers.pop(0)
        if isinstance(self.body, str):
            return web.Response(status=self.status, text=self.body)
        if self.body is None:
            return web.Response(status=self.status)
        return web.json_response(self.body, status=self.status)
