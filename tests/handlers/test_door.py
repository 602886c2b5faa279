"""Slack's door: what is forged, stale, replayed, malformed or too large gets a status, fast and quietly."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from urllib.parse import urlencode

import httpx
import pytest
from pydantic import SecretStr

from bot import errors
from bot.sandbox import acme
from bot.sandbox.emulator import Fault
from bot.sandbox.slack import signing
from handlers import replies
from handlers.slack import door, ids
from tests.handlers import samples
from tests.handlers.house import SECRET, House
from tests.handlers.service_double import ServiceDouble
from tests.waiting import wait_until

FORM = "application/x-www-form-urlencoded"
MARKER = "a-word-that-must-not-be-logged"
HELP = {
    "command": ids.COMMAND,
    "text": "help",
    "user_id": "U0ANA",
    "team_id": samples.TEAM,
    "channel_id": "C0GENOMICS",
}


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    """Return a plain HTTP client."""
    async with httpx.AsyncClient(timeout=10) as client:
        yield client


def signed(
    raw: bytes, *, content_type: str = FORM, at: float | None = None, secret: str = SECRET
) -> dict[str, str]:
    """Return the headers of a delivery."""
    moment = time.time() if at is None else at
    return {"Content-Type": content_type, **signing.headers(secret, raw, at=moment)}


def command(**changes: str) -> bytes:
    """Return a slash command's body."""
    return urlencode({**HELP, **changes}).encode()


def interaction(**payload: object) -> bytes:
    """Return an interaction's body."""
    return urlencode({"payload": json.dumps(payload)}).encode()


async def post(
    browser: httpx.AsyncClient, house: House, raw: bytes, headers: Mapping[str, str]
) -> httpx.Response:
    """Send a body with these headers."""
    return await browser.post(house.events, content=raw, headers=headers)


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
    "raw",
    [
        command(),
        interaction(
            type="block_actions",
            container={"type": "view"},
            actions=[{"type": "button", "action_id": "x", "block_id": "y"}],
            user={"id": "U0ANA", "team_id": samples.TEAM},
        ),
    ],
)
async def test_a_replay_is_refused(house: House, browser: httpx.AsyncClient, raw: bytes) -> None:
    """Slack never sends a command or an interaction twice: the same signature again is a replay."""
    headers = signed(raw)
    first = await post(browser, house, raw, headers)

    second = await post(browser, house, raw, headers)

    assert (first.status_code, second.status_code) == (200, 401)


async def test_equal_searches_are_no_replay(house: House, browser: httpx.AsyncClient) -> None:
    """Two equal searches within a second are the same bytes, and change nothing."""
    raw = interaction(
        type="block_suggestion",
        action_id="form_repository",
        block_id="repository",
        value="a",
        user={"id": "U0ANA", "team_id": samples.TEAM},
    )
    headers = signed(raw)

    answers = [await post(browser, house, raw, headers) for _ in range(2)]

    assert [len(answer.json()["options"]) for answer in answers] == [1, 1]


async def test_an_event_that_comes_again_is_done_already(house: House, browser: httpx.AsyncClient) -> None:
    """A redelivered event has a new signature and the old id; it is acknowledged and acts once."""
    raw = json.dumps(
        {"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_home_opened"}}
    ).encode()
    stamps = [time.time(), time.time() - 5]

    answers = [
        await post(browser, house, raw, signed(raw, content_type="application/json", at=stamp))
        for stamp in stamps
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert house.service.marks == {"slack:event:Ev1"}


async def test_with_the_store_away_nothing_is_half_accepted(
    house: House, browser: httpx.AsyncClient, service: ServiceDouble
) -> None:
    """When a delivery cannot be marked, the person is told that it was not accepted."""
    service.failing["first_time"] = errors.NotAccepted("redis is down")
    raw = command(text="")

    answer = await post(browser, house, raw, signed(raw))

    assert answer.json()["text"].startswith("Not accepted, please try again")
    assert service.calls == ["first_time"]


MALFORMED = [
    (b"hello " + MARKER.encode(), "text/plain"),
    (b"payload=" + MARKER.encode(), FORM),
    (b"payload=" + b"%5B" * 100_000 + MARKER.encode(), FORM),
    (b'["' + MARKER.encode() + b'"]', "application/json"),
    (b"\xff\xfe" + MARKER.encode(), FORM),
    (b"", FORM),
    (interaction(type="block_actions", team=5, user=MARKER), FORM),
    (interaction(type="block_actions", authorizations=[5], user=MARKER), FORM),
    (interaction(type="block_actions", actions=[], user={"id": MARKER}), FORM),
    (interaction(type="block_actions", actions={"a": MARKER}), FORM),
    (interaction(type="view_submission", view={"callback_id": MARKER}), FORM),
    (interaction(type="event_callback", event=5, x=MARKER), FORM),
    (
        interaction(
            type="block_actions", actions=[{"action_id": ids.APPROVE, "type": "button", "value": MARKER}]
        ),
        FORM,
    ),
]


@pytest.mark.parametrize(("raw", "content_type"), MALFORMED)
async def test_what_is_malformed_is_refused_quietly(
    house: House,
    browser: httpx.AsyncClient,
    raw: bytes,
    content_type: str,
    everything_logged: Callable[[], str],
) -> None:
    """Behind a right signature, what cannot be read is 400: no traceback, nothing of it in the log."""
    answer = await post(browser, house, raw, signed(raw, content_type=content_type))

    assert (answer.status_code, answer.content) == (400, b"")
    assert MARKER not in everything_logged()
    assert "Traceback" not in everything_logged()


@pytest.mark.parametrize(
    "raw",
    [
        interaction(type="view_submission", view=MARKER, user={"id": "U0ANA"}),
        interaction(type="event_callback", event=MARKER),
        interaction(type="something_new", user=[MARKER]),
        interaction(
            type="block_actions", user=MARKER, actions=[{"type": "button", "action_id": ids.APPROVE}]
        ),
    ],
)
async def test_what_is_unknown_is_acknowledged_quietly(
    house: House, browser: httpx.AsyncClient, raw: bytes, everything_logged: Callable[[], str]
) -> None:
    """What Slack may send tomorrow is no error of ours, and none of it gets into the log."""
    answer = await post(browser, house, raw, signed(raw))

    assert answer.status_code in {200, 400}
    assert MARKER not in everything_logged()
    assert "Traceback" not in everything_logged()


async def test_a_shortcut_of_another_version_is_explained(house: House, browser: httpx.AsyncClient) -> None:
    """A shortcut knows no channel: its answer is a window."""
    trigger = house.slack.state.passes.trigger(acme.ANA)
    raw = interaction(
        type="shortcut",
        callback_id="long_gone",
        trigger_id=trigger,
        user={"id": acme.ANA, "team_id": samples.TEAM},
    )

    answer = await post(browser, house, raw, signed(raw))
    screen = await house.person(acme.ANA).awaits_modal("from another version of the bot")

    assert answer.status_code == 200
    assert screen.title == replies.FORM_TITLE


async def test_an_answer_without_any_way_is_logged(
    house: House, browser: httpx.AsyncClient, everything_logged: Callable[[], str]
) -> None:
    """A click from nowhere, without an address to answer to, is acknowledged; the log tells."""
    button = {
        "type": "button",
        "action_id": ids.APPROVE,
        "block_id": "b",
        "value": "latest",
        "action_ts": "1",
    }
    raw = interaction(type="block_actions", user={"id": acme.ANA, "team_id": samples.TEAM}, actions=[button])

    answer = await post(browser, house, raw, signed(raw))
    await wait_until(lambda: "slack.answer.lost" in everything_logged(), "the log says so")

    assert answer.status_code == 200


async def test_with_slack_away_a_click_is_answered(house: House, browser: httpx.AsyncClient) -> None:
    """Bolt asks Slack once whose token it has; a Slack that does not answer is said, not a 500."""
    house.slack.faults.append(Fault("/api/auth.test", None, cut=True))
    raw = command()

    answer = await post(browser, house, raw, signed(raw))

    assert answer.json()["text"] == "Slack did not answer."


@pytest.mark.parametrize(
    ("raw", "content_type", "wanted"),
    [
        (b'{"type":"url_verification","challenge":"c1"}', "application/json", '{"challenge": "c1"}'),
        (b"ssl_check=1&token=x", FORM, ""),
    ],
)
async def test_slacks_own_checks_are_answered(
    house: House, browser: httpx.AsyncClient, raw: bytes, content_type: str, wanted: str
) -> None:
    """Slack verifies the address and its certificate with requests of their own."""
    answer = await post(browser, house, raw, signed(raw, content_type=content_type))

    assert (answer.status_code, answer.text) == (200, wanted)


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
