"""Logging: what comes out, and what never does."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from slack_bolt.app import async_app
from slack_sdk.web.async_client import AsyncWebClient

from bot import log

# Each has logged bodies or addresses, by itself or through the library above it.
LOUD = ("slack_bolt.RequestVerification", "azure.core.pipeline.policies.http_logging_policy", "httpx")


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Put logging back as it was."""
    names = (*log._QUIET, *LOUD)
    root, levels = logging.getLogger(), {name: logging.getLogger(name).level for name in names}
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)
    structlog.reset_defaults()


def test_json_lines_hold_event_and_fields() -> None:
    """One line an event, in JSON, with static name and fields."""
    stream = io.StringIO()
    log.configure("info,json", stream=stream)

    structlog.get_logger().info("request_committed", request="abc", state="pending")

    line = json.loads(stream.getvalue())
    assert (line["event"], line["request"], line["level"]) == ("request_committed", "abc", "info")


def test_columns_are_for_people() -> None:
    """Columns show the same event without JSON."""
    stream = io.StringIO()
    log.configure("debug,columns", stream=stream)

    structlog.get_logger().debug("waiting", seconds=3)

    assert "waiting" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


@pytest.mark.parametrize(
    "planted",
    [
        {"event": "Bearer abcdefghijkl1234"},
        {"event": "x", "password": "hunter2hunter2"},
        {"event": "x", "data": {"inner": {"client_secret": "hunter2hunter2"}}},
        {"event": "x", "list": ["fine", "xoxb-1234567890-abc"]},
        {"event": "x", "jwt": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.sig"},
        {"event": "x", "other": ("known-secret-value",)},
        {"event": "x", "thing": Exception("known-secret-value")},
    ],
)
def test_secrets_are_hidden_wherever_they_stand(planted: dict[str, object]) -> None:
    """By field name, by shape and by value; nested and inside objects too."""
    redact = log.Redactor(["known-secret-value", "short"])

    shown = json.dumps(redact(None, "info", planted))

    assert log.HIDDEN in shown
    assert not [bad for bad in ("hunter2", "xoxb-1", "known-secret", "eyJ", "abcdefghijkl") if bad in shown]


def test_names_of_tokens_are_no_secrets() -> None:
    """An ACR token's name is an identifier that operators need."""
    redact = log.Redactor()

    assert redact(None, "info", {"event": "made", "token": "registry-bot-x", "n": 1, "none": None}) == {
        "event": "made",
        "token": "registry-bot-x",
        "n": 1,
        "none": None,
    }


def test_tracebacks_are_redacted_too() -> None:
    """A library that raises with a secret in its message does not get it into the log."""
    stream = io.StringIO()
    log.configure("info,json", secrets=["known-secret-value"], stream=stream)

    try:
        int("known-secret-value")
    except ValueError:
        logging.getLogger("somebody.elses").exception("it broke")

    assert "ValueError" in stream.getvalue()
    assert "known-secret-value" not in stream.getvalue()


@pytest.mark.parametrize("own", [logging.NOTSET, logging.DEBUG])
def test_loud_libraries_stay_quiet_at_debug(own: int) -> None:
    """slack_bolt would log whole bodies, azure signed addresses: whatever levels their own loggers take."""
    stream = io.StringIO()
    for name in LOUD:
        logging.getLogger(name).setLevel(own)
    log.configure("debug,json", stream=stream)

    for name in LOUD:
        logging.getLogger(name).info("HTTP Request: POST url?sig=1, and its body")

    assert stream.getvalue() == ""


def test_what_is_only_named_like_a_library_is_heard() -> None:
    """And a library's warnings are."""
    stream = io.StringIO()
    log.configure("info,json", stream=stream)

    logging.getLogger("azurite").info("said")
    logging.getLogger("slack_bolt.AsyncApp").warning("warned")

    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["said", "warned"]


def test_no_library_lifts_its_own_floor() -> None:
    """An app of Slack's library gives every logger of its own the level that the root has."""
    stream = io.StringIO()
    log.configure("debug,json", stream=stream)
    async_app.AsyncApp(client=AsyncWebClient(token="xoxb-1"), signing_secret="any")

    logging.getLogger("slack_bolt.RequestVerification").info("the whole body")

    assert "body" not in stream.getvalue()
