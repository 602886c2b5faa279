"""What Slack's Web API refuses, as our errors. Only documented error codes are kept, never a body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot import errors

SERVICE = "Slack"
TOO_MANY = 429
SERVER_ERROR = 500

# Codes of https://docs.slack.dev/reference/methods/chat.postMessage, chat.update and conversations.open.
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"})
CLOSED = {
    "not_in_channel": "invite me there first, with /invite.",
    "channel_not_found": "invite me there first, with /invite.",
    "is_archived": "that channel is archived.",
    "is_inactive": "that channel is frozen.",
    "messages_tab_disabled": "the app's Messages tab is switched off; an administrator can switch it on.",
    "user_not_found": "that person is not in this workspace.",
    "user_disabled": "that person's account is switched off.",
    "cannot_dm_bot": "a bot takes no direct messages.",
    "no_permission": "the workspace does not let me write there.",
    "team_access_not_granted": "the workspace has not given me access there.",
    "ekm_access_denied": "an administrator has suspended writing there.",
}
# A channel that nobody asked in, but that an operator named.
_CONFIGURED = {
    "channel_not_found": "invite me there first, with /invite, or correct the channel's id in the bot's "
    "configuration.",
}
_THROTTLED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_PASSING = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
_TOKEN = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"})
# Of https://docs.slack.dev/reference/methods/usergroups.users.list: what was wrong, what to change.
_USERGROUP = {
    "plan_upgrade_required": (
        "Slack has no user groups on this workspace's plan.",
        "List the people under `slack` in the policy file, not `slack_usergroups`, or upgrade the plan.",
    ),
    "no_such_subteam": (
        "Slack does not know this user group.",
        "Correct its id under `slack_usergroups` in the policy file; one that was disabled can be enabled.",
    ),
}
RAISED = (SlackClientError, aiohttp.ClientError, TimeoutError)
_CODE = re.compile(r"[a-z0-9_]{1,64}")


def code(error: SlackApiError) -> str:
    """Return the documented code of a refusal, or an empty text for anything else."""
    data = getattr(error.response, "data", error.response)
    found = data.get("error") if isinstance(data, dict) else None
    return found if isinstance(found, str) and _CODE.fullmatch(found) else ""


def word(error: Exception) -> str:
    """Return one word for the log: Slack's code, or the kind of error."""
    return (code(error) if isinstance(error, SlackApiError) else "") or type(error).__name__


def closed(error_code: str, *, configured: bool = False) -> str | None:
    """Return why a place cannot be written to, and what to do; None for every other code.

    `configured`: an operator chose the place.
    """
    if error_code.startswith("restricted_action"):
        return "the workspace's rules do not let me write there."
    return (_CONFIGURED.get(error_code) if configured else None) or CLOSED.get(error_code)


@contextmanager
def translated() -> Iterator[None]:
    """Raise our own errors for what the Slack client raises."""
    try:
        yield
    except RAISED as error:
        raise ours(error) from error


def ours(error: Exception) -> errors.ServiceError:
    """Return our error for one that the Slack client raised."""
    if isinstance(error, SlackApiError):
        return _refused(error)
    # Whether Slack acted before the connection broke cannot be told.
    return errors.Unknown("Slack did not answer.", service=SERVICE)


def _refused(error: SlackApiError) -> errors.ServiceError:
    found, status = code(error), _status(error)
    if status == TOO_MANY or found in _THROTTLED:
        return errors.Throttled("Slack asked to wait.", service=SERVICE, retry_after_s=_retry_after(error))
    if status >= SERVER_ERROR or found in _PASSING or not found:
        return errors.Temporary("Slack cannot answer at the moment.", service=SERVICE)
    if found == "missing_scope":
        scopes = _needed_scopes(error)
        return errors.Forbidden(
            "The Slack app lacks a permission.",
            service=SERVICE,
            remedy=f"Add the scope {scopes} to the Slack app and install it again.",
        )
    if found in _TOKEN:
        return errors.Forbidden(
            f"Slack does not accept the bot's token ({found}).",
            service=SERVICE,
            remedy="Put the bot token of the installed app into SLACK_BOT_TOKEN.",
        )
    if found in _USERGROUP:
        why, remedy = _USERGROUP[found]
        return errors.Permanent(why, service=SERVICE, remedy=remedy)
    return errors.Permanent(
        "Slack did not take what the bot sent.",
        service=SERVICE,
        remedy=f"Look up {found} at https://docs.slack.dev/reference/methods, and report it.",
    )


def _status(error: SlackApiError) -> int:
    status = getattr(error.response, "status_code", None) or getattr(error.response, "status", None)
    return status if isinstance(status, int) else 0


def _retry_after(error: SlackApiError) -> float | None:
    headers = getattr(error.response, "headers", None) or {}
    value = next((headers[name] for name in headers if name.lower() == "retry-after"), None)
    try:
        return max(0.0, float(value)) if value is not None else None
    except (TypeError, ValueError):
        return None


def _needed_scopes(error: SlackApiError) -> str:
    data = getattr(error.response, "data", None)
    found = data.get("needed") if isinstance(data, dict) else None
    return found if isinstance(found, str) and re.fullmatch(r"[a-z:._,-]{1,200}", found) else "it needs"
