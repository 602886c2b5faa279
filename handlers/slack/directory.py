"""`ports.Directory` on Slack: what an account is, and who is in a user group, as of now."""

from __future__ import annotations

from slack_sdk.web.async_client import AsyncWebClient

from bot import errors, model
from handlers.slack import faults, parse

_GONE = ("deleted", "is_bot")
_GUEST = ("is_restricted", "is_ultra_restricted")
_ENTERPRISE = ("enterprise_user", "enterprise_id")


class SlackDirectory:
    """Asks Slack each time.

    `team` is the workspace that the bot's token belongs to, and `enterprise` its organization where
    there is one: every account of it is a colleague's, whatever workspace it is in.
    """

    def __init__(self, client: AsyncWebClient, *, team: str, enterprise: str | None = None) -> None:
        self._client = client
        self._team = team
        self._enterprise = enterprise

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
        """Tell whether an account belongs to another workspace, and not to one of our organization."""
        team = parse.text_at(user, "team_id")
        if not team or team == self._team:
            return False
        return not self._enterprise or parse.text_at(user, *_ENTERPRISE) != self._enterprise
