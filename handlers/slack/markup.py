"""Slack's form of sentences and paragraphs. Pure.

Messages use rich text, where words are never read as markup. Where only mrkdwn is possible,
`&`, `<` and `>` are escaped (https://docs.slack.dev/messaging/formatting-message-text) and
values lose their backticks and line breaks.
"""

from __future__ import annotations

import datetime as dt

from bot import model
from handlers import parts
from handlers.parts import Code, Listing, Note, Part, Points, Quote, Sentence

Json = dict[str, object]

LONGEST_TEXT = 3000
LONGEST_MESSAGE = 4000  # recommended for the top-level text of a message
DATE = "{date_short_pretty} at {time}"


def escape(words: str) -> str:
    """Return words that mrkdwn shows as they are."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(words: str, most: int) -> str:
    """Return at most `most` characters, with an ellipsis for what is left off."""
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def middle(words: str, most: int) -> str:
    """Return at most `most` characters; what is left off is left off in the middle.

    Hosts and folders stand in front and the telling part of a repository at its end.
    """
    if len(words) <= most:
        return words
    front = (most - 1) // 2
    return f"{words[:front]}…{words[len(words) - (most - 1 - front) :]}"


def mrkdwn(sentence: Sentence) -> str:
    """Return a sentence as mrkdwn."""
    return "".join(_mrkdwn(part) for part in sentence)


def _mrkdwn(part: Part) -> str:
    match part:
        case str():
            return escape(part)
        case Code():
            return f"`{escape(_bare(part.text))}`"
        case model.Principal() | model.Usergroup():
            return _mention(part)
        case model.Place():
            return _channel(part)
        case dt.datetime():
            return f"<!date^{int(part.timestamp())}^{DATE}|{_fallback(part)}>"


def _channel(place: model.Place) -> str:
    if place.platform is not model.Platform.SLACK:
        return f"a channel on {place.platform.value.title()}"  # Slack refuses a link to it
    return "a direct message" if place.channel.startswith("D") else f"<#{place.channel}>"


def _mention(who: model.Principal | model.Usergroup) -> str:
    if who.platform is not model.Platform.SLACK:
        group = isinstance(who, model.Usergroup)
        there = who.platform.value.title()
        return f"the members of a channel on {there}" if group else f"somebody on {there}"
    return f"<@{who.user}>" if isinstance(who, model.Principal) else f"<!subteam^{who.id}>"


def plain(sentence: Sentence, *, reader: str = "") -> str:
    """Return a sentence for a place that knows no markup at all, such as a field's error.

    `reader` is the user who reads it there: nobody is "somebody else" to themselves.
    """
    return "".join(_plain(part, reader) for part in sentence)


def _plain(part: Part, reader: str) -> str:
    match part:
        case str():
            return part
        case Code():
            return part.text
        case model.Principal():
            return "you" if part.user == reader else "somebody else"
        case model.Usergroup():
            return "a user group"
        case model.Place():
            return "the channel"
        case dt.datetime():
            return _fallback(part)


def rich(sentence: Sentence) -> list[Json]:
    """Return a sentence as the elements of a rich text section; words that follow each other are one."""
    elements: list[Json] = []
    words = ""
    for part in sentence:
        if isinstance(part, str):
            words += part
            continue
        if words:
            elements.append({"type": "text", "text": words})
        elements.append(_rich(part))
        words = ""
    return [*elements, {"type": "text", "text": words}] if words else elements


def _rich(part: Part) -> Json:
    match part:
        case Code():
            return {"type": "text", "text": _bare(part.text), "style": {"code": True}}
        case model.Principal(platform=model.Platform.SLACK):
            return {"type": "user", "user_id": part.user}
        case model.Usergroup(platform=model.Platform.SLACK):
            return {"type": "usergroup", "usergroup_id": part.id}
        case model.Place(platform=model.Platform.SLACK) if not part.channel.startswith("D"):
            return {"type": "channel", "channel_id": part.channel}
        case dt.datetime():
            fallback = _fallback(part)
            return {"type": "date", "timestamp": int(part.timestamp()), "format": DATE, "fallback": fallback}
        case _:
            return {"type": "text", "text": _mrkdwn(part)}


def blocks(note: Note) -> list[Json]:
    """Return paragraphs as blocks, one each."""
    return [{"type": "rich_text", "elements": [_element(paragraph)]} for paragraph in note]


def _element(paragraph: parts.Paragraph) -> Json:
    match paragraph:
        case Listing():
            return {"type": "rich_text_preformatted", "elements": [_text(paragraph.text)]}
        case Quote():
            return {"type": "rich_text_quote", "elements": [_text(paragraph.text)]}
        case Points():
            points = [_section(point) for point in paragraph.points]
            return {"type": "rich_text_list", "style": "bullet", "elements": points}
        case _:
            return _section(paragraph)


def _section(sentence: Sentence) -> Json:
    return {"type": "rich_text_section", "elements": rich(sentence)}


def _text(words: str) -> Json:
    return {"type": "text", "text": cut(words, LONGEST_TEXT)}


def spoken(note: Note) -> str:
    """Return paragraphs as the text of a message: what mobiles notify and screen readers read.

    What is too long loses whole paragraphs at its end, never half a mention or entity.
    """
    lines: list[str] = []
    room = LONGEST_MESSAGE
    for paragraph in note:
        line = _spoken(paragraph)
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    return "\n".join(lines)


def _spoken(paragraph: parts.Paragraph) -> str:
    match paragraph:
        case Listing() | Quote():
            return escape(paragraph.text)
        case Points():
            return "\n".join(mrkdwn(point) for point in paragraph.points)
        case _:
            return mrkdwn(paragraph)


def plain_text(words: str, most: int = 75) -> Json:
    """Return a plain text object; with `emoji` on, a typed `:smile:` would become a picture."""
    return {"type": "plain_text", "text": cut(words, most), "emoji": False}


def _bare(words: str) -> str:
    return " ".join(words.replace("`", "'").split()) or " "


def _fallback(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%d %b %Y, %H:%M UTC")
