"""Ids, and the base of everything that is kept."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

RequestId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{22}$")]
Slot = Annotated[str, Field(pattern=r"^password[12]$")]
PASSWORD1, PASSWORD2 = "password1", "password2"  # ACR's names of a token's two slots


def new_id() -> str:
    """Return 128 random bits, URL-safe (22 characters)."""
    return secrets.token_urlsafe(16)


def short_id(request_id: str) -> str:
    """Return the form of an id that people see; names built from it keep to ACR's alphabet."""
    return hashlib.sha256(request_id.encode()).hexdigest()[:6]


class Record(BaseModel):
    """Base of everything that is kept: frozen, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def canonical(value: object) -> bytes:
    """Return the one JSON form that digests and chains are taken over."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
