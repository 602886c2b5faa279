"""Which jobs keep a credential, out of Tower's refusal to delete it; pure.

The description has `conflicts` as objects with id, name, type and url
(DeleteCredentialsConflictResponse); it is read liberally, because the names only explain a refusal
that stands without them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from bot.clients import http

MOST = 20
_LONGEST = 80
_LISTS = ("conflicts", "jobs", "workflows")
_NAMES = ("name", "runName", "workflowName", "id", "workflowId", "jobId")


@dataclass(frozen=True, slots=True)
class Jobs:
    """The first jobs that Tower named, and how many it listed."""

    names: tuple[str, ...] = ()
    count: int = 0


def parse(answer: http.Answer) -> Jobs:
    """Read who uses the credential; what cannot be read is left out, not raised."""
    document = answer.document() or {}
    listed = next((found for key in _LISTS if isinstance(found := document.get(key), list)), [])
    named = [name for each in listed[:MOST] if (name := _named(each))]
    return Jobs(tuple(named), len(listed))


def _named(job: object) -> str:
    if isinstance(job, Mapping):
        return next((name for key in _NAMES if (name := _clean(job.get(key)))), "")
    return _clean(job)


def _clean(value: object) -> str:
    """Return a text on one line: a name in Tower is a stranger's text, which chat shows to people."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    seen = "".join(" " if unicodedata.category(char).startswith("C") else char for char in str(value)[:1000])
    return " ".join(seen.split())[:_LONGEST]
