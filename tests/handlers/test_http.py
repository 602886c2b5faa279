"""What an operator's tools ask for: alive, ready, measured; and nothing else is there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from bot import errors
from handlers import http
from tests.handlers import house as houses
from tests.handlers.service_double import ServiceDouble


@pytest.fixture
def service() -> ServiceDouble:
    """Return the service behind the app."""
    return ServiceDouble()


@pytest.fixture
async def browser(service: ServiceDouble) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of an app without any platform."""
    app = http.build(service, doors={}, metrics=lambda: b"registry_bot_events_total 1.0\n")
    async with houses.served(app) as url, httpx.AsyncClient(base_url=url) as client:
        yield client
        service.released.set()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_alive_means_that_the_process_answers(browser: httpx.AsyncClient, method: str) -> None:
    """Whether the store answers is no question of being alive."""
    answer = await browser.request(method, "/healthz")

    assert answer.status_code == 200


async def test_ready_means_that_every_part_answers(browser: httpx.AsyncClient) -> None:
    """With every part in order the bot is ready."""
    answer = await browser.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"ready": True, "waiting_for": []})


async def test_what_does_not_answer_is_named_and_no_more(
    browser: httpx.AsyncClient, service: ServiceDouble
) -> None:
    """Anybody may ask, so only names are told; why is in the log."""
    service.parts = {"redis": None, "tower": "token xyz was refused", "azure": "no role"}

    answer = await browser.get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"ready": False, "waiting_for": ["azure", "tower"]})


async def test_a_service_that_fails_is_not_ready(browser: httpx.AsyncClient, service: ServiceDouble) -> None:
    """When even asking fails, the bot is not ready, and says so without a traceback."""
    service.failing["ready"] = errors.NotAccepted("redis://user:password@host is away")

    answer = await browser.get("/readyz")

    assert (answer.status_code, answer.json()["waiting_for"]) == (503, ["service"])


async def test_a_service_that_hangs_is_not_ready(
    browser: httpx.AsyncClient, service: ServiceDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A probe gets its answer in time."""
    monkeypatch.setattr(http, "READY_S", 0.05)
    service.hanging.add("ready")

    answer = await browser.get("/readyz")

    assert answer.status_code == 503


async def test_metrics_are_prometheus_text(browser: httpx.AsyncClient) -> None:
    """The metrics are in the format that Prometheus reads."""
    answer = await browser.get("/metrics")

    assert answer.text == "registry_bot_events_total 1.0\n"
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/slack/events", 404),
        ("POST", "/healthz", 405),
        ("DELETE", "/metrics", 405),
    ],
)
async def test_what_is_not_there_is_not_there(
    browser: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    """Unknown paths and wrong methods get a clean answer."""
    answer = await browser.request(method, path)

    assert answer.status_code == status


async def test_a_socket_that_is_not_connected_is_named() -> None:
    """What else has to stand is asked as well."""

    async def problem() -> str | None:
        return "not connected"

    app = http.build(ServiceDouble(), doors={}, checks={"slack": problem})
    async with houses.served(app) as url, httpx.AsyncClient(base_url=url) as browser:
        answer = await browser.get("/readyz")

    assert (answer.status_code, answer.json()["waiting_for"]) == (503, ["slack"])


@pytest.mark.parametrize(
    ("method", "query", "status"),
    [
        *((method, "", 405) for method in ("GET", "HEAD", "PUT", "DELETE")),
        ("GET", "?ssl_check=1", 200),
        ("HEAD", "?ssl_check=1", 200),
        ("PUT", "?ssl_check=1", 405),
    ],
)
async def test_only_posts_come_through_a_door(method: str, query: str, status: int) -> None:
    """Slack posts, and looks at the certificate with a GET; anything else is a wrong method."""
    async with houses.opened() as house, httpx.AsyncClient() as browser:
        answer = await browser.request(method, house.events + query)

    assert (answer.status_code, answer.headers.get("allow")) == (status, "POST" if status == 405 else None)
