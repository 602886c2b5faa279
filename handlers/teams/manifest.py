"""The Teams app: its manifest from the strings that the code itself uses, its icons, and the zip of both."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from dataclasses import dataclass

from handlers import replies, text
from handlers.teams import icons, ids
from handlers.teams.markup import Json

VERSION = "1.29"
SCHEMA = f"https://developer.microsoft.com/json-schemas/teams/v{VERSION}/MicrosoftTeams.schema.json"
COLOR, OUTLINE = "color.png", "outline.png"
ACCENT = "#1F3A5F"
_APPS = uuid.UUID("6f1f7c0e-3c0a-4a52-9a52-8f5b0a3f6c11")  # makes an app's id of its bot's
_WHEN = (2026, 1, 1, 0, 0, 0)  # the same package is the same bytes, whenever it is made


# What Teams lists as commands: a list of it holds a dozen.
ABOUT = {
    words or text.COMMAND.lstrip("/"): f"{does[0].upper()}{does[1:].rstrip('.')}"
    for words, does in replies.USAGE
}


@dataclass(frozen=True, slots=True)
class Package:
    """What an operator says of their app: the bot's registration, who offers it, and its version."""

    bot_id: str
    app_id: str | None = None
    developer: str = replies.APP_NAME
    website: str = "https://example.com"
    version: str = "1.0.0"


def manifest(of: Package) -> Json:
    """Return the manifest.

    https://learn.microsoft.com/en-us/microsoftteams/platform/resources/schema/manifest-schema
    """
    return {
        "$schema": SCHEMA,
        "manifestVersion": VERSION,
        "version": of.version,
        "id": of.app_id or str(uuid.uuid5(_APPS, of.bot_id.lower())),
        "developer": {
            "name": of.developer[:32],
            "websiteUrl": of.website,
            "privacyUrl": of.website,
            "termsOfUseUrl": of.website,
        },
        "name": {"short": replies.APP_NAME, "full": replies.APP_NAME},
        "description": {"short": replies.SHORTCUT_ABOUT, "full": replies.APP_ABOUT},
        "icons": {"color": COLOR, "outline": OUTLINE},
        "accentColor": ACCENT,
        "bots": [_bot(of.bot_id)],
        "composeExtensions": [_extension(of.bot_id)],
        # To read who is in a channel or chat nothing more is needed.
        "permissions": ["identity", "messageTeamMembers"],
        "validDomains": [],
        "defaultInstallScope": "team",
        "supportsChannelFeatures": "tier1",  # private and shared channels
    }


def package(of: Package) -> bytes:
    """Return the zip that is uploaded from a team's Apps tab, with its files at the root."""
    files = {
        "manifest.json": json.dumps(manifest(of), indent=2).encode(),
        COLOR: icons.color(),
        OUTLINE: icons.outline(),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _WHEN), content)
    return made.getvalue()


def _bot(bot_id: str) -> Json:
    scopes = ["personal", "team", "groupChat"]
    commands = [{"title": word, "description": about} for word, about in ABOUT.items()]
    return {
        "botId": bot_id,
        "scopes": scopes,
        "isNotificationOnly": False,
        "supportsFiles": False,
        "commandLists": [{"scopes": scopes, "triggers": ["mention", "slash"], "commands": commands}],
    }


def _extension(bot_id: str) -> Json:
    command = {
        "id": ids.ASK,
        "type": "action",
        "title": replies.SHORTCUT_NAME,
        "description": replies.SHORTCUT_ABOUT,
        "context": ["compose", "commandBox", "message"],
        "fetchTask": True,
    }
    return {"botId": bot_id, "commands": [command]}
