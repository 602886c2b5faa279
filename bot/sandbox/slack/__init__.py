"""Slack over real HTTP on loopback: Web API, Socket Mode, signed delivery, strict Block Kit, and people.

`SlackEmulator` is the door; `SlackEmulator.person(id)` is somebody to act as.
"""

from bot.sandbox.slack.changes import Change, What
from bot.sandbox.slack.emulator import SlackEmulator
from bot.sandbox.slack.entities import App, Channel, Team, User, Usergroup
from bot.sandbox.slack.filling import NotOnScreen
from bot.sandbox.slack.people import Person, Reaction
from bot.sandbox.slack.reading import Screen, Seen

__all__ = [
    "App",
    "Change",
    "Channel",
    "NotOnScreen",
    "Person",
    "Reaction",
    "Screen",
    "Seen",
    "SlackEmulator",
    "Team",
    "User",
    "Usergroup",
    "What",
]
