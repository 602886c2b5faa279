"""The command line: how a start that cannot be is told to whoever started it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from bot import cli, errors, settings, wiring
from tests.core.test_settings import MINIMAL

BAD_TOKEN = errors.Forbidden(
    "Slack does not accept the bot's token (invalid_auth).",
    service="Slack",
    remedy="Put the bot token of the installed app into SLACK_BOT_TOKEN.",
)


@pytest.mark.parametrize("command", ["serve", "worker"])
@pytest.mark.parametrize(
    ("failure", "code", "said"),
    [
        (BAD_TOKEN, cli.WRONG_SETTINGS, f"{BAD_TOKEN} {BAD_TOKEN.remedy}"),
        (errors.Unknown("Slack did not answer.", service="Slack"), cli.UNREACHABLE, "Slack did not answer."),
        (
            errors.ConfigurationError("AZURE_TENANT_ID is not set."),
            cli.WRONG_SETTINGS,
            "AZURE_TENANT_ID is not set.",
        ),
    ],
)
def test_a_start_that_fails_says_why_in_a_line(
    monkeypatch: pytest.MonkeyPatch, command: str, failure: errors.BotError, code: int, said: str
) -> None:
    """One line with what to change, and no traceback."""

    async def run(_: settings.Settings, **__: object) -> None:
        raise failure

    monkeypatch.setattr(wiring, "run", run)

    ended = CliRunner(env=MINIMAL).invoke(cli.main, [command])

    assert (ended.exit_code, ended.output) == (code, said + "\n")
