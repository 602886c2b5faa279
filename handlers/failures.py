"""Errors that nobody foresaw: what the log gets of them, and the id that the person reads."""

from __future__ import annotations

import secrets
import traceback

import structlog

log = structlog.get_logger(__name__)


def failed(event: str, error: BaseException, **fields: str) -> str:
    """Log an error that nobody foresaw, and return its id.

    By type and place alone: an exception's words may be a user's, or a vendor's.
    """
    error_id = secrets.token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else None
    log.error(event, error_id=error_id, error=type(error).__name__, where=where, **fields)
    return error_id
