"""What the app may do: each scope that the manifest asks for, and what does not work without it."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

# https://docs.slack.dev/reference/scopes
NEEDED = {
    "commands": "the slash command and the shortcut do not reach the bot",
    "chat:write": "no request is shown to anybody",
    "im:write": "requesters get no direct message",
    "users:read": "nobody can be told from a guest or a stranger, so that everybody is refused",
    "usergroups:read": "nobody counts as a member of a user group that the policy names",
}
# The bot works without these: it then posts once more what it cannot look for.
SEARCH = {
    "channels:history": "a message that a crash cut off in a public channel is posted a second time",
    "groups:history": "a message that a crash cut off in a private channel is posted a second time",
    "im:history": "a direct message that a crash cut off is posted a second time",
}
BOT = (*NEEDED, *SEARCH)

log = structlog.get_logger(__name__)


def granted(headers: Mapping[str, str] | None) -> frozenset[str] | None:
    """Return a token's scopes, which Slack lists in a header of every answer; None if it did not."""
    held = next((value for name, value in (headers or {}).items() if name.lower() == "x-oauth-scopes"), None)
    return None if held is None else frozenset(filter(None, map(str.strip, held.split(","))))


def warn(held: frozenset[str] | None) -> None:
    """Log a warning for each scope that the app lacks; what Slack does not tell is not missing."""
    for scope, without in {**NEEDED, **SEARCH}.items():
        if held is not None and scope not in held:
            log.warning(
                "slack.scope.missing",
                scope=scope,
                without=without,
                remedy=f"Add the scope {scope} to the Slack app and install it again.",
            )
