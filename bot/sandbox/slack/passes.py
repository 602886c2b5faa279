"""What Slack hands out with an interaction: triggers (three seconds, once) and response URLs."""

from __future__ import annotations

import datetime as dt
import enum
import secrets
from collections.abc import Callable
from dataclasses import replace

from bot.sandbox.slack import entities

TRIGGER_LIFE = dt.timedelta(seconds=3)  # https://docs.slack.dev/interactivity/handling-user-interaction
URL_LIFE = dt.timedelta(minutes=30)
URL_USES = 5


class Refusal(enum.StrEnum):
    """Slack's own words for a pass that does not let you through."""

    INVALID_TRIGGER = "invalid_trigger_id"
    EXPIRED_TRIGGER = "expired_trigger_id"
    EXCHANGED_TRIGGER = "exchanged_trigger_id"
    UNKNOWN_URL = "invalid_token"
    EXPIRED_URL = "expired_url"
    USED_URL = "used_url"


class Passes:
    """Gives out triggers and response URLs, and takes them back once."""

    def __init__(self, team_id: str, *, now: Callable[[], dt.datetime]) -> None:
        self._team_id = team_id
        self._now = now
        self._triggers: dict[str, entities.Trigger] = {}
        self._urls: dict[str, entities.ResponseUrl] = {}

    def trigger(self, user: str, *, view: str | None = None) -> str:
        """Give out a trigger; its clock starts now, on Slack's side."""
        # The way to the app and the app's own way to views.open both count against the three
        # seconds (https://github.com/slackapi/bolt-js/issues/1662).
        now = self._now()
        number = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}"
        trigger = entities.Trigger(f"{number}.{secrets.token_hex(16)}", user, now + TRIGGER_LIFE, view)
        self._triggers[trigger.id] = trigger
        return trigger.id

    def exchange(self, trigger_id: str) -> entities.Trigger | Refusal:
        """Use a trigger up; an expired one stays expired, a used one stays used."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            return Refusal.INVALID_TRIGGER
        # "Used" before "expired": a duplicate that comes late learns what really happened.
        if trigger.used:
            return Refusal.EXCHANGED_TRIGGER
        if self._now() > trigger.expires:
            return Refusal.EXPIRED_TRIGGER
        self._triggers[trigger_id] = replace(trigger, used=True)
        return trigger

    def url(self, kind: str, user: str, channel: str, *, message: str | None = None) -> str:
        """Give out the path of a response URL (`kind`: commands or actions)."""
        path = f"/{kind}/{self._team_id}/{secrets.randbelow(10**12)}/{secrets.token_urlsafe(18)}"
        self._urls[path] = entities.ResponseUrl(path, user, channel, self._now() + URL_LIFE, message)
        return path

    def use(self, path: str) -> entities.ResponseUrl | Refusal:
        """Take one of the five uses of a response URL."""
        url = self._urls.get(path)
        if url is None:
            return Refusal.UNKNOWN_URL
        if self._now() > url.expires:
            return Refusal.EXPIRED_URL
        if url.used >= URL_USES:
            return Refusal.USED_URL
        self._urls[path] = replace(url, used=url.used + 1)
        return url
