"""The way out over HTTP: what is sent, what is repeated, and what each failure becomes."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiolimiter
import httpx
import pytest
from aiohttp import web
from pydantic import SecretStr

from bot import clock, errors
from bot.clients import http
from bot.sandbox import emulator

SERVICE = http.Service("Seqera Tower", "TOWER_API_ENDPOINT")
NOW = dt.datetime(2026, 11, 23, 12, 0, 0, tzinfo=dt.UTC)
GET = http.Call("GET", "/thing", read_s=0.5)
POST = http.Call("POST", "/thing", body=b"{}", read_s=0.5)


class Echo(emulator.Emulator):
    """Answers everything with {}, or with `size` spaces more, or in drops; its faults do the rest."""

    def __init__(self) -> None:
        super().__init__(emulator.Journal())
        self.closed = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        """Return one route for all, and one that drips."""
        return [web.get("/drip", self._drip), web.route("*", "/{anything:.*}", self._answer_all)]

    async def _answer_all(self, request: web.Request) -> web.Response:
        size = int(request.query.get("size", "2"))
        return web.Response(body=b"{}".ljust(size), headers={"Set-Cookie": "session=s3ss10n; Path=/"})

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while not self.closed.is_set():
            await response.write(b" ")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.closed.wait(), 0.1)
        return response


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    """Start a server that agrees with everything."""
    async with Echo() as double:
        yield double


@pytest.fixture
async def sender(echo: Echo) -> AsyncIterator[http.Sender]:
    """Open a sender to it."""
    async with http.open_client(echo.url) as client:
        yield http.Sender(client, SERVICE, clock=clock.SystemClock())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 2.5 ", 2.5),
        ("-3", 0.0),
        ("86400", 3600.0),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 12:00:30 -0000", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("Mon, 99 Nov 2026 12:00:30 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str, expected: float | None) -> None:
    """Seconds or a date, never negative, never more than an hour; nonsense is nothing."""
    assert http.retry_after(value, now=NOW) == expected


@pytest.mark.parametrize("value", ["", "  ", "two words", "tab\tin", "line\nbreak", "tökén"])
def test_a_token_that_no_header_takes_is_a_configuration_error(value: str) -> None:
    """It would come back in a library's own message, so it is refused first, by the setting's name."""
    with pytest.raises(errors.ConfigurationError, match="TOWER_ACCESS_TOKEN") as refused:
        http.Bearer(SecretStr(value), setting="TOWER_ACCESS_TOKEN")

    assert not value.strip() or value not in str(refused.value)


async def test_a_token_is_sent_without_the_line_end_of_its_file(echo: Echo) -> None:
    """Files end with a line end, tokens do not."""
    bearer = http.Bearer(SecretStr("t0ken\n"), setting="TOWER_ACCESS_TOKEN")
    async with http.open_client(echo.url, auth=bearer) as client:
        await client.get("/")

    assert echo.journal.exchanges[0].headers["Authorization"] == "Bearer t0ken"


async def test_no_cookie_is_kept(echo: Echo, sender: http.Sender) -> None:
    """A call stands on its token alone."""
    await sender.send(GET)

    await sender.send(GET)

    assert "Cookie" not in echo.journal.exchanges[1].headers


async def test_a_proxy_of_the_environment_is_not_used_for_loopback(
    echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over plain http a proxy would read the password."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    async with http.open_client(echo.url) as client:
        answer = await client.get("/")

    assert (answer.status_code, client.trust_env) == (200, False)


async def test_a_proxy_of_the_environment_counts_for_https() -> None:
    """There it carries an encrypted tunnel."""
    async with http.open_client("https://api.cloud.seqera.io") as client:
        assert client.trust_env
        assert not client.follow_redirects


async def test_the_libraries_loggers_are_quiet(sender: http.Sender) -> None:
    """The one tells every address at INFO, the other every header line at DEBUG."""
    await sender.send(GET)

    assert {logging.getLogger(name).level for name in ("httpx", "httpcore")} == {logging.WARNING}


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_a_get_is_repeated_until_it_succeeds(echo: Echo, sender: http.Sender, status: int) -> None:
    """Twice failed, once good."""
    echo.faults.append(emulator.Fault("GET", times=2, status=status))

    answer = await sender.send(GET)

    assert (answer.status, len(echo.journal.exchanges)) == (200, 3)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, errors.Temporary), (503, errors.Temporary), (429, errors.Throttled), (302, errors.Permanent)],
)
async def test_a_get_is_given_up_with_the_error_of_its_last_answer(
    echo: Echo, sender: http.Sender, status: int, kind: type[errors.ServiceError]
) -> None:
    """At most three tries, and only one for what no retry mends."""
    echo.faults.append(emulator.Fault("GET", times=None, status=status, headers={"Location": "/else"}))

    with pytest.raises(errors.ServiceError) as failed:
        await sender.send(GET)

    assert type(failed.value) is kind
    assert len(echo.journal.exchanges) == (1 if kind is errors.Permanent else 3)


async def test_a_long_retry_after_is_left_to_the_worker(echo: Echo, sender: http.Sender) -> None:
    """A client that waits a minute is a form that hangs a minute."""
    echo.faults.append(emulator.Fault("GET", times=None, status=429, headers={"Retry-After": "60"}))

    with pytest.raises(errors.Throttled) as throttled:
        await sender.send(GET)

    assert (throttled.value.retry_after_s, len(echo.journal.exchanges)) == (60.0, 1)


async def test_a_short_retry_after_is_obeyed(echo: Echo, sender: http.Sender) -> None:
    """Within the budget the service's own wish is the wait."""
    echo.faults.append(emulator.Fault("GET", times=1, status=503, headers={"Retry-After": "1"}))

    answer = await sender.send(GET)

    assert (answer.status, len(echo.journal.exchanges)) == (200, 2)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 429, "headers": {"Retry-After": "7"}}, errors.Throttled),
        ({"status": 500}, errors.Unknown),
        ({"status": 502, "body": "<html>Bad gateway</html>"}, errors.Unknown),
        ({"cut": True}, errors.Unknown),
        ({"after": True}, errors.Unknown),
        ({"status": 307, "headers": {"Location": "/else"}}, errors.Permanent),
    ],
)
async def test_a_write_is_sent_once(
    echo: Echo, sender: http.Sender, method: str, fault: dict[str, Any], kind: type[errors.ServiceError]
) -> None:
    """Whatever goes wrong after it was sent, it may have happened: Unknown, and never again by itself."""
    arrived: list[str] = []

    async def count() -> None:
        arrived.append(method)

    echo.faults.append(emulator.Fault("", times=None, hook=count, **fault))

    with pytest.raises(errors.ServiceError) as failed:
        await sender.send(http.Call(method, "/thing", body=b"{}"))

    assert type(failed.value) is kind
    assert arrived == [method]


@pytest.mark.parametrize(
    ("call", "kind", "tries"), [(GET, errors.Temporary, 3), (POST, errors.Unknown, 1)], ids=["GET", "POST"]
)
async def test_a_service_that_hangs_is_left(
    echo: Echo, sender: http.Sender, call: http.Call, kind: type[errors.ServiceError], tries: int
) -> None:
    """The deadline is for the whole exchange; after it, a write is Unknown."""
    arrived: list[str] = []
    released = asyncio.Event()

    async def hang() -> None:
        arrived.append(call.method)
        await released.wait()

    echo.faults.append(emulator.Fault("", times=None, hook=hang))

    with pytest.raises(errors.Temporary, match="did not answer") as failed:
        await sender.send(call)

    released.set()
    assert type(failed.value) is kind
    assert len(arrived) == tries


@pytest.mark.parametrize("call", [GET, POST], ids=["GET", "POST"])
async def test_no_connection_is_temporary(call: http.Call) -> None:
    """Nothing was sent, whatever the method: it may be tried again."""
    async with http.open_client("http://127.0.0.1:9") as client:
        sender = http.Sender(client, SERVICE, clock=clock.SystemClock())

        with pytest.raises(errors.Temporary, match="cannot be reached") as failed:
            await sender.send(call)

    assert type(failed.value) is errors.Temporary
    assert "TOWER_API_ENDPOINT" in str(failed.value.remedy)


async def test_a_call_that_waits_too_long_for_its_turn_was_not_sent(echo: Echo) -> None:
    """So a write may be tried again: Temporary, not Unknown."""
    limiter = aiolimiter.AsyncLimiter(1, 1000)
    async with http.open_client(echo.url) as client:
        sender = http.Sender(client, SERVICE, clock=clock.SystemClock(), limiter=limiter, queue_s=0.1)
        await sender.send(POST)

        with pytest.raises(errors.Temporary, match="waiting") as failed:
            await sender.send(POST)

    assert type(failed.value) is errors.Temporary
    assert len(echo.journal.exchanges) == 1


@pytest.mark.parametrize("call", [GET, POST], ids=["GET", "POST"])
async def test_an_endless_answer_is_cut_off(sender: http.Sender, call: http.Call) -> None:
    """Memory is ours, not the other side's."""
    endless = dataclasses.replace(call, query={"size": str(9 * 2**20)}, read_s=5.0)

    with pytest.raises(errors.Temporary, match="not its API's") as failed:
        await sender.send(endless)

    assert isinstance(failed.value, errors.Unknown) is (call is POST)


async def test_a_cancelled_call_stays_cancelled(echo: Echo, sender: http.Sender) -> None:
    """A lost lease cancels the task; that is no failure of the service."""
    reached, released = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        reached.set()
        await released.wait()

    echo.faults.append(emulator.Fault("GET", hook=hang))
    task = asyncio.ensure_future(sender.send(GET))
    await reached.wait()

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    released.set()


async def test_an_answer_that_drips_is_left(echo: Echo, sender: http.Sender) -> None:
    """Each drop is in time, the whole is not: the deadline counts for the exchange."""
    with pytest.raises(errors.Temporary, match="did not answer"):
        await sender.exchange(http.Call("GET", "/drip", read_s=0.5))

    echo.closed.set()


async def test_a_failure_carries_no_cause(echo: Echo, sender: http.Sender) -> None:
    """An httpx exception holds the request, and with it token and password."""
    echo.faults.append(emulator.Fault("POST", cut=True))

    with pytest.raises(errors.Unknown) as failed:
        await sender.send(POST)

    assert (failed.value.__cause__, failed.value.__context__) == (None, None)


@pytest.mark.parametrize(
    ("body", "document", "message"),
    [
        (b'{"message": "no"}', {"message": "no"}, "no"),
        (b'{"message": 7}', {"message": 7}, ""),
        (json.dumps({"message": "x" * 999}).encode(), {"message": "x" * 999}, "x" * 256),
        (b"[1]", None, ""),
        (b"<html>", None, ""),
        (b"\xff", None, ""),
        (b"", None, ""),
        (b"[" * 100_000, None, ""),
    ],
)
def test_a_body_is_a_document_or_nothing(
    body: bytes, document: dict[str, object] | None, message: str
) -> None:
    """The message is cut, and only ever looked at for hints."""
    answer = http.Answer(400, body)

    assert answer.document() == document
    assert answer.message() == message


def test_an_answer_shows_neither_body_nor_headers() -> None:
    """A vendor may echo what it was sent."""
    shown = repr(http.Answer(400, b"s3cret", {"set-cookie": "s3cret"}))

    assert "s3cret" not in shown


def test_every_success_code_is_fine() -> None:
    """Versions differ in 200, 201 and 204."""
    assert [http.Answer(status).ok for status in (200, 201, 202, 204, 300, 400)] == [
        *[True] * 4,
        *[False] * 2,
    ]
    assert httpx.codes.is_redirect(307)
