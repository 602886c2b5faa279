"""The bot's own Azure identity, and which Azure it lives in."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any, Protocol, Self

from azure.core import exceptions
from azure.core.credentials import AccessToken, AccessTokenInfo, TokenRequestOptions
from azure.identity import CredentialUnavailableError, aio

from bot import errors, settings

SERVICE = "Azure identity"
# The registries' own audience, in every cloud (azure-containerregistry 1.2.0, its default).
REGISTRY_SCOPE = "https://containerregistry.azure.net/.default"
LONGEST_S = 20.0  # for one token; the libraries' own limit is a week
_PATIENCE: dict[str, Any] = {  # keywords of azure-core's transport and retry policy
    "retry_total": 2,
    "retry_backoff_factor": 0.3,
    "retry_backoff_max": 2,
    "connection_timeout": 5,
    "read_timeout": 10,
}
_ENTRA_CODE = re.compile(r"\bAADSTS\d{4,9}\b")
_TROUBLE = 500


@dataclass(frozen=True, slots=True)
class Place:
    """Where one Azure cloud keeps what we need."""

    authority: str
    arm: str
    arm_scope: str


PLACES = {
    settings.Cloud.PUBLIC: Place(
        "login.microsoftonline.com", "https://management.azure.com", "https://management.azure.com/.default"
    ),
    settings.Cloud.CHINA: Place(
        "login.chinacloudapi.cn",
        "https://management.chinacloudapi.cn",
        "https://management.chinacloudapi.cn/.default",
    ),
    settings.Cloud.US_GOVERNMENT: Place(
        "login.microsoftonline.us",
        "https://management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net/.default",  # not the host it is for
    ),
}


class Source(Protocol):
    """What of azure-identity's credentials is used."""

    async def get_token_info(
        self, *scopes: str, options: TokenRequestOptions | None = None
    ) -> AccessTokenInfo:
        """Request an access token."""
        ...

    async def close(self) -> None:
        """Close its transport."""
        ...


class Identity:
    """An async Azure credential that raises errors of ours, within a bounded time."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._source.close()

    async def get_token_info(
        self, *scopes: str, options: TokenRequestOptions | None = None
    ) -> AccessTokenInfo:
        """Return a token for a scope, from azure-identity's cache while it lasts."""
        try:
            async with asyncio.timeout(LONGEST_S):
                return await self._source.get_token_info(*scopes, options=options)
        except TimeoutError:
            failure = _late()
        except exceptions.ClientAuthenticationError as error:
            failure = _refused(error)
        except (exceptions.AzureError, OSError):  # OSError: the federated token's file
            failure = _away()
        raise failure  # outside the handlers: the library's errors hold the vendor's body

    async def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **_: Any,
    ) -> AccessToken:
        """Return a token in the older of azure-core's two forms."""
        options: TokenRequestOptions = {"enable_cae": enable_cae}
        if claims is not None:
            options["claims"] = claims
        if tenant_id is not None:
            options["tenant_id"] = tenant_id
        info = await self.get_token_info(*scopes, options=options)
        return AccessToken(info.token, info.expires_on)

    async def close(self) -> None:
        """Close nothing: whoever opened the identity closes it, after all of its users."""


def _late() -> errors.ServiceError:
    return errors.Temporary("Azure gave the bot no access token in time.", service=SERVICE)


def _away() -> errors.ServiceError:
    return errors.Temporary(
        "What gives the bot its Azure access token could not be reached.", service=SERVICE
    )


def _refused(error: exceptions.ClientAuthenticationError) -> errors.ServiceError:
    status = error.response.status_code if error.response else None
    remedy = "Check REGISTRY_BOT_AZURE_IDENTITY and the AZURE_* or IDENTITY_* variables that it needs."
    if status is not None and (status >= _TROUBLE or status in {408, 429}):
        return errors.Temporary(f"Azure gave the bot no access token (HTTP {status}).", service=SERVICE)
    if isinstance(error, CredentialUnavailableError):
        message = "No Azure identity is available where the bot runs."
        return errors.Temporary(message, service=SERVICE, remedy=remedy)
    code = _ENTRA_CODE.search(error.message or "")
    because = f" ({code.group()})" if code else ""
    return errors.Forbidden(
        f"Azure did not accept the bot's identity{because}.", service=SERVICE, remedy=remedy
    )


def kind(config: settings.Settings) -> settings.Identity:
    """Return which identity the settings describe: AUTO is resolved, never to a developer's."""
    if config.azure_identity is not settings.Identity.AUTO:
        return config.azure_identity
    if config.azure_federated_token_file:
        return settings.Identity.WORKLOAD
    return settings.Identity.SECRET if config.azure_client_secret else settings.Identity.MANAGED


def open_identity(config: settings.Settings) -> Identity:
    """Return the identity that the settings ask for; nothing is sent yet."""
    try:
        return Identity(_source(config))
    except ValueError as error:
        raise errors.ConfigurationError(
            "AZURE_TENANT_ID, AZURE_CLIENT_ID or AZURE_AUTHORITY_HOST is not what Azure takes: "
            "a tenant id, a client id, and an https host are needed."
        ) from error


def _source(config: settings.Settings) -> Source:
    chosen = kind(config)
    if chosen is settings.Identity.MANAGED:
        # its endpoint is this machine's or the link's own: no proxy of the environment leads there
        return aio.ManagedIdentityCredential(
            client_id=config.azure_client_id or None, use_env_settings=False, **_PATIENCE
        )
    if chosen is settings.Identity.DEVELOPER:
        return aio.ChainedTokenCredential(
            aio.AzureCliCredential(), aio.AzureDeveloperCliCredential(), aio.AzurePowerShellCredential()
        )
    authority = config.azure_authority_host or PLACES[config.azure_cloud].authority
    tenant = _needed(config.azure_tenant_id, "AZURE_TENANT_ID", chosen)
    client = _needed(config.azure_client_id, "AZURE_CLIENT_ID", chosen)
    if chosen is settings.Identity.WORKLOAD:
        token_file = _needed(config.azure_federated_token_file, "AZURE_FEDERATED_TOKEN_FILE", chosen)
        return aio.WorkloadIdentityCredential(
            tenant_id=tenant, client_id=client, token_file_path=token_file, authority=authority, **_PATIENCE
        )
    secret = config.azure_client_secret.get_secret_value() if config.azure_client_secret else None
    return aio.ClientSecretCredential(
        tenant, client, _needed(secret, "AZURE_CLIENT_SECRET", chosen), authority=authority, **_PATIENCE
    )


def _needed(value: str | None, setting: str, chosen: settings.Identity) -> str:
    if not value:
        raise errors.ConfigurationError(f"{setting} is not set: an identity of kind {chosen} needs it.")
    return value
