"""users.info, users.list, usergroups.list, usergroups.users.list."""

from __future__ import annotations

from collections.abc import Sequence

from bot.sandbox.slack import entities
from bot.sandbox.slack.calls import ApiError, Call, Method, Tier
from bot.sandbox.slack.entities import Json

LONGEST_PAGE = 1000


def page(items: Sequence[Json] | Sequence[str], call: Call) -> tuple[list[Json | str], Json]:
    """Return one page of a list, and the `response_metadata` that leads to the next."""
    # Cursors are opaque to apps; here they are offsets, since nothing changes between two pages.
    limit = min(call.number("limit", 100), LONGEST_PAGE)
    cursor = call.text("cursor") or "0"
    if not cursor.isdigit() or int(cursor) > len(items):
        raise ApiError("invalid_cursor")
    start = int(cursor)
    following = str(start + limit) if start + limit < len(items) else ""
    return list(items[start : start + limit]), {"next_cursor": following}


def shown(call: Call, user: entities.User) -> Json:
    """Return a user as this app may see them: no e-mail without its scope, none of strangers ever."""
    state = call.state
    stranger = state.stranger(user)
    profile: Json = {
        "real_name": user.name,
        "real_name_normalized": user.name,
        "display_name": user.handle,
        "display_name_normalized": user.handle,
        "team": state.team_of(user),
    }
    if user.email and not stranger and not user.bot and "users:read.email" in state.app.scopes:
        profile["email"] = user.email
    if user.bot:
        profile |= {"api_app_id": state.app.id, "bot_id": state.app.bot_id}
    return {
        "id": user.id,
        "team_id": state.team_of(user),
        "name": user.handle,
        "deleted": user.deleted,
        "real_name": user.name,
        "tz": "Europe/Berlin",
        "tz_offset": 3600,
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.guest,
        "is_ultra_restricted": False,
        "is_bot": user.bot,
        "is_app_user": False,
        "updated": 0,
        **({"is_stranger": True} if stranger else {}),
    }


def info(call: Call) -> Json:
    """Describe one user."""
    return {"user": shown(call, call.user(call.required("user")))}


def listed(call: Call) -> Json:
    """List the users, a page at a time."""
    members, metadata = page([shown(call, user) for user in call.state.users.values()], call)
    return {"members": members, "cache_ts": int(call.state.now().timestamp()), "response_metadata": metadata}


def groups(call: Call) -> Json:
    """List the user groups."""
    _paid(call)
    with_users = call.flag("include_users")
    return {
        "usergroups": [
            {
                "id": group.id,
                "team_id": call.state.team.id,
                "is_usergroup": True,
                "name": group.name,
                "handle": group.handle,
                "description": "",
                "date_delete": 0,
                "user_count": len(group.users),
                **({"users": list(group.users)} if with_users else {}),
            }
            for group in call.state.groups.values()
        ]
    }


def group_users(call: Call) -> Json:
    """List who is in a user group."""
    _paid(call)
    group = call.state.groups.get(call.required("usergroup"))
    if group is None:
        raise ApiError("no_such_subteam")
    return {"users": list(group.users)}


def _paid(call: Call) -> None:
    if not call.state.team.paid:
        raise ApiError("plan_upgrade_required")


METHODS = {
    "users.info": Method(info, ("users:read",), Tier.T4),
    "users.list": Method(listed, ("users:read",), Tier.T2),
    "usergroups.list": Method(groups, ("usergroups:read",), Tier.T2),
    "usergroups.users.list": Method(group_users, ("usergroups:read",), Tier.T2),
}
