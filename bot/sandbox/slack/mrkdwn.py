"""Slack's own markup, as plain text: what a person reads."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Mapping

CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
REFERENCE = re.compile(r"<([^<>\n]+)>")
# A style sign counts only at the edge of a word, so snake_case and 2*3*4 stay as they are.
STYLE = re.compile(r"(?<![\w*_~])([*_~])(?=\S)(.+?)(?<=\S)\1(?![\w*_~])")
DATE = re.compile(r"\{(\w+)\}")
FORMATS = {
    "date_num": "%Y-%m-%d",
    "date": "%B %d, %Y",
    "date_short": "%b %d, %Y",
    "date_long": "%A, %B %d, %Y",
    "date_pretty": "%B %d, %Y",
    "date_short_pretty": "%b %d, %Y",
    "date_long_pretty": "%A, %B %d, %Y",
    "time": "%H:%M",
    "time_secs": "%H:%M:%S",
}


def plain(text: str, names: Mapping[str, str]) -> str:
    """Return mrkdwn as a person reads it. `names` maps ids of users, channels and groups to names."""
    # Code first: nothing inside it is markup. Entities last: an escaped sign never becomes markup.
    parts = CODE.split(text)
    read = [
        part.strip("`").strip("\n") if index % 2 else _prose(part, names) for index, part in enumerate(parts)
    ]
    return html.unescape("".join(read))


def _prose(text: str, names: Mapping[str, str]) -> str:
    resolved = REFERENCE.sub(lambda found: _reference(found[1], names), text)
    return STYLE.sub(lambda found: str(found[2]), resolved)


def _reference(inner: str, names: Mapping[str, str]) -> str:
    target, _, label = inner.partition("|")
    if target.startswith(("@", "#")):
        sign, known = target[0], names.get(target[1:])
        return f"{sign}{known or label or target[1:]}"
    if target.startswith("!subteam^"):
        group = target.removeprefix("!subteam^")
        return f"@{names.get(group, label.removeprefix('@') or group)}"
    # Clients show their own time zone; a text that is compared needs one that does not move.
    if target.startswith("!date^"):
        return _date(target, label)
    if target.startswith("!"):
        return f"@{target[1:]}"
    return label or target


def _date(target: str, fallback: str) -> str:
    _, seconds, form, *_ = [*target.split("^"), ""]
    if not seconds.isdigit():
        return fallback
    moment = dt.datetime.fromtimestamp(int(seconds), dt.UTC)
    return DATE.sub(lambda found: moment.strftime(FORMATS.get(found[1], "")) or found[0], form)
