"""The activities that the Bot Connector delivers, made as Teams makes them. Pure."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.sandbox.teams.entities import Conversation, Kind, User

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Scene:
    """Who acts, and where; `root` is the first message of a channel's thread."""

    by: User
    where: Conversation
    bot: str
    root: str | None = None


def message(scene: Scene, text: str) -> Json:
    """Return a message to the bot; outside of a personal chat it begins with a mention of it."""
    mention = scene.where.kind is not Kind.PERSONAL
    identity = _moment()
    # A new post in a channel is the first message of its own thread.
    root = scene.root or identity
    activity: Json = {
        **_frame(replace(scene, root=root)),
        "type": "message",
        "id": identity,
        "textFormat": "plain",
        "text": f"<at>registry-bot</at> {text}" if mention else text,
        "entities": [{"type": "clientInfo", "locale": "en-US", "platform": "Web"}],
    }
    if mention:
        told = {"id": f"28:{scene.bot}", "name": "registry-bot"}
        entity = {"type": "mention", "text": "<at>registry-bot</at>", "mentioned": told}
        activity["entities"] = [entity, {"type": "clientInfo", "locale": "en-US"}]
    return activity


def invoke(scene: Scene, name: str, value: Mapping[str, object], *, reply_to: str | None = None) -> Json:
    """Return what a click, a dialog or a search sends."""
    activity: Json = {
        **_frame(scene),
        "type": "invoke",
        "id": f"f:{uuid.uuid4()}",
        "name": name,
        "value": dict(value),
    }
    return {**activity, "replyToId": reply_to} if reply_to else activity


def pressed(action: Mapping[str, object], typed: Mapping[str, object]) -> Json:
    """Return the value of a pressed Action.Execute: its own data and the inputs around it."""
    own = action.get("data")
    data = {**typed, **own} if isinstance(own, dict) else dict(typed)
    sent = {"type": "Action.Execute", "title": action.get("title"), "verb": action.get("verb"), "data": data}
    return {"action": sent, "trigger": "manual"}


def submitted(action: Mapping[str, object], typed: Mapping[str, object]) -> Json:
    """Return the value of a pressed Action.Submit, as task/fetch and task/submit have it."""
    own = action.get("data")
    return {
        "data": {**typed, **own} if isinstance(own, dict) else dict(typed),
        "context": {"theme": "default"},
    }


def _frame(scene: Scene) -> Json:
    by, where = scene.by, scene.where
    data: Json = {"tenant": {"id": by.tenant}, "source": {"name": "message"}}
    if where.kind is Kind.CHANNEL:
        data |= {"team": {"id": where.team or where.id}, "channel": {"id": where.id}}
    return {
        "channelId": "msteams",
        "serviceUrl": "",  # set when it is sent
        "timestamp": dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z"),
        "localTimezone": "Europe/Berlin",
        "locale": "en-US",
        "from": {"id": by.member, "name": by.name, "aadObjectId": by.id},
        "recipient": {"id": f"28:{scene.bot}", "name": "registry-bot"},
        "conversation": _conversation(where, by.tenant, scene.root),
        "channelData": data,
    }


def _conversation(where: Conversation, tenant: str, root: str | None) -> Json:
    threaded = where.kind is Kind.CHANNEL and root is not None
    made: Json = {
        "id": f"{where.id};messageid={root}" if threaded else where.id,
        "conversationType": where.kind.value,
        "tenantId": tenant,
    }
    return made if where.kind is Kind.PERSONAL else {**made, "isGroup": True}


def _moment() -> str:
    """Return an id as messages have it: the milliseconds of its moment."""
    return str(uuid.uuid4().int % 10**3 + int(dt.datetime.now(dt.UTC).timestamp() * 1000) * 10**3)[:16]
