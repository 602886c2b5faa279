"""What Slack sends to an app: pure functions from values to payloads with the keys of real ones.

Keys follow the literal payloads of slackapi/bolt-python (tests/scenario_tests_async) and the
samples of slackapi/java-slack-sdk (json-logs/samples); no value is copied from there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bot.sandbox.slack import entities, inputs
from bot.sandbox.slack.entities import Json


@dataclass(frozen=True, slots=True)
class Sender:
    """Who acts, in which team, towards which app: what every payload starts with."""

    team: entities.Team
    app: entities.App
    user: entities.User

    @property
    def team_id(self) -> str:
        """Return the team of the person, which for a stranger is not ours."""
        # What an app must look at before it trusts a click in a shared channel.
        return self.user.team_id or self.team.id

    @property
    def verification(self) -> str:
        """Return the old verification token, which nobody should read any more."""
        return hashlib.sha256(self.app.id.encode()).hexdigest()[:24]

    @property
    def domain(self) -> str:
        """Return the domain of the person's team."""
        return self.team.domain if self.team_id == self.team.id else self.team_id.lower()

    def interactive(self, kind: str) -> Json:
        """Return the keys that all interactive payloads share."""
        grid = self.team.enterprise_id
        names = {"enterprise_id": grid, "enterprise_name": self.team.enterprise_name} if grid else {}
        return {
            "type": kind,
            "user": {
                "id": self.user.id,
                "username": self.user.handle,
                "name": self.user.handle,
                "team_id": self.team_id,
            },
            "api_app_id": self.app.id,
            "token": self.verification,
            "team": {"id": self.team_id, "domain": self.domain, **names},
            # Always there, and null outside Enterprise Grid.
            "enterprise": {"id": grid, "name": self.team.enterprise_name} if grid else None,
            "is_enterprise_install": False,
        }


def command(
    sender: Sender, command: str, text: str, *, channel: entities.Channel, trigger_id: str, response_url: str
) -> dict[str, str]:
    """Return the form fields of a slash command."""
    # Private places keep their names to themselves.
    name = channel.name
    if channel.private:
        name = "directmessage" if channel.direct else "privategroup"
    fields = {
        "token": sender.verification,
        "team_id": sender.team_id,
        "team_domain": sender.domain,
        "channel_id": channel.id,
        "channel_name": name,
        "user_id": sender.user.id,
        "user_name": sender.user.handle,
        "command": command,
        "text": text,
        "api_app_id": sender.app.id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }
    if sender.team.enterprise_id:
        fields["enterprise_id"] = sender.team.enterprise_id
        fields["enterprise_name"] = sender.team.enterprise_name or ""
    return fields


def shortcut(sender: Sender, callback_id: str, *, trigger_id: str, action_ts: str) -> Json:
    """Return a global shortcut: no channel, no response URL."""
    return {
        **sender.interactive("shortcut"),
        "action_ts": action_ts,
        "callback_id": callback_id,
        "trigger_id": trigger_id,
    }


def view(sender: Sender, shown: entities.View) -> Json:
    """Return a view as payloads and views.* answers show it."""
    app, body = sender.app, shown.body
    return {
        "id": shown.id,
        # The viewer's team, beside the one that has the app: they differ in shared channels.
        "team_id": sender.team_id,
        "type": body["type"],
        "blocks": shown.blocks,
        "private_metadata": body.get("private_metadata", ""),
        "callback_id": body.get("callback_id", ""),
        "state": {"values": {block: dict(entries) for block, entries in shown.values.items()}},
        "hash": shown.hash,
        "title": body.get("title"),
        "clear_on_close": body.get("clear_on_close", False),
        "notify_on_close": body.get("notify_on_close", False),
        "close": body.get("close"),
        "submit": body.get("submit"),
        "previous_view_id": shown.previous_id,
        "root_view_id": shown.root_id,
        "app_id": app.id,
        "external_id": body.get("external_id", ""),
        "app_installed_team_id": sender.team.id,
        "bot_id": app.bot_id,
    }


def submission(sender: Sender, shown: entities.View, *, trigger_id: str) -> Json:
    """Return the sending of a modal."""
    return {
        **sender.interactive("view_submission"),
        "trigger_id": trigger_id,
        "view": view(sender, shown),
        "response_urls": [],  # filled only for selects with response_url_enabled, which are not modelled
    }


def closed(sender: Sender, shown: entities.View, *, cleared: bool) -> Json:
    """Return the closing of a modal that asked to hear of it."""
    return {**sender.interactive("view_closed"), "view": view(sender, shown), "is_cleared": cleared}


def suggestion(sender: Sender, shown: entities.View, spot: inputs.Spot, text: str) -> Json:
    """Return the question for options, with `state.values` empty as in Slack's own samples."""
    return {
        **sender.interactive("block_suggestion"),
        "container": {"type": "view", "view_id": shown.id},
        "action_id": spot.action_id,
        "block_id": spot.block_id,
        "value": text,
        "view": {**view(sender, shown), "state": {"values": {}}},
    }


def action(spot: inputs.Spot, value: Json | None, *, action_ts: str) -> Json:
    """Return the entry of `actions` for one element. `value` is its entry in `state.values`, if any."""
    # A menu's entry carries its choice (`value`), not the whole list it was chosen from.
    known: Json = {
        key: spot.element[key]
        for key in (
            "text",
            "value",
            "style",
            "url",
            "placeholder",
            "confirm",
            "initial_option",
            "initial_options",
        )
        if key in spot.element and not (key == "value" and spot.kind != "button")
    }
    return {
        "type": spot.kind,
        "action_id": spot.action_id,
        "block_id": spot.block_id,
        **known,
        **(value or {}),
        "action_ts": action_ts,
    }


def view_action(sender: Sender, shown: entities.View, action: Json, *, trigger_id: str) -> Json:
    """Return an action in a modal or App Home: no channel, no message, no response URL."""
    return {
        **sender.interactive("block_actions"),
        "container": {"type": "view", "view_id": shown.id},
        "trigger_id": trigger_id,
        "view": view(sender, shown),
        "actions": [action],
    }


@dataclass(frozen=True, slots=True)
class Origin:
    """The message that was acted in, and where it stands."""

    channel: entities.Channel
    message: entities.Message
    response_url: str
    values: dict[str, dict[str, Json]]


def message_action(sender: Sender, origin: Origin, action: Json, *, trigger_id: str) -> Json:
    """Return an action in a message; an ephemeral message itself is not part of it."""
    shown = origin.message
    container: Json = {
        "type": "message",
        "message_ts": shown.ts,
        "channel_id": shown.channel,
        "is_ephemeral": shown.only_for is not None,
    }
    if shown.thread_ts:
        container["thread_ts"] = shown.thread_ts
    # Slack does not keep ephemeral messages, so it has none to send along.
    visible = {} if shown.only_for else {"message": message(sender.app, sender.team, shown)}
    return {
        **sender.interactive("block_actions"),
        "container": container,
        "trigger_id": trigger_id,
        "channel": {"id": origin.channel.id, "name": origin.channel.name},
        **visible,
        "state": {"values": origin.values},
        "response_url": origin.response_url,
        "actions": [action],
    }


def message(
    app: entities.App, team: entities.Team, shown: entities.Message, *, metadata: bool = True
) -> Json:
    """Return a message as the Web API and payloads show it."""
    body: Json = {"type": "message", "user": shown.user, "ts": shown.ts, "text": shown.text, "team": team.id}
    if shown.bot:
        body |= {"bot_id": app.bot_id, "app_id": app.id, "bot_profile": _profile(app, team)}
    if shown.thread_ts:
        body["thread_ts"] = shown.thread_ts
    if shown.blocks:
        body["blocks"] = list(shown.blocks)
    if shown.attachments:
        body["attachments"] = list(shown.attachments)
    if shown.edited:
        body["edited"] = {"user": app.bot_id if shown.bot else shown.user, "ts": shown.edited}
    if shown.metadata and metadata:
        body["metadata"] = shown.metadata
    return body


def _profile(app: entities.App, team: entities.Team) -> Json:
    return {
        "id": app.bot_id,
        "app_id": app.id,
        "team_id": team.id,
        "name": app.name,
        "deleted": False,
        "updated": 0,
        "icons": {},
    }


def event(sender: Sender, inner: Json, *, event_id: str, event_time: int) -> Json:
    """Wrap an event for delivery; `event_id` is what tells a redelivery from a second event."""
    team, app = sender.team, sender.app
    # Only events leave the enterprise out where there is none; interactive payloads say null.
    grid = {"enterprise_id": team.enterprise_id} if team.enterprise_id else {}
    return {
        "token": sender.verification,
        "team_id": team.id,
        **grid,
        "api_app_id": app.id,
        "event": inner,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": event_time,
        "authorizations": [
            {
                "enterprise_id": team.enterprise_id,
                "team_id": team.id,
                "user_id": app.user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }
