"""`registry-bot audit …`: parses, calls, prints. Ends with 0 (sound), 1 (not) or 2 (could not look)."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sys
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from bot import audit, errors, settings, wiring
from bot.ledger import auditor, export, files, report, trim

UNSOUND, FAILED = 1, 2
FORMS = {form.value: form for form in files.Form}
T = TypeVar("T")
File = click.Path(exists=True, dir_okay=False, path_type=Path)


class Moment(click.ParamType[dt.datetime]):
    """A date or a moment; without a zone it is UTC."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        """Read it as ISO 8601 has it."""
        try:
            moment = dt.datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time such as 2026-10-18 or 2026-10-18T09:30:00Z.", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


@click.group(name="audit")
def group() -> None:
    """Verify the audit log, and export it."""


@group.command()
@click.option("--checkpoints", type=File, multiple=True, help="Log with the checkpoint lines that you kept.")
@click.option("--file", type=File, help="Verify an export instead of the log in Redis.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def verify(*, checkpoints: tuple[Path, ...], file: Path | None, as_json: bool) -> None:
    """Find whatever was edited, removed, inserted, reordered or cut off, and say where."""
    config = _settings()
    if file:
        trail = audit.Trail(config.audit_key.get_secret_value().encode())
        found = auditor.verify_file(trail, _lines((file,)), _lines(checkpoints))
    else:
        found = _run(_verify(config, checkpoints))
    if as_json:
        click.echo(json.dumps(report.document(found), indent=2))
    else:
        for line in report.lines(found):
            click.echo(line)
    sys.exit(0 if found.sound else UNSOUND)


@group.command(name="export")
@click.option("--format", "form", type=click.Choice(list(FORMS)), default="jsonl", show_default=True)
@click.option("--since", type=Moment(), help="From when on; else from the start.")
@click.option("--until", type=Moment(), help="Up to before when; else to the end.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Else standard output.")
@click.option("--trim", "trimmed", is_flag=True, help="Then remove from Redis what is safely in the file.")
def export_(
    *,
    form: str,
    since: dt.datetime | None,
    until: dt.datetime | None,
    output: Path | None,
    trimmed: bool,
) -> None:
    """Write the log with all its fields, and a seal by which the file can be verified later."""
    if trimmed and output is None:
        raise click.UsageError("--trim needs --output: only a file can be known to be safe.")
    config, span = _settings(), export.Span(since, until)
    if output is None:
        sys.exit(_run(_print(config, span, FORMS[form])))
    sys.exit(_run(_save(config, span, FORMS[form], output, trimmed=trimmed)))


async def _verify(config: settings.AuditSettings, checkpoints: tuple[Path, ...]) -> report.Report:
    async with wiring.open_log(config) as at:
        return await at.verify(_lines(checkpoints))


async def _print(config: settings.AuditSettings, span: export.Span, form: files.Form) -> int:
    async with wiring.open_log(config) as at:
        findings = await at.print(span, form, sys.stdout.write)
    return _complain(findings.count)


async def _save(
    config: settings.AuditSettings, span: export.Span, form: files.Form, output: Path, *, trimmed: bool
) -> int:
    async with wiring.open_log(config) as at:
        try:
            done, gone = await at.save(span, form, output, trim=trimmed)
        except trim.Stopped as error:
            click.echo(str(error), err=True)
            return UNSOUND
    click.echo(f"{done.run.entries} entries, {done.run.first} to {done.run.last}, in {output}.", err=True)
    if gone:
        stayed = f"{gone.stayed} stay: their requests are open, or their credentials live."
        click.echo(f"{gone.removed} of them were removed from Redis; {stayed}", err=True)
    return _complain(done.findings.count)


def _complain(problems: int) -> int:
    if problems:
        click.echo(f"{problems} things are wrong with these entries: registry-bot audit verify.", err=True)
    return UNSOUND if problems else 0


def _lines(paths: tuple[Path, ...]) -> Iterator[str]:
    for path in paths:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            yield from file


def _settings() -> settings.AuditSettings:
    try:
        return settings.AuditSettings()
    except ValidationError as error:
        for line in settings.complaints(error):
            click.echo(line, err=True)
        sys.exit(FAILED)


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except (errors.ConfigurationError, errors.NotAccepted, OSError) as error:
        click.echo(str(error), err=True)
        sys.exit(FAILED)
