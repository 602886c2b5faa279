"""`ports.ChatProbe` on Slack's Web API: looks at the app, its channels and its people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from pydantic import SecretStr
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import errors, model, ports
from bot import settings as configuration
from handlers.slack import app, faults, parse, scopes
from handlers.slack.directory import SlackDirectory

_MISSING = {
    "channel_not_found": "There is no such channel, or the app cannot see it.",
    "user_not_found": "There is no such account in Slack.",
    "user_not_visible": "The app cannot see this account.",
    "users_not_found": "There is no such account in Slack.",
    "no_such_subteam": "There is no such user group in Slack.",
    "subteam_not_found": "There is no such user group in Slack.",
}
_PLAN = frozenset({"plan_upgrade_required", "paid_teams_only"})


@asynccontextmanager
async def connect(settings: configuration.Settings, clock: ports.Clock) -> AsyncIterator[SlackProbe]:
    """Open what looks at Slack with the bot's tokens."""
    async with app.client(settings) as client:
        yield SlackProbe(client, clock, app_token=settings.slack_app_token)


class SlackProbe:
    """Looks at one workspace."""

    def __init__(self, client: AsyncWebClient, clock: ports.Clock, *, app_token: SecretStr | None) -> None:
        self._client = client
        self._clock = clock
        self._app_token = app_token
        self._enterprise: str | None = None  # known once the app was looked at

    async def app(self) -> ports.ChatApp:
        """Return whose token the bot has (https://docs.slack.dev/reference/methods/auth.test)."""
        with _translated():
            answer = await self._client.auth_test()
            team = parse.needed(answer.data, "team_id")
        self._enterprise = parse.text_at(answer.data, "enterprise_id") or None
        headers = {name.lower(): value for name, value in (answer.headers or {}).items()}
        return ports.ChatApp(
            team=team,
            name=parse.text_at(answer.data, "team"),
            scopes=scopes.granted(headers),
            date=headers.get("date"),
            at=self._clock.now(),
        )

    async def channel(self, channel: str) -> ports.Channel:
        """Return a channel (https://docs.slack.dev/reference/methods/conversations.info)."""
        with _translated():
            answer = await self._client.conversations_info(channel=channel)
        found = parse.at(answer.data, "channel")
        return ports.Channel(
            name=parse.text_at(found, "name"),
            member=parse.at(found, "is_member") is True,
            archived=parse.at(found, "is_archived") is True,
        )

    async def standing(self, user: str, *, team: str) -> model.Standing:
        """Return what an account is."""
        who = model.Principal(platform=model.Platform.SLACK, tenant=team, user=user)
        with _translated():
            people = SlackDirectory(self._client, team=team, enterprise=self._enterprise)
            return await people.standing(who)

    async def usergroup(self, usergroup: str) -> frozenset[str]:
        """Return who is in a user group."""
        with _translated():
            return await SlackDirectory(self._client, team="").usergroup(usergroup)

    async def socket(self) -> None:
        """Ask for the address of a socket (https://docs.slack.dev/reference/methods/apps.connections.open).

        The address is for one connection, lapses unused, and is not kept: nobody's connection ends.
        """
        if self._app_token is None:
            return
        try:
            await self._client.apps_connections_open(app_token=self._app_token.get_secret_value())
        except SlackApiError as error:
            failure = faults.ours(error)
            if isinstance(failure, errors.Temporary):
                raise failure from error
            raise _no_socket(faults.code(error)) from error
        except faults.RAISED as error:
            raise faults.ours(error) from error


def _no_socket(code: str) -> errors.Forbidden:
    return errors.Forbidden(
        f"Slack does not open Socket Mode with the app token ({code}).",
        service=faults.SERVICE,
        remedy="Make a token with connections:write under App-Level Tokens of the app, switch Socket Mode "
        "on, and put the token into SLACK_APP_TOKEN.",
    )


@contextmanager
def _translated() -> Iterator[None]:
    """Raise our own errors, and tell what is not there from what is refused."""
    try:
        with faults.translated():
            yield
    except parse.Malformed as error:
        raise errors.Temporary(
            "Slack sent an answer that is not its API's.",
            service=faults.SERVICE,
            remedy="Check that SLACK_API_URL is the address of Slack's Web API.",
        ) from error
    except errors.Permanent as error:
        cause = error.__cause__
        raise _plainer(error, faults.code(cause) if isinstance(cause, SlackApiError) else "") from cause


def _plainer(error: errors.Permanent, code: str) -> errors.Permanent:
    if code in _MISSING:
        return errors.NotFound(_MISSING[code], service=faults.SERVICE)
    if code in _PLAN:
        return errors.Forbidden(
            f"Slack keeps user groups on paid plans only ({code}).",
            service=faults.SERVICE,
            remedy="List the people in the policy file, or move the workspace to a paid plan.",
        )
    return error
