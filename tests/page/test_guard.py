"""Who may talk to the page."""

from __future__ import annotations

import pytest

from bot.sandbox.page import guard
from tests.page.conftest import Browser


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1", "10.0.0.1"])
async def test_foreign_host(browser: Browser, host: str) -> None:
    """A name that somebody else may own is refused, and so is another port."""
    status, body = await browser.get(Host=host)

    assert status == 421
    assert "loopback" in body


async def test_localhost(browser: Browser) -> None:
    """The page has a name, too."""
    status, body = await browser.get(Host=f"localhost:{browser.page.port}")

    assert status == 200
    assert "<!doctype html>" in body


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_foreign_page(browser: Browser, headers: dict[str, str]) -> None:
    """A page in another tab may do nothing, and read nothing."""
    did, _ = await browser.post("api/guide/again", **headers)
    read, _ = await browser.get("api/stream", **headers)

    assert (did, read) == (403, 403)


async def test_own_page(browser: Browser) -> None:
    """The page itself may."""
    origin = f"http://127.0.0.1:{browser.page.port}"

    status, _ = await browser.post("api/guide/again", **{"Origin": origin, "Sec-Fetch-Site": "same-origin"})

    assert status == 200


async def test_form_of_a_foreign_page(browser: Browser) -> None:
    """What a form can send without asking is not taken."""
    async with browser.http.post(browser.page.url + "api/bot/kill", data={"a": "b"}) as answer:
        assert answer.status == 415
        assert (await answer.json())["error"] == "Send JSON."


@pytest.mark.parametrize("path", ["", "js/main.js", "css/theme.css", "nothing"])
async def test_headers(browser: Browser, path: str) -> None:
    """Every answer says that nothing comes from outside, and that nothing is kept."""
    async with browser.http.get(browser.page.url + path) as answer:
        given = {name: answer.headers.get(name) for name in guard.HEADERS}

    assert given == guard.HEADERS
    assert "unsafe-inline" not in guard.HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["nothing", "js/../../server.py", "js/%2e%2e/%2e%2e/server.py"])
async def test_no_file(browser: Browser, path: str) -> None:
    """What is not there is not given out, and neither is a file from beside the page's own."""
    status, body = await browser.get(path)

    assert status == 404
    assert "import" not in body


@pytest.mark.parametrize("verb", ["GET", "POST", "DELETE"])
async def test_no_deed(browser: Browser, verb: str) -> None:
    """What nobody can do is refused in JSON."""
    url = f"{browser.page.url}api/nothing"

    async with browser.http.request(verb, url, headers={"Content-Type": "application/json"}) as answer:
        error = (await answer.json())["error"]

    assert answer.status in {404, 405}
    assert error.endswith(".")
