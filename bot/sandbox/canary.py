"""The secret canary: looks for secrets where none may be, in every form that they could take.

A finding names the secret's kind, the form and the place, and never shows the secret itself.
"""

from __future__ import annotations

import base64
import enum
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

PIECE = 12  # characters: few enough to find a secret that was cut, too many to be met by chance
_MANY = 100  # needles of one length, from which one walk along the text is faster than a search for each
HIDDEN = b"[hidden]"


class Kind(enum.StrEnum):
    """What a secret is, as people call it."""

    PASSWORD = "registry password"
    SLACK_BOT_TOKEN = "Slack bot token"
    SLACK_APP_TOKEN = "Slack app token"
    SLACK_SIGNING_SECRET = "Slack signing secret"
    TEAMS_SECRET = "Teams client secret"
    TEAMS_TOKEN = "Teams token"
    TOWER_TOKEN = "Tower token"
    TOWER_VERIFY_TOKEN = "Tower token for Wave"
    TOWER_PERSON_TOKEN = "person's own Tower token"
    IDENTITY_HEADER = "identity header"
    ENTRA_TOKEN = "Entra token"
    REGISTRY_TOKEN = "registry's own token"
    REDIS_PASSWORD = "Redis password"
    AUDIT_KEY = "audit key"


@dataclass(frozen=True, slots=True)
class Secret:
    """A value to look for."""

    kind: Kind
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look. A secret of an `allowed` kind may stand there once, as it is."""

    name: str
    content: bytes = field(repr=False)
    allowed: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A secret where it must not be."""

    kind: Kind
    form: str
    place: str

    def __str__(self) -> str:
        return f"{self.kind} ({self.form}) in {self.place}"


class Canary:
    """Looks for some secrets."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._secrets = tuple(dict.fromkeys(secrets))
        self._needles = {secret: forms(secret.value) for secret in self._secrets}
        self._wanted = {
            needle for found in self._needles.values() for several in found.values() for needle in several
        }

    def search(self, places: Iterable[Place]) -> list[Finding]:
        """Return what was found, each once."""
        contents = [(place.name, self._without_allowed(place)) for place in places]
        # Usually nothing is found: one look at everything together is faster than many small ones.
        there = _present(self._wanted, b"\0".join(content for _, content in contents))
        suspects = [
            (secret, form, needle)
            for secret, needles in self._needles.items()
            for form, several in needles.items()
            for needle in several
            if needle in there
        ]
        found: dict[tuple[str, Secret], Finding] = {}
        for name, content in contents:
            for secret, form, needle in suspects:
                if needle in content:
                    found.setdefault((name, secret), self._finding(secret, form, name))
        return list(dict.fromkeys(found.values()))

    def mask(self, text: bytes) -> bytes:
        """Return a text with every secret hidden, whatever its form."""
        for secret, needles in self._needles.items():
            whole = secret.value.encode()
            for needle in (whole, *(needle for several in needles.values() for needle in several)):
                text = text.replace(needle, HIDDEN)
        return text

    def _finding(self, secret: Secret, form: str, place: str) -> Finding:
        return Finding(secret.kind, form, self.mask(place.encode()).decode(errors="replace"))

    def _without_allowed(self, place: Place) -> bytes:
        content = place.content
        for secret in self._secrets:
            if secret.kind in place.allowed:
                content = content.replace(secret.value.encode(), b"", 1)
        return content


def forms(value: str) -> Mapping[str, Sequence[bytes]]:
    """Return how a secret may look, piece by piece, so that one that was cut is found as well."""
    raw = value.encode()
    found = {
        "as it is": _pieces(raw),
        "backwards": _pieces(raw[::-1]),
        "in base64": tuple(_base64(raw)),
        "in hexadecimal": _pieces(raw.hex().encode()),
        "in UTF-16": _pieces(value.encode("utf-16-le")),
    }
    escaped = {"URL-encoded": quote(value, safe=""), "as a form's field": quote_plus(value)}
    escaped |= {"JSON-escaped": json.dumps(value)[1:-1]}
    return found | {form: _pieces(text.encode()) for form, text in escaped.items() if text != value}


def _present(needles: set[bytes], text: bytes) -> set[bytes]:
    """Return the needles that stand in a text."""
    found: set[bytes] = set()
    for length in {len(needle) for needle in needles}:
        alike = {needle for needle in needles if len(needle) == length}
        if len(alike) < _MANY:
            found |= {needle for needle in alike if needle in text}
        else:
            found |= alike.intersection(text[at : at + length] for at in range(len(text) - length + 1))
    return found


def _pieces(text: bytes) -> tuple[bytes, ...]:
    starts = range(0, max(1, len(text) - PIECE + 1), PIECE)
    return tuple(dict.fromkeys([*(text[start : start + PIECE] for start in starts), text[-PIECE:]]))


def _base64(raw: bytes) -> Iterator[bytes]:
    """Go through the pieces of a secret that was encoded together with whatever stood around it.

    Where the secret begins within a group of three bytes decides how it looks; the first and last
    characters mix with the neighbours, and are left out.
    """
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw)
        first, last = -(-8 * offset // 6), 8 * (offset + len(raw)) // 6
        for text in (encoded, encoded.translate(bytes.maketrans(b"+/", b"-_"))):
            yield from _pieces(text[first:last])
