"""The stream: everything once, then each change; who comes back misses nothing."""

from __future__ import annotations

from bot.sandbox import acme
from bot.sandbox.page import stream
from tests.page.conftest import Browser
from tests.waiting import wait_until


async def test_snapshot(browser: Browser) -> None:
    """A page that opens gets everything, people and channels first of all."""
    shown = await browser.shown()

    assert [one["name"] for one in shown["team"]["people"]][:3] == ["Ana", "Ben", "Cleo"]
    assert [one["name"] for one in shown["channels"]] == ["genomics", "registry-approvals", "registry-ops"]
    assert shown["team"]["app"]["commands"][0]["name"] == "/registry"


async def test_changes_follow(browser: Browser) -> None:
    """What happens afterwards comes at once, without a reload."""
    events = browser.events()
    await anext(events)

    await browser.do(acme.ANA, "say", channel=acme.GENOMICS, text="hello")
    _, kind, message = await anext(events)
    await events.aclose()

    assert (kind, message["text"], message["user"]) == ("message", "hello", acme.ANA)


async def test_coming_back(browser: Browser) -> None:
    """A browser that lost the connection gets what it missed, and only that."""
    events = browser.events()
    last, _, _ = await anext(events)
    await events.aclose()
    for words in ("one", "two"):
        await browser.do(acme.ANA, "say", channel=acme.GENOMICS, text=words)

    events = browser.events(after=last)
    missed = [(await anext(events))[2]["text"] for _ in range(2)]
    await events.aclose()

    assert missed == ["one", "two"]


async def test_coming_back_to_another_sandbox(browser: Browser) -> None:
    """Numbers of an earlier sandbox mean nothing: everything comes anew."""
    events = browser.events(after="0ld-3")
    _, kind, _ = await anext(events)
    await events.aclose()

    assert kind == "snapshot"


def test_too_much_missed() -> None:
    """Who missed more than is kept gets everything anew."""
    told = stream.Stream(lambda: {"all": True}, lambda text: text)
    for number in range(stream.KEPT + 5):
        told.tell("message", {"number": number})
    life = told._life

    assert "event: snapshot" in told._missed(f"{life}-3")[0]
    assert len(told._missed(f"{life}-{stream.KEPT}")) == 5
    assert told._missed(f"{life}-{stream.KEPT + 5}") == []


def test_mask() -> None:
    """Whatever is sent goes through the mask."""
    told = stream.Stream(dict, lambda text: text.replace("hunter2", "[hidden]"))

    told.tell("message", {"text": "hunter2"})

    assert told._recent[0][1].endswith('data: {"text":"[hidden]"}\n\n')


async def test_closed_page(browser: Browser) -> None:
    """A page that is closed is forgotten."""
    await browser.shown()

    def forgotten() -> bool:
        browser.page.stream.tell("guide", [])
        return not browser.page.stream._open

    await wait_until(forgotten, "no stream is open")
