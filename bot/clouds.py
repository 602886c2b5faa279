"""Where the Bot Framework is in each Azure cloud, and how its own words are known there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot import settings


@dataclass(frozen=True, slots=True)
class BotCloud:
    """The addresses of one cloud.

    https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
    """

    login: str  # gives the bot its tokens
    scope: str  # what they are for
    metadata: str  # OpenID metadata of whoever signs what the bot is sent
    issuer: str  # of such a token


_CLOUDS = {
    settings.Cloud.PUBLIC: BotCloud(
        login="https://login.microsoftonline.com",
        scope="https://api.botframework.com/.default",
        metadata="https://login.botframework.com/v1/.well-known/openidconfiguration",
        issuer="https://api.botframework.com",
    ),
    settings.Cloud.US_GOVERNMENT: BotCloud(
        login="https://login.microsoftonline.us",
        scope="https://api.botframework.us/.default",
        metadata="https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
        issuer="https://api.botframework.us",
    ),
    settings.Cloud.CHINA: BotCloud(
        login="https://login.partner.microsoftonline.cn",
        scope="https://api.botframework.azure.cn/.default",
        metadata="https://login.botframework.azure.cn/v1/.well-known/openidconfiguration",
        issuer="https://api.botframework.azure.cn",
    ),
}


def of(config: settings.Settings) -> BotCloud:
    """Return the cloud that the settings name, with the addresses that they replace."""
    known = _CLOUDS[config.azure_cloud]
    return replace(
        known,
        login=config.teams_login_endpoint or known.login,
        metadata=config.teams_openid_metadata_url or known.metadata,
    )
