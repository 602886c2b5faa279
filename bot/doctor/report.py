"""What the doctor says: a line for each thing looked at, as text or as one JSON document."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot import errors, ports

SCHEMA = 1  # of the JSON document; grows when a field changes its meaning
UNREADABLE = 2
_ASK_AGAIN = "Ask again in a minute."
_LOOK = "Check the setting that names this service, and the network on the way to it."
_REDIS = "Check REDIS_URL with its password, the server, and the network on the way to it."

Level = ports.Level


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at. `change` is empty for what is all right, and only then."""

    area: str
    check: str
    level: Level
    seen: str
    change: str = ""

    def text(self) -> str:
        """Return it as one line."""
        told = f"{self.level.value:<7}  {self.area} {self.check}: {self.seen}"
        return f"{told} → {self.change}" if self.change else told


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was looked at. `unreadable`: the settings could not even be read."""

    lines: tuple[Line, ...]
    unreadable: bool = False

    @property
    def worst(self) -> Level:
        """Return the level of the worst line."""
        levels = {line.level for line in self.lines}
        return next((level for level in (Level.FAILURE, Level.WARNING) if level in levels), Level.OK)

    @property
    def exit_code(self) -> int:
        """Return 0 for ok or warnings, 1 for failures, 2 for settings that cannot be read."""
        if self.unreadable:
            return UNREADABLE
        return int(self.worst is Level.FAILURE)

    def as_text(self) -> str:
        """Return a line for each, and their count."""
        counts = Counter(line.level for line in self.lines)
        told = ", ".join(_counted(level, counts[level]) for level in Level)
        return "\n".join((*(line.text() for line in self.lines), f"{len(self.lines)} looked at: {told}"))

    def as_json(self) -> str:
        """Return the document."""
        counts = Counter(line.level for line in self.lines)
        checks = [dataclasses.asdict(line) | {"change": line.change or None} for line in self.lines]
        document = {
            "schema": SCHEMA,
            "result": self.worst.value,
            "exit_code": self.exit_code,
            "counts": {level.value: counts[level] for level in Level},
            "checks": checks,
        }
        return json.dumps(document, indent=2, ensure_ascii=False)

    def hidden(self, hide: Callable[[str], str]) -> Report:
        """Return it with every text passed through `hide`, and on one line each.

        Names of channels, workspaces and teams are other people's text.
        """
        return dataclasses.replace(
            self,
            lines=tuple(
                dataclasses.replace(line, seen=_plain(hide(line.seen)), change=_plain(hide(line.change)))
                for line in self.lines
            ),
        )


def unreadable(problems: Iterable[str]) -> Report:
    """Return the report of settings that cannot be used."""
    lines = (
        Line("settings", "environment", Level.FAILURE, problem, "Set it as .env.example says.")
        for problem in problems
    )
    return Report(tuple(lines), unreadable=True)


def ok(area: str, check: str, seen: str) -> Line:
    """Return the line of what is all right."""
    return Line(area, check, Level.OK, seen)


def warning(area: str, check: str, seen: str, change: str) -> Line:
    """Return the line of what is not as it should be, and does not stop the bot."""
    return Line(area, check, Level.WARNING, seen, change)


def failure(area: str, check: str, seen: str, change: str) -> Line:
    """Return the line of what keeps the bot from working."""
    return Line(area, check, Level.FAILURE, seen, change)


def trouble(area: str, check: str, error: errors.BotError) -> Line:
    """Return the line of a question that brought no answer. Being asked to wait is no fault."""
    if isinstance(error, errors.NotAccepted):
        return failure(area, check, "Redis does not answer, or does not take the login.", _REDIS)
    remedy = getattr(error, "remedy", None)
    if isinstance(error, errors.Throttled):
        return warning(area, check, f"Could not be checked: {error}", _ASK_AGAIN)
    return failure(area, check, str(error), remedy or _LOOK)


def unknown(area: str, check: str, why: str) -> Line:
    """Return the line of what cannot be judged because something else did not answer."""
    return warning(area, check, f"Could not be checked: {why}", "Mend the line about that first.")


def _counted(level: Level, count: int) -> str:
    return f"{count} {level.value}{'' if level is Level.OK or count == 1 else 's'}"


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
