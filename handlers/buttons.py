"""What a button carries on every platform: which request, and the head of what was shown. Never a fact."""

from __future__ import annotations

import re

from bot import errors, forms, model

DIGEST_HEAD = 16  # how much of the digest a button carries: enough to tell two specs apart
_VALUE = re.compile(r"([A-Za-z0-9_-]{22})\.([0-9a-f]{16})")


def value(request: model.Request) -> str:
    """Return what a request's buttons carry."""
    return f"{request.id}.{request.digest[:DIGEST_HEAD]}"


def click(carried: str, by: model.Principal, *, op: str, seen_at: model.Copy | None) -> forms.Click:
    """Return a pressed button; raise Refused for one that no request of ours has."""
    known = _VALUE.fullmatch(carried)
    if not known:
        raise errors.Refused(
            errors.Reason.UNKNOWN_REQUEST, "This button belongs to no request that the bot knows."
        )
    return forms.Click(by, known[1], op, digest=known[2], seen_at=seen_at)
