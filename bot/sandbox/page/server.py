"""The page's server on loopback: files, the stream, and what people do."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from bot.sandbox import stage
from bot.sandbox.page import deeds, guard, guide, ledger, life, shown, stream, teams, weather
from bot.sandbox.slack import changes
from bot.sandbox.slack.entities import Json

STATIC = Path(__file__).parent / "static"
FURTHEST_S = 400 * 86_400  # how far one press may move the clock
_MESSAGES = frozenset({changes.What.MESSAGE_POSTED, changes.What.MESSAGE_CHANGED})
_VIEWS = frozenset({changes.What.VIEW_OPENED, changes.What.VIEW_CHANGED, changes.What.VIEW_CLOSED})


class Page:
    """The page of one stage: `async with` serves it. `manifest` is the Slack app's."""

    def __init__(self, on: stage.Stage, manifest: Mapping[str, Any], *, port: int = 0) -> None:
        self._stage = on
        self._slack = on.world.slack
        self._known = on.world.slack.state
        self._manifest = manifest
        self.port = port
        self._marks: dict[str, dict[str, str]] = {}  # person -> channel or thread -> what was read last
        self._heard_at: dict[int, float] = {}  # when a notice was shown
        self.ledger = ledger.Ledger(on.world, self._tell_traffic)
        self.weather = weather.Weather(on.world)
        self.guide = guide.Guide(self._known)
        self.life = life.Life(on.bot, self._tell_stage)
        self.stream = stream.Stream(self.everything, self.ledger.mask_quickly)
        self.teams = teams.TeamsSide(on.world.teams, self.stream.tell) if on.world.teams else None
        self._open = AsyncExitStack()

    @property
    def url(self) -> str:
        """Return the page's address."""
        return f"http://127.0.0.1:{self.port}/"

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[guard.guard], client_max_size=2**18)
        app.on_response_prepare.append(guard.add_headers)
        app.add_routes(self._routes())
        app.on_shutdown.append(self._hang_up)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        self._open.push_async_callback(runner.cleanup)
        await self._open.enter_async_context(self.life)
        self._known.feed.listeners.append(self._hear)
        self._open.callback(self._known.feed.listeners.remove, self._hear)
        self._open.callback(self.ledger.close)
        if self.teams:
            self._open.callback(self.teams.close)
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        self.port = runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    def _routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/", self._index),
            web.get("/api/stream", self.stream.serve),
            web.get("/api/traffic/{number:[0-9]{1,7}}", self._detail),
            web.post("/api/people/{person}/read", self._read),
            web.post("/api/people/{person}/{deed}", self._do),
            web.post("/api/faults/{fault}", self._turn),
            web.post("/api/clock", self._move),
            web.post("/api/bot/{deed:kill|start}", self._bot),
            web.post("/api/guide/again", self._again),
            web.post("/api/sweep", self._sweep),
            *([web.post("/api/teams/{person}/{deed}", self.teams.do)] if self.teams else []),
            web.get("/api/{rest:.*}", self._nothing),
            web.static("/", STATIC),
        ]

    def everything(self) -> Json:
        """Return all that a page shows, for one that was just opened."""
        known, people = self._known, self._known.users
        return {
            "team": shown.team(known, self._manifest),
            "names": shown.names(known),
            "channels": shown.channels(known),
            "messages": shown.messages(known),
            "modals": {user: shown.view(known.screens, known.screens.top(user)) for user in people},
            "homes": {user: shown.view(known.screens, known.screens.home(user)) for user in people},
            "notices": [self._notice(number) for number in range(len(known.notices))],
            "complaints": list(known.complaints),
            "reads": self._marks,
            "traffic": {"rows": [asdict(row) for row in self.ledger.rows], "tally": self.ledger.tally()},
            "stage": self._state(),
            "guide": self.guide.shown(),
            "teams": self.teams.shown() if self.teams else None,
        }

    def _state(self) -> Json:
        return {
            "bot": self.life.state,
            "faults": self.weather.shown(),
            "shift": self._slack.shift.total_seconds(),
        }

    # What is told.

    def _hear(self, change: changes.Change) -> None:
        if change.what in _MESSAGES and change.channel and change.ts:
            # An ephemeral message has the time of its reading only: look where all messages are.
            held = self._known.board.messages.get(change.channel, {}).get(change.ts)
            if held:
                self.stream.tell("message", shown.message(held))
        elif change.what is changes.What.MESSAGE_DELETED:
            self.stream.tell("message_gone", {"channel": change.channel, "ts": change.ts})
        elif change.what in _VIEWS and change.user:
            top = self._known.screens.top(change.user)
            view = shown.view(self._known.screens, top)
            self.stream.tell("modal", {"user": change.user, "view": view})
        elif change.what is changes.What.HOME_PUBLISHED and change.user:
            home = shown.view(self._known.screens, self._known.screens.home(change.user))
            self.stream.tell("home", {"user": change.user, "view": home})
        else:
            self._hear_of_slack(change)
        if self.guide.hear(change):
            self.stream.tell("guide", self.guide.shown())

    def _hear_of_slack(self, change: changes.Change) -> None:
        if change.what is changes.What.CHANNEL_CHANGED:
            told = {"channels": shown.channels(self._known), "names": shown.names(self._known)}
            self.stream.tell("channels", told)
        elif change.what is changes.What.NOTICE:
            self.stream.tell("notice", self._notice(len(self._known.notices) - 1))
        elif change.what is changes.What.COMPLAINT:
            self.stream.tell("complaint", change.text)

    def _notice(self, number: int) -> Json:
        at = self._heard_at.setdefault(number, self._known.now().timestamp())
        return shown.notice(number, self._known.notices[number], at)

    def _tell_traffic(self) -> None:
        rows = self.ledger.rows
        self.stream.tell("traffic", {"row": asdict(rows[-1]) if rows else None, "tally": self.ledger.tally()})

    def _tell_stage(self) -> None:
        self.stream.tell("stage", self._state())

    # What is asked.

    async def _nothing(self, _: web.Request) -> web.Response:
        return guard.refusal(404, "There is nothing here.")

    async def _index(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _do(self, request: web.Request) -> web.Response:
        return await deeds.do(self._slack, request)

    async def _detail(self, request: web.Request) -> web.Response:
        found = self.ledger.detail(int(request.match_info["number"]))
        return web.json_response(found) if found else guard.refusal(404, "There is no such request.")

    async def _read(self, request: web.Request) -> web.Response:
        """Note how far somebody has read in a channel, or in a thread (`channel/ts`)."""
        person, mark = request.match_info["person"], await _object(request)
        where, ts = mark.get("where"), mark.get("ts")
        if person not in self._known.users or not isinstance(where, str) or not isinstance(ts, str):
            return guard.refusal(400, "Say who has read what, and how far.")
        # Two browsers may show the same person, and the slower one must not make things unread.
        held = self._marks.setdefault(person, {})
        if ts > held.get(where, ""):
            held[where] = ts
            self.stream.tell("read", {"user": person, "where": where, "ts": ts})
        return web.json_response({})

    async def _turn(self, request: web.Request) -> web.Response:
        wanted = (await _object(request)).get("on")
        if not isinstance(wanted, bool) or not self.weather.turn(request.match_info["fault"], on=wanted):
            return guard.refusal(400, "Name a switch, and say whether it is on.")
        self._tell_stage()
        return web.json_response({})

    async def _move(self, request: web.Request) -> web.Response:
        seconds = (await _object(request)).get("seconds")
        if not isinstance(seconds, int) or not 0 < seconds <= FURTHEST_S:
            return guard.refusal(400, "Time moves forward, by some seconds.")
        self._move_clock(dt.timedelta(seconds=seconds))
        return web.json_response({})

    def _move_clock(self, by: dt.timedelta) -> None:
        self._stage.move_clock(by)
        self._tell_stage()

    async def _bot(self, request: web.Request) -> web.Response:
        if request.match_info["deed"] == "kill":
            self.life.kill()
        else:
            self.life.start()
        return web.json_response({"bot": self.life.state})

    async def _again(self, _: web.Request) -> web.Response:
        self.guide.begin_again()
        self.stream.tell("guide", self.guide.shown())
        return web.json_response({})

    async def _sweep(self, _: web.Request) -> web.Response:
        started = time.perf_counter()
        # The same round as after a journey in a terminal: what the page says, the tests say too.
        report = await self._stage.report()
        return web.json_response(
            {
                **{key: value for key, value in asdict(report).items() if key != "findings"},
                "findings": [str(one) for one in report.findings],
                "took_s": round(time.perf_counter() - started, 2),
            }
        )

    async def _hang_up(self, _: web.Application) -> None:
        self.stream.close()


async def _object(request: web.Request) -> Json:
    try:
        given = await request.json()
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}
