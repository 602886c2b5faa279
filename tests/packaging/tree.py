"""The project's own files, read without git so that an unpacked archive can be tested too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("bot", "handlers", "tests", "docs", "deploy", ".ci")
# What tools and people leave in a checkout, and git ignores.
IGNORED = frozenset({".env", ".coverage", ".git"})


def texts() -> Iterator[tuple[str, str]]:
    """Yield the path below the root and the text of every file of the project; pictures apart."""
    tops = [path for path in ROOT.iterdir() if path.is_file() and path.name not in IGNORED]
    below = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in sorted(tops + below):
        if "__pycache__" in path.parts or path.name.startswith(".coverage."):
            continue
        try:
            yield str(path.relative_to(ROOT)), path.read_text()
        except UnicodeDecodeError:
            continue


def code(*folders: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of every Python file below some top-level folders."""
    for path, text in texts():
        if path.endswith(".py") and path.startswith(tuple(f"{folder}/" for folder in folders)):
            yield path, text
