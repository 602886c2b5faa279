"""`ports.Directory` on Slack: what an account is, and who is in a user group, as of now."""

from __future__ import annotations

from slack_sdk.web.async_client import AsyncWebClient

from bot import errors, model
from handlers.slack import faults, parse

_GONE = ("deleted", "is_bot")
_GUEST = ("is_restricted", "is_ultra_restricted")


class SlackDirectory:
    """Asks Slack each time. `team` is the workspace that the bot's token belongs to."""

    def __init__(self, client: AsyncWebClient, *, team: str) -> None:
        self._client = client
        self._team = team

    async def standing(self, who: model.Principal) -> model.Standing:
        """Return what Slack says of an account (https://docs.slack.dev/reference/methods/users.info)."""
        with faults.translated():
            answer = await self._client.users_info(user=who.user)
        user = parse.at(answer.data, "user")
        if any(parse.at(user, flag) for flag in _GONE):
            return model.Standing.GONE
        if parse.at(user, "is_stranger") or self._foreign(user):
            return model.Standing.OUTSIDER
        if any(parse.at(user, flag) for flag in _GUEST):
            return model.Standing.GUEST
        return model.Standing.MEMBER

    async def usergroup(self, usergroup: str) -> frozenset[str]:
        """Return who is in a user group (https://docs.slack.dev/reference/methods/usergroups.users.list)."""
        with faults.translated():
            answer = await self._client.usergroups_users_list(usergroup=usergroup)
        users = parse.at(answer.data, "users")
        if not isinstance(users, list):
            # Nobody may take an answer that says nothing for an empty group.
            raise errors.Temporary("Slack's answer about a user group says nothing.", service=faults.SERVICE)
        return frozenset(str(user) for user in users)

    def _foreign(self, user: object) -> bool:
        """Tell whether an account belongs elsewhere; in an organization's grid teams may differ."""
        team = parse.text_at(user, "team_id")
        return bool(team) and team != self._team and not parse.at(user, "enterprise_user")
