"""Many people at once: more approvers than Acme has, and a click of each at the same moment."""

from __future__ import annotations

from dataclasses import replace

from bot.sandbox import acme, stage
from bot.sandbox.slack import entities, people

CROWD = 200


def ids(count: int) -> tuple[str, ...]:
    """Return the user ids of a crowd."""
    return tuple(f"U0CROWD{number:03d}" for number in range(count))


def gather(on: stage.Stage, users: tuple[str, ...]) -> list[people.Person]:
    """Let a crowd into the team and into the approvers' channel."""
    known = on.world.slack.state
    for user in users:
        known.users[user] = entities.User(user, f"Approver {user[-3:]}")
    channel = known.board.channels[acme.APPROVALS]
    known.board.change(replace(channel, members=channel.members | set(users)))
    return [on.world.slack.person(user) for user in users]
