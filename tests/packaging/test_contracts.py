"""The import contracts of pyproject.toml hold, and each of them would notice a breach."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

# A contract's name, and an import that it must not let through: the module, and what it imports.
BREACHES = [
    ("bot is layered; every module has a place", "bot/model.py", "from bot import errors, machine"),
    ("bot is layered; every module has a place", "bot/recorder.py", "from bot import service"),
    ("bot is layered; every module has a place", "bot/odds.py", "from bot import model"),
    ("handlers are layered; every module has a place", "handlers/text.py", "from handlers import replies"),
    ("handlers are layered; every module has a place", "handlers/mail.py", "from bot import model"),
    (
        "slack is layered; every module has a place",
        "handlers/slack/parse.py",
        "from handlers.slack import app",
    ),
    ("slack is layered; every module has a place", "handlers/slack/odds.py", "from bot import model"),
    (
        "teams is layered; every module has a place",
        "handlers/teams/parse.py",
        "from handlers.teams import app",
    ),
    ("teams is layered; every module has a place", "handlers/teams/odds.py", "from bot import model"),
    ("the Teams SDK is Teams' alone", "bot/chats.py", "from handlers.teams import opening"),
    ("the Teams SDK is Teams' alone", "handlers/slack/parse.py", "import microsoft_teams.api"),
    ("core never sees chat", "bot/service.py", "from handlers import text"),
    ("core never sees chat", "bot/attention.py", "import slack_sdk"),
    ("core never sees chat", "bot/sandbox/emulator.py", "import slack_bolt"),
    ("core never sees adapters or drivers", "bot/service.py", "from redis import asyncio"),
    ("core never sees adapters or drivers", "bot/provision/steps.py", "import httpx"),
    ("core never sees adapters or drivers", "bot/doctor/azure.py", "from bot import settings"),
    ("core never sees adapters or drivers", "bot/policy.py", "from bot import settings"),
    ("core never sees adapters or drivers", "bot/ledger/keeper.py", "from bot import store"),
    ("handlers reach the core through one door", "handlers/text.py", "from bot import store"),
    ("handlers reach the core through one door", "handlers/text.py", "from bot import policy"),
    ("sandbox is never a production dependency", "bot/service.py", "from bot.sandbox import emulator"),
    ("sandbox is never a production dependency", "bot/wiring.py", "from bot import sandbox"),
    ("redis is the store's alone", "bot/recorder.py", "import redis"),
    ("Azure's libraries are the clients' alone", "bot/recorder.py", "from azure import identity"),
]


def lint(tree: Path) -> str:
    """Return what import-linter says of a copy of the project."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    run = subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo"],
        cwd=tree,
        env={"PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return run.stdout + run.stderr


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project's code and configuration."""
    copy = tmp_path_factory.mktemp("project")
    for package in ("bot", "handlers"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def test_the_contracts_hold(tree: Path) -> None:
    """The project as it is breaks none of its contracts."""
    said = lint(tree)

    assert f"{len(CONTRACTS)} kept, 0 broken" in said, said


@pytest.mark.parametrize(("contract", "module", "line"), BREACHES)
def test_a_breach_is_noticed(tree: Path, contract: str, module: str, line: str) -> None:
    """An import that a contract forbids breaks that contract."""
    file = tree / module
    before = file.read_text() if file.exists() else None
    file.write_text(f"{before or ''}\n{line}\n")

    said = lint(tree)

    if before is None:
        file.unlink()
    else:
        file.write_text(before)
    assert f"{contract} BROKEN" in said, said


def test_every_contract_is_tried() -> None:
    """No contract goes without a breach that it has to notice."""
    assert {contract for contract, _, _ in BREACHES} == {one["name"] for one in CONTRACTS}
