"""Strangers at the door: refused fast, in silence, with nothing of what they sent in the log."""

from __future__ import annotations

import io
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import aiohttp
import pytest

from bot.sandbox import acme, play, stage
from bot.sandbox.slack import inputs, parcels, payloads, signing

MARK = "somethingthatonlythisbodyholds"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Knock:
    """A request to the door: signed by whom and when, and what it must be answered."""

    status: int
    body: bytes = f"command=/registry&text={MARK}".encode()
    content_type: str = FORM
    age_s: float = 0.0
    forged: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


def _payload(document: str | bytes) -> bytes:
    return b"payload=" + quote(document).encode()


KNOCKS = {
    "a forged signature": Knock(401, forged=True),
    "a stale signature": Knock(401, age_s=301),
    "a signature from the future": Knock(401, age_s=-301),
    "no signature": Knock(401, headers={"X-Slack-Signature": ""}),
    "a signature that is none": Knock(401, headers={"X-Slack-Signature": "v0=\u00e9"}),
    "another version of the signature": Knock(401, headers={"X-Slack-Signature": "v1=" + "0" * 64}),
    "no time": Knock(401, headers={"X-Slack-Request-Timestamp": ""}),
    "a time that is no number": Knock(401, headers={"X-Slack-Request-Timestamp": "now"}),
    "a time in other digits": Knock(401, headers={"X-Slack-Request-Timestamp": "\u0661\u0662"}),
    "an endless time": Knock(401, headers={"X-Slack-Request-Timestamp": "9" * 400}),
    "a payload that is no JSON": Knock(400, _payload("notjson" + MARK)),
    "a payload that is a list": Knock(400, _payload(json.dumps([MARK]))),
    "a payload without a type": Knock(400, _payload(json.dumps({"mark": MARK}))),
    "a payload nested without end": Knock(400, _payload("[" * 50_000 + MARK)),
    "bytes that are no text": Knock(400, b"\xff\xfe" + MARK.encode()),
    "JSON that is broken": Knock(400, b"{" + MARK.encode(), "application/json"),
    "nothing": Knock(400, b""),
    "far too much": Knock(413, b"payload=" + MARK.encode() * 100_000),
    "far too much, forged": Knock(413, b"payload=" + MARK.encode() * 100_000, forged=True),
}


async def _knock(on: stage.Stage, knock: Knock) -> int:
    secret = "f" * 32 if knock.forged else on.world.secrets.slack_signing_secret
    headers = {
        "Content-Type": knock.content_type,
        **signing.headers(secret, knock.body, at=time.time() - knock.age_s),
        **knock.headers,
    }
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as client,
        client.post(on.bot.url + stage.EVENTS_PATH, data=io.BytesIO(knock.body), headers=headers) as answer,
    ):
        assert len(await answer.read()) < 200
        return answer.status


@pytest.mark.parametrize("knock", KNOCKS)
async def test_a_stranger_is_refused(on: play.Play, knock: str) -> None:
    """Whatever comes, the answer is a plain status, and nothing of it reaches the log."""
    before, started = len(on.stage.bot.output()), time.perf_counter()

    status = await _knock(on.stage, KNOCKS[knock])

    assert status == KNOCKS[knock].status
    assert time.perf_counter() - started < 1.0
    log = on.stage.bot.output()[before:]
    assert (MARK.encode() in log, b"Traceback" in log) == (False, False)


async def test_an_endless_body_is_cut_off(on: play.Play) -> None:
    """A body that does not say how long it is, is read up to the limit and no further."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 64 * 2**20:
            sent += 2**16
            yield b"x" * 2**16

    async with aiohttp.ClientSession() as client:
        try:
            async with client.post(on.stage.bot.url + stage.EVENTS_PATH, data=endless()) as answer:
                status = answer.status
        except aiohttp.ClientError:
            status = 413  # the connection was closed while we were still sending

    assert status == 413
    assert sent < 16 * 2**20


async def test_a_click_that_is_replayed(on: play.Play) -> None:
    """Who has recorded somebody's signed click cannot send it once more."""
    asked, ben = await on.ask(), on.world.slack.state.users[acme.BEN]
    sender = payloads.Sender(acme.TEAM, on.world.slack.state.app, ben)
    origin = payloads.Origin(
        on.world.slack.state.board.channels[acme.APPROVALS], asked.approval.message, "", {}
    )
    spot = next(found for found in inputs.spots(asked.approval.message.blocks) if found.label == "Approve")
    action = payloads.action(spot, None, action_ts="1.0")
    payload = payloads.message_action(sender, origin, action, trigger_id="1.2.3")
    body, _ = parcels.Parcel(parcels.Kind.INTERACTIVE, payload).body()
    now = int(time.time())
    signed = Knock(200, body, headers=signing.headers(on.world.secrets.slack_signing_secret, body, at=now))

    first, second = await _knock(on.stage, signed), await _knock(on.stage, signed)

    assert (first, second) == (200, 401)
    await on.done(asked)
    assert len(on.world.azure.minted) == 1


@pytest.mark.parametrize(
    "path", ["/", "/slack/events/", "/slack", "/.env", "/api/messages", "/slack/install"]
)
async def test_other_paths_are_not_there(on: play.Play, path: str) -> None:
    """Nothing answers but what is documented."""
    async with aiohttp.ClientSession() as client:
        async with client.get(on.stage.bot.url + path, allow_redirects=False) as got:
            statuses = [got.status]
        async with client.post(on.stage.bot.url + path, data={"a": "b"}, allow_redirects=False) as posted:
            statuses.append(posted.status)

    assert all(status in {404, 405, 307} for status in statuses)


async def test_a_stranger_from_another_team(on: play.Play) -> None:
    """A signed click of somebody from another Slack team is refused, and changes nothing."""
    asked = await on.ask()
    known = on.world.slack.state
    known.board.join(acme.APPROVALS, acme.STRANGER)
    stranger = on.person(acme.STRANGER)

    await stranger.click(asked.approval, play.APPROVE)

    told = await stranger.awaits(play.APPROVERS, "Only people of this organization")
    assert told.message.only_for == acme.STRANGER
    assert on.world.tokens() == ()


def test_the_tables_are_encoded_as_slack_does() -> None:
    """What is tried here is what Slack's own encoding would make of it."""
    assert _payload("[1]") == urlencode({"payload": "[1]"}).encode()
