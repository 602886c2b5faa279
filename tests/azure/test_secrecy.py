"""The password leaves ARM's answer in a SecretStr and shows nowhere else, whatever goes wrong."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import pytest

from bot import errors, model
from bot.clients import azure
from bot.sandbox import emulator
from tests import fakes
from tests.azure.conftest import INSTANT, OPERATIONS, RECORDED, House, opened, searching

PASSWORD = "ACR-the-password-itself-0123456789"
GENERATE, STATUS = "POST .*/generateCredentials", "GET .*/operationStatuses/registries-"
pytestmark = pytest.mark.usefixtures("ready")


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Let every logger speak at DEBUG, as REGISTRY_BOT_LOG=debug does, and louder than log.py lets it."""
    caplog.set_level(logging.DEBUG)
    for name in (
        "azure",
        "azure.core.pipeline.policies.http_logging_policy",
        "azure.identity",
        "msal",
        "aiohttp",
    ):
        caplog.set_level(logging.DEBUG, logger=name)


def told(failure: BaseException) -> str:
    """Return all that a report of an error could show, with each frame's variables but the test's."""
    ours = failure.__traceback__.tb_next if failure.__traceback__ else None
    report = traceback.TracebackException(type(failure), failure, ours, capture_locals=True)
    return "".join(report.format()) + repr(failure) + str(vars(failure))


@pytest.mark.parametrize("shape", [OPERATIONS, RECORDED], ids=["operations", "recorded"])
async def test_a_minted_password_is_nowhere_but_in_its_answer(
    house: House, client: azure.AzureRegistries, registry: model.Registry, caplog: pytest.LogCaptureFixture
) -> None:
    """No request, no log line and no repr holds it; neither do the logs hold a signed address or a bearer."""
    minted = await client.mint(registry, "bot-token", slot="password1", expires=None)
    await client.token(registry, "bot-token")

    value = minted.password.get_secret_value()
    shown = f"{minted!r} {minted} {client!r} {vars(client)} {caplog.text}"
    requests = "".join(f"{one.path} {one.headers} {one.body!r}" for one in house.journal.exchanges)
    assert (value in shown, value in requests) == (False, False)
    assert [
        secret for secret in (*house.state.bearers, "signature-of", house.identity.header) if secret in shown
    ] == []


@pytest.mark.parametrize(
    ("where", "fault"),
    [
        (
            GENERATE,
            {"status": 400, "body": f'{{"error": {{"code": "{PASSWORD}", "message": "{PASSWORD}"}}}}'},
        ),
        (
            GENERATE,
            {"status": 409, "body": f'{{"error": {{"code": "TokenNotActive", "message": "{PASSWORD}"}}}}'},
        ),
        (GENERATE, {"status": 500, "body": PASSWORD}),
        (GENERATE, {"status": 200, "body": f"<html>{PASSWORD}"}),
        (
            GENERATE,
            {"status": 200, "body": f'{{"passwords": [{{"name": "password2", "value": "{PASSWORD}"}}]}}'},
        ),
        (GENERATE, {"status": 200, "body": f'{{"passwords": "{PASSWORD}"}}'}),
        (GENERATE, {"status": 202, "headers": {"Location": f"https://evil.example/{PASSWORD}"}}),
        (STATUS, {"status": 200, "body": f'{{"status": "Failed", "error": "{PASSWORD}"}}'}),
        (STATUS, {"status": 200, "body": f'{{"passwords": [{{"value": "{PASSWORD}"}}]}}'}),
        (STATUS, {"status": 403, "body": f'{{"error": {{"message": "{PASSWORD}"}}}}'}),
        (STATUS, {"status": 500, "body": PASSWORD, "times": None}),
    ],
)
async def test_a_failure_tells_nothing_of_the_answer(
    house: House,
    hasty: azure.AzureRegistries,
    registry: model.Registry,
    caplog: pytest.LogCaptureFixture,
    *,
    where: str,
    fault: dict[str, Any],
) -> None:
    """An error's text, its chain and the variables of its frames hold nothing of what ARM said."""
    house.fault(where, **fault)

    with pytest.raises(errors.ServiceError) as failed:
        await hasty.mint(registry, "bot-token", slot="password1", expires=None)

    shown = told(failed.value) + caplog.text
    assert (PASSWORD in shown, failed.value.__cause__, failed.value.__context__) == (False, None, None)


@pytest.mark.parametrize("shape", [INSTANT])
async def test_no_proxy_gets_to_see_loopback(
    house: House, registry: model.Registry, time: fakes.FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain http stays on this machine, whatever the environment says about proxies."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async with opened(house.settings(), time) as client, searching(house.settings(), time) as catalog:
        await client.mint(registry, "bot-token", slot="password1", expires=None)
        found = await catalog.search("rna", limit=1)

    assert (len(house.state.minted), found.silent) == (1, ())


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500])
async def test_an_error_of_the_sdk_stays_behind(
    house: House, client: azure.AzureRegistries, registry: model.Registry, status: int
) -> None:
    """The SDK's errors hold the answer and print it; ours are raised without them."""
    house.fault("PUT ", status=status, body=f'{{"error": {{"code": "Bad", "message": "{PASSWORD}"}}}}')

    with pytest.raises(errors.ServiceError) as failed:
        await client.put_scope_map(registry, "new-map", ["rna-seq"])

    assert PASSWORD not in told(failed.value)


async def test_the_catalogs_tokens_stay_inside(
    house: House, time: fakes.FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the Entra token nor those of the registry are shown or logged, when it works and when not."""
    async with searching(house.settings(), time) as catalog:
        await catalog.search("", limit=1)
        refused = emulator.Fault("GET /acr", times=None, status=403)
        house.acr["acmegenomics"].faults.append(refused)
        time.shift += time.shift.__class__(hours=9)
        await catalog.search("", limit=1)
        failure = catalog.failures[house.genomics.login_server]
        plane = catalog._hosts[house.genomics.login_server].plane
        shown = told(failure) + caplog.text + str(vars(plane)) + str(vars(catalog))

    acr = house.acr["acmegenomics"]
    tokens = [*house.state.bearers, *acr._refresh, *acr._access]
    assert len(tokens) > 3
    assert [token for token in tokens if token in shown] == []
