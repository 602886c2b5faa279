"""Block Kit's rules."""

from __future__ import annotations

from dataclasses import dataclass

from bot.sandbox.slack.entities import Json


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule."""

    pointer: str
    message: str

    def as_json(self) -> Json:
        """Return."""
        return {"pointer": self.pointer, "message": self.message}


def check_blocks(blocks: object) -> list[Problem]:
    """Check."""
    return []


def check_view(view: object) -> list[Problem]:
    """Check."""
    return []


def check_message(message: object) -> list[Problem]:
    """Check."""
    return []


def check_options(answer: object) -> list[Problem]:
    """Check."""
    return []


def lints(text: str | None, blocks: object) -> list[str]:
    """Check."""
    return []
