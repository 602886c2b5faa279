"""`registry-bot requests …`: parses, calls, prints. Ends with 0 (done), 1 (not so) or 2 (could not look)."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from bot import case_lines, casebook, errors, model, settings, wiring

REFUSED, FAILED = 1, 2
STATES = [state.value for state in model.State]
T = TypeVar("T")


@click.group(name="requests")
def group() -> None:
    """List requests, look at one, and have one that waits tried again."""


@group.command(name="list")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
@click.option("--after", metavar="CURSOR", help="Where the page before ended.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_(*, state: str | None, limit: int, after: str | None, as_json: bool) -> None:
    """Print requests, newest first."""
    wanted = model.State(state) if state else None
    found = _run(_page(wanted, after=after, limit=limit))
    if as_json:
        requests = [request.model_dump(mode="json") for request in found.requests]
        click.echo(json.dumps({"requests": requests, "after": found.after}, indent=2))
        return
    for line in case_lines.table(found.requests):
        click.echo(line)
    if found.after:
        more = " ".join(filter(None, (f"--state {state}" if state else "", f"--after '{found.after}'")))
        click.echo(f"More: registry-bot requests list {more}", err=True)


@group.command()
@click.argument("ref", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show(*, ref: str, as_json: bool) -> None:
    """Print a request: what was asked, decided and done, its messages and its trail. Never a secret.

    ID is the six characters that messages show, or all twenty-two. Ends with 1 where the record
    does not fit its trail.
    """
    found = _run(_case(ref))
    if as_json:
        click.echo(json.dumps(casebook.as_dict(found), indent=2))
    else:
        for line in case_lines.case(found):
            click.echo(line)
    sys.exit(0 if found.sound and found.genuine else REFUSED)


@group.command()
@click.argument("ref", metavar="ID")
def retry(*, ref: str) -> None:
    """Have a request that is being worked on tried again at once, with fresh tries.

    Ends with 1 for one that waits for people or has ended, and says what to do instead.
    """
    request, became = _run(_retry(ref))
    click.echo(_ANSWERS[became].format(short=model.short_id(request.id), state=request.state))
    if became is casebook.Retried.ENDED and request.error:
        click.echo(case_lines.plain(" ".join(filter(None, (request.error, request.remedy)))))
    sys.exit(0 if became is casebook.Retried.DUE else REFUSED)


_ANSWERS = {
    casebook.Retried.DUE: "Request {short} is {state} and due now, with fresh tries: a worker takes it up "
    "within a few seconds, if one is running.",
    casebook.Retried.WAITS: "Request {short} is {state}: it waits for its approvers, and nothing was "
    "tried yet. They decide in chat.",
    casebook.Retried.ENDED: "Request {short} is {state}: it has ended, and nothing is tried again. "
    "Ask for it anew in chat.",
}


async def _page(state: model.State | None, *, after: str | None, limit: int) -> casebook.Listed:
    async with wiring.open_casebook(settings.AuditSettings()) as book:
        return await book.page(state, after=after, limit=limit)


async def _case(ref: str) -> casebook.Case:
    async with wiring.open_casebook(settings.AuditSettings()) as book:
        return await book.case(ref)


async def _retry(ref: str) -> tuple[model.Request, casebook.Retried]:
    async with wiring.open_casebook(settings.AuditSettings()) as book:
        return await book.retry(ref)


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except ValidationError as error:
        lines, code = settings.complaints(error), FAILED
    except errors.BadInput as error:
        lines, code = [str(error)], REFUSED
    except (errors.ConfigurationError, errors.NotAccepted, OSError) as error:
        lines, code = [str(error)], FAILED
    for line in lines:
        click.echo(line, err=True)
    sys.exit(code)
