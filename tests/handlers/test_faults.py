"""What Slack's Web API refuses, as our errors: may it be retried, and what should be changed?"""

from __future__ import annotations

from typing import Protocol

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot import errors
from handlers.slack import faults

SECRET_BODY = "<html>xoxb-a-token-in-a-body</html>"


class Answer(Protocol):
    """What is used of the client's answer, with the types that it leaves out."""

    def validate(self) -> object:
        """Raise for anything but success."""


def refused(
    data: dict[str, object] | str, *, status: int = 200, headers: dict[str, str] | None = None
) -> SlackApiError:
    """Return what the client raises for an answer."""
    response = AsyncSlackResponse(
        client=AsyncWebClient(),
        http_verb="POST",
        api_url="https://slack.com/api/chat.postMessage",
        req_args={},
        data=data,  # type: ignore[arg-type]  # an answer that is no JSON is a text
        headers=headers or {},
        status_code=status,
    )
    answer: Answer = response
    with pytest.raises(SlackApiError) as found:
        answer.validate()
    return found.value


def translated(error: Exception) -> errors.ServiceError:
    """Return our error for one of the client's."""
    with pytest.raises(errors.ServiceError) as found, faults.translated():
        raise error
    return found.value


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (refused({"ok": False, "error": "ratelimited"}, status=429), errors.Throttled),
        (refused({"ok": False, "error": "rate_limited"}), errors.Throttled),
        (refused({"ok": False, "error": "internal_error"}), errors.Temporary),
        (refused(SECRET_BODY, status=503), errors.Temporary),
        (refused({"ok": False}), errors.Temporary),
        (refused({"ok": False, "error": "Not a code!"}), errors.Temporary),
        (refused({"ok": False, "error": "fatal_error"}), errors.Temporary),
        (refused({"ok": False, "error": "invalid_auth"}), errors.Forbidden),
        (refused({"ok": False, "error": "invalid_blocks"}), errors.Permanent),
        (aiohttp.ClientConnectionError("gone"), errors.Unknown),
        (TimeoutError(), errors.Unknown),
    ],
)
def test_each_failure_is_of_its_kind(error: Exception, wanted: type[errors.ServiceError]) -> None:
    """What a retry mends is temporary; a lost answer is unknown; the rest is permanent."""
    found = translated(error)

    assert type(found) is wanted
    assert found.service == "Slack"
    assert "xoxb" not in str(found)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "30"}, 30.0), ({"retry-after": "2"}, 2.0), ({}, None), ({"Retry-After": "soon"}, None)],
)
def test_slacks_wish_to_wait_is_kept(headers: dict[str, str], seconds: float | None) -> None:
    """Retry-After is handed on in seconds, as far as it is a number."""
    found = translated(refused({"error": "ratelimited"}, status=429, headers=headers))

    assert isinstance(found, errors.Throttled)
    assert found.retry_after_s == seconds


@pytest.mark.parametrize(
    ("needed", "remedy"),
    [
        ("im:write", "Add the scope im:write to the Slack app and install it again."),
        ("<script>", "Add the scope it needs to the Slack app and install it again."),
        (None, "Add the scope it needs to the Slack app and install it again."),
    ],
)
def test_a_missing_scope_is_named(needed: str | None, remedy: str) -> None:
    """An operator reads which scope to add."""
    found = translated(refused({"error": "missing_scope", "needed": needed}))

    assert found.remedy == remedy


@pytest.mark.parametrize(
    ("code", "remedy"),
    [("plan_upgrade_required", "or upgrade the plan."), ("no_such_subteam", "Correct its id")],
)
def test_a_user_group_that_cannot_be_used_says_what_to_change(code: str, remedy: str) -> None:
    """No retry mends it, and an operator reads which key of the policy file to correct."""
    found = translated(refused({"error": code}))

    assert (found.retryable, remedy in (found.remedy or "")) == (False, True)
    assert "slack_usergroups" in (found.remedy or "")


def test_a_code_is_for_operators() -> None:
    """What people read has no word of Slack's API; the remedy has it."""
    found = translated(refused({"error": "invalid_blocks"}))

    assert str(found) == "Slack did not take what the bot sent."
    assert "invalid_blocks" in (found.remedy or "")


@pytest.mark.parametrize(("configured", "said"), [(True, "configuration"), (False, "/invite.")])
def test_only_an_operators_channel_may_be_the_wrong_one(said: str, *, configured: bool) -> None:
    """Who asked in a channel cannot have its id wrong."""
    assert (faults.closed("channel_not_found", configured=configured) or "").endswith(f"{said.rstrip('.')}.")


@pytest.mark.parametrize(
    ("code", "known"),
    [("not_in_channel", True), ("restricted_action_read_only_channel", True), ("invalid_blocks", False)],
)
def test_a_closed_place_says_what_to_do(code: str, *, known: bool) -> None:
    """For what people can mend there is a sentence; for anything else there is none."""
    assert (faults.closed(code) is not None) is known
