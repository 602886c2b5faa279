"""Microsoft's Agents Playground in front of the bot: fetched by npx when it is wanted, never shipped.

https://github.com/OfficeDev/microsoft-365-agents-playground. It signs nothing, has one person at its
page, and draws no dialogs: the form is filled in the chat, and the second person is in the terminal.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import aiohttp
from aiohttp import web

from bot import errors
from bot.sandbox import emulator, process
from bot.sandbox.teams import activities, courier, reading, tenant
from bot.sandbox.teams.entities import Conversation, Kind, User

PACKAGE = "@microsoft/m365agentsplayground@0.2.28"
PATIENCE_S = 120.0  # the first time npx fetches 15 MB
_LOOK_S = 0.1
_OK, _CREATED = 200, 201
EVA = User("aaaaaaaa-0000-4000-8000-000000000006", "Eva Lind", tenant.TENANT)
# Its own settings ask for at least five people beside the one at the page.
OTHERS = (tenant.BEN, tenant.CLEO, tenant.DAN, tenant.GUS, EVA)
APPROVE = "approve"

POLICY = f"""
[defaults]
approval_channel = "{tenant.APPROVALS}"

[groups.platform]
teams = ["{tenant.BEN.id}"]

[[rules]]
name = "everything"
approvers = "platform"
"""

# It listens on every interface and calls home; here it does neither.
ONLY_HERE = """
const net = require("net");
if (/agentsplayground/.test(process.argv[1] ?? "")) {
  const here = new Set(["127.0.0.1", "localhost", "::1"]);
  const { listen } = net.Server.prototype;
  net.Server.prototype.listen = function (first, ...rest) {
    const then = rest.filter((one) => typeof one === "function");
    const options = first !== null && typeof first === "object" ? first : { port: first };
    return listen.call(this, "port" in options ? { ...options, host: "127.0.0.1" } : options, ...then);
  };
  const { connect } = net.Socket.prototype;
  net.Socket.prototype.connect = function (...args) {
    const wanted = Array.isArray(args[0]) ? args[0][0] : args[0];
    const host = wanted && typeof wanted === "object" ? wanted.host : args[1];
    if (typeof host !== "string" || here.has(host)) return connect.apply(this, args);
    process.nextTick(() => this.destroy(new Error("only this machine can be reached")));
    return this;
  };
}
"""


class Relay(emulator.Emulator):
    """Stands between the bot and the Playground, both ways.

    It remembers the newest card that can be approved, and takes searching out of the form: where a
    field searches, the Playground shows nothing, and not the list that stands in for it.
    """

    name = "teams"

    def __init__(self, journal: emulator.Journal) -> None:
        super().__init__(journal)
        self.to = ""
        self.bot = ""
        self.card: tuple[str, str, Mapping[str, object]] | None = None  # conversation, message, card
        self._session: aiohttp.ClientSession | None = None

    def routes(self) -> list[web.RouteDef]:
        """Return one route for each direction."""
        return [web.route("*", "/{path:v3/.*}", self._pass), web.post("/api/messages", self._deliver)]

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *details: object) -> None:
        if self._session:
            await self._session.close()
        await super().__aexit__(*details)

    async def _deliver(self, request: web.Request) -> web.Response:
        status, raw = await self._sent(request, self.bot)
        answered = json.dumps(_without_search(json.loads(raw))).encode() if raw and status == _OK else raw
        return web.Response(status=status, body=answered, content_type="application/json")

    async def _pass(self, request: web.Request) -> web.Response:
        # As it stands: conversations have signs in their ids that must not be encoded anew.
        status, raw = await self._sent(request, f"{self.to}{request.raw_path}")
        if status == _CREATED:
            self._note(request, await request.read(), raw)
        return web.Response(status=status, body=raw, content_type="application/json")

    async def _sent(self, request: web.Request, address: str) -> tuple[int, bytes]:
        if self._session is None:
            raise RuntimeError("The relay is not started.")
        headers = {"Content-Type": request.headers.get("Content-Type", "application/json")}
        body = await request.read()
        async with self._session.request(request.method, address, data=body, headers=headers) as answer:
            return answer.status, await answer.read()

    def _note(self, request: web.Request, body: bytes, raw: bytes) -> None:
        if request.method != "POST" or "/activities" not in request.path:
            return
        attached = json.loads(body).get("attachments") or [{}]
        card = attached[0].get("content") or {}
        if any(action.get("verb") == APPROVE for action in reading.actions(card)):
            conversation = request.path.split("/conversations/")[1].split("/activities")[0]
            self.card = (conversation, json.loads(raw)["id"], card)


class Playground:
    """The Playground with its page, and the relay behind it: `async with` starts both."""

    def __init__(self, folder: Path, journal: emulator.Journal) -> None:
        self.folder = folder
        self.relay = Relay(journal)
        self.port = process.free_port()
        self._courier = courier.Courier(journal)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Return its page's address."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """Return the settings of a bot for the Playground: Teams alone, and nobody signs anything."""
        return {
            "SLACK_BOT_TOKEN": "",
            "REGISTRY_BOT_OPERATORS_CHANNEL": "",
            "TEAMS_CLIENT_ID": tenant.CLIENT_ID,
            "TEAMS_TENANT_ID": tenant.TENANT,
            "TEAMS_SERVICE_URL": self.relay.url,
            "REGISTRY_BOT_TEAMS_UNAUTHENTICATED": "true",
        }

    async def __aenter__(self) -> Self:
        await self.relay.__aenter__()
        await self._courier.start()
        return self

    async def __aexit__(self, *details: object) -> None:
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            await self._process.wait()
        await self._courier.stop()
        await self.relay.__aexit__(*details)

    def lead(self, connector: str, endpoint: str) -> None:
        """Set what stands on both sides of the relay."""
        self.relay.to = connector
        self._courier.endpoint = self.relay.bot = endpoint

    async def start(self, endpoint: str) -> None:
        """Fetch and start it in front of a bot; raise ConfigurationError where that cannot be done."""
        npx = shutil.which("npx")
        if npx is None:
            raise errors.ConfigurationError("npx, which fetches the Agents Playground, is not on the PATH.")
        self.lead(f"{self.url}/_connector", endpoint)
        log = self.folder / "playground.log"
        with log.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *_command(npx, f"{self.relay.url}/api/messages", self.url, self.port),
                cwd=self.folder,
                env=self._environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._ready()
        except TimeoutError:
            raise errors.ConfigurationError(f"The Agents Playground did not start; see {log}.") from None

    async def _ready(self) -> None:
        while True:
            if await self._answers():
                return
            await asyncio.sleep(_LOOK_S)

    def _environment(self) -> dict[str, str]:
        config, preload = self.folder / "playground.yml", self.folder / "only-here.cjs"
        config.write_text(json.dumps(people()))
        preload.write_text(ONLY_HERE)
        return {
            **os.environ,  # noqa: TID251  # npx needs PATH, HOME and the machine's npm settings
            "TEAMSAPPTESTER_BROWSER": "none",
            "APPLICATION_INSIGHTS_NO_STATSBEAT": "1",
            "M365_AGENTS_PLAYGROUND_CONFIG_PATH": str(config),
            "M365_AGENTS_PLAYGROUND_LOGFILE": str(self.folder / "playground-itself.log"),
            "NODE_OPTIONS": f"--require={preload}",
        }

    async def _answers(self) -> bool:
        if self._process is None or self._process.returncode is not None:
            raise errors.ConfigurationError("npx could not fetch or start the Agents Playground.")
        try:
            async with aiohttp.ClientSession() as session, session.get(self.url) as answer:
                return answer.status == _OK
        except aiohttp.ClientError:
            return False

    async def approve(self) -> str | None:
        """Approve the newest request as Ben, who is not at the page; return what he is told, if anything."""
        if self.relay.card is None:
            return "Nothing waits for approval yet."
        conversation, message, card = self.relay.card
        base, _, root = conversation.partition(";messageid=")
        scene = activities.Scene(
            tenant.BEN, Conversation(base, Kind.CHANNEL, []), tenant.CLIENT_ID, root or message
        )
        action = next(one for one in reading.actions(card) if one.get("verb") == APPROVE)
        activity = activities.invoke(
            scene, "adaptiveCard/action", activities.pressed(action, {}), reply_to=message
        )
        sent = json.dumps({**activity, "serviceUrl": self.relay.url}).encode()
        reaction = await self._courier.send(sent, {})
        value = reaction.body.get("value")
        return value if isinstance(value, str) else None


def _without_search(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_search(one) for key, one in value.items() if key != "choices.data"}
    return [_without_search(one) for one in value] if isinstance(value, list) else value


def people() -> dict[str, object]:
    """Return the Playground's own settings: Acme's people and channels, Ana at the page."""
    return {
        "version": "0.1.1",
        "tenantId": tenant.TENANT,
        "bot": {"id": f"28:{tenant.CLIENT_ID}", "name": "registry-bot"},
        "currentUser": _user(tenant.ANA),
        "users": [_user(one) for one in OTHERS],
        "personalChat": {"id": "a:1personal"},
        "groupChat": {"id": "19:chat0000000000000000000000000001@thread.v2", "name": "Pipelines"},
        "team": {
            # Beside the team's own channel there may be one.
            "id": tenant.GENOMICS,
            "name": tenant.HOME,
            "aadGroupId": "aaaaaaaa-0000-4000-8000-0000000000ff",
            "channels": [{"id": tenant.APPROVALS, "name": tenant.APPROVERS}],
        },
    }


def _user(one: User) -> dict[str, object]:
    listed = one.listed()
    return {
        "id": one.member,
        "name": one.name,
        "userPrincipleName": listed["userPrincipalName"],  # the Playground's own spelling
        **{key: listed[key] for key in ("aadObjectId", "givenName", "surname", "email")},
    }


def _command(npx: str, endpoint: str, url: str, port: int) -> list[str]:
    fetched = [npx, "--yes", "--package", PACKAGE, "agentsplayground", "start"]
    where = ["--app-endpoint", endpoint, "--channel-id", "msteams", "--port", str(port)]
    return [*fetched, *where, "--service-url", f"{url}/_connector", "--disable-telemetry"]
