"""Who people are: what each chat platform, and Tower, say of them now."""

from __future__ import annotations

from typing import Protocol

from bot import model


class Directory(Protocol):
    """One platform's directory. Every answer is of this moment: a decision rests on it.

    Raises ServiceError when the platform does not answer.
    """

    async def standing(self, who: model.Principal) -> model.Standing:
        """Return what the platform says of an account."""
        ...

    async def usergroup(self, usergroup: str) -> frozenset[str]:
        """Return the user ids of a group that the platform keeps."""
        ...
