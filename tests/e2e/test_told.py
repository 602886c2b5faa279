"""How a journey is told: to people in narrow lines, to machines as one document, by an exit code."""

from __future__ import annotations

import json

import click
import pytest
from redis.asyncio import Redis

from bot import wiring
from bot.sandbox import canary, command, emulator, play, rehearsal, stage, story, sweep, traffic, valkey
from tests.e2e.conftest import a_world


def _plain(text: str) -> list[str]:
    return click.unstyle(text).splitlines()


async def test_a_journey_is_told_in_narrow_lines() -> None:
    """Everything fits a terminal of a hundred columns: steps, messages as people read them, the verdict."""
    outside, lines = a_world(), list[str]()
    lines += rehearsal.opening("deny", outside)

    result = await rehearsal.rehearse("deny", outside, lines.append)
    lines += rehearsal.closing(result)

    told = _plain("\n".join(lines))
    assert max(len(line) for line in told) <= 100
    assert any("│ > Use the shared workspace <!channel> *please*" in line for line in told)
    assert told[-1].startswith("Everything went as it must.")


async def test_a_journey_that_breaks_says_why() -> None:
    """What went wrong is said in words, with what the bot warned of, and is the document's problem."""
    outside, lines = a_world(), list[str]()
    outside.slack.faults.append(emulator.Fault(r"views\.open", times=None, status=500))

    result = await rehearsal.rehearse("issue", outside, lines.append)
    lines += rehearsal.closing(result)

    assert (result.ok, result.document()["ok"]) == (False, False)
    assert "Ana sees a modal" in str(result.problem)
    assert any("✗ The bot said: slack.window.not_opened" in line for line in _plain("\n".join(lines)))
    assert _plain("\n".join(lines))[-1].startswith("This did not go as it must. not within")


async def test_a_bot_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot that does not become ready is a problem with its last words, not a traceback."""
    outside = a_world()
    monkeypatch.setattr(outside, "environment", dict)

    result = await rehearsal.rehearse("issue", outside)

    assert "did not become ready" in str(result.problem)
    assert result.document()["canary"] is None


async def test_what_a_service_would_refuse_breaks_a_journey() -> None:
    """A double that goes on all the same does not hide what the real service would refuse."""
    outside = a_world()
    outside.tower.violations.append("POST /credentials: unknown field hurry")

    result = await rehearsal.rehearse("cancel", outside)

    assert result.problem == "A service would refuse this: POST /credentials: unknown field hurry"


def test_a_leak_is_told_without_the_secret() -> None:
    """A finding makes the run fail, and names kind, form and place."""
    finding = canary.Finding(canary.Kind.PASSWORD, "in base64", "the output of bot-1")
    report = sweep.Report((finding,), 1, secrets=9, exchanges=40, keys=20, commands=300, log_bytes=2048)
    result = rehearsal.Result("issue", None, 1.0, 2.0, story.Story(), (), report)

    lines = _plain("\n".join(rehearsal.closing(result)))

    assert "  ✗ registry password (in base64) in the output of bot-1" in lines
    assert not result.ok


def _exchange(to: str, *, body: bytes = b"", answer: bytes = b"", method: str = "POST") -> emulator.Exchange:
    return emulator.Exchange(to, method, "/", {}, body, 200, 0.0, 0.0, answer)


def test_requests_are_counted_by_service() -> None:
    """Each service has a line, the password is marked, and what Slack asked of the bot is not counted."""
    exchanges = [
        _exchange("tower", body=b'{"password": "s3cret-s3cret"}'),
        _exchange("tower"),
        _exchange("arm", answer=b'{"value": "s3cret-s3cret"}'),
        _exchange("acr:acmegenomics"),
        _exchange("slack"),
        _exchange("slack", method="ANSWER"),
    ]

    legs = traffic.legs(exchanges, ["s3cret-s3cret"])

    assert [(leg.service, leg.requests, leg.remark) for leg in legs] == [
        ("Slack", 1, "never saw it"),
        ("Azure: Resource Manager", 1, "made the password, in one answer"),
        ("Azure: registry acmegenomics", 1, "never saw it"),
        ("Tower", 2, "got the password, in one request"),
    ]


def test_a_broken_promise_is_told_in_red() -> None:
    """What went wrong and what held are told apart by a sign, not by colour alone."""
    lines = list[str]()
    told = story.Story(lines.append)

    told.held("It held.")
    told.broke("It broke, " + "at length, " * 20)

    plain = [line[10:] for line in _plain("\n".join(lines))]
    assert plain[0] == "✓ It held."
    assert plain[1].startswith("✗ It broke")
    assert len(plain) > 2


async def test_a_promise_that_does_not_hold_is_named() -> None:
    """A check that fails says which one."""
    with pytest.raises(play.Broken, match="This does not hold: Azure has one token"):
        play.Play(stage.Stage(a_world()), story.Story()).holds([], "Azure has one token.")


async def test_an_unknown_journey_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong name lists the right ones."""
    code = await command.run(command.Options(once=True, journey="nowhere"), manifest=wiring.slack_manifest)

    known = "issue, deny, cancel, refused, quorum, teams, faults, crash, lifecycle"
    said = f"There is no journey 'nowhere'. There are: {known}.\n"
    assert (code, capsys.readouterr().err) == (2, said)


@pytest.mark.timeout(120)
async def test_the_sandbox_leaves_nothing_in_a_redis_that_was_given(
    embedded: valkey.Valkey, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """REDIS_URL is used under a prefix of its own, and is as it was afterwards."""
    monkeypatch.setenv("REDIS_URL", embedded.url)
    client = Redis.from_url(embedded.url)
    await client.set("somebody-elses", "key")

    code = await command.run(
        command.Options(once=True, journey="deny", as_json=True), manifest=wiring.slack_manifest
    )

    told = json.loads(capsys.readouterr().out)
    left = [key async for key in client.scan_iter("*sandbox-*")]
    kept = await client.getdel("somebody-elses")
    await client.aclose()
    assert (code, told["ok"], left, kept) == (0, True, [], b"key")


@pytest.mark.timeout(120)
async def test_a_journey_is_printed_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json the story is printed as it goes, and the exit code says how it went."""
    code = await command.run(command.Options(once=True, journey="cancel"), manifest=wiring.slack_manifest)

    printed = capsys.readouterr().out
    assert code == 0
    assert "Where the password went" in printed
