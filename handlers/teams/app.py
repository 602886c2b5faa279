"""The Teams SDK's app behind our guard: every registration, and nothing of its own that talks to anybody."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from microsoft_teams.api import InvokeResponse
from microsoft_teams.apps import ActivityContext, App
from microsoft_teams.common import ClientOptions

from bot import ports, settings
from handlers.service import Service
from handlers.teams import guard
from handlers.teams.actions import Actions
from handlers.teams.changing import Changing
from handlers.teams.commands import Commands
from handlers.teams.lists import Lists
from handlers.teams.names import Names
from handlers.teams.people import People
from handlers.teams.rim import Kind, Listener, Rim
from handlers.teams.sending import Sending
from handlers.teams.views import Views
from handlers.teams.windows import Windows

CALL_S = 10.0


@asynccontextmanager
async def opened(
    config: settings.Settings,
    service: Service,
    door: guard.Guard,
    *,
    connector: ports.Connector,
    who: People,
    names: Names,
) -> AsyncIterator[None]:
    """Register every listener, and hand the SDK's handler to the guard."""
    _hush()
    app = App(
        http_server_adapter=door,
        client_id=config.teams_client_id,
        tenant_id=config.teams_tenant_id,
        # The SDK sends nothing here: messages go through the Connector's client, which has time
        # limits and tries again. Given a secret it would build a second way to get tokens.
        token=lambda *_: None,
        client=ClientOptions(timeout=CALL_S),
        fetch_user_token=False,
        # The guard has verified the token by then. The SDK's own check reads keys with blocking
        # calls, every five minutes and for every unknown key, and Slack's clicks would wait for it.
        dangerously_allow_unauthenticated_requests=True,
    )
    views = Views(service, who, names, Windows(service, names))
    sending = Sending(connector)
    changing, lists = Changing(service, who, names, sending), Lists(service, who, names)
    commands = Commands(service, who, names, sending=sending, changing=changing, lists=lists)
    actions = Actions(service, who, names, views=views, changing=changing, lists=lists)
    _register(app, Rim(names, sending.reply), commands, actions, views)
    await app.initialize()
    try:
        yield
    finally:
        await app.http_client.http.aclose()
        await app.api.http.http.aclose()


def _register(app: App, rim: Rim, commands: Commands, actions: Actions, views: Views) -> None:
    def answer(kind: Kind, listener: Listener) -> Any:
        async def handle(ctx: ActivityContext[Any]) -> InvokeResponse[Any] | None:
            activity = ctx.activity.model_dump(mode="json", by_alias=True, exclude_none=True)
            body = await rim.answer(kind, listener, activity)
            return None if body is None else InvokeResponse[Any](status=200, body=body)

        return handle

    app.on_message(answer(Kind.MESSAGE, commands.message))
    app.on_card_action(answer(Kind.BUTTON, actions.press))
    app.on_dialog_open(answer(Kind.DIALOG, actions.opened))
    app.on_dialog_submit(answer(Kind.DIALOG, actions.sent))
    app.on_message_ext_open(answer(Kind.DIALOG, views.composed))
    app.on_message_ext_submit(answer(Kind.DIALOG, views.sent_composed))
    app.on_card_search(answer(Kind.SEARCH, views.search))


def _hush() -> None:
    """Keep the SDK from logging: it writes bodies and tokens' claims, at levels up to ERROR."""
    logging.getLogger("microsoft_teams").setLevel(logging.CRITICAL)
    # Each of its clients sets the level of httpx, which logs every address, to the level of this one.
    logging.getLogger("microsoft_teams.common.http.client").setLevel(logging.WARNING)
