"""The bolt app: every registration, and the clients it works with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient

from bot import errors, ports
from bot import settings as configuration
from bot.forms import Field
from handlers.service import Service
from handlers.slack import faults, ids, nearby, parse, scopes, visits
from handlers.slack.actions import Actions
from handlers.slack.answers import Answers
from handlers.slack.background import Background
from handlers.slack.changing import Changing
from handlers.slack.commands import Commands
from handlers.slack.deliveries import Deliveries
from handlers.slack.lists import Lists
from handlers.slack.people import People
from handlers.slack.rim import Rim
from handlers.slack.tab import Tab
from handlers.slack.views import Views
from handlers.slack.windows import Windows

CALL_S = 10.0  # for one call of the Web API
START_S = 60.0  # how long a starting process puts up with a Slack that is away
START_STEPS_S = (1.0, 2.0, 4.0, 8.0)  # between the tries; the last one again and again
PATIENT_RETRIES = 2

log = structlog.get_logger(__name__)


@asynccontextmanager
async def client(settings: configuration.Settings) -> AsyncIterator[AsyncWebClient]:
    """Return the one client of the process; without a session of its own it would connect for every call."""
    if settings.slack_bot_token is None:
        raise errors.ConfigurationError("SLACK_BOT_TOKEN is not set: put the app's bot token there.")
    limit = aiohttp.ClientTimeout(total=CALL_S)
    async with aiohttp.ClientSession(timeout=limit, middlewares=(nearby.without_proxy,)) as session:
        yield AsyncWebClient(
            token=settings.slack_bot_token.get_secret_value(),
            base_url=settings.slack_api_url + "/",
            session=session,
        )


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the bot's token belongs to: `team` is the tenant of everybody who may use the bot."""

    team: str
    enterprise: str | None
    bot_user: str


async def installation(web: AsyncWebClient) -> Installation:
    """Ask Slack whose token this is. Raises ServiceError; Forbidden for a bad token."""
    with faults.translated():
        answer = await web.auth_test()
    scopes.warn(scopes.granted(answer.headers))
    return Installation(
        team=parse.needed(answer.data, "team_id"),
        enterprise=parse.text_at(answer.data, "enterprise_id") or None,
        bot_user=parse.text_at(answer.data, "user_id"),
    )


async def installed(web: AsyncWebClient, clock: ports.Clock) -> Installation:
    """Ask Slack whose token this is, and again while Slack is away: a short trouble must not stop a start.

    Raises what `installation` raises: for a bad token at once, for a Slack that stays away after a minute.
    """
    begun, steps = clock.now(), iter(START_STEPS_S)
    while True:
        try:
            return await installation(web)
        except errors.Temporary as error:
            wait_s = max(next(steps, START_STEPS_S[-1]), error.retry_after_s or 0.0)
            if (clock.now() - begun).total_seconds() + wait_s > START_S:
                raise
            log.warning("slack.away", error=str(error), again_in_s=wait_s)
        await clock.sleep(wait_s)


def build(
    settings: configuration.Settings,
    service: Service,
    web: AsyncWebClient,
    *,
    background: Background,
    opened: visits.Opened = visits.nobody,
) -> AsyncApp:
    """Return the app for one workspace. `background` must be closed before `web`'s session is.

    `opened` hears of everybody who opens their home, so that it can be kept fresh.
    Bolt runs a listener to its end before it answers (process_before_response), so that an
    acknowledgement carries committed state, and without the 10 ms steps of its waiting loop.
    """
    secret = settings.slack_signing_secret
    app = AsyncApp(
        name="registry-bot",
        client=web,
        signing_secret=secret.get_secret_value() if secret else "",
        process_before_response=True,
        raise_error_for_unhandled_request=True,
    )
    if app.oauth_flow is not None:
        raise errors.ConfigurationError(
            "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET make the Slack library install itself into many "
            "workspaces; this bot serves one, with SLACK_BOT_TOKEN. Unset them."
        )
    # One waits out rate limits, for what nobody waits for; the other never does: triggers expire.
    patient = patiently(web)
    tell = Answers(patient, background)
    who = People(web)
    windows = Windows(service, quick=web, patient=patient, tell=tell)
    app.error(Rim(tell).answer)
    app.use(Deliveries(service))
    changing, lists = Changing(service, windows), Lists(service, windows, tell)
    commands = Commands(service, who, windows, background, changing=changing, lists=lists)
    actions = Actions(service, who, windows, background, changing=changing, lists=lists)
    _register(app, commands, actions, Views(service, who))
    app.event(ids.HOME_OPENED)(visits.Visits(who, Tab(service, patient), background, opened).visit)
    return app


def _register(app: AsyncApp, commands: Commands, actions: Actions, views: Views) -> None:
    # Bolt tries them in this order, some microseconds each.
    app.command(ids.COMMAND)(commands.registry)
    app.global_shortcut(ids.SHORTCUT)(commands.shortcut)
    app.block_action(ids.APPROVE)(actions.approve)
    app.block_action(ids.DENY)(actions.deny)
    app.block_action(ids.CANCEL)(actions.cancel)
    for change in ids.CHANGES.values():
        app.block_action(change)(actions.change)
    app.block_action(ids.CHOOSE)(actions.candidate)
    app.block_action(ids.DETAILS)(actions.details)
    for turn in (ids.NEXT, ids.PREVIOUS, ids.MORE):
        app.block_action(turn)(actions.turn)
    app.block_action(ids.NEW)(actions.new)
    for field in (Field.WORKSPACE, Field.REPOSITORY):
        app.block_action(ids.action(field))(actions.choose)
    app.options(ids.action(Field.WORKSPACE))(views.workspaces)
    app.options(ids.action(Field.REPOSITORY))(views.repositories)
    app.view_submission(ids.FORM)(views.form)
    app.view_submission(ids.CHANGE)(views.change)
    app.view_submission(ids.DENIAL)(views.denial)


def patiently(web: AsyncWebClient) -> AsyncWebClient:
    """Return a client that waits out rate limits: for what nobody's acknowledgement waits for."""
    return AsyncWebClient(
        token=web.token,
        base_url=web.base_url,
        session=web.session,
        retry_handlers=[
            AsyncConnectionErrorRetryHandler(),
            AsyncRateLimitErrorRetryHandler(max_retry_count=PATIENT_RETRIES),
        ],
    )
