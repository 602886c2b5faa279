"""Acme Genomics in Teams: the tenant's people and channels, and who they are in Slack."""

from __future__ import annotations

import importlib.util

from bot.sandbox import acme, emulator
from bot.sandbox.teams.connector import App, TeamsEmulator
from bot.sandbox.teams.entities import Conversation, Kind, User

TENANT = "11111111-2222-3333-4444-0000000acce0"
OTHER_TENANT = "11111111-2222-3333-4444-0000000acce1"
CLIENT_ID = "99999999-8888-7777-6666-0000000acce0"

_ID = "aaaaaaaa-0000-4000-8000-00000000000"
ANA = User(f"{_ID}1", "Ana Ruiz", TENANT)
BEN = User(f"{_ID}2", "Ben Ortiz", TENANT)
CLEO = User(f"{_ID}3", "Cleo Marsh", TENANT)
DAN = User(f"{_ID}4", "Dan Webb", TENANT)
GUS = User(f"{_ID}5", "Gus Guest", TENANT, role="guest", login="gus_partner.example#EXT#@acme.example")
PEOPLE = (ANA, BEN, CLEO, DAN, GUS)
ABOUT = {
    ANA.id: "asks for credentials",
    BEN.id: "approves",
    CLEO.id: "approves, in Teams only",
    DAN.id: "a colleague",
    GUS.id: "a guest",
}

GENOMICS = "19:genomics0000000000000000000000001@thread.tacv2"
APPROVALS = "19:approvals000000000000000000000001@thread.tacv2"
HOME, APPROVERS = "Genomics", "Registry approvals"
COMMAND = "ask"  # of the app's message extension, by its manifest

# Ana and Ben are the same people on both platforms; Cleo's two accounts are linked by nobody.
POLICY = f"""
[defaults]
approval_channel = "{acme.APPROVALS}"

[[people]]
name = "Ana"
slack = "{acme.ANA}"
teams = "{ANA.id}"

[[people]]
name = "Ben"
slack = "{acme.BEN}"
teams = "{BEN.id}"

[groups.platform]
people = ["Ben"]
slack = "{acme.CLEO}"
teams = "{CLEO.id}"

[[rules]]
name = "production is decided in Teams"
workspace = "{acme.ORG}/{acme.WORKSPACES[acme.PRODUCTION]}"
approvers = "platform"
approval_channel = "{APPROVALS}"

[[rules]]
name = "asked in Teams"
channel = "{GENOMICS}"
approvers = "platform"
approval_channel = "{APPROVALS}"

[[rules]]
name = "everything else"
approvers = "platform"
"""


def available() -> bool:
    """Tell whether the bot can serve Teams here: its SDK is an extra."""
    return importlib.util.find_spec("microsoft_teams") is not None


def emulator_of(journal: emulator.Journal, *, secret: str) -> TeamsEmulator:
    """Return Acme's Teams with the bot's app in it."""
    everybody = [one.id for one in PEOPLE]
    approvers = [ANA.id, BEN.id, CLEO.id, GUS.id]
    return TeamsEmulator(
        journal,
        app=App(CLIENT_ID, secret, TENANT),
        people=PEOPLE,
        conversations=[
            Conversation(GENOMICS, Kind.CHANNEL, everybody, name=HOME),
            Conversation(APPROVALS, Kind.CHANNEL, approvers, name=APPROVERS),
        ],
    )


def environment(teams: TeamsEmulator) -> dict[str, str]:
    """Return the settings that lead the bot to this Teams."""
    return {
        "TEAMS_CLIENT_ID": teams.app.id,
        "TEAMS_CLIENT_SECRET": teams.app.secret,
        "TEAMS_TENANT_ID": teams.app.tenant,
        "TEAMS_SERVICE_URL": teams.url,
        "TEAMS_LOGIN_ENDPOINT": teams.url,
        "TEAMS_OPENID_METADATA_URL": teams.metadata_url,
    }
