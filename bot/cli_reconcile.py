"""`registry-bot reconcile`: parses, calls, prints. Ends with 0 (all fits), 1 (not) or 2 (could not look)."""

from __future__ import annotations

import asyncio
import sys
from typing import NoReturn

import click
from pydantic import ValidationError

from bot import errors, reconcile, settings, wiring

FAILED = 2


@click.command(name="reconcile")
@click.option("--fix", is_flag=True, help="Mark what differs, and remove leftovers of ended requests.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(*, fix: bool, as_json: bool) -> None:
    """Compare Azure and Tower with the bot's records, and say what differs and what to do.

    Without --fix nothing is changed. With it, only what an ended request of the bot left behind is
    removed; credentials that differ are marked, which the messages in chat then tell.
    """
    try:
        found = asyncio.run(_run(settings.Settings(), fix=fix))
    except ValidationError as error:
        _stop(settings.complaints(error))
    except errors.BotError as error:  # the store is away, or a setting cannot be; a service is a finding
        _stop([str(error)])
    click.echo(found.as_json() if as_json else found.as_text())
    sys.exit(found.exit_code)


async def _run(config: settings.Settings, *, fix: bool) -> reconcile.Report:
    async with wiring.open_reconciler(config) as reconciler:
        return await reconciler.run(fix=fix)


def _stop(lines: list[str]) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(FAILED)
