"""In CI no test is left out silently."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = """
import pytest

def test_without_server(): pytest.skip("no redis-server")

@pytest.mark.skip(reason="later")
def test_later(): pass

def test_without_specifications(): pytest.skip("set VENDOR_SPECS")

@pytest.mark.xfail
def test_known_fault(): assert False

def test_fine(): pass
"""
MODULE = "import pytest\npytest.skip('no chromium', allow_module_level=True)\n"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], "1 passed, 4 skipped, 1 xfailed"),
        # A test that skips before it starts, and a module that skips itself, count as errors.
        (["-p", "tests.packaging.insist"], "1 failed, 1 passed, 1 skipped, 1 xfailed, 2 errors"),
    ],
)
def test_a_skip_fails_where_nothing_may_be_left_out(
    tmp_path: Path, options: list[str], expected: str
) -> None:
    """With the plugin whatever was left out has failed, but for the vendors' own files."""
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "test_browser.py").write_text(MODULE)
    (tmp_path / "empty.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-c", str(tmp_path / "empty.ini"), *options, str(tmp_path)]

    run = subprocess.run(
        [*command, "--continue-on-collection-errors", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert run.stdout.splitlines()[-1].strip("= ").partition(" in ")[0] == expected
