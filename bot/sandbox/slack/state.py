"""All that Slack knows: people, channels, screens, passes, and what it told people itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from bot.sandbox.slack import board, changes, entities, passes, screens


class State:
    """One Slack team with one app installed. Everything in it can be read at any time."""

    def __init__(
        self,
        *,
        team: entities.Team,
        app: entities.App,
        people: Iterable[entities.User],
        channels: Iterable[entities.Channel],
        groups: Iterable[entities.Usergroup],
        now: Callable[[], dt.datetime],
    ) -> None:
        self.team = team
        self.app = app
        self.users = {user.id: user for user in people}
        # The bot is a user like others: it is a member of channels and the author of messages.
        self.users[app.user_id] = entities.User(app.user_id, app.name, bot=True)
        self.groups = {group.id: group for group in groups}
        self.feed = changes.Feed()
        self.board = board.Board(channels, feed=self.feed, now=now)
        self.screens = screens.Screens(feed=self.feed, now=now)
        self.passes = passes.Passes(team.id, now=now)
        self.notices: list[entities.Notice] = []
        self.complaints: list[str] = []  # what the app did that Slack refuses or silently drops
        self.now = now

    def team_of(self, user: entities.User) -> str:
        """Return the team that a person belongs to."""
        return user.team_id or self.team.id

    def stranger(self, user: entities.User) -> bool:
        """Tell whether a person belongs to another team (Slack Connect)."""
        return self.team_of(user) != self.team.id

    def direct(self, user: str) -> entities.Channel:
        """Return a person's direct messages with the bot."""
        return self.board.direct(user, self.app.user_id)

    def notify(self, notice: entities.Notice) -> entities.Notice:
        """Show a person one of Slack's own notices."""
        self.notices.append(notice)
        self.feed.tell(
            changes.What.NOTICE,
            user=notice.user,
            channel=notice.channel,
            view=notice.view,
            text=notice.text,
        )
        return notice

    def complain(self, sentence: str) -> None:
        """Keep what a developer should see though Slack's users never would."""
        self.complaints.append(sentence)
        self.feed.tell(changes.What.COMPLAINT, text=sentence)
