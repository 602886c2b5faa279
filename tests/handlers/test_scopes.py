"""What the app may do is looked at when it starts: each scope that is missing is a line in the log."""

from __future__ import annotations

import dataclasses

import pytest
import structlog

from bot import clock
from handlers.slack import app, scopes
from tests.handlers import house as houses


async def warned(*missing: str) -> list[dict[str, object]]:
    """Return what a start logs with an app that lacks some scopes."""
    async with houses.emulator() as slack, houses.built(slack) as house:
        held = slack.state.app.scopes - set(missing)
        slack.state.app = dataclasses.replace(slack.state.app, scopes=held)
        with structlog.testing.capture_logs() as logs:
            await app.installed(house.web, clock.SystemClock())
    return [dict(line) for line in logs if line["log_level"] == "warning"]


@pytest.mark.parametrize("scope", scopes.BOT)
async def test_a_missing_scope_is_named_at_the_start(scope: str) -> None:
    """An operator reads which one, what does not work without it, and what to do; the bot starts."""
    (line,) = await warned(scope)

    assert (line["event"], line["scope"]) == ("slack.scope.missing", scope)
    assert line["remedy"] == f"Add the scope {scope} to the Slack app and install it again."


async def test_each_missing_scope_is_a_line() -> None:
    """All of them can be added in one go."""
    lines = await warned("im:write", "users:read")

    assert [line["scope"] for line in lines] == ["im:write", "users:read"]


async def test_an_app_that_may_do_everything_is_not_spoken_of() -> None:
    """With the scopes of the manifest a start logs no warning."""
    assert await warned() == []


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({"X-OAuth-Scopes": "commands, chat:write"}, {"commands", "chat:write"}),
        ({"x-oauth-scopes": ""}, set()),
        ({}, None),
        (None, None),
    ],
)
def test_slack_says_what_was_granted(headers: dict[str, str] | None, wanted: set[str] | None) -> None:
    """Whatever the case of the header's name; an answer without it does not mean that nothing was."""
    assert scopes.granted(headers) == wanted


def test_what_slack_does_not_tell_is_not_missing() -> None:
    """No warning is better than eight that may be wrong."""
    with structlog.testing.capture_logs() as logs:
        scopes.warn(None)

    assert logs == []
