"""Where the password went, as the page tells it."""

from __future__ import annotations

import base64
import re

import pytest

from bot.sandbox import emulator, play, stage, sweep
from bot.sandbox.page import ledger, purposes, server
from tests.page.conftest import Browser

ELSEWHERE = "seen nowhere else."


def an_exchange(to: str, line: str, *, body: bytes = b"", answer: bytes = b"") -> emulator.Exchange:
    """Return a request of the bot."""
    method, path = line.split(" ", 1)
    return emulator.Exchange(to, method, path, {}, body, 200, 0.0, 0.01, answer)


async def test_journey(people: play.Play, page: server.Page) -> None:
    """After a journey the password was made once, delivered once, and seen nowhere else."""
    asked = await people.ask()
    await people.approve(asked)
    await people.done(asked)

    tally = page.ledger.tally()

    assert (tally["made"], tally["delivered"], tally["leaks"]) == (1, 1, [])
    assert tally["verdict"].endswith(
        "The password was made once by Azure, delivered once to Tower, seen nowhere else."
    )
    assert tally["requests"] == sum(tally["services"].values()) == len(page.ledger.rows)


async def test_every_request_is_named(people: play.Play, page: server.Page) -> None:
    """Each request of a journey is explained in words, not by its path."""
    asked = await people.ask()
    await people.approve(asked)
    await people.done(asked)

    unexplained = [row.purpose for row in page.ledger.rows if re.match(r"[A-Z]+ /", row.purpose)]

    assert unexplained == []


async def test_nothing_secret_leaves(people: play.Play, browser: Browser, on: stage.Stage) -> None:
    """Whatever the page sends or shows of requests, no secret is in it, in any form."""
    asked = await people.ask()
    await people.approve(asked)
    await people.done(asked)
    sent = [str(await browser.shown())]
    sent += [(await browser.get(f"api/traffic/{row.number}"))[1] for row in browser.page.ledger.rows]

    leaked = [one.kind for one in sweep.secrets_of(on.world) if any(one.value in text for text in sent)]

    assert leaked == []
    assert sum("[registry password, hidden]" in text for text in sent) == 2


@pytest.mark.parametrize("form", [bytes, base64.b64encode, bytes.hex, lambda raw: raw[::-1]])
async def test_leak(on: stage.Stage, page: server.Page, form: object) -> None:
    """A password in a request where it must not be is found, encoded or not, and said loudly."""
    on.world.azure.minted.append("Zk3pQ9xW7vB2mN5tR8yL4cJ6")
    body = form(b"Zk3pQ9xW7vB2mN5tR8yL4cJ6")  # type: ignore[operator]  # one of four functions of bytes
    raw = body.encode() if isinstance(body, str) else body

    on.world.journal.add(an_exchange("slack", "POST /api/chat.postMessage", body=raw))
    tally = page.ledger.tally()

    assert page.ledger.rows[-1].password == "leaked"
    assert tally["verdict"].endswith("The password is where it must not be.")
    assert "Zk3p" not in str(tally)


async def test_leak_in_an_answer_to_slack(on: stage.Stage, page: server.Page) -> None:
    """What the bot answers to Slack is looked through as well, though it is no request."""
    on.world.azure.minted.append("Zk3pQ9xW7vB2mN5tR8yL4cJ6")
    rows = len(page.ledger.rows)

    on.world.journal.add(an_exchange("slack", "ANSWER /block_actions", body=b"Zk3pQ9xW7vB2mN5tR8yL4cJ6"))

    assert len(page.ledger.rows) == rows
    assert len(page.ledger.tally()["leaks"]) == 1


async def test_refusal_of_slack(on: stage.Stage, page: server.Page) -> None:
    """What Slack refuses with status 200 is shown with Slack's own word."""
    answer = b'{"ok": false, "error": "invalid_blocks"}'

    on.world.journal.add(an_exchange("slack", "POST /api/chat.update", answer=answer))

    assert page.ledger.rows[-1].error == "invalid_blocks"


async def test_unknown_request(browser: Browser) -> None:
    """A number that no request has opens nothing."""
    status, _ = await browser.get("api/traffic/99999")

    assert status == 404


@pytest.mark.parametrize(
    ("marks", "sentence"),
    [
        ({}, "7 requests checked. No password has been made yet."),
        ({"made": 1}, "7 requests checked. The password was made once by Azure; it is on its way to Tower."),
        (
            {"made": 2, "delivered": 2},
            f"7 requests checked. Passwords were made twice by Azure, delivered twice to Tower, {ELSEWHERE}",
        ),
    ],
)
def test_verdict(marks: dict[str, int], sentence: str) -> None:
    """The sentence says what is so, and no more."""
    assert ledger.verdict(7, marks, leaks=0) == sentence


@pytest.mark.parametrize(
    ("to", "line", "words"),
    [
        ("arm", "PUT /x/registries/r/tokens/t?api-version=1", "Make a token for that scope map"),
        ("arm", "GET /x/registries/r/tokens?api-version=1", "Count the tokens"),
        ("acr:acmegenomics", "GET /acr/v1/a/b/_tags?n=1", "Look for the newest tag"),
        ("slack", "POST /commands/T0/1/2", "Answer what somebody did"),
        ("wave", "GET /new?secret=1", "GET /new"),
    ],
)
def test_purpose(to: str, line: str, words: str) -> None:
    """A request is explained; an unknown one is shown without its query."""
    method, path = line.split(" ", 1)

    assert purposes.purpose(to, method, path) == words


def test_readable() -> None:
    """Bodies are shown as people read them, whatever they are."""
    assert ledger._readable(b'{"a":1}') == '{\n  "a": 1\n}'
    assert ledger._readable(b"a=1&b=x%20y") == "a: 1\nb: x y"
    assert ledger._readable(b"plain") == "plain"
