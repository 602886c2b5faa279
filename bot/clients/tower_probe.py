"""`ports.TowerProbe` and `ports.WaveProbe`: what Tower and Wave tell of themselves and of a token."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import aiolimiter
from pydantic import SecretStr

from bot import ports, settings
from bot.clients import http, tower_api, tower_errors, tower_workspaces, wave

_BURST, _PERIOD_S = 7, 7 / 10  # as the bot's own client has it: Tower allows 20 calls a second
_INFO = http.Call("GET", "/service-info")


@contextlib.asynccontextmanager
async def connect(
    config: settings.Settings, token: SecretStr, *, setting: str, clock: ports.Clock
) -> AsyncIterator[TowerProbe]:
    """Open what looks at Tower with one of the bot's tokens; `setting` is that token's name."""
    auth = http.Bearer(token, setting=setting)
    async with (
        http.open_client(config.tower_api_endpoint) as anybody,
        http.open_client(config.tower_api_endpoint, auth=auth) as client,
    ):
        limiter = aiolimiter.AsyncLimiter(_BURST, _PERIOD_S)
        public = http.Sender(anybody, tower_api.TOWER, clock=clock)
        sender = http.Sender(client, tower_api.TOWER, clock=clock, limiter=limiter)
        yield TowerProbe(public, sender, clock)


class TowerProbe:
    """Looks at Tower. `public` sends no token: a bad one would hide what Tower tells everybody."""

    def __init__(self, public: http.Sender, sender: http.Sender, clock: ports.Clock) -> None:
        self._public = public
        self._workspaces = tower_workspaces.Workspaces(sender, clock=clock, personal=False)
        self._clock = clock

    async def site(self) -> ports.TowerSite:
        """Return what Tower tells everybody."""
        answer = await self._public.send(_INFO)
        if not answer.ok:
            raise tower_errors.refused(answer)
        info = _info(answer, tower_api.TOWER)
        wave_enabled = info.get("waveEnabled")
        return ports.TowerSite(
            version=_text(info.get("version")),
            wave=wave_enabled if isinstance(wave_enabled, bool) else None,
            date=answer.headers.get("date"),
            at=self._clock.now(),
        )

    async def account(self) -> str:
        """Return the user name of the token's account."""
        return (await self._workspaces.user()).name

    async def seats(self) -> tuple[ports.Seat, ...]:
        """Return every workspace of the account."""
        return await self._workspaces.seats()


@contextlib.asynccontextmanager
async def connect_wave(config: settings.Settings, clock: ports.Clock) -> AsyncIterator[WaveProbe]:
    """Open what looks at Wave."""
    async with http.open_client(config.wave_api_endpoint) as client:
        yield WaveProbe(http.Sender(client, wave.WAVE, clock=clock))


class WaveProbe:
    """Looks at Wave. Its service-info takes no token, and says nothing of pairing."""

    def __init__(self, sender: http.Sender) -> None:
        self._sender = sender

    async def version(self) -> str:
        """Return Wave's version."""
        answer = await self._sender.send(_INFO)
        if not answer.ok:
            raise http.unreadable(wave.WAVE, changes=False)
        return _text(_info(answer, wave.WAVE).get("version"))


def _info(answer: http.Answer, service: http.Service) -> dict[str, object]:
    info = (answer.document() or {}).get("serviceInfo")
    if not isinstance(info, dict):
        raise http.unreadable(service, changes=False)
    return info


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
