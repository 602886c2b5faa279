"""The app as it is put together: one workspace, one session, and work that outlives its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bot import errors
from bot.sandbox import acme
from bot.sandbox.emulator import Fault
from handlers.slack import app as slack_app
from handlers.slack import background
from tests import fakes
from tests.handlers import house as houses


async def test_the_installation_is_the_tokens() -> None:
    """Slack says whose token it is: that workspace is everybody's tenant."""
    async with houses.emulator() as slack, houses.built(slack) as house:
        found = await slack_app.installation(house.web)

    assert found == slack_app.Installation(acme.TEAM.id, None, acme.BOT)


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        (Fault("auth.test", 1, 200, body='{"ok":false,"error":"token_revoked"}'), errors.Forbidden),
        (Fault("auth.test", 9, cut=True), errors.Unknown),
    ],
)
async def test_a_bad_token_says_which_setting(fault: Fault, wanted: type[errors.ServiceError]) -> None:
    """A token that Slack refuses, or a Slack that is away, is told apart."""
    async with houses.emulator() as slack, houses.built(slack) as house:
        slack.faults.append(Fault(fault.match, fault.times, fault.status, body=fault.body, cut=fault.cut))

        with pytest.raises(wanted) as refused:
            await slack_app.installation(house.web)

    assert refused.value.remedy is None or "SLACK_BOT_TOKEN" in refused.value.remedy


async def test_a_start_outlives_a_short_trouble_of_slack() -> None:
    """A Slack that throttles, has a fault or hangs up is asked again, when it wishes."""
    clock = fakes.FakeClock()
    async with houses.emulator() as slack, houses.built(slack) as house:
        slack.faults += [
            Fault("auth.test", 1, 429, headers={"Retry-After": "7"}),
            Fault("auth.test", 1, 503),
        ]

        found = await slack_app.installed(house.web, clock)

    assert found.team == acme.TEAM.id
    assert clock.slept == [7.0, 2.0]


async def test_a_start_ends_where_slack_stays_away() -> None:
    """After a minute whoever started the bot reads why, and may start it again."""
    clock = fakes.FakeClock()
    async with houses.emulator() as slack, houses.built(slack) as house:
        slack.faults.append(Fault("auth.test", None, 503))

        with pytest.raises(errors.Temporary):
            await slack_app.installed(house.web, clock)

    assert slack_app.START_S - slack_app.START_STEPS_S[-1] < sum(clock.slept) <= slack_app.START_S


async def test_a_bad_token_is_not_waited_for() -> None:
    """Only a setting mends it."""
    clock = fakes.FakeClock()
    async with houses.emulator() as slack, houses.built(slack) as house:
        slack.faults.append(Fault("auth.test", 1, 200, body='{"ok":false,"error":"invalid_auth"}'))

        with pytest.raises(errors.Forbidden):
            await slack_app.installed(house.web, clock)

    assert clock.slept == []


async def test_calls_share_one_session() -> None:
    """A client without a session of its own would connect anew for every call."""
    async with houses.emulator() as slack, houses.built(slack) as house:
        session = house.web.session

    assert session is not None
    assert session.closed


async def test_install_variables_of_the_slack_library_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With these set, bolt would silently become an app for many workspaces and ignore the token."""
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "made-up")
    async with houses.emulator() as slack:
        with pytest.raises(errors.ConfigurationError, match="SLACK_CLIENT_ID"):
            async with houses.built(slack):
                pass


async def test_without_a_token_nothing_is_built() -> None:
    """The setting that is missing is named."""
    config = houses.configuration("http://127.0.0.1:1").model_copy(update={"slack_bot_token": None})

    with pytest.raises(errors.ConfigurationError, match="SLACK_BOT_TOKEN"):
        async with slack_app.client(config):
            pass


async def test_background_work_is_finished_before_the_end() -> None:
    """What was begun before the end is waited for."""
    done: list[str] = []

    async def work() -> None:
        await asyncio.sleep(0)
        done.append("done")

    async with background.Background() as later:
        later.start(work(), name="test")

    assert done == ["done"]


async def test_background_work_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not end in time is cancelled."""

    async def hang() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(background, "GRACE_S", 0.01)

    async with background.Background() as later:
        later.start(hang(), name="test")

    assert not [task for task in asyncio.all_tasks() if task.get_name() == "slack:test"]


async def test_background_work_that_fails_is_logged_by_type(everything_logged: Callable[[], str]) -> None:
    """An exception's words may be a user's: the log gets type, place and an id."""

    async def fail() -> None:
        raise ValueError("words of a user")

    async with background.Background() as later:
        later.start(fail(), name="test")

    assert "ValueError" in everything_logged()
    assert "test_app.py" in everything_logged()
    assert "words of a user" not in everything_logged()
