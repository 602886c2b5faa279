"""Slack under the doctor's eyes, over real HTTP."""

from __future__ import annotations

import dataclasses
import json

import pytest

from bot.sandbox import acme, emulator
from tests.doctor.conftest import FAILURE, OK, WARNING, Clinic, bad, fault, only

SEEING = ("channels:read", "groups:read")


async def test_a_token_that_slack_does_not_know_is_one_failure(clinic: Clinic) -> None:
    """Everything that rests on it says so, and names no second culprit."""
    found = await clinic.examine(SLACK_BOT_TOKEN="xoxb-nobody-knows-this")

    token = only(found, "slack", "token")
    assert (token.level, "invalid_auth" in token.seen) == (FAILURE, True)
    assert "SLACK_BOT_TOKEN" in token.change
    assert {level for area, check, level in bad(found) if area == "slack" and check != "token"} == {WARNING}


@pytest.mark.parametrize("word", ["token_revoked", "account_inactive"])
async def test_a_token_that_was_taken_back_is_a_failure(clinic: Clinic, word: str) -> None:
    """Slack's own word is told."""
    clinic.outside.slack.api.revoked = word

    line = await clinic.line("slack", "token")

    assert (line.level, word in line.seen) == (FAILURE, True)


async def test_a_missing_scope_is_named(clinic: Clinic) -> None:
    """The header of auth.test is held against the manifest's own list."""
    clinic.revoke("im:write")

    line = await clinic.line("slack", "scopes")

    assert (line.level, line.seen) == (FAILURE, "missing: im:write")
    assert "OAuth & Permissions" in line.change


async def test_a_scope_that_the_bot_works_without_is_a_warning(clinic: Clinic) -> None:
    """An app of an older manifest goes on working, and reads what it would gain."""
    clinic.revoke("im:history", "groups:history")

    line = await clinic.line("slack", "scopes")

    assert line.level is WARNING
    assert line.seen == "missing, and the bot works without: groups:history, im:history"


async def test_a_scope_too_many_is_told_and_no_fault(clinic: Clinic) -> None:
    """What else the app may do stands beside what it needs."""
    clinic.grant("files:write")

    line = await clinic.line("slack", "scopes")

    assert (line.level, "not needed: files:write" in line.seen) == (OK, True)


async def test_a_slack_that_hides_its_scopes_is_a_warning(clinic: Clinic) -> None:
    """Without the header nothing can be compared."""
    body = json.dumps({"ok": True, "team_id": acme.TEAM.id, "team": "Acme"})
    fault(clinic.outside.slack, "auth.test", status=200, body=body)

    found = await clinic.examine()

    assert only(found, "slack", "scopes").level is WARNING
    assert "commands" in only(found, "slack", "scopes").change
    assert only(found, "slack", "channels").level is WARNING


async def test_a_web_page_in_slack_s_place_is_a_failure(clinic: Clinic) -> None:
    """An answer without a team is not the API's."""
    fault(clinic.outside.slack, "auth.test", status=200, body='{"ok": true}')

    line = await clinic.line("slack", "token")

    assert (line.level, "SLACK_API_URL" in line.change) == (FAILURE, True)


async def test_channels_cannot_be_checked_without_scopes(clinic: Clinic) -> None:
    """The manifest has no such scope, and the doctor asks for none: it says what it cannot see."""
    line = await clinic.line("slack", "channels")

    assert line.level is WARNING
    assert "cannot be checked without channels:read" in line.seen
    assert acme.APPROVALS in line.seen
    assert "add none" in line.change


async def test_with_scopes_each_channel_is_looked_at(clinic: Clinic) -> None:
    """Where the bot is a member is told by name and purpose."""
    clinic.grant(*SEEING)

    found = await clinic.examine(REGISTRY_BOT_AUDIT_CHANNEL=acme.GENOMICS)

    assert "#registry-approvals" in only(found, "slack", f"channel {acme.APPROVALS}").seen
    assert "REGISTRY_BOT_OPERATORS_CHANNEL" in only(found, "slack", f"channel {acme.OPERATORS}").seen
    assert "REGISTRY_BOT_AUDIT_CHANNEL" in only(found, "slack", f"channel {acme.GENOMICS}").seen


async def test_a_channel_without_the_bot_is_named(clinic: Clinic) -> None:
    """The approvers' is a failure, the operators' a warning: alerts go to the log as well."""
    clinic.grant(*SEEING)
    clinic.change_channel(acme.APPROVALS, members=frozenset({acme.BEN}), private=False)
    clinic.change_channel(acme.OPERATORS, members=frozenset({acme.CLEO}))

    found = await clinic.examine()

    approvals = only(found, "slack", f"channel {acme.APPROVALS}")
    assert (approvals.level, "/invite" in approvals.change) == (FAILURE, True)
    assert only(found, "slack", f"channel {acme.OPERATORS}").level is WARNING


async def test_a_private_channel_without_the_bot_is_as_if_it_were_not_there(clinic: Clinic) -> None:
    """Slack does not tell which, so both are said."""
    clinic.grant(*SEEING)
    clinic.change_channel(acme.APPROVALS, members=frozenset({acme.BEN}))

    line = await clinic.line("slack", f"channel {acme.APPROVALS}")

    assert (line.level, "private" in line.seen) == (FAILURE, True)


async def test_an_archived_channel_is_a_failure(clinic: Clinic) -> None:
    """Nobody reads a request there."""
    clinic.grant(*SEEING)
    clinic.change_channel(acme.APPROVALS, archived=True)

    line = await clinic.line("slack", f"channel {acme.APPROVALS}")

    assert (line.level, "archived" in line.seen) == (FAILURE, True)


async def test_with_one_scope_the_other_kind_of_channel_stays_unseen(clinic: Clinic) -> None:
    """The public channel is judged, the private one is not."""
    clinic.grant("channels:read")
    clinic.change_channel(acme.APPROVALS, members=frozenset({acme.BEN}))

    found = await clinic.examine()

    assert only(found, "slack", f"channel {acme.OPERATORS}").level is OK
    assert "groups:read" in only(found, "slack", "channels").seen


async def test_a_channel_that_slack_is_slow_about_is_that_line_alone(clinic: Clinic) -> None:
    """Being asked to wait is a warning, for this channel."""
    clinic.grant(*SEEING)
    limit = {"status": 429, "headers": {"Retry-After": "30"}, "body": '{"ok": false, "error": "ratelimited"}'}
    fault(clinic.outside.slack, f"conversations.info.*{acme.OPERATORS}", **limit)

    found = await clinic.examine()

    assert only(found, "slack", f"channel {acme.OPERATORS}").level is WARNING
    assert only(found, "slack", f"channel {acme.APPROVALS}").level is OK


@pytest.mark.parametrize(
    ("how", "level", "words"),
    [
        ({"guest": True}, WARNING, "a guest"),
        ({"deleted": True}, WARNING, "deactivated"),
        ({"bot": True}, WARNING, "a bot"),
        ({"team_id": acme.STRANGERS}, WARNING, "another organization"),
    ],
)
async def test_an_approver_who_cannot_decide_is_named(
    clinic: Clinic, how: dict[str, object], level: object, words: str
) -> None:
    """Whoever is no full member any more could click in vain."""
    clinic.change_user(acme.CLEO, **how)

    found = await clinic.examine()

    line = only(found, "slack", f"person {acme.CLEO}")
    assert (line.level, words in line.seen) == (level, True)
    assert "1 of 2" in only(found, "slack", "people").seen


async def test_an_approver_who_does_not_exist_is_a_failure(clinic: Clinic) -> None:
    """A mistyped id is told apart from somebody who left."""
    line = await clinic.line("slack", "person U0NOBODY", REGISTRY_BOT_APPROVERS="U0BEN,U0NOBODY")

    assert (line.level, "Correct the id" in line.change) == (FAILURE, True)


async def test_an_approver_whom_slack_does_not_tell_of_is_a_failure(clinic: Clinic) -> None:
    """A fault of Slack's about one person leaves the others judged."""
    fault(clinic.outside.slack, "users.info.*U0CLEO", status=500)

    found = await clinic.examine()

    assert only(found, "slack", f"person {acme.CLEO}").level is FAILURE
    assert ("policy", "rule “REGISTRY_BOT_APPROVERS”", WARNING) in bad(found)


def socket_mode(clinic: Clinic) -> dict[str, str]:
    """Switch the world's app to Socket Mode, and return the settings for it."""
    state, token = clinic.outside.slack.state, clinic.outside.secrets.slack_app_token
    state.app = dataclasses.replace(state.app, app_token=token)
    return {"SLACK_APP_TOKEN": token, "SLACK_SIGNING_SECRET": ""}


async def test_an_app_token_that_opens_socket_mode_is_all_right(clinic: Clinic) -> None:
    """An address is asked for; nobody connects to it."""
    line = await clinic.line("slack", "events", **socket_mode(clinic))

    assert (line.level, "Socket Mode" in line.seen) == (OK, True)
    assert [one.path for one in clinic.outside.journal.exchanges if one.path.startswith("/link")] == []


@pytest.mark.parametrize("word", ["invalid_auth", "not_allowed_token_type", "missing_scope"])
async def test_an_app_token_that_does_not_open_it_is_a_failure(clinic: Clinic, word: str) -> None:
    """The setting is the app token's, not the bot token's."""
    body = json.dumps({"ok": False, "error": word})
    fault(clinic.outside.slack, "apps.connections.open", status=200, body=body)

    line = await clinic.line("slack", "events", **socket_mode(clinic))

    assert (line.level, word in line.seen) == (FAILURE, True)
    assert "SLACK_APP_TOKEN" in line.change


@pytest.mark.parametrize("how", [{"status": 503}, {"cut": True}])
async def test_a_slack_that_is_away_for_socket_mode_is_a_failure(
    clinic: Clinic, how: dict[str, object]
) -> None:
    """It is said that Slack did not answer, and not that the token is wrong."""
    fault(clinic.outside.slack, "apps.connections.open", **how)

    line = await clinic.line("slack", "events", **socket_mode(clinic))

    assert (line.level, "app token" in line.seen) == (FAILURE, False)


async def test_a_signing_secret_that_is_none_is_a_warning(clinic: Clinic) -> None:
    """Only Slack's request proves it, but its looks are known."""
    line = await clinic.line("slack", "events", SLACK_SIGNING_SECRET="xoxb-the-wrong-field")

    assert (line.level, "App Credentials" in line.change) == (WARNING, True)


async def test_nothing_is_asked_of_an_unknown_emulator_address(clinic: Clinic) -> None:
    """What the doctor asks Slack for exists."""
    clinic.grant(*SEEING)

    await clinic.examine()

    sent: list[emulator.Exchange] = [one for one in clinic.outside.journal.exchanges if one.to == "slack"]
    assert {one.path.partition("?")[0] for one in sent} == {
        "/api/auth.test",
        "/api/users.info",
        "/api/conversations.info",
    }
