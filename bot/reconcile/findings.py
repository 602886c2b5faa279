"""What can differ: a closed list of kinds, and one finding with what to do about it."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass


class Kind(enum.StrEnum):
    """What differs."""

    TOKEN_GONE = "token_gone"
    TOKEN_DISABLED = "token_disabled"
    TOKEN_REBOUND = "token_rebound"  # it has another scope map
    SCOPE_MAP_GONE = "scope_map_gone"
    SCOPE_WIDER = "scope_wider"
    SCOPE_NARROWER = "scope_narrower"
    PASSWORD_GONE = "password_gone"
    PASSWORD_REPLACED = "password_replaced"
    PASSWORD_EXPIRED = "password_expired"
    PASSWORD_SECOND = "password_second"  # the other one of its token works as well
    TOWER_GONE = "tower_gone"
    TOWER_REPOINTED = "tower_repointed"  # to another host or user
    SECOND = "second"  # credential for the same host in one workspace
    FORGED = "forged"  # the bot did not write this record
    LEFTOVER = "leftover"  # of an ended request of ours
    FOREIGN = "foreign"  # named like ours, and no request of ours made it
    UNSEEN = "unseen"  # it could not be looked at


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference: where it is, what it is, and what somebody should do, a sentence each."""

    kind: Kind
    where: str
    what: str
    do: str = ""
    credential: str | None = None  # whose, by its id
    request: str | None = None  # which left it behind
    removed: bool = False  # it is mended

    @property
    def key(self) -> str:
        """Return what makes two findings of different times the same one."""
        told = f"{self.kind}\n{self.credential or self.request}\n{self.where}\n{self.what}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @property
    def line(self) -> str:
        """Return the finding as one line for people."""
        return " ".join(part for part in (f"{self.where}: {self.what}", self.do) if part)
