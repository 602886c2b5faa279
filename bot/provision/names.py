"""What the things of a request are called: derived from its id alone, so that every try agrees."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot import model

# ACR takes 5 to 50 of [a-zA-Z0-9-] for a token (ARM spec 2025-11-01, Token.tokenName). 40 leave
# room for what other tools append, such as azure-cli's `<token>-scope-map`.
PREFIX = "registry-bot-"
LONGEST = 40
_OTHER = re.compile(r"[^a-z0-9]+")
_MARK = re.compile(r"\[registry-bot: request ([0-9a-f]{6}), (password[12])\]")
_LONGEST_TEXT = 1000  # Tower's limit for a description (API description of Seqera Cloud 1.187.0)


def token(request: model.Request) -> str:
    """Return `registry-bot-<slug>-<6 of id>`, the name of the token and of its scope map."""
    short = model.short_id(request.id)
    room = LONGEST - len(PREFIX) - len(short) - 1
    slug = _OTHER.sub("-", request.spec.name.lower()).strip("-")[:room].strip("-")
    return f"{PREFIX}{slug}-{short}" if slug else f"{PREFIX}{short}"


def actions(request: model.Request) -> tuple[str, ...]:
    """Return the scope map's actions, sorted: reading each repository, and no more."""
    return reading(request.spec.repositories)


def reading(repositories: Iterable[str]) -> tuple[str, ...]:
    """Return the sorted actions with which a scope map lets some repositories be read."""
    return tuple(sorted(f"repositories/{name}/content/read" for name in repositories))


def marked(description: str | None, request: model.Request, slot: str) -> str:
    """Return a description that says whose password a credential has, behind what people wrote there."""
    mark = f"[registry-bot: request {model.short_id(request.id)}, {slot}]"
    theirs = _MARK.sub("", description or "").strip()[: _LONGEST_TEXT - len(mark) - 1].strip()
    return f"{theirs} {mark}" if theirs else mark


def mark(description: str | None) -> tuple[str, str] | None:
    """Return the short id of the request and the slot that a description names, or None if it names none."""
    found = _MARK.search(description or "")
    return (found[1], found[2]) if found else None
