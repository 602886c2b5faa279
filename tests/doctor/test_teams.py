"""What the doctor says of Microsoft Teams: the token, the channels and the people in them."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator

import pytest

from bot import errors, model, ports
from bot.doctor import chat
from bot.doctor import teams as judging
from bot.sandbox.teams.connector import TeamsEmulator
from tests.doctor.conftest import Clinic, bad, only
from tests.teams import scenery
from tests.teams.test_journey import BY_LIST, BY_ROSTER

OK, WARNING, FAILURE = ports.Level
CHANNEL = f"channel {scenery.APPROVALS}"


@pytest.fixture
async def teams(clinic: Clinic) -> AsyncIterator[TeamsEmulator]:
    """Return a Teams that the clinic's settings lead to, beside Slack; nothing is written there."""
    async with scenery.emulator() as double:
        path = clinic.outside.folder / "policy.toml"
        path.write_text(BY_LIST)
        clinic.extra |= scenery.environment(double) | {
            "REGISTRY_BOT_POLICY": str(path),
            "REGISTRY_BOT_APPROVERS": "",
            "REGISTRY_BOT_APPROVAL_CHANNEL": "",
        }
        yield double
        posts = [
            one.path for one in double.journal.exchanges if one.method != "GET" and "token" not in one.path
        ]
        assert posts == []


@pytest.mark.usefixtures("teams")
async def test_a_good_deployment_is_all_right(clinic: Clinic) -> None:
    """The token is given out, the channel is reached, and everybody of the policy is in it."""
    found = await clinic.examine()

    assert only(found, "teams", "token").level is OK
    assert "4 people can be read, 1 of them guests or strangers" in only(found, "teams", CHANNEL).seen
    assert only(found, "teams", "people").seen == "3 of 3 named by the policy are members"
    assert only(found, "policy", "approvers").level is OK


@pytest.mark.usefixtures("teams")
async def test_teams_alone_is_enough(clinic: Clinic) -> None:
    """Without Slack nothing is said of it but that its people cannot decide."""
    found = await clinic.examine(SLACK_BOT_TOKEN="", REGISTRY_BOT_OPERATORS_CHANNEL="")

    assert [line for line in found.lines if line.area == "slack"] == []
    assert only(found, "teams", "token").level is OK
    assert not {one for one in bad(found) if one[0] in {"policy", "teams"}}


@pytest.mark.usefixtures("teams")
async def test_a_wrong_secret_is_named(clinic: Clinic) -> None:
    """The line says what Entra said, and which settings to look at."""
    line = await clinic.line("teams", "token", TEAMS_CLIENT_SECRET="a-wrong-one")

    assert (line.level, "AADSTS7000215" in line.seen) == (FAILURE, True)
    assert "TEAMS_CLIENT_SECRET" in line.change


@pytest.mark.parametrize("installed", [True, False])
async def test_a_channel_that_is_not_reached_is_a_failure(
    clinic: Clinic, teams: TeamsEmulator, *, installed: bool
) -> None:
    """Whether it is not there or the app is not in it: nobody could be asked."""
    if installed:
        del teams.conversations[scenery.APPROVALS]
    else:
        teams.conversations[scenery.APPROVALS].installed = False

    line = await clinic.line("teams", CHANNEL)

    assert (line.level, "does not reach this channel" in line.seen) == (FAILURE, True)
    assert "install the app in that team" in line.change


async def test_who_is_not_in_the_channel_is_named(clinic: Clinic, teams: TeamsEmulator) -> None:
    """An approver who cannot see the requests is a warning, and a guest is one too."""
    teams.conversations[scenery.APPROVALS].members.remove(scenery.BEN.id)
    teams.people[scenery.CLEO.id] = dataclasses.replace(scenery.CLEO, role="guest")

    found = await clinic.examine()

    assert "In none of the policy's Teams channels" in only(found, "teams", f"person {scenery.BEN.id}").seen
    assert "is a guest" in only(found, "teams", f"person {scenery.CLEO.id}").seen


async def test_a_group_of_a_channels_people_is_counted(clinic: Clinic, teams: TeamsEmulator) -> None:
    """Where a group is a channel, its full members are the ones who could approve."""
    (clinic.outside.folder / "policy.toml").write_text(BY_ROSTER)
    before = await clinic.line("policy", "approvers")
    teams.conversations[scenery.APPROVALS].members[:] = [scenery.GUS.id]

    found = await clinic.examine()

    assert before.level is OK
    assert only(found, "policy", "group approvers").level is FAILURE


async def test_a_channel_of_a_platform_that_is_not_served_is_a_failure(clinic: Clinic) -> None:
    """A policy whose approvers are in Teams, and no Teams."""
    path = clinic.outside.folder / "policy.toml"
    path.write_text(BY_LIST)

    line = await clinic.line(
        "policy",
        "rule “all”",
        REGISTRY_BOT_POLICY=str(path),
        REGISTRY_BOT_APPROVERS="",
        REGISTRY_BOT_APPROVAL_CHANNEL="",
    )

    assert (line.level, "is on Teams, which is not configured" in line.seen) == (FAILURE, True)


@pytest.mark.usefixtures("teams")
async def test_a_policy_that_names_no_account_of_teams_has_no_line_about_people(clinic: Clinic) -> None:
    """Where a group is a channel, its roster is what counts."""
    (clinic.outside.folder / "policy.toml").write_text(BY_ROSTER)

    found = await clinic.examine()

    assert [one.check for one in found.lines if one.area == "teams"] == ["token", CHANNEL]


VITAL = chat.Use("approvals", vital=True)
AWAY = errors.Temporary("The Connector does not answer.", service="Microsoft Teams")
GONE = errors.NotFound("There is no such channel.", service="Microsoft Teams")


@pytest.mark.parametrize(
    ("found", "use", "level", "seen"),
    [
        (AWAY, VITAL, FAILURE, "does not answer"),
        (GONE, chat.Use("operators", vital=False), WARNING, "operators: the bot does not reach this channel"),
        (GONE, None, FAILURE, "members of a group: the bot does not reach this channel"),
        (dict.fromkeys("bc", model.Standing.MEMBER), None, OK, "reached, 2 people can be read; members of"),
    ],
)
def test_a_channel_is_judged_by_what_it_is_for(
    found: dict[str, model.Standing] | errors.ServiceError,
    use: chat.Use | None,
    level: ports.Level,
    seen: str,
) -> None:
    """A channel without which nobody decides is a failure, any other one a warning."""
    (line,) = judging.judge_channels({"c": found}, {"c": use} if use else {})

    assert (line.level, seen in line.seen) == (level, True)


@pytest.mark.parametrize(
    ("found", "levels"),
    [
        (model.Standing.MEMBER, [OK]),
        (model.Standing.GONE, [OK]),
        (model.Standing.UNKNOWN, [OK, WARNING]),
        (model.Standing.OUTSIDER, [OK, WARNING]),
        (GONE, [OK, WARNING]),
        (AWAY, [OK, FAILURE]),
    ],
)
def test_who_could_not_decide_is_named(
    found: model.Standing | errors.ServiceError, levels: list[ports.Level]
) -> None:
    """Each account of the policy that is no full member has a line of its own."""
    assert [line.level for line in judging.judge_people({"u": found})] == levels
