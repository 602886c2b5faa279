"""Nothing happens at import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NETWORK = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto")
# Of the Teams SDK itself, when it is imported.
ALLOWED = "ignore:HtmlWidgetSecurityPolicy is in preview"
IMPORT_ALL = f"""
import importlib, pkgutil, sys

def deny(event, _):
    if event in {NETWORK!r}:
        raise RuntimeError(f"{{event}} at import")

root, top = sys.argv[1:]
sys.path.insert(0, root)
sys.addaudithook(deny)
package = importlib.import_module(top)
print(top)
for found in pkgutil.walk_packages(package.__path__, top + "."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
        print(found.name)
"""


@pytest.mark.parametrize("top", ["bot", "handlers"])
def test_every_module_imports_with_nothing_around_it(tmp_path: Path, top: str) -> None:
    """Each module imports with an empty environment, no network and no warning."""
    files = [file for file in (ROOT / top).rglob("*.py") if file.name != "__main__.py"]

    run = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-W", ALLOWED, "-c", IMPORT_ALL, str(ROOT), top],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert run.stderr == ""
    assert len(run.stdout.splitlines()) == len(files)
