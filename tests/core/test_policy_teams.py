"""A policy file that names people, channels and groups of Teams."""

from __future__ import annotations

import pytest

from bot import explain, model, policy_file, policy_source, rules

CHANNEL = "19:approvals0000000000000000000001@thread.tacv2"
LINK = (
    "https://teams.microsoft.com/l/channel/19%3Aapprovals0000000000000000000001%40thread.tacv2/"
    "Registry%20approvals?groupId=11111111-2222-3333-4444-555555555555&tenantId=x"
)
BEN = "AAAAAAAA-0000-4000-8000-000000000002"


def read(groups: str, *, channel: str = CHANNEL) -> tuple[rules.Policy | None, str]:
    """Return the policy of a small file, and what is wrong with it."""
    text = f"""
[defaults]
approval_channel = "{channel}"
[groups.approvers]
{groups}
[[rules]]
name = "all"
approvers = "approvers"
tell_channel = "C0SECURITY"
"""
    found, problems = policy_file.read(text)
    return found, "\n".join(map(str, problems))


@pytest.mark.parametrize("channel", [CHANNEL, LINK])
def test_a_channel_is_named_by_its_id_or_its_link(channel: str) -> None:
    """Teams shows the id only inside of "Get link to channel"."""
    found, _ = read(f'teams = "{BEN}"', channel=channel)

    assert found is not None
    assert found.rules[0].terms.approval_channel == CHANNEL


@pytest.mark.parametrize(
    "channel",
    [
        "19:has spaces@thread.tacv2",
        "https://teams.microsoft.com/l/message/x",
        "https://example.com/l/channel/none",
        "general",
        "19:a@b;messageid=1",
    ],
)
def test_what_is_no_channel_is_refused(channel: str) -> None:
    """A link to a message, or a name, is a mistake."""
    found, problems = read(f'teams = "{BEN}"', channel=channel)

    assert found is None
    assert "approval_channel" in problems


def test_a_group_may_be_a_channels_people() -> None:
    """Who is in it is known only at the click, so nothing is said of how many they are."""
    found, problems = read(f'teams_channels = ["{LINK}"]')

    assert problems == ""
    assert found is not None
    (kept,) = found.groups["approvers"].kept
    assert (kept.platform, kept.id) == (model.Platform.TEAMS, CHANNEL)


def test_people_are_named_by_their_object_id_in_either_letters() -> None:
    """Entra shows it in small letters, and some tools in large ones."""
    found, _ = read(f'teams = "{BEN}"')

    assert found is not None
    assert found.groups["approvers"].members == {f"teams:{BEN.lower()}"}
    assert explain.somebody(found, BEN) == model.Principal(
        platform=model.Platform.TEAMS, tenant="", user=BEN.lower()
    )


def test_one_list_takes_people_of_both_platforms() -> None:
    """Without a file the approvers are told apart by the looks of their ids."""
    made = policy_source.one_list(
        ["U0BEN", BEN], channel=CHANNEL, deadline_hours=1, longest_validity_days=None
    )

    assert made.groups["approvers"].members == {"slack:U0BEN", f"teams:{BEN.lower()}"}


@pytest.mark.parametrize(
    ("channel", "platform"),
    [("C0APPROVALS", "slack"), ("D0ANA", "slack"), (CHANNEL, "teams"), ("a:1abc", "teams")],
)
def test_a_channel_tells_its_platform(channel: str, platform: str) -> None:
    """By the looks of its id."""
    assert model.platform_of(channel) == platform
