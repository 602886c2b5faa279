"""Slack's door: what is forged, stale or too large gets a status, fast and quietly."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlencode

import httpx
import pytest
from pydantic import SecretStr

from handlers.slack import door, ids
from tests.handlers.house import House
from tests.handlers.mail import FORM, MARKER, command, post, signed

Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def wire(house: House) -> AsyncIterator[Wire]:
    """Return a bare connection to the server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(house.url.rpartition(":")[2]))
    yield reader, writer
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def test_a_signed_command_is_answered(house: House, browser: httpx.AsyncClient) -> None:
    """A request with Slack's signature gets its answer."""
    raw = command()

    answer = await post(browser, house, raw, signed(raw))

    assert answer.status_code == 200
    assert answer.json()["response_type"] == "ephemeral"


def without(name: str, raw: bytes) -> dict[str, str]:
    """Return the headers of a delivery with one of them missing."""
    return {key: value for key, value in signed(raw).items() if key != name}


BODY = command(text=MARKER)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": FORM},
        signed(BODY, secret="another secret"),
        signed(BODY + b"&more=1"),
        without("X-Slack-Signature", BODY),
        without("X-Slack-Request-Timestamp", BODY),
        {**signed(BODY), "X-Slack-Signature": "v0="},
        {**signed(BODY), "X-Slack-Signature": "v1=" + "0" * 64},
        {**signed(BODY), "X-Slack-Request-Timestamp": "now"},
        {**signed(BODY), "X-Slack-Request-Timestamp": "-1"},
        {**signed(BODY), "X-Slack-Request-Timestamp": "1e9"},
        {**signed(BODY), "X-Slack-Request-Timestamp": "9" * 400},
        {**signed(BODY), "X-Slack-Request-Timestamp": ""},
    ],
)
async def test_what_is_forged_is_refused(
    house: House,
    browser: httpx.AsyncClient,
    headers: dict[str, str],
    everything_logged: Callable[[], str],
) -> None:
    """Without the right signature nothing is parsed, done or logged, and the answer is 401."""
    answer = await post(browser, house, BODY, headers)

    assert (answer.status_code, answer.content) == (401, b"")
    assert house.service.calls == []
    assert MARKER not in everything_logged()


@pytest.mark.parametrize(("shift_s", "status"), [(-295, 200), (295, 200), (-305, 401), (305, 401)])
async def test_a_signature_is_good_for_five_minutes(
    house: House, browser: httpx.AsyncClient, shift_s: float, status: int
) -> None:
    """A stamp outside of the window, past or future, is refused though its signature is right."""
    raw = command()

    answer = await post(browser, house, raw, signed(raw, at=time.time() + shift_s))

    assert answer.status_code == status


@pytest.mark.parametrize(
    "headers",
    [{"Content-Length": str(door.LIMIT + 1)}, {"Content-Length": "9" * 15}, {"Transfer-Encoding": "chunked"}],
)
async def test_what_is_too_large_is_refused(house: House, wire: Wire, headers: dict[str, str]) -> None:
    """A body beyond the limit is refused, by what it says or by what it turns out to be."""
    reader, writer = wire
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"POST {ids.EVENTS_PATH} HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode())
    if "Transfer-Encoding" in headers:
        writer.write((b"10000\r\n" + b"x" * 0x10000 + b"\r\n") * 17)

    status = await reader.readline()

    assert status.split()[1] == b"413"
    assert house.service.calls == []


async def test_a_chunked_body_within_the_limit_is_read(house: House, browser: httpx.AsyncClient) -> None:
    """A body that comes in pieces is signed as a whole."""
    raw = command()

    async def pieces() -> AsyncIterator[bytes]:
        for index in range(0, len(raw), 7):
            yield raw[index : index + 7]

    answer = await browser.post(house.events, content=pieces(), headers=signed(raw))

    assert answer.status_code == 200


async def test_a_sender_who_leaves_is_forgotten(
    house: House, wire: Wire, everything_logged: Callable[[], str]
) -> None:
    """A connection that ends in the middle of a body leaves nothing behind."""
    _, writer = wire
    writer.write(
        f"POST {ids.EVENTS_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{MARKER}".encode()
    )
    await writer.drain()
    writer.close()
    await writer.wait_closed()

    async with httpx.AsyncClient() as browser:
        answer = await post(browser, house, BODY, signed(BODY))

    assert answer.status_code == 200
    assert "Traceback" not in everything_logged()


async def test_a_slow_sender_is_not_waited_for(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that does not come is given up on."""
    monkeypatch.setattr("handlers.wire.PATIENCE_S", 0.05)
    reader, writer = wire
    writer.write(f"POST {ids.EVENTS_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf".encode())

    said = await asyncio.wait_for(reader.readline(), 5)

    assert said.split()[1] == b"408"


def test_the_signature_is_slacks() -> None:
    """The example of Slack's own page on verifying requests gives Slack's own signature."""
    raw = urlencode(
        {
            "token": "xyzz0WbapA4vBCDEFasx0q6G",
            "team_id": "T1DC2JH3J",
            "team_domain": "testteamnow",
            "channel_id": "G8PSS9T3V",
            "channel_name": "foobar",
            "user_id": "U2CERLKJA",
            "user_name": "roadrunner",
            "command": "/webhook-collect",
            "text": "",
            "response_url": "https://hooks.slack.com/commands/T1DC2JH3J/397700885554/96rGlfmibIGlgcZRskXaIFfN",
            "trigger_id": "398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
        }
    ).encode()

    found = door.signature(SecretStr("8f742231b10e8888abcd99yyyzzz85a5"), "1531420618", raw)

    assert found == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
