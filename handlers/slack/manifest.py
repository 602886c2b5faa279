"""The app's manifest, from the strings that the code itself uses."""

from __future__ import annotations

from handlers import replies
from handlers.slack import ids, scopes
from handlers.slack.commands import WORDS
from handlers.slack.markup import Json


def manifest(url: str | None) -> Json:
    """Return the manifest (schema version 2): for HTTP at this public address, or for Socket Mode.

    Over a socket Slack needs no address at all. https://docs.slack.dev/reference/app-manifest
    """
    endpoint = url.rstrip("/") + ids.EVENTS_PATH if url else None
    return {
        "_metadata": {"major_version": 2, "minor_version": 0},
        "display_information": {
            "name": replies.APP_NAME,
            "description": replies.APP_ABOUT,
            "background_color": "#1f3a5f",
        },
        "features": {
            # Without the Messages tab a direct message to the requester is refused.
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": replies.APP_NAME, "always_online": True},
            "shortcuts": [
                {
                    "name": replies.SHORTCUT_NAME,
                    "type": "global",
                    "callback_id": ids.SHORTCUT,
                    "description": replies.SHORTCUT_ABOUT,
                }
            ],
            "slash_commands": [_command(endpoint)],
        },
        "oauth_config": {"scopes": {"bot": list(scopes.BOT)}},
        "settings": {
            "event_subscriptions": _events(endpoint),
            "interactivity": _interactivity(endpoint),
            "org_deploy_enabled": False,
            "socket_mode_enabled": endpoint is None,
            "token_rotation_enabled": False,
        },
    }


def _command(endpoint: str | None) -> Json:
    command: Json = {
        "command": ids.COMMAND,
        "description": replies.COMMAND_ABOUT,
        "usage_hint": f"[{' | '.join(word for word in WORDS if word)}]",
        "should_escape": False,
    }
    return {**command, "url": endpoint} if endpoint else command


def _events(endpoint: str | None) -> Json:
    heard: Json = {"bot_events": ["app_home_opened"]}
    return {"request_url": endpoint, **heard} if endpoint else heard


def _interactivity(endpoint: str | None) -> Json:
    if endpoint is None:
        return {"is_enabled": True}
    # The second address is where Slack asks for the options of a searched list.
    return {"is_enabled": True, "request_url": endpoint, "message_menu_options_url": endpoint}
