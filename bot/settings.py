"""Every setting, once: its environment name, its unit, its default and why.

Read once, by the command line; everything else is handed what it needs.
"""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot import setting_types

is_loopback = setting_types.is_loopback  # every client asks this of the endpoint that it is given


class Identity(enum.StrEnum):
    """Where the bot's Azure identity comes from."""

    MANAGED = "managed"
    WORKLOAD = "workload"
    SECRET = "secret"
    DEVELOPER = "developer"
    AUTO = "auto"  # whichever of the first three the environment describes


class Cloud(enum.StrEnum):
    """Which Azure."""

    PUBLIC = "public"
    CHINA = "china"
    US_GOVERNMENT = "usgov"


class LogFormat(enum.StrEnum):
    """How log lines look; AUTO is columns in a terminal and JSON elsewhere."""

    AUTO = "auto"
    JSON = "json"
    COLUMNS = "columns"


class Settings(BaseSettings):
    """The whole configuration of one deployment."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
        env_ignore_empty=True,  # `NAME=` in an environment file says that it is not set
    )

    # Redis. Also redis+sentinel://host:26379,host2/name/0 and redis+cluster://host:6379.
    redis_url: SecretStr = Field(alias="REDIS_URL")
    redis_prefix: setting_types.Prefix = Field("rb", alias="REGISTRY_BOT_REDIS_PREFIX")

    # Slack. With an app token (xapp-…) events come over Socket Mode instead of HTTP.
    slack_bot_token: setting_types.BotToken = Field(None, alias="SLACK_BOT_TOKEN")
    slack_signing_secret: setting_types.Pasted = Field(None, alias="SLACK_SIGNING_SECRET")
    slack_app_token: setting_types.AppToken = Field(None, alias="SLACK_APP_TOKEN")
    slack_api_url: setting_types.Endpoint = Field("https://slack.com/api", alias="SLACK_API_URL")

    # Microsoft Teams. The bot's app registration, its secret, and the tenant that it belongs to.
    teams_client_id: setting_types.Guid | None = Field(None, alias="TEAMS_CLIENT_ID")
    teams_client_secret: setting_types.Pasted = Field(None, alias="TEAMS_CLIENT_SECRET")
    teams_tenant_id: setting_types.Guid | None = Field(None, alias="TEAMS_TENANT_ID")
    # Tenants beside it whose people may use the bot; nobody of any other tenant gets in.
    teams_tenants: Annotated[setting_types.Listed, AfterValidator(setting_types.tenants)] = Field(
        (), alias="REGISTRY_BOT_TEAMS_TENANTS"
    )
    teams_service_url: setting_types.Endpoint = Field(
        "https://smba.trafficmanager.net/teams", alias="TEAMS_SERVICE_URL"
    )
    # None: the cloud's own.
    teams_login_endpoint: setting_types.Endpoint | None = Field(None, alias="TEAMS_LOGIN_ENDPOINT")
    teams_openid_metadata_url: setting_types.Endpoint | None = Field(None, alias="TEAMS_OPENID_METADATA_URL")
    # For Microsoft's Agents Playground, which signs nothing: refused unless only this machine can connect.
    teams_unauthenticated: bool = Field(default=False, alias="REGISTRY_BOT_TEAMS_UNAUTHENTICATED")

    # Azure. The names are azure-identity's own; a managed identity's endpoint (IDENTITY_ENDPOINT,
    # IDENTITY_HEADER …) it reads itself.
    azure_subscription_id: Annotated[
        str,
        setting_types.shaped(
            r"[0-9a-fA-F-]{36}", "takes a subscription's id, such as 00000000-0000-0000-0000-000000000000"
        ),
    ] = Field(alias="AZURE_SUBSCRIPTION_ID")
    azure_resource_group: (
        Annotated[
            str, setting_types.shaped(r"[-\w._()]{1,90}", "takes the name of a resource group, and no path")
        ]
        | None
    ) = Field(None, alias="AZURE_RESOURCE_GROUP")  # None: the whole subscription
    azure_resource_manager_url: setting_types.Endpoint | None = Field(
        None, alias="AZURE_RESOURCE_MANAGER_URL"
    )
    azure_client_id: str | None = Field(None, alias="AZURE_CLIENT_ID")
    azure_tenant_id: str | None = Field(None, alias="AZURE_TENANT_ID")
    azure_client_secret: setting_types.Pasted = Field(None, alias="AZURE_CLIENT_SECRET")
    azure_federated_token_file: str | None = Field(None, alias="AZURE_FEDERATED_TOKEN_FILE")
    azure_authority_host: str | None = Field(None, alias="AZURE_AUTHORITY_HOST")  # None: the cloud's own
    azure_cloud: Cloud = Field(Cloud.PUBLIC, alias="REGISTRY_BOT_AZURE_CLOUD")
    azure_identity: Identity = Field(Identity.AUTO, alias="REGISTRY_BOT_AZURE_IDENTITY")
    registries: Annotated[setting_types.Listed, AfterValidator(setting_types.hosts)] = Field(
        (), alias="REGISTRY_BOT_REGISTRIES"
    )  # login servers; empty: all that are visible

    # Tower and Wave.
    tower_access_token: setting_types.NeededToken = Field(alias="TOWER_ACCESS_TOKEN")
    tower_api_endpoint: setting_types.Endpoint = Field(
        "https://api.cloud.seqera.io", alias="TOWER_API_ENDPOINT"
    )
    tower_verify_access_token: setting_types.Token = Field(None, alias="TOWER_VERIFY_ACCESS_TOKEN")
    wave_api_endpoint: setting_types.Endpoint = Field("https://wave.seqera.io", alias="WAVE_API_ENDPOINT")
    personal_workspace: bool = Field(default=False, alias="REGISTRY_BOT_PERSONAL_WORKSPACE")

    # Approvals: a policy file, or else one list of approvers (Slack user ids, Entra object ids).
    policy: Path | None = Field(None, alias="REGISTRY_BOT_POLICY")
    approvers: Annotated[setting_types.Listed, AfterValidator(setting_types.people)] = Field(
        (), alias="REGISTRY_BOT_APPROVERS"
    )
    approval_channel: setting_types.Channel | None = Field(None, alias="REGISTRY_BOT_APPROVAL_CHANNEL")
    operators_channel: setting_types.Channel | None = Field(None, alias="REGISTRY_BOT_OPERATORS_CHANNEL")
    deadline_hours: float = Field(72, alias="REGISTRY_BOT_DEADLINE_HOURS", gt=0, le=24 * 90)
    longest_validity_days: int | None = Field(None, alias="REGISTRY_BOT_LONGEST_VALIDITY_DAYS", ge=1, le=3650)
    wildcards: bool = Field(default=False, alias="REGISTRY_BOT_WILDCARDS")
    audit_key: setting_types.Key = Field(
        alias="REGISTRY_BOT_AUDIT_KEY"
    )  # at least 32 characters, kept outside Redis
    # How long ended requests stay readable.
    keep_days: int = Field(400, alias="REGISTRY_BOT_KEEP_DAYS", ge=1, le=36500)
    checkpoint_minutes: float = Field(5, alias="REGISTRY_BOT_CHECKPOINT_MINUTES", gt=0, le=24 * 60)
    audit_channel: setting_types.Channel | None = Field(None, alias="REGISTRY_BOT_AUDIT_CHANNEL")

    # The process.
    host: str = Field("127.0.0.1", alias="REGISTRY_BOT_HOST")
    port: int = Field(8080, alias="REGISTRY_BOT_PORT", ge=0, le=65535)
    log: Annotated[
        str,
        setting_types.shaped(
            r"(debug|info|warning|error)(,(json|columns|auto))?",
            "takes debug, info, warning or error, and after a comma json, columns or auto, as in info,json",
        ),
    ] = Field("info", alias="REGISTRY_BOT_LOG")

    @field_validator("approvers", "registries", "teams_tenants", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @model_validator(mode="after")
    def _approvals(self) -> Self:
        if self.policy is None and not (self.approvers and self.approval_channel):
            raise ValueError(
                "nothing could ever be approved: set REGISTRY_BOT_POLICY to a policy file, or both "
                "REGISTRY_BOT_APPROVERS and REGISTRY_BOT_APPROVAL_CHANNEL"
            )
        if self.policy is not None and self.approvers:
            raise ValueError("REGISTRY_BOT_POLICY and REGISTRY_BOT_APPROVERS exclude each other: keep one")
        return self

    @model_validator(mode="after")
    def _platform(self) -> Self:
        if self.slack_bot_token and not (self.slack_signing_secret or self.slack_app_token):
            raise ValueError(
                "SLACK_BOT_TOKEN needs SLACK_SIGNING_SECRET (HTTP) or SLACK_APP_TOKEN (Socket Mode)"
            )
        if not self.slack_bot_token and not self.teams_client_id:
            raise ValueError("no chat platform is configured: set SLACK_BOT_TOKEN, TEAMS_CLIENT_ID or both")
        return self

    @model_validator(mode="after")
    def _teams(self) -> Self:
        if self.teams_client_id is None:
            return self
        if self.teams_tenant_id is None:
            raise ValueError("TEAMS_CLIENT_ID needs TEAMS_TENANT_ID: only people of known tenants get in")
        if self.teams_client_secret is None and not self.teams_unauthenticated:
            raise ValueError("TEAMS_CLIENT_ID needs TEAMS_CLIENT_SECRET, a client secret of that app's")
        if self.teams_unauthenticated and not is_loopback(self.host):
            raise ValueError(
                "REGISTRY_BOT_TEAMS_UNAUTHENTICATED lets anybody speak for anybody: it is for the Agents "
                "Playground alone, and needs REGISTRY_BOT_HOST to be an address of this machine"
            )
        return self

    @property
    def teams_homes(self) -> frozenset[str]:
        """Return the tenants whose people may use the bot in Teams."""
        own = {self.teams_tenant_id} if self.teams_tenant_id else set()
        return frozenset(own | set(self.teams_tenants))


class AuditSettings(BaseSettings):
    """What an auditor needs to set, and no more. Without `redis_url` only files can be verified."""

    model_config = Settings.model_config

    redis_url: SecretStr | None = Field(None, alias="REDIS_URL")
    redis_prefix: setting_types.Prefix = Field("rb", alias="REGISTRY_BOT_REDIS_PREFIX")
    audit_key: setting_types.Key = Field(alias="REGISTRY_BOT_AUDIT_KEY")


def complaints(error: ValidationError) -> list[str]:
    """Return what is wrong with an environment, a line each, without any value."""
    return [
        f"{'.'.join(str(part) for part in problem['loc'][:1]) or 'settings'}: "
        f"{_WORDS.get(problem['type']) or problem['msg'].removeprefix('Value error, ')}"
        for problem in error.errors(include_input=False, include_url=False)
    ]


# What pydantic says in the words of a programmer.
_WORDS = {
    "missing": "is not set, and the bot cannot do without it",
    "int_parsing": "takes a whole number",
    "float_parsing": "takes a number",
    "bool_parsing": "takes true or false",
}
