"""What is said, in which form, with which exit code; and that no check holds up or breaks another."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections.abc import Awaitable, Callable

import jsonschema
import pytest
from pydantic import SecretStr

from bot import doctor, errors
from bot.doctor import examination, keys, patient, reading, report
from bot.doctor.report import Line, Report
from bot.sandbox import acme, emulator
from tests.doctor.conftest import FAILURE, OK, WARNING, Clinic, bad, fault, only

FINE, MEANT, BROKEN = (
    Line("tower", "token", OK, "accepted"),
    Line("azure", "a room", WARNING, "nearly full", "make room"),
    Line("slack", "token", FAILURE, "refused", "set it"),
)
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["schema", "result", "exit_code", "counts", "checks"],
    "properties": {
        "schema": {"const": 1},
        "result": {"enum": ["ok", "warning", "failure"]},
        "exit_code": {"enum": [0, 1, 2]},
        "counts": {
            "type": "object",
            "additionalProperties": False,
            "required": ["ok", "warning", "failure"],
            "properties": {
                level: {"type": "integer", "minimum": 0} for level in ("ok", "warning", "failure")
            },
        },
        "checks": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["area", "check", "level", "seen", "change"],
                "properties": {
                    "area": {"type": "string"},
                    "check": {"type": "string"},
                    "level": {"enum": ["ok", "warning", "failure"]},
                    "seen": {"type": "string", "minLength": 1},
                    "change": {"type": ["string", "null"]},
                },
            },
        },
    },
}


@pytest.mark.parametrize(
    ("lines", "result", "code"),
    [((FINE,), "ok", 0), ((FINE, MEANT), "warning", 0), ((FINE, MEANT, BROKEN), "failure", 1)],
)
def test_the_exit_code_is_that_of_the_worst_line(lines: tuple[Line, ...], result: str, code: int) -> None:
    """A warning alone stops no deployment."""
    document = json.loads(Report(lines).as_json())

    jsonschema.validate(document, SCHEMA)
    assert (document["result"], document["exit_code"], Report(lines).exit_code) == (result, code, code)


def test_settings_that_cannot_be_read_have_a_code_of_their_own() -> None:
    """Each is a line, in the same document."""
    found = doctor.unreadable(["REDIS_URL: Field required", "SLACK_BOT_TOKEN: Field required"])

    jsonschema.validate(json.loads(found.as_json()), SCHEMA)
    assert (found.exit_code, len(found.lines)) == (2, 2)


def test_the_text_has_a_line_for_each_and_their_count() -> None:
    """What to change stands at the end of the line."""
    assert Report((FINE, MEANT, BROKEN)).as_text().splitlines() == [
        "ok       tower token: accepted",
        "warning  azure a room: nearly full → make room",
        "failure  slack token: refused → set it",
        "3 looked at: 1 ok, 1 warning, 1 failure",
    ]


def test_other_people_s_names_break_no_line_and_show_no_secret() -> None:
    """A channel's name is anybody's text."""
    line = dataclasses.replace(FINE, seen="in #a\nb\x1b[31m with the-secret")

    found = Report((line,)).hidden(lambda text: text.replace("the-secret", "[hidden]"))

    assert found.lines[0].seen == "in #a b [31m with [hidden]"


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (errors.Throttled("Slack asked to wait.", service="Slack"), WARNING),
        (errors.Temporary("Tower is away.", service="Tower"), FAILURE),
        (errors.Forbidden("No.", service="Azure", remedy="Assign it."), FAILURE),
        (errors.NotAccepted("Not accepted."), FAILURE),
    ],
)
def test_an_answer_that_did_not_come_says_what_to_look_at(error: errors.BotError, level: object) -> None:
    """Whatever the error knows of a remedy."""
    line = report.trouble("area", "check", error)

    assert line.level is level
    assert line.change


async def test_the_document_is_as_promised(clinic: Clinic) -> None:
    """One JSON object for the whole world."""
    found = await clinic.examine()

    jsonschema.validate(json.loads(found.as_json()), SCHEMA)


async def test_the_sandbox_is_all_right_but_for_what_was_planted(clinic: Clinic) -> None:
    """A full registry, an open one, and the channels that no needed scope lets the bot see."""
    found = await clinic.examine()

    assert bad(found) == {
        ("azure", "acmelegacy room", FAILURE),
        ("azure", "acmepublic anonymous pull", WARNING),
        ("slack", "channels", WARNING),
    }


def hang(*doubles: emulator.Emulator) -> asyncio.Event:
    """Let doubles take every request and answer none, until the event is set."""
    until = asyncio.Event()

    async def wait() -> None:
        await until.wait()

    for double in doubles:
        fault(double, ".", hook=wait)
    return until


async def test_a_hung_service_holds_up_nothing(clinic: Clinic) -> None:
    """Tower's lines say so within 15 s; everybody else's are as ever."""
    until = hang(clinic.outside.tower)
    started = time.monotonic()

    found = await clinic.examine()

    until.set()
    assert time.monotonic() - started < 15
    assert {area for area, _, level in bad(found) if level is FAILURE} == {"tower", "azure"}
    assert {check for area, check, level in bad(found) if (area, level) == ("azure", FAILURE)} == {
        "acmelegacy room"
    }


async def test_services_that_all_hang_are_told_together(clinic: Clinic) -> None:
    """One after the other they would take minutes."""
    until = hang(*clinic.outside.emulators)
    started = time.monotonic()

    found = await clinic.examine()

    until.set()
    assert time.monotonic() - started < 15
    assert {area for area, _, level in bad(found) if level is FAILURE} == {"slack", "azure", "tower", "wave"}
    assert only(found, "audit", "key").level is OK


async def test_one_hung_registry_is_that_registry_s_line(clinic: Clinic) -> None:
    """The others have been listed meanwhile."""
    until = hang(clinic.outside.registries[0])

    found = await clinic.examine()

    until.set()
    name = clinic.outside.registries[0].registry.name
    assert ("azure", f"{name} content", FAILURE) in bad(found)
    assert sum(check.endswith("content") for _, check, _ in bad(found)) == 1


async def test_a_hung_redis_holds_up_nothing(clinic: Clinic) -> None:
    """A server that takes connections and says nothing."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    started = time.monotonic()
    async with server:
        found = await clinic.examine(REDIS_URL=f"redis://127.0.0.1:{port}/0")

    assert time.monotonic() - started < 15
    assert ("redis", "server", FAILURE) in bad(found)
    assert ("tower", "token", FAILURE) not in bad(found)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("REDIS_URL", "http://not-redis"),
        ("AZURE_CLIENT_SECRET", "secret-alone"),
    ],
)
async def test_a_setting_that_nothing_can_be_opened_with_is_unreadable(
    clinic: Clinic, setting: str, value: str
) -> None:
    """As `serve` would stop at once, naming it."""
    found = await clinic.examine(**{setting: value})

    assert found.exit_code == 2
    assert value not in found.as_text()


async def test_a_late_check_is_a_failure() -> None:
    """Whatever it waits for."""

    async def never(_: object) -> list[Line]:
        await asyncio.Event().wait()
        return []

    check = examination.Check("area", "name", never)

    (line,) = await examination._run(check, None, within_s=0.01)  # type: ignore[arg-type]  # not looked at

    assert (line.level, "no answer" in line.seen) == (FAILURE, True)


class Broken:
    """A probe with faults of its own; whatever else it is asked for is away."""

    def __getattr__(self, _: str) -> Callable[[], Awaitable[None]]:
        return self._away

    async def _away(self) -> None:
        raise errors.Temporary("It is away.", service="It")

    async def findings(self) -> None:
        """Break as a program does."""
        raise RuntimeError("with-a-secret")

    async def time(self) -> None:
        """Break as a library does that cancels its own task."""
        raise asyncio.CancelledError

    async def marks(self) -> None:
        """Break as a time-out nobody waited for does."""
        raise TimeoutError


async def test_a_check_that_breaks_is_a_line_of_its_own() -> None:
    """It says no more than the kind of fault, and hides nothing that the others saw."""
    setup = patient.Setup(policy=None, problem="1: bad", scopes=frozenset(), audit_key=SecretStr("k" * 32))
    probe: object = Broken()
    probes = patient.Probes(probe, probe, probe, None, probe, probe)  # type: ignore[arg-type]  # on purpose

    found = await examination.examine(setup, probes)

    server = next(line for line in found.lines if (line.area, line.check) == ("redis", "server"))
    assert (server.level, "RuntimeError" in server.seen) == (FAILURE, True)
    assert "with-a-secret" not in found.as_text()
    assert ("audit", "key", FAILURE) in bad(found)


async def test_what_several_want_to_know_is_asked_once() -> None:
    """An error is everybody's as well."""
    asked: list[int] = []

    async def ask() -> int:
        asked.append(1)
        raise errors.Temporary("away", service="Tower")

    one = reading.Reading(ask, of="Tower")
    answers = await asyncio.gather(one.known(), one.known(), one.known())
    await one.aclose()

    assert set(answers) == {None}
    assert len(asked) == 1


async def test_an_error_that_nobody_heard_of_is_no_noise() -> None:
    """A check gave up before the reading did."""

    async def ask() -> int:
        await asyncio.sleep(0)
        raise errors.Temporary("away", service="Tower")

    one = reading.Reading(ask, of="Tower")
    waiting = asyncio.create_task(one.get())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    await one.aclose()

    assert waiting.cancelled()


@pytest.mark.parametrize(
    ("key", "level"),
    [
        ("0f3b8a61c277d1e94b5a6c7d8e9f00112233445566778899aabbccddeeff1234", OK),
        ("Jk2-hQ9_zXv8Lm3Rt7Yp1Bn5Wc6Df0Gs", OK),
        ("k" * 64, FAILURE),
        ("change-me-" * 4, FAILURE),
        ("the audit key of our registry bot", WARNING),
    ],
)
def test_a_key_that_can_be_guessed_is_told(key: str, level: object) -> None:
    """Length alone makes no key."""
    line = keys.judge_key(SecretStr(key), {})

    assert (line.level, key in line.text()) == (level, False)


async def test_a_key_that_is_another_secret_too_is_a_failure(clinic: Clinic) -> None:
    """Whoever has that one could forge the record."""
    line = await clinic.line("audit", "key", REGISTRY_BOT_AUDIT_KEY=clinic.outside.secrets.tower_token)

    assert (line.level, "TOWER_ACCESS_TOKEN" in line.seen) == (FAILURE, True)


def test_the_world_has_what_was_planted() -> None:
    """The test above would notice if it had not."""
    assert {one.name for one in acme.registries()} >= {"acmelegacy", "acmepublic"}
