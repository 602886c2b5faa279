"""Acme's people and chats in Teams, and the settings that lead a bot there."""

from __future__ import annotations

from bot import model, settings
from bot.sandbox import acme
from bot.sandbox.emulator import Journal
from bot.sandbox.teams.connector import App, TeamsEmulator
from bot.sandbox.teams.entities import Conversation, Kind, User

TENANT = "11111111-2222-3333-4444-000000000001"
OTHER_TENANT = "11111111-2222-3333-4444-000000000002"
APP = App("99999999-8888-7777-6666-000000000011", "made-up-client-secret", TENANT)

ANA = User("aaaaaaaa-0000-4000-8000-000000000001", "Ana Ruiz", TENANT)
BEN = User("aaaaaaaa-0000-4000-8000-000000000002", "Ben Ortiz", TENANT)
CLEO = User("aaaaaaaa-0000-4000-8000-000000000003", "Cleo Marsh", TENANT)
GUS = User(
    "aaaaaaaa-0000-4000-8000-000000000005",
    "Gus Guest",
    TENANT,
    role="guest",
    login="gus_partner.example#EXT#@acme.example",
)
STRANGER = User("aaaaaaaa-0000-4000-8000-000000000006", "Sam Stranger", OTHER_TENANT)
EVERYBODY = (ANA, BEN, CLEO, GUS, STRANGER)

GENOMICS = "19:genomics0000000000000000000000001@thread.tacv2"
APPROVALS = "19:approvals000000000000000000000001@thread.tacv2"
CHAT = "19:chat0000000000000000000000000001@thread.v2"


def emulator() -> TeamsEmulator:
    """Return a Teams with a channel for asking, one for approving, and a group chat."""
    everybody = [one.id for one in EVERYBODY]
    return TeamsEmulator(
        Journal(),
        app=APP,
        people=EVERYBODY,
        conversations=[
            Conversation(GENOMICS, Kind.CHANNEL, everybody),
            Conversation(APPROVALS, Kind.CHANNEL, [BEN.id, CLEO.id, GUS.id, ANA.id]),
            Conversation(CHAT, Kind.GROUP, [ANA.id, BEN.id]),
        ],
    )


def environment(teams: TeamsEmulator) -> dict[str, str]:
    """Return the settings that lead to the double."""
    return {
        "TEAMS_CLIENT_ID": APP.id,
        "TEAMS_CLIENT_SECRET": APP.secret,
        "TEAMS_TENANT_ID": APP.tenant,
        "TEAMS_SERVICE_URL": teams.url,
        "TEAMS_LOGIN_ENDPOINT": teams.url,
        "TEAMS_OPENID_METADATA_URL": teams.metadata_url,
    }


def configuration(teams: TeamsEmulator, **changes: str) -> settings.Settings:
    """Return settings of a bot in Teams alone."""
    return settings.Settings.model_validate(
        {
            "REDIS_URL": "redis://127.0.0.1:1",
            "AZURE_SUBSCRIPTION_ID": acme.SUBSCRIPTION,
            "TOWER_ACCESS_TOKEN": "made-up",
            "REGISTRY_BOT_APPROVERS": f"{BEN.id},{CLEO.id}",
            "REGISTRY_BOT_APPROVAL_CHANNEL": APPROVALS,
            "REGISTRY_BOT_AUDIT_KEY": "made-up-" * 8,
            **environment(teams),
            **changes,
        }
    )


def principal(user: User) -> model.Principal:
    """Return who somebody is to the core."""
    return model.Principal(platform=model.Platform.TEAMS, tenant=user.tenant, user=user.id)
