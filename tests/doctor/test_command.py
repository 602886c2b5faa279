"""`registry-bot doctor`, as it is typed."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import pytest
from click import testing

from bot import cli
from tests.doctor.conftest import Clinic


async def typed(clinic: Clinic, *options: str, **extra: str) -> tuple[int, str, str]:
    """Run the command in a process of its own; return its exit code and what it printed."""
    clinic.extra |= extra
    path = {"PATH": os.environ.get("PATH", "")}  # noqa: TID251  # a process needs one
    command = [sys.executable, "-W", "error", "-m", "bot", "doctor", *options]
    child = await asyncio.create_subprocess_exec(
        *command,
        env=path | clinic.environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(child.communicate(), 45)
    told = out.decode() + err.decode()
    assert [secret for secret in clinic.secrets() if secret in told] == []
    return child.returncode or 0, out.decode(), err.decode()


async def test_failures_end_with_one(clinic: Clinic) -> None:
    """A line for each thing on standard output, and nothing beside them."""
    code, out, err = await typed(clinic)

    assert (code, err) == (1, "")
    assert out.splitlines()[-1].endswith("1 failure")
    assert "azure acmelegacy room: full" in out


async def test_warnings_end_with_zero(clinic: Clinic) -> None:
    """As one JSON document."""
    hosts = [clinic.outside.login_server(name) for name in ("acmegenomics", "acmepublic")]

    code, out, err = await typed(clinic, "--json", REGISTRY_BOT_REGISTRIES=",".join(hosts))

    assert (code, err) == (0, "")
    assert json.loads(out)["counts"] == {"ok": json.loads(out)["counts"]["ok"], "warning": 2, "failure": 0}


@pytest.mark.parametrize("options", [(), ("--json",)])
async def test_settings_that_cannot_be_read_end_with_two(clinic: Clinic, options: tuple[str, ...]) -> None:
    """Each is named, and no value of any is shown."""
    code, out, _ = await typed(
        clinic, *options, REGISTRY_BOT_AUDIT_KEY="too-short-a-key", TOWER_ACCESS_TOKEN=""
    )

    assert code == 2
    assert "REGISTRY_BOT_AUDIT_KEY" in out
    assert "TOWER_ACCESS_TOKEN" in out


def test_nothing_set_at_all_ends_with_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is missing is told at once."""
    for name in list(os.environ):  # noqa: TID251  # to read settings from nothing
        if name.startswith(("REGISTRY_BOT_", "SLACK_", "TOWER_", "AZURE_", "REDIS_")):
            monkeypatch.delenv(name)

    run = testing.CliRunner().invoke(cli.main, ["doctor", "--json"])

    seen = {check["seen"].partition(":")[0] for check in json.loads(run.output)["checks"]}
    assert run.exit_code == 2
    assert seen >= {"REDIS_URL", "AZURE_SUBSCRIPTION_ID", "TOWER_ACCESS_TOKEN", "REGISTRY_BOT_AUDIT_KEY"}


async def test_a_redis_that_is_away_is_told_once_and_without_its_password(clinic: Clinic) -> None:
    """What libraries log goes to standard error, if anywhere."""
    code, out, _ = await typed(clinic, "--json", REDIS_URL="redis://:a-password-of-redis@127.0.0.1:9/0")

    assert code == 1
    assert "a-password-of-redis" not in out
    assert json.loads(out)["result"] == "failure"
