"""`registry-bot audit …`: what it takes, what it prints, how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import ports
from bot.sandbox import valkey
from tests.audit.scene import DENIED, KEY, OTHER, TRAIL, Scene

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int | None
    out: str
    err: str


Run = Callable[..., Awaitable[Ended]]


@pytest.fixture
def run(server: valkey.Valkey, prefix: str) -> Run:
    """Return what runs a command against the deployment of the test, as a process of its own."""

    async def command(*arguments: object, **environment: str | None) -> Ended:
        around: dict[str, str | None] = {
            "PYTHONPATH": str(ROOT),
            "REDIS_URL": server.url,
            "REGISTRY_BOT_REDIS_PREFIX": prefix,
            "REGISTRY_BOT_AUDIT_KEY": KEY.decode(),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot", "audit", *(str(argument) for argument in arguments)),
            env=_coverage() | {name: value for name, value in (around | environment).items() if value},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return Ended(process.returncode, out.decode(), err.decode())

    return command


def _coverage() -> dict[str, str]:
    """Return what lets a run that measures measure the commands too."""
    return {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}  # noqa: TID251  # for no setting


def kept(scene: Scene, folder: Path) -> Path:
    """Return a file with what was printed."""
    path = folder / "bot.log"
    path.write_text("".join(f"2026-10-18T09:00:00Z bot-1 {line}\n" for line in scene.printed))
    return path


async def test_a_sound_log_ends_with_0(past: Scene, run: Run, tmp_path: Path) -> None:
    """And says how far the checkpoints vouch."""
    await past.checkpoint()
    await past.refuse(None)

    ended = await run("verify", "--checkpoints", kept(past, tmp_path))

    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0].startswith("13 entries (entries 1 to 13), ")
    assert lines[1:] == [
        "3 requests with their records and trails.",
        "Checkpoints vouch for all up to entry 12 (1 fit).",
        "No checkpoint given here vouches for the last 1: a cut there would not show.",
        "The log is whole and unchanged.",
    ]


async def test_a_log_that_was_tampered_with_ends_with_1(past: Scene, run: Run) -> None:
    """And says what, where, whose and when."""
    await past.rewrite(lambda all_: [*all_[:1], all_[1].saying("U0BEN", "U0CLEO"), *all_[2:]])
    request = json.loads((await past.stream())[1].fields["entry"])["request"]

    ended = await run("verify")

    assert ended.code == 1
    assert f"✗ changed: Entry 2 was changed, or written without the key. Request {request}.  [20" in ended.out
    assert ended.out.endswith("THE LOG WAS TAMPERED WITH.\n")


async def test_a_program_gets_one_document(past: Scene, run: Run) -> None:
    """With the same in it."""
    await past.rewrite(lambda all_: [*all_[:2], *all_[3:]])

    ended = await run("verify", "--json")

    document = json.loads(ended.out)
    assert (ended.code, document["sound"], document["problems"], document["entries"]) == (1, False, 2, 11)
    assert [one["what"] for one in document["findings"]] == ["unlinked", "missing"]
    assert [one["sequence"] for one in document["findings"]] == [4, 3]


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.usefixtures("past")
async def test_an_export_verifies_with_the_key_alone(run: Run, tmp_path: Path, form: str) -> None:
    """Where there is no Redis any more."""
    path = tmp_path / f"log.{form}"
    saved = await run("export", "--format", form, "--output", path, "--since", "2020-01-01")
    bare: dict[str, str | None] = {"REDIS_URL": None, "REGISTRY_BOT_REDIS_PREFIX": None}

    sound = await run("verify", "--file", path, **bare)
    path.write_bytes(path.read_bytes().replace(b"U0BEN", b"U0EVE"))
    edited = await run("verify", "--file", path, **bare)

    assert (saved.code, saved.out, saved.err) == (0, "", f"12 entries, 1 to 12, in {path}.\n")
    assert (sound.code, edited.code) == (0, 1)


async def test_an_export_goes_to_standard_output(past: Scene, run: Run) -> None:
    """And nothing else does; a span has its end too."""
    ended = await run("export", "--until", "2020-01-01T00:00:00+02:00")
    all_ = await run("export")

    assert (ended.code, len(ended.out.splitlines())) == (0, 1)
    assert [json.loads(line).get("sequence") for line in all_.out.splitlines()[:12]] == list(range(1, 13))
    assert len(await past.stream()) == 12


async def test_a_trim_says_what_went_and_prints_its_checkpoint(past: Scene, run: Run, tmp_path: Path) -> None:
    """The line is for the place where the bot's own go."""
    ended = await run("export", "--trim", "--output", tmp_path / "log.jsonl")
    past.printed.extend(ended.out.splitlines())

    after = await run("verify", "--checkpoints", kept(past, tmp_path))

    assert (ended.code, json.loads(ended.out)["last"]) == (0, 12)
    assert "4 of them were removed from Redis; 8 stay" in ended.err
    assert (after.code, "1 checkpoints are over entries that were trimmed" in after.out) == (0, True)


async def test_a_log_that_does_not_verify_is_exported_and_not_trimmed(
    past: Scene, run: Run, tmp_path: Path
) -> None:
    """Both say so."""
    await past.rewrite(lambda all_: [*all_[:2], *all_[3:]])

    exported = await run("export", "--output", tmp_path / "a.jsonl")
    trimmed = await run("export", "--output", tmp_path / "b.jsonl", "--trim")

    assert (exported.code, "things are wrong" in exported.err) == (1, True)
    assert (trimmed.code, trimmed.err.splitlines()[-1]) == (
        1,
        "Nothing was trimmed: the log does not verify. See `registry-bot audit verify`.",
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["verify"], {"REGISTRY_BOT_AUDIT_KEY": "short"}, "REGISTRY_BOT_AUDIT_KEY: needs at least 32"),
        (["verify"], {"REDIS_URL": None}, "REDIS_URL is not set"),
        (["verify"], {"REDIS_URL": "redis://secret@[/"}, "REDIS_URL"),
        (["export", "--trim"], {}, "--trim needs --output"),
        (["export", "--since", "yesterday"], {}, "is no time such as"),
        (["verify", "--file", "/nowhere/x"], {}, "does not exist"),
        (["export", "--output", "/nowhere/x"], {}, "No such file"),
    ],
)
async def test_what_cannot_be_done_ends_with_2(
    run: Run, arguments: list[str], environment: dict[str, str | None], said: str
) -> None:
    """In a sentence, without a traceback, and without a secret."""
    ended = await run(*arguments, **environment)

    assert (ended.code, said in ended.err) == (2, True), ended.err
    assert "Traceback" not in ended.err
    assert "secret" not in ended.err


@pytest.mark.timeout(90)
async def test_a_redis_that_is_away_ends_with_2(run: Run, tmp_path: Path) -> None:
    """After it was given time."""
    ended = await run("verify", REDIS_URL=f"unix://{tmp_path}/none.sock")

    assert (ended.code, "Not accepted" in ended.err) == (2, True)


@pytest.mark.usefixtures("past")
async def test_another_key_finds_everything_changed(run: Run) -> None:
    """Rather than saying that it is fine."""
    ended = await run("verify", REGISTRY_BOT_AUDIT_KEY=OTHER._key.decode())

    assert (ended.code, ended.out.count("✗ changed")) == (1, 12)


async def test_many_findings_are_cut_short(past: Scene, run: Run) -> None:
    """A hundred are enough to read."""
    for number in range(13, 130):
        await past.raw.execute_command("XADD", past.keys.audit, "*", "seq", number, "entry", "{}")
    await past.raw.execute_command("SET", past.keys.sequence, "129")
    seal = TRAIL.sealed(b"", "key")[:16]

    ended = await run("verify")

    assert "… and " in ended.out
    assert seal not in ended.out
    assert await past.store.log.mark(ports.Mark.CHECKPOINT) is None


async def test_an_empty_log_is_sound(run: Run, scene: Scene) -> None:
    """There is nothing to find; requests of no trail would be."""
    ended = await run("verify")
    await scene.request(*DENIED)
    after = await run("verify")

    assert (ended.code, ended.out) == (0, "No entries.\nThe log is whole and unchanged.\n")
    assert (after.code, after.out.splitlines()[1]) == (0, "1 requests with their records and trails.")


async def test_what_only_some_lines_say_is_said(past: Scene, run: Run, tmp_path: Path) -> None:
    """Lines that are absent, and lines of another key."""
    for _ in range(3):
        await past.refuse(None)
        await past.checkpoint()
    other = past.printed[1].replace(TRAIL.sealed(b"", "key")[:16], OTHER.sealed(b"", "key")[:16])
    past.printed[1] = other

    ended = await run("verify", "--checkpoints", kept(past, tmp_path))

    assert ended.code == 0
    assert "1 checkpoints between those given are not among them." in ended.out
    assert "1 checkpoints were made with another key, and not looked at." in ended.out
