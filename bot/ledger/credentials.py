"""Holds a credential's record against its seal, and against what sealed entries say was written. Pure."""

from __future__ import annotations

import hashlib
import hmac

from pydantic import ValidationError

from bot import audit, model, ports
from bot.ledger.findings import Finding, What
from bot.ledger.walk import Written

GONE = "The record of its credential is gone, though entry {entry} left it {state}."
FOREIGN = "The record of its credential was changed, or written without the key."
NEVER = "No entry of the log wrote the record of its credential."
BACK = "The record of its credential is version {version}; its newest entry, {entry}, wrote version {newest}."
OTHER = "The record of its credential is not the one that entry {entry} wrote."


def check(trail: audit.Trail, kept: ports.Evidence) -> Finding | None:
    """Return what is wrong with the record of a request's credential by itself."""
    if kept.credential is None:
        return None
    found = _read(kept.credential)
    if found and found.id == kept.request_id and hmac.compare_digest(found.seal, trail.seal_of(found)):
        return None
    return finding(kept.request_id, FOREIGN, None)


def compare(kept: ports.Evidence, newest: Written | None, *, trimmed: bool) -> Finding | None:
    """Return how a genuine record differs from what the newest entry says that was written.

    Of a log that was trimmed, the entries about a credential that is revoked may be gone.
    """
    found = _read(kept.credential) if kept.credential else None
    if found is None or kept.credential is None:
        return None
    if (
        trimmed
        and found.state is model.CredentialState.REVOKED
        and (not newest or newest.version < found.version)
    ):
        return None
    if newest is None:
        return finding(kept.request_id, NEVER, None)
    if found.version != newest.version:
        return finding(kept.request_id, BACK, newest, version=found.version)
    if hashlib.sha256(kept.credential.encode()).hexdigest() != newest.digest:
        return finding(kept.request_id, OTHER, newest)
    return None


def missing(kept: ports.Evidence, newest: Written, *, trimmed: bool) -> Finding | None:
    """Return that a credential's record is gone which should be there, by its newest entry."""
    if kept.credential is not None or newest.state == model.CredentialState.REVOKED:
        return None
    # Of a trimmed log a newer entry may be gone; then the request knows what became of it.
    if trimmed and not _alive(kept.record):
        return None
    return finding(kept.request_id, GONE, newest)


def finding(request_id: str, sentence: str, newest: Written | None, **said: object) -> Finding:
    """Return a finding about a request's credential, at the entry that wrote it last."""
    if newest:
        said |= {"entry": newest.sequence, "newest": newest.version, "state": newest.state}
    name = request_id if len(request_id) <= 40 else f"{request_id[:40]}…"  # noqa: PLR2004  # an id has 22
    text = f"Request {name}: {sentence.format(**said)}"
    return Finding(What.CREDENTIAL, text, newest.sequence if newest else None, request=name)


def _read(text: str) -> model.Credential | None:
    try:
        return model.Credential.model_validate_json(text)
    except ValidationError:
        return None


def _alive(record: str | None) -> bool:
    """Tell whether a request's record says that its credential is not revoked."""
    try:
        request = model.Request.model_validate_json(record or "")
    except ValidationError:
        return False
    return request.life is None or request.life.state is not model.CredentialState.REVOKED
