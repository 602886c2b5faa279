"""Which identity the settings describe, through the real library; its failures as ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from azure.core import exceptions
from azure.core.credentials import AccessTokenInfo, TokenRequestOptions
from azure.identity import CredentialUnavailableError, aio
from pydantic import SecretStr

from bot import errors, settings
from bot.clients import azure_pipeline, identity
from bot.sandbox import emulator
from tests.azure.conftest import House, configured, opened

SECRET = {
    "AZURE_TENANT_ID": "00000000-0000-0000-0000-00000000beef",
    "AZURE_CLIENT_ID": "00000000-0000-0000-0000-00000000cafe",
    "AZURE_CLIENT_SECRET": "client-secret-3f1b",
}
WORKLOAD = SECRET | {"AZURE_FEDERATED_TOKEN_FILE": "/var/run/secrets/azure/tokens/azure-identity-token"}
SCOPE = "https://management.azure.com/.default"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, settings.Identity.MANAGED),
        ({"AZURE_CLIENT_ID": "00000000-0000-0000-0000-00000000cafe"}, settings.Identity.MANAGED),
        (SECRET, settings.Identity.SECRET),
        (WORKLOAD, settings.Identity.WORKLOAD),
        (WORKLOAD | {"REGISTRY_BOT_AZURE_IDENTITY": "secret"}, settings.Identity.SECRET),
        (SECRET | {"REGISTRY_BOT_AZURE_IDENTITY": "managed"}, settings.Identity.MANAGED),
        ({"REGISTRY_BOT_AZURE_IDENTITY": "developer"}, settings.Identity.DEVELOPER),
    ],
)
def test_the_environment_decides_unless_told(
    environment: dict[str, str], expected: settings.Identity
) -> None:
    """Without a setting it is what the environment describes, and never a developer's."""
    assert identity.kind(configured(**environment)) is expected


@pytest.mark.parametrize(
    ("environment", "source"),
    [
        ({}, aio.ManagedIdentityCredential),
        (SECRET, aio.ClientSecretCredential),
        (WORKLOAD, aio.WorkloadIdentityCredential),
        ({"REGISTRY_BOT_AZURE_IDENTITY": "developer"}, aio.ChainedTokenCredential),
    ],
)
async def test_each_kind_is_the_librarys_own(environment: dict[str, str], source: type) -> None:
    """Every kind opens and closes without sending anything."""
    async with identity.open_identity(configured(**environment)) as credential:
        assert type(credential._source) is source


@pytest.mark.parametrize("missing", ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"])
def test_a_missing_setting_is_named(missing: str) -> None:
    """Whoever asks for a client secret and leaves out a part of it reads which."""
    environment = {name: value for name, value in SECRET.items() if name != missing}

    with pytest.raises(errors.ConfigurationError, match=missing):
        identity.open_identity(configured(REGISTRY_BOT_AZURE_IDENTITY="secret", **environment))


@pytest.mark.parametrize(
    "wrong", [{"AZURE_TENANT_ID": "not a tenant!"}, {"AZURE_AUTHORITY_HOST": "http://plain"}]
)
def test_a_wrong_setting_is_explained(wrong: dict[str, str]) -> None:
    """What the library refuses at once is a matter of settings, and holds no secret."""
    with pytest.raises(errors.ConfigurationError) as refused:
        identity.open_identity(configured(**(SECRET | wrong)))

    assert SECRET["AZURE_CLIENT_SECRET"] not in str(refused.value)


@pytest.mark.parametrize(
    ("cloud", "authority", "arm", "scope"),
    [
        ("public", "login.microsoftonline.com", "https://management.azure.com", SCOPE),
        (
            "china",
            "login.chinacloudapi.cn",
            "https://management.chinacloudapi.cn",
            "https://management.chinacloudapi.cn/.default",
        ),
        (
            "usgov",
            "login.microsoftonline.us",
            "https://management.usgovcloudapi.net",
            "https://management.core.usgovcloudapi.net/.default",
        ),
    ],
)
def test_each_cloud_has_its_places(cloud: str, authority: str, arm: str, scope: str) -> None:
    """A sovereign cloud is one setting: authority, ARM and audience follow."""
    config = configured(REGISTRY_BOT_AZURE_CLOUD=cloud)

    place = identity.PLACES[config.azure_cloud]

    assert (place.authority, azure_pipeline.base_url(config), place.arm_scope) == (authority, arm, scope)


async def test_an_authority_of_ones_own_is_taken() -> None:
    """AZURE_AUTHORITY_HOST comes before the cloud's own."""
    config = configured(AZURE_AUTHORITY_HOST="https://login.private.example", **SECRET)

    async with identity.open_identity(config) as credential:
        endpoint = credential._source._client._authority  # type: ignore[attr-defined]  # the library's own

    assert endpoint == "https://login.private.example"


async def test_a_managed_identity_gets_a_token(house: House) -> None:
    """The endpoint is asked for ARM's audience and for the identity that is named."""
    async with identity.open_identity(
        configured(AZURE_CLIENT_ID="00000000-0000-0000-0000-00000000cafe")
    ) as one:
        token = await one.get_token(SCOPE, enable_cae=True, claims="{}", tenant_id="t")

    sent = house.sent("GET /msi/token")
    assert house.state.bearers == {token.token: "https://management.azure.com"}
    assert [("cafe" in exchange.path, "resource=https" in exchange.path) for exchange in sent] == [
        (True, True)
    ]


async def test_a_token_needs_no_more_than_a_scope(house: House) -> None:
    """Claims and tenant are for challenges; mostly there are none."""
    async with identity.open_identity(configured()) as credential:
        token = await credential.get_token(SCOPE)

    assert token.token in house.state.bearers


async def test_a_token_is_asked_for_once(house: House) -> None:
    """azure-identity keeps tokens; ten calls of ARM cost one."""
    async with opened(house.settings()) as client:
        for _ in range(3):
            await client.registry(house.genomics.login_server, fresh=True)

    assert len(house.sent("GET /msi/token")) == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 500, "body": "{}"}, errors.Temporary),
        ({"status": 400, "body": '{"statusCode": 400, "message": "No identity found"}'}, errors.Forbidden),
        ({"status": 200, "body": "<html>"}, errors.ServiceError),
        ({"cut": True}, errors.Temporary),
    ],
    ids=str,
)
async def test_an_endpoint_that_fails_is_explained(
    house: House, *, fault: dict[str, Any], kind: type[errors.ServiceError]
) -> None:
    """The endpoint's trouble is temporary; its refusal is a matter of settings, and says so."""
    house.identity.faults.append(emulator.Fault("GET", times=None, **fault))

    async with opened(house.settings()) as client:
        with pytest.raises(kind) as failed:
            await client.ping()

    assert failed.value.service == "Azure identity"


async def test_a_missing_federated_token_is_temporary(tmp_path: Path) -> None:
    """The file is written by Kubernetes, perhaps a moment later."""
    config = configured(**(WORKLOAD | {"AZURE_FEDERATED_TOKEN_FILE": str(tmp_path / "none")}))

    async with identity.open_identity(config) as credential:
        with pytest.raises(errors.Temporary):
            await credential.get_token_info(SCOPE)


class Source:
    """Answers with what it is given to raise."""

    def __init__(self, raise_: Callable[[], Exception]) -> None:
        self._raise = raise_

    async def get_token_info(self, *_: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        """Fail, as it would with any options."""
        assert not options
        raise self._raise()

    async def close(self) -> None:
        """Hold nothing."""


@pytest.mark.parametrize(
    ("raised", "kind", "text"),
    [
        (
            lambda: exceptions.ClientAuthenticationError("AADSTS7000222: keys for app 'x' are expired, body"),
            errors.Forbidden,
            "Azure did not accept the bot's identity (AADSTS7000222).",
        ),
        (
            lambda: exceptions.ClientAuthenticationError("who knows"),
            errors.Forbidden,
            "Azure did not accept the bot's identity.",
        ),
        (
            lambda: CredentialUnavailableError("no endpoint"),
            errors.Temporary,
            "No Azure identity is available where the bot runs.",
        ),
        (TimeoutError, errors.Temporary, "Azure gave the bot no access token in time."),
    ],
)
async def test_what_the_library_raises_becomes_ours(
    raised: Callable[[], Exception], kind: type[Exception], text: str
) -> None:
    """Of its text nothing is kept but Entra's own code."""
    async with identity.Identity(Source(raised)) as credential:
        with pytest.raises(errors.ServiceError) as failed:
            await credential.get_token_info(SCOPE)

    assert (type(failed.value), str(failed.value)) == (kind, text)
    assert failed.value.__context__ is None  # the library's error would come along into a report


def test_a_client_secret_stays_hidden() -> None:
    """Settings do not show it."""
    config = configured(**SECRET)

    assert isinstance(config.azure_client_secret, SecretStr)
    assert SECRET["AZURE_CLIENT_SECRET"] not in repr(config)
