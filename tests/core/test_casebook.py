"""`registry-bot requests`: what operators read of requests, and how they have one tried again."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot import audit, case_lines, casebook, errors, machine, model
from bot.casebook import Retried
from bot.sandbox import valkey
from tests import builders
from tests.core.conftest import KEY, Desk

ROOT = Path(__file__).parents[2]
Command = Callable[..., Awaitable[tuple[int | None, str, str]]]


@pytest.fixture
def book(desk: Desk) -> casebook.Casebook:
    """Return a casebook of what the desk keeps."""
    return casebook.Casebook(desk.store, desk.trail)


@pytest.fixture
def command(server: valkey.Valkey, prefix: str) -> Command:
    """Return what runs `registry-bot requests …` on the test's deployment, as a process of its own."""

    async def run(*arguments: str, **environment: str) -> tuple[int | None, str, str]:
        settings = {
            "PYTHONPATH": str(ROOT),
            "REDIS_URL": server.url,
            "REGISTRY_BOT_REDIS_PREFIX": prefix,
            "REGISTRY_BOT_AUDIT_KEY": KEY.decode(),
        }
        around = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}  # noqa: TID251  # for no setting
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot", "requests", *arguments),
            env={name: value for name, value in (around | settings | environment).items() if value},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    return run


async def kept(desk: Desk, number: int) -> list[model.Request]:
    """Keep requests for so many hosts; return them newest first."""
    made: list[model.Request] = []
    for count in range(number):
        spec = builders.a_spec(name=f"acr-{count}", login_server=f"acme{count}.azurecr.io")
        at = builders.now() - dt.timedelta(minutes=number - count)
        request = builders.a_request(spec=spec, created=at)
        await desk.record.create(request, op=request.id)
        made.insert(0, request)
    return made


async def working(desk: Desk) -> model.Request:
    """Return a request that is worked on."""
    request = await desk.service.submit(builders.a_submission())
    await desk.service.approve(builders.a_click(request))
    return await desk.moved(request, machine.Event.START, audit.Event.STARTED)


async def test_a_page_of_all_and_of_those_in_a_state(desk: Desk, book: casebook.Casebook) -> None:
    """Newest first, and the cursor leads on."""
    made = await kept(desk, 5)
    await desk.service.cancel(builders.a_click(made[0], builders.ANA))

    first = await book.page(None, after=None, limit=3)
    second = await book.page(None, after=first.after, limit=3)
    gone = await book.page(model.State.CANCELLED, after=None, limit=3)

    ids = [one.id for one in (*first.requests, *second.requests)]
    assert (ids, second.after) == ([one.id for one in made], None)
    assert [one.id for one in gone.requests] == [made[0].id]


@pytest.mark.parametrize("form", ["{short}", "#{short}", "{id}"])
async def test_a_case_is_all_that_is_kept(desk: Desk, book: casebook.Casebook, form: str) -> None:
    """The request, its credential, its messages and its trail, which proves it."""
    credential = await desk.issued()
    await desk.store.save_copy(credential.id, builders.a_copy())

    case = await book.case(form.format(short=model.short_id(credential.id), id=credential.id))

    assert (case.request.id, case.credential, case.sound, case.genuine) == (
        credential.id,
        credential,
        True,
        True,
    )
    assert ([copy.role for copy in case.copies], len(case.entries)) == ([model.Role.APPROVAL], 4)


async def test_a_case_that_was_tampered_with_says_so(
    desk: Desk, book: casebook.Casebook, raw: Any, prefix: str
) -> None:
    """Whoever wrote into Redis is found out here too."""
    credential = await desk.issued()
    other = (await book.case(credential.id)).request.model_copy(update={"requester": builders.CLEO})
    await raw.execute_command("HSET", f"{{{prefix}}}:req:{credential.id}", "record", other.model_dump_json())
    planted = credential.model_copy(update={"token": "another"})
    await raw.execute_command("SET", f"{{{prefix}}}:cred:{credential.id}", planted.model_dump_json())

    case = await book.case(credential.id)

    lines = "\n".join(case_lines.case(case))
    assert (case.sound, case.genuine) == (False, False)
    assert ("FORGED" in lines, "BROKEN" in lines) == (True, True)


@pytest.mark.parametrize("ref", ["abcdef", "A" * 22, "nonsense", ""])
async def test_what_is_not_there_is_told(book: casebook.Casebook, ref: str) -> None:
    """In words, whether it is no id or nobody's."""
    for look in (book.case, book.retry):
        with pytest.raises(errors.BadInput):
            await look(ref)


async def test_a_short_id_of_several_is_refused(
    desk: Desk, book: casebook.Casebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator says which one."""

    async def both(_: str) -> tuple[str, ...]:
        return "A" * 22, "B" * 22

    monkeypatch.setattr(desk.store, "by_short", both)

    with pytest.raises(errors.BadInput, match=f"short for several: {'A' * 22}, {'B' * 22}"):
        await book.case("abcdef")


async def test_what_is_worked_on_is_tried_again(desk: Desk, book: casebook.Casebook) -> None:
    """It is due at once, with fresh tries."""
    request = await working(desk)
    claimed = (await desk.store.claim("worker", lease_s=60, limit=1)).taken[0]
    later = builders.now() + dt.timedelta(hours=1)
    await desk.store.settle(request.id, fence=claimed.fence, seen=request.version, due=later, reset=False)

    answer = await book.retry(request.id)

    again = (await desk.store.claim("worker", lease_s=60, limit=1)).taken
    assert answer == (request, Retried.DUE)
    assert [(one.request_id, one.attempts) for one in again] == [(request.id, 1)]


async def test_what_nobody_works_on_is_not(desk: Desk, book: casebook.Casebook) -> None:
    """One waits for people, the other has ended."""
    first, second = await kept(desk, 2)
    await desk.service.cancel(builders.a_click(second, builders.ANA))

    answers = [(await book.retry(one.id))[1] for one in (first, second)]

    assert answers == [Retried.WAITS, Retried.ENDED]


async def test_the_command_lists(desk: Desk, command: Command) -> None:
    """In columns, with what leads to the next page beside them; and as JSON."""
    made = await kept(desk, 3)

    code, out, err = await command("list", "--limit", "2", "--state", "pending")
    _, document, _ = await command("list", "--json", "--limit", "2")

    lines = out.splitlines()
    assert (code, lines[0].split()[:3]) == (0, ["ID", "STATE", "KIND"])
    assert [line.split()[0] for line in lines[1:]] == [model.short_id(one.id) for one in made[:2]]
    assert err.startswith("More: registry-bot requests list --state pending --after '")
    assert [one["id"] for one in json.loads(document)["requests"]] == [one.id for one in made[:2]]


async def test_the_command_shows(desk: Desk, command: Command) -> None:
    """What an operator needs to know of a request, and nothing that nobody may know."""
    credential = await desk.issued()

    code, out, _ = await command("show", model.short_id(credential.id))
    _, document, _ = await command("show", "--json", credential.id)

    assert code == 0
    assert out.startswith(f"Request {model.short_id(credential.id)} ({credential.id})\n")
    assert "Trail of 4 entries, unbroken, and fits the record:" in out
    assert json.loads(document)["credential"]["token"] == credential.token


async def test_the_command_retries(desk: Desk, command: Command) -> None:
    """And says what to do of one that has ended."""
    request = await working(desk)

    first = await command("retry", request.id)
    await desk.moved(request, machine.Event.FAIL, audit.Event.FAILED)
    second = await command("retry", request.id)

    assert (first[0], "running and due now" in first[1]) == (0, True)
    assert (second[0], "Ask for it anew in chat" in second[1]) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "words"),
    [
        (("show", "abcdef"), {}, 1, "There is no request 'abcdef'"),
        (("show", "?"), {}, 1, "give the 6 characters or all 22"),
        (("list",), {"REDIS_URL": ""}, 2, "REDIS_URL is not set"),
        (("list",), {"REGISTRY_BOT_AUDIT_KEY": ""}, 2, "REGISTRY_BOT_AUDIT_KEY: is not set"),
        (("list",), {"REDIS_URL": "redis://127.0.0.1:1/0"}, 2, "store"),
    ],
)
async def test_the_command_says_what_is_wrong(
    command: Command, arguments: tuple[str, ...], environment: dict[str, str], code: int, words: str
) -> None:
    """A line, no traceback, and a code that tells a wrong question from a wrong setting."""
    ended = await command(*arguments, **environment)

    assert (ended[0], words in ended[2], "Traceback" in ended[2]) == (code, True, False)


def test_what_people_typed_does_not_steer_a_terminal() -> None:
    """A reason is text, whatever is in it."""
    request = builders.a_request(spec=builders.a_spec(reason="\x1b[2Jgone\r"), state=model.State.FAILED)
    failed = request.model_copy(update={"error": "No\nroom.", "emergency": True, "automatic": True})

    lines = list(case_lines.case(casebook.Case(failed, (), None, genuine=True, entries=(), sound=True)))

    assert all(line.isprintable() for line in lines)
    assert "  reason          �[2Jgone�" in lines


def test_progress_and_messages_are_told() -> None:
    """What was made, what is waited for, and which messages are behind."""
    at = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
    progress = model.Progress(
        steps=("check", "token"), token="registry-bot-x", expires=at, marks={"delivered": at}
    )
    request = builders.a_request(state=model.State.RUNNING, progress=progress, version=3)
    copies = (
        builders.a_copy(),
        builders.a_copy(model.Role.ORIGIN, message=None),
        builders.a_copy(model.Role.TOLD, error="The bot is not in this channel."),
    )
    credential = builders.a_credential(request, expires=at, busy=request.id, drift="Its token is disabled.")

    found = casebook.Case(request, copies, credential, genuine=True, entries=(), sound=True)
    lines = [line.strip() for line in case_lines.case(found)]

    for line in (
        "steps: check, token",
        "expires: 2026-11-23 12:00:00Z",
        "marks: delivered 2026-11-23 12:00:00Z",
        "approval in C0APPROVALS, message 1.1, behind: shows version 1",
        "origin in C0APPROVALS: not posted yet",
        "told in C0APPROVALS: The bot is not in this channel.",
        "differs: Its token is disabled.",
        f"being changed by request {model.short_id(request.id)}",
    ):
        assert line in lines
