"""chat.postMessage, update, postEphemeral, delete, getPermalink; and the five uses of a response URL."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack import blockkit, entities, payloads, screens, state
from bot.sandbox.slack.calls import ApiError, Call, Method, Tier
from bot.sandbox.slack.entities import Json
from bot.sandbox.slack.methods import conversations

CUT = 40_000  # longer text is cut by chat.postMessage (https://docs.slack.dev/reference/methods/chat.postMessage)
LONGEST_UPDATE = 4_000  # but refused by chat.update (msg_too_long)
MOST_ATTACHMENTS = 100
LARGEST_METADATA = 8_000


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says; None is what the call did not give."""

    text: str | None
    blocks: tuple[Json, ...] | None
    attachments: tuple[Json, ...] | None
    metadata: Json | None


def content(call: Call, *, what: str) -> Content:
    """Read and check the content of a call; `what` names it in complaints."""
    blocks = _list(call, "blocks", "invalid_blocks_format")
    attachments = _list(call, "attachments", "invalid_attachments")
    if attachments and len(attachments) > MOST_ATTACHMENTS:
        raise ApiError("too_many_attachments")
    found = Content(call.text("text"), blocks, attachments, _metadata(call))
    # The text has limits of its own, which differ from method to method; the blocks' are the same.
    problems = blockkit.check_message({"blocks": list(blocks)}) if blocks else []
    if problems:
        raise invalid_blocks(call.state, what, problems)
    for lint in blockkit.lints(found.text, blocks):
        call.state.complain(f"{what}: {lint}")
    if blocks:
        return Content(found.text, tuple(screens.with_ids(list(blocks))), attachments, found.metadata)
    return found


def invalid_blocks(known: state.State, what: str, problems: list[blockkit.Problem]) -> ApiError:
    """Return the refusal of blocks in Slack's shape, and keep a complaint."""
    sentences = [str(problem) for problem in problems]
    known.complain(f"{what}: invalid_blocks: {'; '.join(sentences)}")
    return ApiError(
        "invalid_blocks",
        errors=sentences,
        response_metadata={"messages": [f"[ERROR] {sentence}" for sentence in sentences]},
    )


def _list(call: Call, name: str, error: str) -> tuple[Json, ...] | None:
    value = call.decoded(name, error)
    if value is None or value == "":
        return None
    if not isinstance(value, list):
        raise ApiError(error)
    return tuple(value)


def _metadata(call: Call) -> Json | None:
    value = call.decoded("metadata", "invalid_metadata_format")
    if not value:
        return None
    good = (
        isinstance(value, dict)
        and isinstance(value.get("event_type"), str)
        and isinstance(value.get("event_payload"), dict)
    )
    if not good:
        raise ApiError("invalid_metadata_format")
    if len(json.dumps(value)) > LARGEST_METADATA:
        raise ApiError("metadata_too_large")
    return dict(value)


def destination(call: Call) -> entities.Channel:
    """Return the channel that a message goes to: an id, a name, or a person's id."""
    wanted = call.required("channel")
    if wanted in call.state.users:
        return _direct(call, wanted)
    channel = call.state.board.channel(wanted) or call.state.board.named(wanted)
    if channel is None:
        raise ApiError("channel_not_found")
    conversations.visible(call, channel.id)
    # With chat:write.public an app may post into public channels that it is not in.
    public = not channel.private and "chat:write.public" in call.state.app.scopes
    if call.state.app.user_id not in channel.members and not public:
        raise ApiError("not_in_channel")
    if channel.archived:
        raise ApiError("is_archived")
    if channel.direct and not call.state.app.messages_tab:
        raise ApiError("messages_tab_disabled")
    return channel


def _direct(call: Call, user_id: str) -> entities.Channel:
    user = call.state.users[user_id]
    if user.bot or user.deleted:
        raise ApiError("channel_not_found")
    if not call.state.app.messages_tab:
        raise ApiError("messages_tab_disabled")
    return call.state.direct(user_id)


def post_message(call: Call) -> Json:
    """Post a message as the bot."""
    channel = destination(call)
    said = content(call, what=f"chat.postMessage to {channel.name}")
    if not (said.text or said.blocks or said.attachments):
        raise ApiError("no_text")
    message = call.state.board.post(
        entities.Message(
            channel.id,
            call.state.board.stamp(),
            call.state.app.user_id,
            (said.text or "")[:CUT],
            said.blocks or (),
            said.attachments or (),
            thread_ts=_thread(call, channel),
            broadcast=call.flag("reply_broadcast"),
            metadata=said.metadata,
            bot=True,
        )
    )
    return {"channel": channel.id, "ts": message.ts, "message": _shown(call, message)}


def _thread(call: Call, channel: entities.Channel) -> str | None:
    thread_ts = call.text("thread_ts")
    parent = call.state.board.find(channel.id, thread_ts) if thread_ts else None
    # A thread whose first message was deleted goes on, so a parent that is gone is no error.
    if parent and parent.reply:
        call.state.complain("thread_ts is that of a reply: Slack wants the ts of the thread's first message")
        return parent.thread_ts
    return thread_ts


def _shown(call: Call, message: entities.Message) -> Json:
    return payloads.message(call.state.app, call.state.team, message)


def _own(call: Call, error: str) -> entities.Message:
    channel = conversations.visible(call, call.required("channel"))
    message = call.state.board.find(channel.id, call.required("ts"))
    if message is None:
        raise ApiError("message_not_found")
    if not message.bot:
        raise ApiError(error)
    return message


def update(call: Call) -> Json:
    """Change one of the bot's own messages.

    Text alone takes the blocks away; blocks alone leave no "(edited)".
    """
    message = _own(call, "cant_update_message")
    if call.state.board.channels[message.channel].archived:
        raise ApiError("is_inactive")
    said = content(call, what="chat.update")
    if not (said.text or said.blocks or said.attachments):
        raise ApiError("no_text")
    if said.text and len(said.text) > LONGEST_UPDATE:
        raise ApiError("msg_too_long")
    changed = call.state.board.edit(
        message,
        text=message.text if said.text is None else said.text,
        blocks=said.blocks or (),
        attachments=message.attachments if said.attachments is None else said.attachments,
        metadata=said.metadata or message.metadata,  # left out means unchanged
        edited=call.state.board.stamp() if said.text is not None else message.edited,
    )
    shown = _shown(call, changed)
    return {"channel": changed.channel, "ts": changed.ts, "text": changed.text, "message": shown}


def post_ephemeral(call: Call) -> Json:
    """Show a message to one member of a channel, until their client reloads."""
    channel = destination(call)
    user = call.required("user")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    said = content(call, what="chat.postEphemeral")
    if not (said.text or said.blocks or said.attachments):
        raise ApiError("no_text")
    message = whisper(call.state, channel.id, user, said, thread_ts=call.text("thread_ts"))
    return {"message_ts": message.ts}


def whisper(
    known: state.State, channel: str, user: str, said: Content, *, thread_ts: str | None = None
) -> entities.Message:
    """Post an ephemeral message."""
    return known.board.post(
        entities.Message(
            channel,
            known.board.stamp(),
            known.app.user_id,
            (said.text or "")[:CUT],
            said.blocks or (),
            said.attachments or (),
            thread_ts=thread_ts,
            bot=True,
            only_for=user,
        )
    )


def delete(call: Call) -> Json:
    """Delete one of the bot's own messages."""
    message = _own(call, "cant_delete_message")
    call.state.board.delete(message.channel, message.ts)
    return {"channel": message.channel, "ts": message.ts}


def permalink(call: Call) -> Json:
    """Return the address of a message."""
    channel = conversations.visible(call, call.required("channel"))
    ts = call.required("message_ts")
    message = call.state.board.find(channel.id, ts)
    if message is None:
        raise ApiError("message_not_found")
    address = f"https://{call.state.team.domain}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    if message.reply:
        address += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": address}


def respond(known: state.State, url: entities.ResponseUrl, body: dict[str, Any]) -> None:
    """Act on a post to a response URL; ApiError where Slack refuses it."""
    # Of a command there is no original: then these two flags change nothing.
    call = Call(known, body)
    original = known.board.messages.get(url.channel, {}).get(url.message or "")
    if call.flag("delete_original") and original:
        known.board.delete(original.channel, original.ts)
        return
    said = content(call, what="response_url")
    if not (said.text or said.blocks or said.attachments):
        raise ApiError("no_text")
    if call.flag("replace_original") and original:
        known.board.edit(
            original, text=said.text or "", blocks=said.blocks or (), attachments=said.attachments or ()
        )
        return
    answer(known, url.channel, url.user, said, public=call.text("response_type") == "in_channel")


def answer(known: state.State, channel: str, user: str, said: Content, *, public: bool) -> entities.Message:
    """Post what an app answers to a command or an action: to one person, or to the channel."""
    if not public:
        return whisper(known, channel, user, said)
    return known.board.post(
        entities.Message(
            channel,
            known.board.stamp(),
            known.app.user_id,
            (said.text or "")[:CUT],
            said.blocks or (),
            said.attachments or (),
            bot=True,
        )
    )


METHODS = {
    "chat.postMessage": Method(post_message, ("chat:write",), Tier.SPECIAL),
    "chat.update": Method(update, ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",), Tier.T4),
    "chat.delete": Method(delete, ("chat:write",)),
    "chat.getPermalink": Method(permalink, tier=Tier.SPECIAL),
}
