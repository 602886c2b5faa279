"""The App Home: drawn for one person, when they open it and whenever something of theirs changes."""

from __future__ import annotations

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot import errors, model
from handlers import replies
from handlers.service import Service
from handlers.slack import faults, home

log = structlog.get_logger(__name__)


class Tab:
    """Publishes homes. `client` must not wait out rate limits itself: who is late is drawn again soon."""

    def __init__(self, service: Service, client: AsyncWebClient) -> None:
        self._service = service
        self._client = client

    async def publish(self, by: model.Principal) -> None:
        """Draw somebody's home as it is now; what cannot be looked up is said in it. Raises ServiceError."""
        try:
            view = home.home(await self._service.home(by))
        except (errors.BotError, TimeoutError) as error:
            view = home.notice((replies.problem(error, looking=True),))
        with faults.translated():
            await self._client.views_publish(user_id=by.user, view=view)
