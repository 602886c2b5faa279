"""What may not stand in this repository does not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

import pytest

from tests.packaging import tree

# No pattern matches itself, so this file keeps its own rules.
EVERYWHERE = {
    "a path of the machine it was written on": r"/wor[k]/|/roo[t]/|/tmp/(team|bash_)|/opt/(pypi|wheels)",
    "the host of a package registry": r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|deb\.debian\.org",
    "work left for later": r"\b(TOD[O]|FIXM[E]|XX[X])\b",
}
CODE = {
    "a mock": r"unittest\.mock|(Magic|Async)Mock|import moc[k]",
    "a patched clock": r"monkeypatch\.setattr\([^)]*sleep",
    "a suppression of ruff without a code and a reason": r"# noq[a](?!: [A-Z0-9, ]+  # \S)",
    "a suppression of mypy without a code and a reason": r"# type: ignor[e](?!\[[a-z, -]+\]  # \S)",
}
SLEEP = r"\b(asyncio|time)\.sleep\((?!0\))"  # sleep(0) lets others run, and waits for nothing
LONGEST_FILE = 400
LONGEST_FUNCTION = 50


def found(pattern: str, files: Iterable[tuple[str, str]]) -> list[str]:
    """Return where a pattern stands, as `path:line`."""
    wanted = re.compile(pattern)
    return [
        f"{path}:{number}"
        for path, text in files
        for number, line in enumerate(text.splitlines(), 1)
        if wanted.search(line)
    ]


@pytest.mark.parametrize("what", EVERYWHERE)
def test_no_file_holds(what: str) -> None:
    """No file names this machine, a package registry, or work left undone."""
    assert found(EVERYWHERE[what], tree.texts()) == []


@pytest.mark.parametrize("what", CODE)
def test_no_code_holds(what: str) -> None:
    """No code mocks, patches time, or silences a tool without saying why."""
    assert found(CODE[what], tree.code("bot", "handlers", "tests")) == []


def test_tests_wait_in_one_place() -> None:
    """Tests wait for what they want to see, never for time to pass."""
    sleeps = found(SLEEP, tree.code("tests"))

    assert {place.partition(":")[0] for place in sleeps} <= {"tests/waiting.py"}


def test_production_code_waits_on_the_clock_it_is_given() -> None:
    """Only the clock's one adapter, and the sandbox's stand-ins, wait by themselves."""
    sleeps = found(SLEEP, tree.code("bot", "handlers"))

    assert [place for place in sleeps if not place.startswith(("bot/clock.py", "bot/sandbox/"))] == []


def test_no_module_is_a_drawer() -> None:
    """A module is named for what it is about."""
    drawer = re.compile(r"/(utils?|help\w*|managers?|common|misc)\.py$")

    assert [path for path, _ in tree.code("bot", "handlers", "tests") if drawer.search(path)] == []


def long(files: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the files and functions that are too long to be read at a sitting."""
    for path, text in files:
        if len(text.splitlines()) > LONGEST_FILE:
            yield path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    yield f"{path}:{node.name}"


def test_nothing_is_too_long() -> None:
    """No file is longer than 400 lines and no function longer than 50."""
    assert list(long(tree.code("bot", "handlers", "tests"))) == []
