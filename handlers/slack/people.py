"""Who acts: a principal whose tenant is our own workspace only for people of our own organization."""

from __future__ import annotations

import structlog
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot import model
from handlers.slack import faults, parse
from handlers.slack.parse import Payload, text_at

log = structlog.get_logger(__name__)


def own_team(context: AsyncBoltContext) -> str:
    """Return the workspace that the bot's token belongs to."""
    own = context.authorize_result
    return (own.team_id if own else None) or ""


class People:
    """Tells colleagues from strangers.

    In an Enterprise Grid organization a colleague's `team_id` may be another workspace than ours
    (NousResearch/hermes-agent#100112: every button was dead for them), and a Slack Connect
    stranger's is always another. Slack itself is asked which of the two it is; without a clear
    answer the person stays with the foreign tenant, which no rule allows.
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def who(self, payload: Payload, context: AsyncBoltContext) -> model.Principal:
        """Return who sent a payload."""
        by = parse.principal(payload)
        own = context.authorize_result
        if own is None or not own.team_id or not own.enterprise_id or by.tenant == own.team_id:
            return by
        if await self._enterprise(by.user) != own.enterprise_id:
            return by
        return by.model_copy(update={"tenant": own.team_id})

    async def _enterprise(self, user: str) -> str | None:
        try:
            answer = await self._client.users_info(user=user)
        except faults.RAISED as error:
            log.warning("slack.user.unknown", error=faults.word(error))
            return None
        profile = parse.at(answer.data, "user")
        if parse.at(profile, "is_stranger") or parse.at(profile, "deleted"):
            return None
        return text_at(profile, "enterprise_user", "enterprise_id") or None
