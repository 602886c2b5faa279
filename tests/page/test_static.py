"""The page's files: small, plain, and nothing from outside."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

import handlers
from bot.sandbox.page import server

FILES = sorted(path for path in server.STATIC.rglob("*") if path.is_file())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
LONGEST = 300


def _name(path: Path) -> str:
    return path.relative_to(server.STATIC).as_posix()


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_small(path: Path) -> None:
    """No file is longer than people like to read."""
    assert len(path.read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_nothing_from_outside(path: Path) -> None:
    """No file names another host; SVG's own name is none."""
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")

    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=_name)
def test_text_is_never_markup(path: Path) -> None:
    """No script reads a string as markup or as code."""
    banned = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|srcdoc"

    assert re.findall(banned, path.read_text()) == []


def test_no_inline() -> None:
    """The document holds neither scripts nor styles nor handlers of its own."""
    text = (server.STATIC / "index.html").read_text()

    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text) == []


def test_every_file_is_used() -> None:
    """Each script is imported by another, and each sheet is linked."""
    document = (server.STATIC / "index.html").read_text()
    code = document + "".join(path.read_text() for path in SCRIPTS)

    unused = [_name(path) for path in FILES if path.name != "index.html" and path.name not in code]

    assert unused == []


def test_every_emoji_of_the_bot_is_drawn() -> None:
    """Fonts differ, and some have no emoji: each one in the bot's words has a drawing."""
    drawn = (server.STATIC / "js" / "emoji.js").read_text()
    words = "".join(path.read_text() for path in Path(handlers.__file__).parent.rglob("*.py"))
    emoji = {
        sign for sign in words if unicodedata.category(sign) == "So" and sign != "\N{REPLACEMENT CHARACTER}"
    }

    assert sorted(sign for sign in emoji if sign not in drawn) == []
