"""Delivery: signatures, deadlines and what people then see, duplicates, retries of events."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time

import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from bot.sandbox import slack
from bot.sandbox.slack import parcels, signing
from tests import waiting
from tests.slack_emulator import conftest
from tests.slack_emulator.apps import BoltApp, RawApp

TIMEOUT = '/registry failed with the error "operation_timeout"'
FAILED = '/registry failed with the error "dispatch_failed"'


async def test_delivery_is_signed(raw: RawApp, ana: slack.Person) -> None:
    """Slack's own verifier accepts the signature over the raw body."""
    await ana.command("/registry", "list", "C0GENOMICS")

    body, headers = raw.last.body.decode(), raw.last.headers

    assert SignatureVerifier("signing-secret").is_valid_request(body, headers)


async def test_signature_carries_real_time(
    raw: RawApp, slack: slack.SlackEmulator, ana: slack.Person
) -> None:
    """Moving the sandbox's clock does not move the signature's time: the app has a clock of its own."""
    slack.shift += dt.timedelta(days=3)

    await ana.command("/registry", "", "C0GENOMICS")

    assert abs(int(raw.last.headers["X-Slack-Request-Timestamp"]) - time.time()) < 60


def test_signature_is_the_documented_one() -> None:
    """The signature of the example in Slack's documentation comes out as printed there."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )

    headers = signing.headers("8f742231b10e8888abcd99yyyzzz85a5", body, at=1531420618)

    assert headers["X-Slack-Signature"] == (
        "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    )


async def test_forged_signature_reaches_nobody(
    app: BoltApp, slack: slack.SlackEmulator, ana: slack.Person
) -> None:
    """A delivery signed with another secret is turned away by a real app (Socket Mode signs nothing)."""
    slack.terms.signing_secret = "another"

    reaction = await ana.command("/registry", "", "C0GENOMICS")

    assert reaction.notice == (FAILED if slack.http.url else None)
    assert len(app.bodies) == (0 if slack.http.url else 1)


async def test_late_answer_times_out(app: BoltApp, slack: slack.SlackEmulator, ana: slack.Person) -> None:
    """Without an answer in time, the person reads operation_timeout."""
    slack.terms.deadline_s = 0.1

    reaction = await ana.command("/wait", "", "C0GENOMICS")

    assert reaction.notice == TIMEOUT.replace("registry", "wait")
    assert ana.notices[-1].code == "operation_timeout"
    assert len(app.bodies) == 1


async def test_crash_is_dispatch_failed(app: BoltApp, slack: slack.SlackEmulator, ana: slack.Person) -> None:
    """An app that fails gives dispatch_failed by HTTP; in Socket Mode it falls silent."""
    slack.terms.deadline_s = 0.5

    reaction = await ana.command("/crash", "", "C0GENOMICS")

    word = "dispatch_failed" if slack.http.url else "operation_timeout"
    assert reaction.notice == f'/crash failed with the error "{word}"'
    assert app.bodies == []


@pytest.mark.parametrize("status", [302, 400, 401, 404, 500, 503])
async def test_status_that_is_no_acknowledgement(raw: RawApp, ana: slack.Person, status: int) -> None:
    """Anything but 2xx is a failure; a redirect is not followed."""
    raw.status = status

    reaction = await ana.command("/registry", "", "C0GENOMICS")

    assert reaction.notice == FAILED
    assert len(raw.got) == 1


async def test_app_that_is_away(slack: slack.SlackEmulator, raw: RawApp, ana: slack.Person) -> None:
    """A refused connection is dispatch_failed."""
    await raw.stop()

    reaction = await ana.command("/registry", "", "C0GENOMICS")

    assert reaction.notice == FAILED
    assert slack.delivery.log[-1].ack.fate == parcels.Fate.UNREACHABLE


async def test_no_app_at_all(slack: slack.SlackEmulator, ana: slack.Person) -> None:
    """Without a request URL and without a connection nothing can be delivered."""
    reaction = await ana.command("/registry", "", "C0GENOMICS")

    assert reaction.notice == FAILED
    assert slack.delivery.log[-1].ack.fate == parcels.Fate.UNREACHABLE


async def test_button_that_fails(raw: RawApp, ana: slack.Person) -> None:
    """A failing click leaves a notice beside the message."""
    raw.body = {"text": "x", "response_type": "in_channel", "blocks": [_button()]}
    await ana.command("/registry", "", "C0GENOMICS")
    raw.status = 500

    reaction = await ana.click(ana.sees("C0GENOMICS")[-1], "Press")

    assert reaction.notice == 'Registry Bot failed with the error "dispatch_failed"'


def _button() -> dict[str, object]:
    text = {"type": "plain_text", "text": "Press"}
    return {"type": "actions", "elements": [{"type": "button", "action_id": "b", "text": text}]}


@pytest.mark.parametrize("copies", [1, 2])
async def test_duplicates(raw: RawApp, slack: slack.SlackEmulator, ana: slack.Person, copies: int) -> None:
    """With duplicates on, the same body arrives several times, each signed; one answer is shown."""
    slack.terms.duplicates = copies
    raw.body = {"text": "hello"}

    await ana.command("/registry", "", "C0GENOMICS")

    assert len({got.body for got in raw.got}) == 1
    assert len(raw.got) == 1 + copies
    assert len(ana.sees("C0GENOMICS")) == 1


async def test_event_is_delivered_once(raw: RawApp, slack: slack.SlackEmulator, ana: slack.Person) -> None:
    """An event that the app takes is not sent again."""
    slack.terms.retry_delays_s = (0.0,)

    await ana.client.open_tab("home")

    assert [got.payload["event"]["type"] for got in raw.got] == ["app_home_opened"]
    assert "X-Slack-Retry-Num" not in raw.last.headers


async def test_event_is_retried(raw: RawApp, slack: slack.SlackEmulator, ana: slack.Person) -> None:
    """A failed event comes up to three times more, numbered, with the same id."""
    slack.terms.retry_delays_s = (0.0, 0.0, 0.0)
    raw.status = 500

    await ana.client.open_tab("home")
    await waiting.wait_until(lambda: len(raw.got) == 4, "three retries")

    assert [got.headers.get("X-Slack-Retry-Num") for got in raw.got] == [None, "1", "2", "3"]
    assert {got.headers.get("X-Slack-Retry-Reason") for got in raw.got[1:]} == {"http_error"}
    assert len({got.payload["event_id"] for got in raw.got}) == 1


async def test_retry_stops_when_taken(raw: RawApp, slack: slack.SlackEmulator, ana: slack.Person) -> None:
    """Once the app takes an event, there are no more retries."""
    slack.terms.retry_delays_s = (0.0, 0.0, 0.0)
    raw.answers = [web.Response(status=503)]

    await ana.client.open_tab("home")
    await waiting.wait_until(lambda: not slack.delivery._retries, "the retries to end")

    assert len(raw.got) == 2


async def test_app_stops_retries(raw: RawApp, slack: slack.SlackEmulator, ana: slack.Person) -> None:
    """X-Slack-No-Retry on a failure keeps Slack from trying again."""
    slack.terms.retry_delays_s = (0.0, 0.0, 0.0)
    raw.answers = [web.Response(status=500, headers={"X-Slack-No-Retry": "1"})]

    await ana.client.open_tab("home")

    assert slack.delivery._retries == set()


async def test_retries_are_dropped_at_the_end(
    raw: RawApp, slack: slack.SlackEmulator, ana: slack.Person
) -> None:
    """Stopping the emulator stops waiting retries (no task is left behind)."""
    raw.status = 500
    slack.terms.retry_delays_s = (60.0,)

    await ana.client.open_tab("home")

    assert len(slack.delivery._retries) == 1


async def test_event_without_subscription(raw: RawApp, ana: slack.Person) -> None:
    """An event that the app did not subscribe to is not delivered."""
    await ana.join("C0APPROVALS")

    assert raw.got == []


async def test_answers_are_in_the_journal(raw: RawApp, slack: slack.SlackEmulator, ana: slack.Person) -> None:
    """What the app answers to a delivery is kept like anything else that it sends."""
    raw.body = {"text": "a word"}

    await ana.command("/registry", "", "C0GENOMICS")

    (answer,) = [one for one in slack.journal.exchanges if one.method == "ANSWER"]
    assert json.loads(answer.body) == {"text": "a word"}
    assert answer.answer == raw.last.body


async def test_app_may_call_back_before_it_answers(
    raw: RawApp, slack: slack.SlackEmulator, ana: slack.Person
) -> None:
    """The emulator serves the app's calls while it waits for the app's answer."""
    raw.before = lambda _: slack.until(lambda: True, "nothing")

    reaction = await asyncio.wait_for(ana.command("/registry", "", "C0GENOMICS"), 2)

    assert reaction.ok


async def test_answer_with_wrong_blocks(raw: RawApp, slack: slack.SlackEmulator, ana: slack.Person) -> None:
    """A command's answer is checked like any message."""
    raw.body = {"text": "x", "blocks": [{"type": "nope"}]}

    reaction = await ana.command("/registry", "", "C0GENOMICS")

    assert reaction.notice == '/registry failed with the error "invalid_blocks"'
    assert slack.complaints[0].startswith("the answer to /registry: invalid_blocks")
    assert ana.sees("C0GENOMICS") == []


async def test_answer_without_words(raw: RawApp, ana: slack.Person) -> None:
    """An answer that says nothing shows nothing."""
    raw.body = {"replace_original": True}

    reaction = await ana.command("/registry", "", "C0GENOMICS")

    assert reaction.ok
    assert ana.sees("C0GENOMICS") == []


@pytest.mark.parametrize("answer", ["plain words", '"a JSON text"'])
async def test_answer_in_plain_text(raw: RawApp, ana: slack.Person, answer: str) -> None:
    """An answer that is no JSON object is shown as it stands."""
    raw.body = answer

    await ana.command("/registry", "", "C0GENOMICS")

    assert [seen.text for seen in ana.sees("C0GENOMICS")] == [answer]


async def test_delivery_before_the_start() -> None:
    """An emulator that does not run delivers nothing, and can be closed all the same."""
    idle = conftest.a_slack()
    idle.connect("http://127.0.0.1:1/slack/events")

    ack = await idle.delivery.send(parcels.Parcel(parcels.Kind.COMMAND, {"command": "/registry"}))
    await idle.http.stop()

    assert ack.fate == parcels.Fate.UNREACHABLE


async def test_person_remembers_what_a_search_offered(slack: slack.SlackEmulator) -> None:
    """Asking for a person twice gives the same one."""
    assert slack.person("U0ANA") is slack.person("U0ANA")
