"""The password goes to Tower and nowhere else, whatever goes wrong on the way."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot import clock, errors
from bot.clients import tower as tower_client
from bot.clients import tower_api
from bot.clients import wave as wave_client
from bot.sandbox import arm_state, emulator, tower, wave
from tests.tower.conftest import (
    HOST,
    LAUNCH_TOKEN,
    RESEARCH,
    TOKEN,
    configured,
    create,
    issue,
    opened,
)


class Elsewhere(emulator.Emulator):
    """A host that nobody chose: what a redirect points to."""

    def routes(self) -> list[web.RouteDef]:
        """Take anything."""
        return [web.route("*", "/{anything:.*}", self._take)]

    async def _take(self, _: web.Request) -> web.Response:
        return web.json_response({"credentialsId": "stolen", "container": {"digest": "sha256:0"}})


@pytest.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    """Start another host."""
    async with Elsewhere(emulator.Journal()) as double:
        yield double


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Let every logger speak at DEBUG, as REGISTRY_BOT_LOG=debug does."""
    caplog.set_level(logging.DEBUG)


def told(failure: BaseException) -> str:
    """Return all that an error report could show, with the local variables of every frame but the test's."""
    ours = failure.__traceback__.tb_next if failure.__traceback__ else None
    report = traceback.TracebackException(type(failure), failure, ours, capture_locals=True)
    return "".join(report.format()) + repr(failure) + str(vars(failure))


FAULTS: dict[str, dict[str, Any]] = {
    "400 that echoes": {"status": 400, "body": '{"message": "echo: PASSWORD"}'},
    "401 without a body": {"status": 401},
    "403": {"status": 403, "body": '{"message": "Forbidden"}'},
    "404": {"status": 404},
    "409": {"status": 409, "body": '{"message": "taken"}'},
    "418": {"status": 418},
    "429": {"status": 429, "headers": {"Retry-After": "7"}},
    "500 that echoes": {"status": 500, "body": "PASSWORD"},
    "502 page": {"status": 502, "body": "<html>PASSWORD</html>"},
    "200 page": {"status": 200, "body": "<html>PASSWORD</html>"},
    "200 that echoes": {"status": 200, "body": '{"credentialsId": null, "keys": "PASSWORD"}'},
    "cut before": {"cut": True},
    "cut after": {"after": True},
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_no_failure_shows_the_password_or_the_token(
    client: tower_client.TowerClient,
    tower: tower.TowerEmulator,
    password: SecretStr,
    caplog: pytest.LogCaptureFixture,
    fault: str,
) -> None:
    """Neither message, cause, local variables nor logs of any library hold one."""
    secret = password.get_secret_value()
    wrong = {key: _filled(value, secret) for key, value in FAULTS[fault].items()}
    tower.faults.append(emulator.Fault("^POST", times=1, **wrong))

    with pytest.raises(errors.ServiceError) as failed:
        await create(client, password)

    shown = told(failed.value) + caplog.text
    assert secret not in shown
    assert TOKEN not in shown


def _filled(value: Any, secret: str) -> Any:
    return value.replace("PASSWORD", secret) if isinstance(value, str) else value


async def test_the_search_finds_a_planted_leak(password: SecretStr, caplog: pytest.LogCaptureFixture) -> None:
    """The search above would see a leak, in a local variable and in a log line."""
    leaked = password.get_secret_value()
    logging.getLogger("some.dependency").debug("sent %s", leaked)

    def fail(body: str) -> None:
        raise errors.Permanent(f"a body of {len(body)}", service="Tower")

    with pytest.raises(errors.Permanent) as failed:
        fail(leaked)

    assert leaked in told(failed.value)
    assert leaked in caplog.text


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_neither_token_nor_password_follows_a_redirect(
    client: tower_client.TowerClient,
    tower: tower.TowerEmulator,
    elsewhere: Elsewhere,
    password: SecretStr,
    status: int,
) -> None:
    """Whatever kind of redirect: the other host hears nothing, and the setting is named."""
    to = {"Location": f"{elsewhere.url}/credentials"}
    tower.faults.append(emulator.Fault("", times=None, status=status, headers=to))

    with pytest.raises(errors.Permanent) as refused:
        await create(client, password)
    with pytest.raises(errors.Permanent):
        await client.credentials(RESEARCH)

    assert "TOWER_API_ENDPOINT" in str(refused.value.remedy)
    assert elsewhere.journal.exchanges == []


async def test_the_token_for_wave_follows_no_redirect(
    inspector: wave_client.WaveClient, wave: wave.WaveEmulator, elsewhere: Elsewhere
) -> None:
    """It is in the body of the call to Wave."""
    to = {"Location": f"{elsewhere.url}/v1alpha1/inspect"}
    wave.faults.append(emulator.Fault("inspect", times=None, status=307, headers=to))

    answer = await inspector.inspect(f"{HOST}/team/app:1.0", RESEARCH)

    assert answer.sight == "rejected"
    assert elsewhere.journal.exchanges == []


async def test_a_whole_life_leaves_no_trace(
    tower: tower.TowerEmulator,
    wave: wave.WaveEmulator,
    azure: arm_state.AzureState,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Created, updated, inspected, deleted: the passwords are in two bodies to Tower, and no more."""
    first, second = SecretStr(issue(azure)), SecretStr(issue(azure, name="other-token"))
    config = configured(tower.endpoint, wave.url, TOWER_VERIFY_ACCESS_TOKEN=LAUNCH_TOKEN)
    async with opened(tower) as client, wave_client.connect(config, clock.SystemClock()) as inspector:
        made = await create(client, first)
        await client.update(
            RESEARCH, made, name="genomics", registry=HOST, user="other-token", password=second
        )
        await inspector.inspect(f"{HOST}/team/app:1.0", RESEARCH)
        await client.credentials(RESEARCH)
        await client.delete(RESEARCH, made)

    secrets = (first.get_secret_value(), second.get_secret_value())
    bodies = [each for each in tower.journal.exchanges if any(s.encode() in each.body for s in secrets)]
    others = [f"{each.path}{each.headers}{each.answer!r}" for each in tower.journal.exchanges]
    assert [f"{each.method} {each.to}" for each in bodies] == ["POST tower", "PUT tower"]
    assert tower.deliveries == dict.fromkeys(secrets, 1)
    assert not [
        s
        for s in (*secrets, TOKEN, LAUNCH_TOKEN)
        if s in caplog.text or s in str(others).replace(f"Bearer {TOKEN}", "")
    ]


async def test_wave_gets_the_weaker_token_and_no_other(
    tower: tower.TowerEmulator, wave: wave.WaveEmulator
) -> None:
    """TOWER_VERIFY_ACCESS_TOKEN is what Wave gets to see."""
    config = configured(tower.endpoint, wave.url, TOWER_VERIFY_ACCESS_TOKEN=LAUNCH_TOKEN)
    async with wave_client.connect(config, clock.SystemClock()) as inspector:
        await inspector.inspect(f"{HOST}/team/app:1.0", RESEARCH)

    sent = wave.journal.exchanges[0]
    assert LAUNCH_TOKEN.encode() in sent.body
    assert TOKEN not in f"{sent.body!r}{sent.headers}"


async def test_a_cancelled_delivery_shows_nothing(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """A lost lease cancels the task in the middle of the delivery."""
    reached, released = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        reached.set()
        await released.wait()

    tower.faults.append(emulator.Fault("^POST", hook=hang))
    task = asyncio.ensure_future(create(client, password))
    await reached.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError) as cancelled:
        await task

    released.set()
    ours = [
        frame
        for frame in traceback.walk_tb(cancelled.value.__traceback__)
        if "/bot/" in frame[0].f_code.co_filename
    ]
    assert ours
    assert password.get_secret_value() not in str([frame.f_locals for frame, _ in ours])


def test_no_value_of_ours_prints_a_password() -> None:
    """Neither repr nor str of keys, calls or stored credentials."""
    keys = tower_api.Keys("n1", HOST, "u", SecretStr("s3cret-0f3b"))
    shown: list[Callable[[object], str]] = [repr, str]

    texts = [show(each) for show in shown for each in (keys, tower_api.build_create(101, keys))]

    assert not [text for text in texts if "s3cret" in text]
