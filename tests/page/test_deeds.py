"""What people do on the page: each request is one thing that a person can do in Slack."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox import acme, play, stage
from tests.page.conftest import Browser
from tests.waiting import wait_until


async def test_whole_form(browser: Browser, form: str, on: stage.Stage) -> None:
    """A form is typed into, chosen in, searched, and sent; the approvers get it."""
    await browser.do(form, "type", field="Name", text="aligner")
    await browser.do(form, "choose", field="Tower workspace", wanted=[str(acme.RESEARCH)])
    _, found = await browser.do(form, "search", field="Repository", text="align")
    await browser.do(form, "choose", field="Repository", wanted=[found["options"][0]["value"]])
    status, reaction = await browser.do(form, "submit")

    assert (status, reaction["errors"]) == (200, {})
    await on.world.slack.person(acme.BEN).awaits(play.APPROVERS, "aligner")
    assert found["options"][0]["text"].endswith("genomics/aligner")


async def test_errors(browser: Browser, form: str) -> None:
    """What a form lacks is said at its fields."""
    _, reaction = await browser.do(form, "submit")
    shown = await browser.shown()

    assert set(reaction["errors"]) == {"Tower workspace", "Repository"}
    assert set(shown["modals"][form]["errors"]) == {"workspace", "repository"}


async def test_private_metadata_stays(browser: Browser, form: str) -> None:
    """What only apps see of a window never comes to the page."""
    shown = await browser.shown()

    assert "private_metadata" not in str(shown["modals"][form])


async def test_close(browser: Browser, form: str) -> None:
    """A window is closed."""
    status, _ = await browser.do(form, "close", everything=True)

    assert status == 200
    assert (await browser.shown())["modals"][form] is None


async def test_approve(browser: Browser, people: play.Play) -> None:
    """A button in a message is pressed, in the message that it stands in."""
    asked = await people.ask()

    status, reaction = await browser.do(
        acme.BEN, "click", channel=acme.APPROVALS, ts=asked.approval.ts, button="Approve"
    )

    assert (status, reaction["notice"]) == (200, None)
    await people.done(asked)


async def test_shortcut(browser: Browser, on: stage.Stage) -> None:
    """A shortcut opens the form as well."""
    status, _ = await browser.do(acme.ANA, "shortcut", callback_id="registry_request")

    assert status == 200
    await on.world.slack.person(acme.ANA).awaits_modal("Registry credential")


async def test_thread_and_reload(browser: Browser, on: stage.Stage) -> None:
    """People talk in threads; a reload takes away what only one person saw."""
    _, root = await browser.do(acme.ANA, "say", channel=acme.GENOMICS, text="root")
    await browser.do(acme.ANA, "say", channel=acme.GENOMICS, text="reply", thread=root["ts"])
    await browser.do(acme.ANA, "command", command="/registry", text="help", channel=acme.GENOMICS)
    ana = on.world.slack.person(acme.ANA)
    await wait_until(ana.ephemerals, "the help is there")

    await browser.do(acme.ANA, "reload")

    assert [one.text for one in ana.thread(acme.GENOMICS, root["ts"])] == ["root", "reply"]
    assert ana.ephemerals() == []


async def test_join_and_leave(browser: Browser) -> None:
    """People come and go."""
    left, _ = await browser.do(acme.DAN, "leave", channel=acme.GENOMICS)
    joined, _ = await browser.do(acme.CLEO, "join", channel=acme.GENOMICS)
    members = (await browser.shown())["channels"][0]["members"]

    assert (left, joined) == (200, 200)
    assert acme.CLEO in members
    assert acme.DAN not in members


async def test_home(browser: Browser) -> None:
    """An App Home that the app never fills is waited for, and then said to be missing."""
    status, _ = await browser.do(acme.ANA, "open_home")

    assert status in {200, 504}


@pytest.mark.parametrize(
    ("deed", "body"),
    [
        ("submit", {}),
        ("click", {"button": "Approve", "channel": acme.GENOMICS, "ts": "1.0"}),
        ("select", {"field": "menu", "wanted": ["x"], "home": True}),
        ("shortcut", {"callback_id": "nothing"}),
        ("say", {"channel": "C0OPS", "text": "hello"}),
        ("type", {"field": "Name", "text": "x"}),
    ],
)
async def test_not_on_screen(browser: Browser, deed: str, body: dict[str, Any]) -> None:
    """What Slack would not let a person do is refused in a sentence."""
    status, answer = await browser.do(acme.ANA, deed, **body)

    assert status == 409
    assert answer["error"].endswith(".")


@pytest.mark.parametrize(
    "body", [{}, {"channel": acme.GENOMICS, "text": 7}, {"channel": "x" * 301, "text": ""}, {"other": 1}]
)
async def test_malformed(browser: Browser, body: dict[str, Any]) -> None:
    """What makes no sense is refused, with the place to look at and none of its values."""
    status, answer = await browser.do(acme.ANA, "say", **body)

    assert status == 400
    assert answer["error"].startswith("This is not what say needs")


@pytest.mark.parametrize("path", [f"api/people/{acme.ANA}/fly", "api/people/U0NOBODY/submit"])
async def test_unknown(browser: Browser, path: str) -> None:
    """Nobody does what is not there to be done."""
    status, answer = await browser.post(path)

    assert status == 404
    assert "no such person" in answer["error"]


async def test_not_json(browser: Browser) -> None:
    """Broken JSON is a mistake of the sender, and no failure."""
    url = f"{browser.page.url}api/people/{acme.ANA}/say"
    async with browser.http.post(url, data=b"{", headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 400
