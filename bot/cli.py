"""`registry-bot …`: parses, calls, prints."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from bot import chats, checkup, cli_audit, cli_policy, cli_reconcile, cli_requests, errors, settings, wiring
from bot.sandbox import command as sandbox_command
from bot.sandbox.page import shift

WRONG_SETTINGS = 2
UNREACHABLE = 1


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="registry-bot")
def main() -> None:
    """Approve in chat, and Tower gets its registry credential. Nobody sees the password."""


@main.command()
@click.option("--no-worker", is_flag=True, help="Answer chat only; another process does the work.")
def serve(*, no_worker: bool) -> None:
    """Answer chat over HTTP (or Socket Mode), and do the work."""
    config = _settings()
    _run(wiring.run(config, worker=not no_worker))


@main.command()
def worker() -> None:
    """Do the work only: no chat comes in here, just probes."""
    config = _settings()
    _run(wiring.run(config, chat=False))


@main.command()
@click.option("--once", is_flag=True, help="Play one journey through the front door, then stop.")
@click.option("--journey", default="issue", show_default=True, help="Which journey --once plays.")
@click.option("--json", "as_json", is_flag=True, help="With --once: print one JSON document.")
@click.option("--no-browser", is_flag=True, help="Print the page's address without opening it.")
@click.option("--port", default=0, help="Port of the page; 0 picks a free one.")
@click.option("--playground", is_flag=True, help="Microsoft's Agents Playground in place of the page.")
def sandbox(*, no_browser: bool, **said: Any) -> None:
    """Run everything on this machine, with doubles of Slack, Teams, Azure, Tower and Wave."""
    options = sandbox_command.Options(browser=not no_browser, **said)
    sys.exit(_run(sandbox_command.run(options, manifest=wiring.slack_manifest)))


@main.command(hidden=True)
@click.argument("clock", type=click.Path(path_type=Path))
def sandboxed(*, clock: Path) -> None:
    """Serve inside the sandbox, on its clock: what `sandbox` starts, and nobody else."""
    config = _settings()
    _run(wiring.run(config, time=shift.FollowedClock(clock)))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(*, as_json: bool) -> None:
    """Hold every setting against the live service, by reading alone, and say what to change.

    Ends with 0 for ok or warnings only, 1 for failures, 2 for settings that cannot be read.
    """
    try:
        found = asyncio.run(checkup.run(settings.Settings()))
    except ValidationError as error:
        found = checkup.unreadable(settings.complaints(error))
    click.echo(found.as_json() if as_json else found.as_text())
    sys.exit(found.exit_code)


@main.group()
def slack() -> None:
    """Set up Slack."""


@slack.command()
@click.option("--url", help="Public https address of the bot, for events over HTTP.")
def manifest(*, url: str | None) -> None:
    """Print the app's manifest: for HTTP with --url, else for Socket Mode."""
    click.echo(json.dumps(wiring.slack_manifest(url), indent=2))


@main.group()
def teams() -> None:
    """Set up Microsoft Teams."""


@teams.command()
@click.option("--bot-id", envvar="TEAMS_CLIENT_ID", required=True, help="App (client) id of the Azure Bot.")
@click.option("--app-id", help="Id of the app itself; without it, one made of the bot's.")
@click.option("--developer", help="Who offers the app.")
@click.option("--website", help="An https page of yours about the bot.")
@click.option("--version", "version", help="Of the package: a higher one replaces what is installed.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default="registry-bot-teams.zip")
def package(out: Path, **said: str | None) -> None:
    """Write the app's zip, to be uploaded from a team's Apps tab."""
    out.write_bytes(chats.teams_package(**{name: value for name, value in said.items() if value}))
    click.echo(f"{out} is written. In Teams: the team's Apps tab, More apps, Upload an app.")


main.add_command(cli_audit.group)
main.add_command(cli_policy.group)
main.add_command(cli_reconcile.command)
main.add_command(cli_requests.group)


def _settings() -> settings.Settings:
    """Read the environment, or say in a line each what is wrong with it, and stop."""
    try:
        return settings.Settings()
    except ValidationError as error:
        click.echo("\n".join(settings.complaints(error)), err=True)
        sys.exit(WRONG_SETTINGS)


def _run(work: Coroutine[Any, Any, int | None]) -> int:
    try:
        return asyncio.run(work) or 0
    except errors.ConfigurationError as error:
        click.echo(str(error), err=True)
        sys.exit(WRONG_SETTINGS)
    except errors.ServiceError as error:  # what no start can do without
        click.echo(" ".join(filter(None, (str(error), error.remedy))), err=True)
        sys.exit(UNREACHABLE if error.retryable else WRONG_SETTINGS)
    except KeyboardInterrupt:
        return 0
