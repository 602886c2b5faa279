"""Finding repositories by parts of `host/name`, fast enough for every keystroke; pure.

A name is kept marked: a newline in front, and a tab at the start of each word. So "starts with",
"a word starts with" and "contains" are one and the same operation, a substring, which goes over
50,000 names in a few milliseconds.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot import ports

_SEPARATOR = re.compile(r"([/._-])")
_START, _WORD, _NEVER = "\n", "\t", "\0"


@dataclass(frozen=True, slots=True)
class Shelf:
    """One registry's repositories, marked and sorted."""

    host: str
    marked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Hits:
    host: str
    marked: Sequence[str]
    first: str | None  # the marked first word of the query, as far as it concerns this host


def mark(names: Sequence[str]) -> list[str]:
    """Return names in their marked form."""
    return [_START + _WORD + _inner(name.lower()) for name in names]


def find(shelves: Sequence[Shelf], text: str, *, limit: int) -> ports.Found:
    """Return the repositories that hold every word of the text, best first.

    Best is a name that starts with the first word, then one with a word that does, then one that
    contains it, then one that was found by its host alone.
    """
    words = text.lower().split()
    found = [_filtered(shelf, words) for shelf in shelves]
    matches: list[ports.Repository] = []
    for tier in range(4):
        if len(matches) < limit:
            best = [match for hits in found for match in itertools.islice(_tier(hits, tier), limit)]
            matches += sorted(best, key=lambda match: (match.name, match.login_server))
    total = sum(len(hits.marked) for hits in found)
    return ports.Found(tuple(matches[:limit]), more=max(0, total - limit))


def _filtered(shelf: Shelf, words: Sequence[str]) -> _Hits:
    marked: Sequence[str] = shelf.marked
    for word in words:
        if word not in shelf.host:
            needle = _needle(word, shelf.host)
            marked = [name for name in marked if needle in name]
    first = _needle(words[0], shelf.host) if words else None
    return _Hits(shelf.host, marked, first.removeprefix(_START + _WORD) if first else None)


def _tier(hits: _Hits, tier: int) -> Iterator[ports.Repository]:
    if hits.first is None:
        return (_plain(hits.host, name) for name in hits.marked if tier == 0)
    start, word = _START + _WORD + hits.first, _WORD + hits.first
    # what a name of this tier contains, and what it would contain if it were of a better one
    needle, better = ((start, _NEVER), (word, start), (hits.first, word), ("", hits.first))[tier]
    return (_plain(hits.host, name) for name in hits.marked if needle in name and better not in name)


def _needle(word: str, host: str) -> str:
    """Return what a name must contain; a pasted `host/name` asks for the start of the name."""
    left, slash, right = word.partition("/")
    if slash and left and host.endswith(left):
        return _START + _WORD + _inner(right)
    return _inner(word)


def _inner(word: str) -> str:
    return _SEPARATOR.sub(rf"\1{_WORD}", word)


def _plain(host: str, marked: str) -> ports.Repository:
    return ports.Repository(host, marked.replace(_START, "").replace(_WORD, ""))
