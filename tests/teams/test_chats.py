"""Platforms put together: each copy goes to its own, and what cannot be is said at the start."""

from __future__ import annotations

import contextlib
import sys

import pytest
from pydantic import ValidationError

from bot import chats, clock, errors, model, platforms, settings
from bot.model import Platform, Role
from bot.sandbox import acme
from handlers import http
from handlers.platform import Entrance
from handlers.platform import Platform as Side
from handlers.slack import visits
from tests.fakes.chat import FakeDirectory, FakeNotifier
from tests.fakes.journal import Journal
from tests.handlers import house as slack_house
from tests.handlers import samples
from tests.handlers.service_double import ServiceDouble
from tests.teams import scenery


def copy(platform: Platform, role: Role = Role.APPROVAL) -> model.Copy:
    """Return a copy that was not posted yet."""
    return model.Copy(role=role, platform=platform, channel="x")


async def test_each_copy_goes_to_its_platform() -> None:
    """Asked in one place and approved in the other: both are shown where they belong."""
    slack, teams = FakeNotifier(Journal()), FakeNotifier(Journal())
    everywhere = platforms.Everywhere({Platform.SLACK: slack, Platform.TEAMS: teams})

    for platform in Platform:
        await everywhere.show(samples.request(), copy(platform), copies={})
        await everywhere.find(samples.request(), copy(platform), copies={})
    await everywhere.alert("Look at this.")

    assert [len(one.shown) for one in (slack, teams)] == [1, 1]
    assert [one.alerts for one in (slack, teams)] == [["Look at this."], ["Look at this."]]


async def test_a_copy_of_a_platform_that_is_gone_says_so() -> None:
    """A request from before Teams was switched off goes on; its copy there has an error."""
    everywhere = platforms.Everywhere({Platform.SLACK: FakeNotifier(Journal())})

    shown = await everywhere.show(samples.request(version=3), copy(Platform.TEAMS), copies={})
    found = await everywhere.find(samples.request(), copy(Platform.TEAMS), copies={})

    assert (shown.shown, shown.error) == (
        3,
        "A message could not be shown: Teams is not configured any more.",
    )
    assert found is None


class Deaf(FakeNotifier):
    """A platform that takes no alert."""

    async def alert(self, text: str) -> None:
        """Refuse."""
        raise errors.Temporary(text, service="Slack")


async def test_an_alert_that_one_platform_does_not_take_reaches_the_other() -> None:
    """The error is raised all the same, so that it is tried again."""
    heard = FakeNotifier(Journal())
    everywhere = platforms.Everywhere({Platform.SLACK: Deaf(Journal()), Platform.TEAMS: heard})

    with pytest.raises(errors.Temporary):
        await everywhere.alert("Look at this.")

    assert heard.alerts == ["Look at this."]


async def connected(config: settings.Settings) -> chats.Chats:
    """Connect what is configured, and close it again."""
    async with contextlib.AsyncExitStack() as stack:
        return await chats.connect(config, clock.SystemClock(), stack, lambda _: None)


async def test_teams_alone_is_enough() -> None:
    """Without Slack's token nothing of Slack is opened."""
    async with scenery.emulator() as teams:
        found = await connected(scenery.configuration(teams))

    assert set(found.each) == {Platform.TEAMS}
    assert found.homes == {Platform.TEAMS: frozenset({scenery.TENANT})}
    assert set(found.directories) == {Platform.TEAMS}


@pytest.mark.parametrize(
    ("setting", "channel"),
    [
        ("REGISTRY_BOT_APPROVAL_CHANNEL", "C0APPROVALS"),
        ("REGISTRY_BOT_OPERATORS_CHANNEL", "C0OPS"),
        ("REGISTRY_BOT_AUDIT_CHANNEL", "C0AUDIT"),
    ],
)
async def test_a_channel_of_a_platform_that_is_not_served_stops_the_start(setting: str, channel: str) -> None:
    """The sentence names the setting, and what to set."""
    async with scenery.emulator() as teams:
        config = scenery.configuration(teams, **{setting: channel})

        with pytest.raises(errors.ConfigurationError, match=f"{setting} is a channel of Slack"):
            await connected(config)


async def test_without_the_extra_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK is optional: whoever sets Teams up without it reads its name."""
    for name in [
        one for one in sys.modules if one.startswith(("handlers.teams.opening", "handlers.teams.app"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "handlers.teams.opening", None)
    async with scenery.emulator() as teams:
        config = scenery.configuration(teams)

        with pytest.raises(errors.ConfigurationError, match=r"registry-bot\[teams\]"):
            await connected(config)


SETTINGS = {
    "REDIS_URL": "redis://127.0.0.1:1",
    "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-00000000acce",
    "TOWER_ACCESS_TOKEN": "made-up",
    "REGISTRY_BOT_APPROVERS": scenery.BEN.id,
    "REGISTRY_BOT_APPROVAL_CHANNEL": scenery.APPROVALS,
    "REGISTRY_BOT_AUDIT_KEY": "made-up-" * 8,
    "TEAMS_CLIENT_ID": scenery.APP.id.upper(),
    "TEAMS_CLIENT_SECRET": " secret\n",
    "TEAMS_TENANT_ID": scenery.TENANT,
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"TEAMS_CLIENT_ID": "registry-bot"}, "TEAMS_CLIENT_ID: takes an id such as"),
        ({"TEAMS_TENANT_ID": "acme.example"}, "TEAMS_TENANT_ID: takes an id such as"),
        ({"TEAMS_TENANT_ID": None}, "needs TEAMS_TENANT_ID"),
        ({"TEAMS_CLIENT_SECRET": None}, "needs TEAMS_CLIENT_SECRET"),
        ({"TEAMS_CLIENT_ID": None}, "set SLACK_BOT_TOKEN, TEAMS_CLIENT_ID or both"),
        ({"REGISTRY_BOT_TEAMS_TENANTS": "x,y"}, "REGISTRY_BOT_TEAMS_TENANTS: takes an id"),
        ({"TEAMS_SERVICE_URL": "http://smba.example"}, "plain http is accepted for a loopback"),
        ({"REGISTRY_BOT_TEAMS_UNAUTHENTICATED": "1", "REGISTRY_BOT_HOST": "0.0.0.0"}, "Playground"),  # noqa: S104  # what is refused
        ({"REGISTRY_BOT_APPROVERS": "ben@acme.example"}, "in Teams, Entra object ids"),
        ({"REGISTRY_BOT_APPROVAL_CHANNEL": "19:no spaces@x"}, "takes the id of a channel"),
    ],
)
def test_settings_that_could_not_work_are_refused(changes: dict[str, str | None], words: str) -> None:
    """Each with the name of the setting, and what to set."""
    values = {name: value for name, value in {**SETTINGS, **changes}.items() if value is not None}

    with pytest.raises(ValueError, match="validation error") as raised:
        settings.Settings.model_validate(values)

    assert isinstance(raised.value, ValidationError)
    assert words in "\n".join(settings.complaints(raised.value))


def test_ids_are_compared_in_small_letters() -> None:
    """Entra shows them in either; the tenants of people are all that are named."""
    config = settings.Settings.model_validate(
        {**SETTINGS, "REGISTRY_BOT_TEAMS_TENANTS": f" {scenery.OTHER_TENANT.upper()} ,"}
    )

    assert config.teams_client_id == scenery.APP.id
    assert config.teams_homes == {scenery.TENANT, scenery.OTHER_TENANT}
    assert "secret" not in repr(config.teams_client_secret)


async def test_a_log_goes_to_the_platform_of_its_channel() -> None:
    """A channel's id tells whose it is."""
    async with scenery.emulator() as teams, contextlib.AsyncExitStack() as stack:
        found = await chats.connect(scenery.configuration(teams), clock.SystemClock(), stack, lambda _: None)

        await found.feed(scenery.APPROVALS).tell([])

        assert len(teams.conversations[scenery.APPROVALS].messages) == 1
        with pytest.raises(KeyError):
            found.feed("C0APPROVALS")


def platform_with(drawn: list[model.Principal] | None, *doors: str) -> Side:
    """Return a platform that draws homes into a list, or has none."""

    async def draw(who: model.Principal) -> None:
        assert drawn is not None
        drawn.append(who)

    async def entrance(_: object, __: object) -> Entrance:
        return Entrance({door: http.build(ServiceDouble(), doors={}) for door in doors}, {})

    notifier = FakeNotifier(Journal())
    return Side(
        name=Platform.SLACK,
        tenants=frozenset(),
        notifier=notifier,
        directory=FakeDirectory(Journal()),
        feed=pytest.fail,
        entrance=entrance,
        drawing=None if drawn is None else lambda _: draw,
    )


async def test_a_home_is_drawn_where_people_have_one() -> None:
    """Slack's people have a home; to draw one for somebody in Teams does nothing."""
    drawn: list[model.Principal] = []
    found = chats.Chats({Platform.SLACK: platform_with(drawn), Platform.TEAMS: platform_with(None)})
    draw = found.drawing(ServiceDouble())

    await draw(scenery.principal(scenery.ANA))
    await draw(samples.ANA)

    assert drawn == [samples.ANA]


async def test_every_platform_has_its_own_door() -> None:
    """One server takes the deliveries of both."""
    found = chats.Chats(
        {Platform.SLACK: platform_with(None, "/slack"), Platform.TEAMS: platform_with(None, "/api/messages")}
    )

    doors, checks = await found.entrances(ServiceDouble(), visits.nobody)

    assert (set(doors), checks) == ({"/slack", "/api/messages"}, {})


async def test_slack_alone_opens_nothing_of_teams() -> None:
    """Its workspace is the only one whose people count."""
    async with slack_house.emulator() as slack:
        found = await connected(slack_house.configuration(slack.api_url))

    assert found.homes == {Platform.SLACK: frozenset({acme.TEAM.id})}


def test_the_package_is_a_zip() -> None:
    """What is uploaded to Teams; its manifest is tested where it is made."""
    assert chats.teams_package(scenery.APP.id)[:2] == b"PK"
