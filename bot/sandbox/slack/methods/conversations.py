"""conversations.open, info, members, history, replies, list; and who may see which channel."""

from __future__ import annotations

import decimal
from collections.abc import Callable

from bot.sandbox.slack import entities, payloads
from bot.sandbox.slack.calls import ApiError, Call, Method, Tier
from bot.sandbox.slack.entities import Json
from bot.sandbox.slack.methods import users

FAMILIES = {"channel": "channels", "group": "groups", "im": "im"}


def family(channel: entities.Channel) -> str:
    """Return the word that scopes use for a kind of channel."""
    if channel.direct:
        return FAMILIES["im"]
    return FAMILIES["group"] if channel.private else FAMILIES["channel"]


def visible(call: Call, channel_id: str) -> entities.Channel:
    """Return a channel that the bot can see; private ones that it is not in do not exist for it."""
    # Slack does not tell "not there" from "not yours to see".
    channel = call.state.board.channel(channel_id)
    if channel is None or (channel.private and call.state.app.user_id not in channel.members):
        raise ApiError("channel_not_found")
    return channel


def opened(call: Call) -> Json:
    """Open direct messages with one person."""
    call.require("im:write")
    names = [name for name in str(call.args.get("users") or "").split(",") if name]
    if not names:
        raise ApiError("users_list_not_supplied")
    if len(names) > 1:  # a group of people needs a scope that a bot of this kind does not have
        raise ApiError("missing_scope", needed="mpim:write", provided=",".join(sorted(call.state.app.scopes)))
    user = call.user(names[0])
    if user.deleted:
        raise ApiError("user_disabled")
    already = any(channel.user == user.id for channel in call.state.board.channels.values())
    channel = call.state.direct(user.id)
    brief: Json = {"id": channel.id}
    full = shown(call, channel) if call.flag("return_im") else brief
    return {"channel": full, **({"no_op": True, "already_open": True} if already else {})}


def shown(call: Call, channel: entities.Channel) -> Json:
    """Return a channel as conversations.info gives it."""
    if channel.direct:
        return {
            "id": channel.id,
            "created": 0,
            "is_archived": channel.archived,
            "is_im": True,
            "is_org_shared": False,
            "user": channel.user,
            "is_open": True,
        }
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.private,
        "is_group": channel.private,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.private,
        "created": 0,
        "is_archived": channel.archived,
        "is_general": False,
        "is_shared": _foreign(call, channel),
        "is_ext_shared": _foreign(call, channel),
        "is_member": call.state.app.user_id in channel.members,
        "creator": call.state.app.user_id,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def _foreign(call: Call, channel: entities.Channel) -> bool:
    known = [call.state.users[member] for member in channel.members if member in call.state.users]
    return any(call.state.stranger(user) for user in known)


def info(call: Call) -> Json:
    """Describe a channel."""
    channel = visible(call, call.required("channel"))
    call.require(f"{family(channel)}:read")
    counted = {"num_members": len(channel.members)} if call.flag("include_num_members") else {}
    return {"channel": {**shown(call, channel), **counted}}


def listed(call: Call) -> Json:
    """List the channels that the bot can see, of the kinds asked for."""
    kinds = (call.text("types") or "public_channel").split(",")
    families = {{"public_channel": "channels", "private_channel": "groups"}.get(kind, kind) for kind in kinds}
    for wanted in families:
        call.require(f"{wanted}:read")
    me = call.state.app.user_id
    found = [
        shown(call, channel)
        for channel in call.state.board.channels.values()
        if family(channel) in families and (not channel.private or me in channel.members)
    ]
    channels, metadata = users.page(found, call)
    return {"channels": channels, "response_metadata": metadata}


def members(call: Call) -> Json:
    """List who is in a channel, a page at a time."""
    channel = visible(call, call.required("channel"))
    call.require(f"{family(channel)}:read")
    found, metadata = users.page(sorted(channel.members), call)
    return {"members": found, "response_metadata": metadata}


def _readable(call: Call) -> entities.Channel:
    channel = visible(call, call.required("channel"))
    call.require(f"{family(channel)}:history")
    if call.state.app.user_id not in channel.members:
        raise ApiError("not_in_channel")
    return channel


def _within(call: Call) -> Callable[[entities.Message], bool]:
    """Return what tells whether a message is of the time asked for; the bounds count with `inclusive`."""
    try:
        oldest = decimal.Decimal(call.text("oldest") or "0")
        latest = decimal.Decimal(call.text("latest") or "Infinity")
    except decimal.InvalidOperation as error:
        raise ApiError("invalid_ts_oldest" if call.text("oldest") else "invalid_ts_latest") from error
    bounds = {oldest, latest} if call.flag("inclusive") else set()

    def within(message: entities.Message) -> bool:
        at = decimal.Decimal(message.ts)
        return oldest < at < latest or at in bounds

    return within


def history(call: Call) -> Json:
    """Return a channel's messages, newest first, replies left out."""
    channel = _readable(call)
    within = _within(call)
    found = [
        message
        for message in call.state.board.shown(channel.id)
        if within(message) and (not message.reply or message.broadcast)
    ]
    return _messages(call, list(reversed(found)))


def replies(call: Call) -> Json:
    """Return a thread, oldest first."""
    channel = _readable(call)
    found = call.state.board.thread(channel.id, call.required("ts"))
    if not found:
        raise ApiError("thread_not_found")
    within = _within(call)
    # The thread's first message is there whatever the bounds say.
    return _messages(call, [message for message in found if not message.reply or within(message)])


def _messages(call: Call, found: list[entities.Message]) -> Json:
    with_metadata = call.flag("include_all_metadata")
    bodies = [
        payloads.message(call.state.app, call.state.team, message, metadata=with_metadata)
        for message in found
    ]
    messages, metadata = users.page(bodies, call)
    return {"messages": messages, "has_more": bool(metadata["next_cursor"]), "response_metadata": metadata}


METHODS = {
    "conversations.open": Method(opened),
    "conversations.info": Method(info),
    "conversations.list": Method(listed, tier=Tier.T2),
    "conversations.members": Method(members, tier=Tier.T4),
    "conversations.history": Method(history),
    "conversations.replies": Method(replies),
}
