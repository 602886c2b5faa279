"""The Tower double itself: what a client of ours never sends, and how it keeps to its limits."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import httpx
import pytest

from bot.clients import http
from bot.sandbox import arm_state, emulator, tower, tower_state
from tests.tower.conftest import BOT, HOST, RESEARCH, TOKEN, issue

KEYS = {"registry": HOST, "userName": "u", "password": "p4ss"}


@pytest.fixture
async def raw(tower: tower.TowerEmulator) -> AsyncIterator[httpx.AsyncClient]:
    """Open a plain client with the bot's token."""
    async with http.open_client(tower.url) as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield client


async def test_the_twenty_first_call_of_a_second_is_refused(
    raw: httpx.AsyncClient, tower: tower.TowerEmulator
) -> None:
    """Per token, with a Retry-After; and not at all where that is switched off."""
    statuses = [(await raw.get("/user-info")).status_code for _ in range(20)]
    refused = await raw.get("/user-info")
    tower.switches.calls_per_s = None
    free = await raw.get("/user-info")

    assert (set(statuses), refused.status_code, free.status_code) == ({200}, 429, 200)
    assert refused.headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("era", "version", "probe"),
    [(tower_state.Era.TODAY, "26.2.0", 200), (tower_state.Era.V22_4, "22.4.0", 404)],
)
async def test_each_era_says_its_version_and_has_its_calls(
    raw: httpx.AsyncClient, tower: tower.TowerEmulator, era: tower_state.Era, version: str, probe: int
) -> None:
    """The probe of a credential came in 2026; service-info needs no token."""
    tower.switches.era = era
    held = tower.state.seed(RESEARCH, name="a1", registry=HOST, user="u", password="p")
    path = f"/credentials/{held.id}/validate?workspaceId={RESEARCH}"

    info = (await raw.get("/service-info", headers={"Authorization": ""})).json()["serviceInfo"]
    probed = await raw.post(path)

    assert (info["version"], info["waveEnabled"], probed.status_code) == (version, True, probe)


async def test_one_credential_is_described_without_its_password(
    raw: httpx.AsyncClient, tower: tower.TowerEmulator
) -> None:
    """It is write-only."""
    held = tower.state.seed(RESEARCH, name="a1", registry=HOST, user="u", password="p4ss-0f3b")

    answer = await raw.get(f"/credentials/{held.id}", params={"workspaceId": RESEARCH})

    assert answer.json()["credentials"]["keys"] == {
        "registry": HOST,
        "userName": "u",
        "discriminator": "container-reg",
    }
    assert "0f3b" not in f"{held!r}{answer.text}"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"{}", 400),
        (b'{"credentials": {"name": "a1", "provider": "aws", "keys": {}}}', 400),
        (b'{"credentials": {"name": "a1", "provider": "container-reg", "keys": {}}}', 400),
    ],
)
async def test_a_body_that_is_no_credential_is_refused(
    raw: httpx.AsyncClient, content: bytes, status: int
) -> None:
    """With a message, and without a traceback."""
    answer = await raw.post("/credentials", params={"workspaceId": RESEARCH}, content=content)

    assert answer.status_code == status
    assert answer.json()["message"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/credentials?workspaceId=acme", 400),
        ("/credentials?workspaceId=999", 403),
        ("/user/8/workspaces", 403),
        ("/orgs/1/workspaces/104/participants", 403),
    ],
)
async def test_what_is_not_ours_is_refused(raw: httpx.AsyncClient, path: str, status: int) -> None:
    """Another user's, another workspace's, or nobody's."""
    assert (await raw.get(path)).status_code == status


async def test_participants_are_searched_and_paged(raw: httpx.AsyncClient) -> None:
    """As the API has it."""
    path = f"/orgs/1/workspaces/{RESEARCH}/participants"

    searched = (await raw.get(path, params={"search": "verif"})).json()
    second = (await raw.get(path, params={"max": 1, "offset": 1})).json()

    assert [each["userName"] for each in searched["participants"]] == ["registry-verifier"]
    assert ([each["wspRole"] for each in second["participants"]], second["totalSize"]) == (["launch"], 2)


@pytest.mark.parametrize(("tests_login", "status"), [(True, 400), (False, 200)])
async def test_the_login_test_may_be_slow_and_may_be_off(
    azure: arm_state.AzureState, tests_login: object, status: int
) -> None:
    """The callable may be a coroutine function; an Enterprise Tower may not test at all."""

    async def login(host: str, user: str, password: str) -> bool:
        return azure.login(host, user, password)

    workspaces = [tower_state.Workspace(RESEARCH, "research", 1, "acme")]
    body = {"credentials": {"name": "a1", "provider": "container-reg", "keys": KEYS}}
    async with (
        tower.TowerEmulator(emulator.Journal(), workspaces=workspaces, users=[BOT], login=login) as double,
        http.open_client(double.url) as client,
    ):
        double.switches.tests_login = bool(tests_login)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = await client.post(
            "/credentials", params={"workspaceId": RESEARCH}, json=body, headers=headers
        )

    assert (answer.status_code, double.deliveries) == (status, {"p4ss": 1})


async def test_the_login_test_may_refuse_for_a_while(
    raw: httpx.AsyncClient, tower: tower.TowerEmulator, azure: arm_state.AzureState
) -> None:
    """From the first save for a registry on, whatever the password."""
    tower.switches.refuse_logins_s = 30.0
    keys = {"registry": HOST, "userName": "bot-token", "password": issue(azure)}
    body = {"credentials": {"name": "a1", "provider": "container-reg", "keys": keys}}
    where = {"workspaceId": RESEARCH}

    early = await raw.post("/credentials", params=where, json=body)
    tower.shift += dt.timedelta(seconds=31)
    late = await raw.post("/credentials", params=where, json=body)

    assert (early.status_code, late.status_code) == (400, 200)
