"""What a password opens in the made-up registries, and when; who gets a token for what."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import AsyncIterator

import httpx
import pytest

from bot.sandbox import arm_state
from tests.azure.conftest import House

VERSION = "?api-version=2025-11-01"
REPLICATED = dt.timedelta(seconds=61)


@pytest.fixture
async def data(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """Return a plain client of the registry's data plane."""
    async with httpx.AsyncClient(base_url=house.acr["acmegenomics"].url) as client:
        yield client


def login(house: House, password: str, user: str = "bot-token") -> bool:
    """Try a password now."""
    return house.state.login(house.genomics.login_server.upper(), user, password)


def test_a_first_password_works_at_once(house: House, ready: arm_state.Token) -> None:
    """And a wrong one, another's or another host's never."""
    password = house.state.generate(ready, "password1", None)

    assert login(house, password)
    assert not any(
        (
            login(house, password + "x"),
            login(house, password, "other-token"),
            house.state.login("other.azurecr.io", "bot-token", password),
        )
    )


def test_a_regenerated_password_takes_a_minute(house: House, ready: arm_state.Token) -> None:
    """Until then the one before goes on, and afterwards it does not."""
    old, new = (house.state.generate(ready, "password1", None) for _ in range(2))

    before = (login(house, old), login(house, new))
    house.state.shift += REPLICATED
    after = (login(house, old), login(house, new))

    assert (before, after) == ((True, False), (False, True))


def test_the_other_slot_is_left_alone(house: House, ready: arm_state.Token) -> None:
    """A rotation into the empty slot works at once, beside the old password."""
    old = house.state.generate(ready, "password1", None)
    new = house.state.generate(ready, "password2", None)

    assert (login(house, old), login(house, new)) == (True, True)


def test_a_password_expires(house: House, ready: arm_state.Token) -> None:
    """By the sandbox's clock."""
    password = house.state.generate(ready, "password1", house.state.now() + dt.timedelta(days=1))

    house.state.shift += dt.timedelta(days=2)

    assert not login(house, password)


@pytest.mark.parametrize("how", ["disabled", "deleted"])
def test_a_token_that_is_off_opens_nothing(house: House, ready: arm_state.Token, how: str) -> None:
    """Neither a disabled token nor one that is going logs in."""
    password = house.state.generate(ready, "password1", None)

    if how == "disabled":
        ready.status = "disabled"
    else:
        ready.gone = 1e12

    assert not login(house, password)


@pytest.mark.parametrize(
    ("action", "repository", "covered"),
    [
        ("repositories/rna-seq/content/read", "rna-seq", True),
        ("repositories/rna-seq/content/read", "RNA-seq", True),
        ("repositories/rna-seq/content/read", "rna-seq/other", False),
        ("repositories/rna-seq/metadata/read", "rna-seq", False),
        ("repositories/team/*/content/read", "team/aligner", True),
        ("repositories/team/*/content/read", "teamwork", False),
        ("repositories/*/content/read", "anything/at/all", True),
    ],
)
def test_an_action_covers_what_it_names(action: str, repository: str, *, covered: bool) -> None:
    """Content/read is a pull; a wildcard covers what is below it."""
    assert arm_state.covers(action, repository) is covered


@pytest.mark.parametrize(
    ("registry", "user", "expected"),
    [
        ("acmegenomics", "bot-token", True),
        ("acmegenomics", None, False),
        ("acmepublic", None, True),
        ("none", None, False),
    ],
)
@pytest.mark.usefixtures("ready")
def test_who_may_pull(house: House, *, registry: str, user: str | None, expected: bool) -> None:
    """A token what its scope map says; anybody where pulls are anonymous."""
    one = house.state.registries.get(registry)

    assert house.state.may_pull(one.login_server if one else "none", user, "rna-seq") is expected


def basic(user: str, password: str) -> dict[str, str]:
    """Write a Basic header."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def pull(data: httpx.AsyncClient, path: str, headers: dict[str, str]) -> int:
    """Do what Wave does: a token for the scope, then the manifest's HEAD; return the last status."""
    name = path.split(":", maxsplit=1)[0]
    scope = {"service": "registry", "scope": f"repository:{name}:pull"}
    granted = await data.get("/oauth2/token", params=scope, headers=headers)
    if granted.is_error:
        return granted.status_code
    bearer = {"Authorization": f"Bearer {granted.json()['access_token']}"}
    return (await data.head(f"/v2/{name}/manifests/{path.rpartition(':')[2]}", headers=bearer)).status_code


@pytest.mark.parametrize(
    ("image", "status"), [("rna-seq:1.0", 200), ("rna-seq:9", 404), ("team/aligner:latest", 401)]
)
async def test_a_password_pulls_what_its_scope_map_names(
    house: House, data: httpx.AsyncClient, ready: arm_state.Token, *, image: str, status: int
) -> None:
    """The tag must be there, and the repository in the scope map."""
    password = house.state.generate(ready, "password1", None)

    assert await pull(data, image, basic("bot-token", password)) == status


async def test_a_wrong_password_pulls_nothing(data: httpx.AsyncClient) -> None:
    """Neither does none at all, where pulls are not anonymous."""
    assert [await pull(data, "rna-seq:1.0", headers) for headers in (basic("bot-token", "x"), {})] == [
        401,
        401,
    ]


@pytest.mark.parametrize("how", ["disabled", "slot removed"])
async def test_what_was_taken_away_pulls_nothing(
    house: House, data: httpx.AsyncClient, ready: arm_state.Token, how: str
) -> None:
    """A disabled token and a removed password are refused where pulls log in."""
    password = house.state.generate(ready, "password1", None)
    before = await pull(data, "rna-seq:1.0", basic("bot-token", password))

    if how == "disabled":
        ready.status = "disabled"
    else:
        del ready.slots["password1"]

    assert (before, await pull(data, "rna-seq:1.0", basic("bot-token", password))) == (200, 401)


async def test_anonymous_pull(house: House, data: httpx.AsyncClient) -> None:
    """Where it is on, nobody has to log in."""
    house.genomics.anonymous_pull = True

    assert await pull(data, "rna-seq:1.0", {}) == 200


@pytest.mark.parametrize(
    "path",
    ["/v2/", "/acr/v1/_catalog", "/acr/v1/rna-seq", "/acr/v1/rna-seq/_tags", "/v2/rna-seq/manifests/1.0"],
)
async def test_the_data_plane_asks_for_a_token(data: httpx.AsyncClient, path: str) -> None:
    """And says where to get one."""
    answer = await data.get(path)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "UNAUTHORIZED")
    assert "/oauth2/token" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/oauth2/exchange", {"grant_type": "password"}, 400),
        ("/oauth2/exchange", {"grant_type": "access_token", "access_token": "made-up"}, 401),
        ("/oauth2/token", {"grant_type": "password"}, 400),
        ("/oauth2/token", {"grant_type": "refresh_token", "refresh_token": "made-up"}, 401),
    ],
)
async def test_the_token_service_checks_what_it_gets(
    house: House, data: httpx.AsyncClient, *, path: str, form: dict[str, str], status: int
) -> None:
    """A made-up token buys nothing."""
    answer = await data.post(path, data={"service": house.genomics.login_server} | form)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({}, "", 401),
        ({"X-IDENTITY-HEADER": "right"}, "", 400),
        (
            {"X-IDENTITY-HEADER": "right"},
            "?api-version=2019-08-01&resource=https://management.azure.com",
            200,
        ),
    ],
)
async def test_the_identity_endpoint_checks_its_header(
    house: House, *, headers: dict[str, str], query: str, status: int
) -> None:
    """Only who knows the header gets a token, and only for a resource."""
    house.identity.header = "right"

    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{house.identity.endpoint}{query}", headers=headers)

    assert answer.status_code == status
