"""Adaptive Cards' form of sentences and paragraphs. Pure.

A TextBlock reads its text as Markdown. The runs of a RichTextBlock do not
(https://adaptivecards.io/explorer/TextRun.html), so that everything but our own titles stands in
those. Names of people come from `Call`, since Teams shows none by itself.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable

from bot import model
from handlers import parts
from handlers.parts import Code, Listing, Note, Part, Points, Quote, Sentence

Json = dict[str, object]
Call = Callable[[model.Principal], str]  # what somebody is called

LONGEST_TEXT = 3000
MOST_LINES = 30
MOST_POINTS = 20  # with a block for each: a hundred blocks leave a card no room for what they say
LONGEST_SPOKEN = 300
MOST_MENTIONS = 10
_MARKUP = re.compile(r"[<>&*_`~\[\]()#|\\]")


def cut(words: str, most: int) -> str:
    """Return at most `most` characters, with an ellipsis for what is left off."""
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def block(sentence: Sentence, call: Call, **look: object) -> Json:
    """Return a sentence as a block of its own."""
    return {"type": "RichTextBlock", "inlines": runs(sentence, call, **look)}


def runs(sentence: Sentence, call: Call, **look: object) -> list[Json]:
    """Return a sentence as text runs; words that follow each other are one."""
    made: list[Json] = []
    words = ""
    for part in sentence:
        if isinstance(part, str):
            words += part
            continue
        made += [_run(words, **look)] if words else []
        made.append(_part(part, call, look))
        words = ""
    return [*made, _run(words, **look)] if words or not made else made


def _run(words: str, **look: object) -> Json:
    return {"type": "TextRun", "text": cut(words, LONGEST_TEXT), **look}


def _part(part: Part, call: Call, look: Json) -> Json:
    match part:
        case Code():
            return _run(_bare(part.text), **{**look, "fontType": "Monospace"})
        case model.Principal():
            return _run(call(part), **{**look, "weight": "Bolder"})
        case _:
            return _run(_plain(part, call), **look)


def _plain(part: Part, call: Call) -> str:
    match part:
        case str():
            return part
        case Code():
            return _bare(part.text)
        case model.Principal():
            return call(part)
        case dt.datetime():
            return part.astimezone(dt.UTC).strftime("%d %b %Y, %H:%M UTC")
        case _:
            return _OTHERS[type(part), part.platform]


# Teams shows no name for these either, and nobody keeps one.
_OTHERS: dict[tuple[type, model.Platform], str] = {
    (model.Usergroup, model.Platform.SLACK): "a Slack user group",
    (model.Usergroup, model.Platform.TEAMS): "the members of a Teams channel",
    (model.Place, model.Platform.SLACK): "a Slack channel",
    (model.Place, model.Platform.TEAMS): "the channel",
}


def plain(sentence: Sentence, call: Call) -> str:
    """Return a sentence for a place that knows no markup at all."""
    return "".join(_plain(part, call) for part in sentence)


def blocks(note: Note, call: Call) -> list[Json]:
    """Return paragraphs as blocks."""
    return [made for paragraph in note for made in _paragraph(paragraph, call)]


def _paragraph(paragraph: parts.Paragraph, call: Call) -> list[Json]:
    match paragraph:
        case Listing():
            return [_framed(paragraph.text, fontType="Monospace")]
        case Quote():
            return [_framed(paragraph.text)]
        case Points() if len(paragraph.points) > MOST_POINTS:
            return _packed(paragraph, call)
        case Points():
            # A list of Markdown's would read the words as Markdown as well.
            return [block(("• ", *point), call) for point in paragraph.points]
        case _:
            return [block(paragraph, call)]


def _packed(paragraph: Points, call: Call) -> list[Json]:
    """Return many points as one paragraph, in runs as long as a run may be."""
    texts: list[str] = []
    for point in paragraph.points:
        words = f"• {plain(point, call)} "
        if texts and len(texts[-1]) + len(words) <= LONGEST_TEXT:
            texts[-1] += words
        else:
            texts.append(words)
    return [{"type": "RichTextBlock", "inlines": [_run(words) for words in texts]}]


def _framed(words: str, **look: object) -> Json:
    """Return lines as they were typed, in a frame; a text run shows no line breaks."""
    lines = cut(words, LONGEST_TEXT).splitlines() or [""]
    kept = [*lines[: MOST_LINES - 1], " ".join(lines[MOST_LINES - 1 :])] if len(lines) > MOST_LINES else lines
    items = [{"type": "RichTextBlock", "inlines": [_run(line or " ", **look)]} for line in kept]
    for item in items[1:]:
        item["spacing"] = "None"
    return {"type": "Container", "style": "emphasis", "items": items}


def spoken(note: Note, call: Call, most: int = LONGEST_SPOKEN) -> str:
    """Return paragraphs as one line of plain text, for notifications and screen readers."""
    return cut(" ".join(said for paragraph in note for said in _spoken(paragraph, call)), most)


def _spoken(paragraph: parts.Paragraph, call: Call) -> Iterable[str]:
    match paragraph:
        case Listing() | Quote():
            return (paragraph.text,)
        case Points():
            return [plain(point, call) for point in paragraph.points]
        case _:
            return (plain(paragraph, call),)


def mentions(people: Iterable[tuple[model.Principal, str]]) -> Json:
    """Return what a message's activity has beside its card, so that it notifies people.

    In the card itself mentions would need `msteams`, which the schema of cards does not know.
    https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/channel-and-group-conversations
    """
    called: dict[str, model.Principal] = {}
    for who, name in people:
        called.setdefault(_MARKUP.sub(" ", name).strip(), who)
    known = [(name, who) for name, who in called.items() if name][:MOST_MENTIONS]
    if not known:
        return {}
    line = " ".join(f"<at>{name}</at>" for name, _ in known)
    entities: list[Json] = [
        {"type": "mention", "text": f"<at>{name}</at>", "mentioned": {"id": who.user, "name": name}}
        for name, who in known
    ]
    return {"text": line, "entities": entities}


def _bare(words: str) -> str:
    return " ".join(words.split()) or " "
