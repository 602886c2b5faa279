"""Slack's state as the page gets it: plain JSON of what people see, and nothing that only apps see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox import acme
from bot.sandbox.slack import entities, screens, state
from bot.sandbox.slack.entities import Json

ABOUT = {
    acme.ANA: "asks for credentials",
    acme.BEN: "approves",
    acme.CLEO: "approves",
    acme.DAN: "a colleague",
    acme.GUS: "a guest",
    acme.STRANGER: "from another company",
}


def team(known: state.State, manifest: Mapping[str, Any]) -> Json:
    """Return what does not change: the team, its people, and the app as its manifest describes it."""
    features, home = manifest["features"], manifest["features"].get("app_home", {})
    return {
        "name": known.team.name,
        "people": [_person(user) for user in known.users.values() if not user.bot],
        "app": {
            "id": known.app.user_id,
            "name": known.app.name,
            "about": manifest["display_information"].get("description", ""),
            "commands": [_command(each) for each in features.get("slash_commands", ())],
            "shortcuts": [
                {"id": each["callback_id"], "name": each["name"], "about": each["description"]}
                for each in features.get("shortcuts", ())
                if each["type"] == "global"
            ],
            "home": known.app.home_tab,
            "messages": known.app.messages_tab,
            "read_only": bool(home.get("messages_tab_read_only_enabled")),
        },
    }


def names(known: state.State) -> dict[str, str]:
    """Return the names behind the ids in messages."""
    return {
        **{user.id: user.name for user in known.users.values()},
        **{channel.id: channel.name for channel in known.board.channels.values()},
        **{group.id: group.handle for group in known.groups.values()},
    }


def channels(known: state.State) -> list[Json]:
    """Return all channels, direct messages included."""
    return [
        {
            "id": one.id,
            "name": one.name,
            "private": one.private,
            "archived": one.archived,
            "user": one.user,
            "members": sorted(one.members),
        }
        for one in known.board.channels.values()
    ]


def messages(known: state.State) -> list[Json]:
    """Return every message, oldest first."""
    # Timestamps of Slack sort as text: they all have the same length.
    every = [one for held in known.board.messages.values() for one in held.values()]
    return [message(one) for one in sorted(every, key=lambda one: one.ts)]


def message(one: entities.Message) -> Json:
    """Return a message as people see it: metadata is the app's own note."""
    return {
        "channel": one.channel,
        "ts": one.ts,
        "user": one.user,
        "text": one.text,
        "blocks": list(one.blocks),
        "attachments": list(one.attachments),
        "thread": one.thread_ts if one.reply else None,
        "broadcast": one.broadcast,
        "edited": one.edited is not None,
        "bot": one.bot,
        "only_for": one.only_for,
    }


def view(known: screens.Screens, one: entities.View | None) -> Json | None:
    """Return a modal or App Home with what is typed into it; private metadata stays here."""
    if one is None:
        return None
    stack = known.stacks.get(one.user, [])
    return {
        "id": one.id,
        "hash": one.hash,
        "title": _text(one.body, "title"),
        "submit": _text(one.body, "submit"),
        "close": _text(one.body, "close"),
        "blocks": one.blocks,
        "values": one.values,
        "errors": one.errors,
        "trouble": one.trouble,
        "depth": stack.index(one.id) if one.id in stack else 0,
    }


def notice(number: int, one: entities.Notice, at: float) -> Json:
    """Return what Slack itself told somebody."""
    return {
        "id": number,
        "user": one.user,
        "code": one.code,
        "text": one.text,
        "channel": one.channel,
        "view": one.view,
        "at": at,
    }


def _person(user: entities.User) -> Json:
    return {"id": user.id, "name": user.name, "about": ABOUT.get(user.id, ""), "guest": user.guest}


def _command(each: Mapping[str, Any]) -> Json:
    return {
        "name": each["command"],
        "about": each["description"],
        "hint": each.get("usage_hint", ""),
    }


def _text(body: Json, part: str) -> str:
    return str(body.get(part, {}).get("text", ""))
