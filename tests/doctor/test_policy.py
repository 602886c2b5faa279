"""The policy held against what is there now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.sandbox import acme
from tests.doctor.conftest import FAILURE, OK, WARNING, Clinic, bad, fault, only

HEAD = '[defaults]\napproval_channel = "C0APPROVALS"\n'
RULE = '[[rules]]\nname = "all"\napprovers = "platform"\n'
PLATFORM = '[groups.platform]\nslack = ["U0BEN", "U0CLEO"]\n'
LEADS = '[groups.leads]\nslack_usergroups = ["S0LEADS"]\n'
Put = Callable[..., None]


@pytest.fixture
def by_file(clinic: Clinic, tmp_path: Path) -> Put:
    """Return what puts a policy file in force."""

    def put(*parts: str) -> None:
        path = tmp_path / "policy.toml"
        path.write_text("".join((HEAD, *parts)))
        clinic.extra |= {
            "REGISTRY_BOT_POLICY": str(path),
            "REGISTRY_BOT_APPROVERS": "",
            "REGISTRY_BOT_APPROVAL_CHANNEL": "",
        }

    return put


async def test_a_sound_file_is_all_right(clinic: Clinic, by_file: Put) -> None:
    """Its rules are counted, and each has its people and its things."""
    by_file(PLATFORM, RULE)

    found = await clinic.examine()

    assert only(found, "policy", "file").seen == "1 rule by REGISTRY_BOT_POLICY"
    assert {line.level for line in found.lines if line.area == "policy"} == {OK}


async def test_each_problem_of_a_broken_file_is_a_line(clinic: Clinic, by_file: Put) -> None:
    """With its place in the file; everything else is examined all the same."""
    by_file("[groups.platform]\n", RULE.replace("platform", "nobody"))

    found = await clinic.examine()

    problems = [line.seen for line in found.lines if (line.area, line.check) == ("policy", "file")]
    assert len(problems) == 2
    assert all("policy.toml:" in problem for problem in problems)
    assert only(found, "tower", "token").level is OK
    assert found.exit_code == 1


async def test_a_file_that_is_not_there_is_a_failure(clinic: Clinic, tmp_path: Path) -> None:
    """Its path is named."""
    path = tmp_path / "gone.toml"

    line = await clinic.line(
        "policy",
        "file",
        REGISTRY_BOT_POLICY=str(path),
        REGISTRY_BOT_APPROVERS="",
        REGISTRY_BOT_APPROVAL_CHANNEL="",
    )

    assert (line.level, "gone.toml" in line.seen) == (FAILURE, True)


async def test_a_user_group_needs_its_scope(clinic: Clinic, by_file: Put) -> None:
    """Without it nobody knows who could approve."""
    by_file(PLATFORM, LEADS, RULE.replace('"platform"', '["platform", "leads"]'))
    clinic.usergroup("S0LEADS", acme.DAN)
    clinic.revoke("usergroups:read")

    found = await clinic.examine()

    assert "usergroups:read" in only(found, "slack", "scopes").change
    assert only(found, "slack", "user group S0LEADS").level is FAILURE
    assert only(found, "policy", "rule “all”").level is WARNING


async def test_a_user_group_without_slack_is_not_judged(clinic: Clinic, by_file: Put) -> None:
    """The token is what has to be mended first."""
    by_file(LEADS, RULE.replace("platform", "leads"))

    line = await clinic.line("slack", "user groups", SLACK_BOT_TOKEN="xoxb-nobody-knows-this")

    assert line.level is WARNING


async def test_a_user_group_counts_with_its_people(clinic: Clinic, by_file: Put) -> None:
    """Together with those listed, each human once."""
    by_file(PLATFORM, LEADS, RULE.replace('"platform"', '["platform", "leads"]') + "quorum = 3\n")
    clinic.grant("usergroups:read")
    clinic.usergroup("S0LEADS", acme.DAN, acme.BEN)

    found = await clinic.examine()

    assert only(found, "slack", "user group S0LEADS").seen == "2 people"
    assert only(found, "policy", "approvers").level is OK


async def test_a_user_group_on_a_free_plan_is_a_failure(clinic: Clinic, by_file: Put) -> None:
    """Slack's word for it, and the two ways out."""
    by_file(LEADS, RULE.replace("platform", "leads"))
    clinic.grant("usergroups:read")
    fault(
        clinic.outside.slack, "usergroups", status=200, body='{"ok": false, "error": "plan_upgrade_required"}'
    )

    line = await clinic.line("slack", "user group S0LEADS")

    assert (line.level, "plan_upgrade_required" in line.seen) == (FAILURE, True)
    assert "paid plan" in line.change


async def test_a_user_group_that_is_not_there_leaves_nobody(clinic: Clinic, by_file: Put) -> None:
    """The id is wrong, and so the rule can never be decided."""
    by_file(LEADS, RULE.replace("platform", "leads"))
    clinic.grant("usergroups:read")

    found = await clinic.examine()

    assert only(found, "slack", "user group S0LEADS").level is FAILURE
    assert only(found, "policy", "group leads").level is FAILURE
    assert only(found, "policy", "rule “all”").level is FAILURE


async def test_an_empty_user_group_leaves_nobody(clinic: Clinic, by_file: Put) -> None:
    """Slack has the group, and nobody is in it."""
    by_file(LEADS, RULE.replace("platform", "leads"))
    clinic.grant("usergroups:read")
    clinic.usergroup("S0LEADS")

    found = await clinic.examine()

    assert only(found, "slack", "user group S0LEADS").level is WARNING
    assert only(found, "policy", "group leads").level is FAILURE


async def test_a_group_that_only_asks_may_be_empty_with_a_warning(clinic: Clinic, by_file: Put) -> None:
    """Its rule applies to nobody, which harms nobody."""
    by_file(PLATFORM, '[groups.labs]\nslack = ["U0GUS"]\n', RULE + 'requesters = "labs"\n')

    line = await clinic.line("policy", "group labs")

    assert line.level is WARNING


async def test_a_quorum_above_the_people_there_are_is_a_failure(clinic: Clinic, by_file: Put) -> None:
    """One of two approvers has left."""
    by_file(PLATFORM, RULE + "quorum = 2\n")
    clinic.change_user(acme.CLEO, deleted=True)

    line = await clinic.line("policy", "rule “all”")

    assert (line.level, "needs 2 approvals, and 1 people" in line.seen) == (FAILURE, True)


async def test_a_quorum_that_only_fallbacks_fill_is_a_warning(clinic: Clinic, by_file: Put) -> None:
    """Requests wait until the fallback may decide too."""
    fallback = 'fallback_approvers = "late"\nfallback_after_hours = 8\n'
    by_file(PLATFORM, '[groups.late]\nslack = ["U0DAN"]\n', RULE + "quorum = 2\n" + fallback)
    clinic.change_user(acme.CLEO, deleted=True)

    line = await clinic.line("policy", "rule “all”")

    assert (line.level, "before its fallback" in line.seen) == (WARNING, True)


async def test_two_accounts_of_one_human_are_one_approver(clinic: Clinic, by_file: Put) -> None:
    """By [[people]]."""
    people = '[groups.platform]\npeople = ["Ben"]\nslack = ["U0CLEO"]\n'
    by_file('[[people]]\nname = "Ben"\nslack = ["U0BEN", "U0DAN"]\n', people, RULE + "quorum = 2\n")
    clinic.change_user(acme.CLEO, guest=True)

    line = await clinic.line("policy", "rule “all”")

    assert (line.level, "1 people" in line.seen) == (FAILURE, True)


@pytest.mark.parametrize(
    ("match", "words"),
    [
        ('registry = "acmetypo.*"\n', "its registry acmetypo.*"),
        ('workspace = "acme/typo"\n', "its workspace acme/typo"),
        ('workspace = "acme/teaching"\n', "its workspace acme/teaching"),  # where the bot may not write
    ],
)
async def test_a_rule_about_nothing_is_a_warning(
    clinic: Clinic, by_file: Put, match: str, words: str
) -> None:
    """What there is instead is listed."""
    by_file(PLATFORM, RULE + match)

    line = await clinic.line("policy", "rule “all”")

    assert (line.level, words in line.seen) == (WARNING, True)
    assert "there are:" in line.change


async def test_a_policy_without_workspaces_to_be_about(clinic: Clinic, by_file: Put) -> None:
    """Where there is nothing at all, the other lines say why."""
    by_file(PLATFORM, RULE)
    clinic.outside.azure.registries.clear()

    found = await clinic.examine()

    assert "There is no registry yet" in only(found, "policy", "rule “all”").change


async def test_what_could_not_be_read_is_not_judged(clinic: Clinic, by_file: Put) -> None:
    """Neither by Azure nor by Slack: no rule is accused."""
    by_file(PLATFORM, RULE)
    fault(clinic.outside.arm, "/registries", status=403, body="{}")
    fault(clinic.outside.slack, "users.info", status=429, headers={"Retry-After": "1"}, body="{}")

    found = await clinic.examine()

    assert {line for line in bad(found) if line[0] == "policy"} == {
        ("policy", "matches", WARNING),
        ("policy", "rule “all”", WARNING),
    }


async def test_channels_of_the_rules_are_looked_at(clinic: Clinic, by_file: Put) -> None:
    """Where a rule's requests are decided, and where they are told."""
    by_file(PLATFORM, RULE + 'tell_channel = "C0GENOMICS"\n')
    clinic.grant("channels:read", "groups:read")

    found = await clinic.examine()

    assert "is told of “all”" in only(found, "slack", f"channel {acme.GENOMICS}").seen
    assert "approvals of “all”" in only(found, "slack", f"channel {acme.APPROVALS}").seen
