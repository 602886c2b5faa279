"""What sentences are made of, so that each platform shows people, places and moments its own way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot import model


@dataclass(frozen=True, slots=True)
class Code:
    """A value to be read as it stands, such as a name; a user may have typed it."""

    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines to copy, such as configuration."""

    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody's own words: shown as they are, never as markup."""

    text: str


# People, groups, places and moments stand in a sentence as themselves; each platform has its own form.
Part = str | Code | model.Principal | model.Usergroup | model.Place | dt.datetime
Sentence = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Points:
    """A list, one sentence a point."""

    points: tuple[Sentence, ...]


Paragraph = Sentence | Listing | Quote | Points
Note = tuple[Paragraph, ...]


def changed(note: Note, change: Callable[[Part], Part]) -> Note:
    """Return paragraphs with each part of their sentences put through `change`; quoted words stay."""
    return tuple(_changed(paragraph, change) for paragraph in note)


def _changed(paragraph: Paragraph, change: Callable[[Part], Part]) -> Paragraph:
    match paragraph:
        case Listing() | Quote():
            return paragraph
        case Points():
            return Points(tuple(tuple(map(change, point)) for point in paragraph.points))
        case _:
            return tuple(map(change, paragraph))


def listed(items: Sequence[Part], *, most: int = 10) -> Sentence:
    """Return `a, b and c`; beyond `most` items only how many more there are."""
    # Approvers can be hundreds; a sentence with all of them is neither short nor readable aloud.
    shown: list[Part] = list(items[:most])
    if len(items) > most:
        shown.append(f"{len(items) - most} more")
    sentence: list[Part] = []
    for index, item in enumerate(shown):
        if index:
            sentence.append(" and " if index == len(shown) - 1 else ", ")
        sentence.append(item)
    return tuple(sentence)


def sentences(*several: Sentence) -> Sentence:
    """Return sentences that follow each other as one; empty ones are left out."""
    joined: list[Part] = []
    for sentence in several:
        if sentence:
            joined += [" ", *sentence] if joined else [*sentence]
    return tuple(joined)
