"""What a verification says in the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.ledger.findings import Findings


@dataclass(slots=True)
class Report:
    """What was looked at, and what was found. `sound` is the auditor's answer."""

    findings: Findings = field(default_factory=Findings)
    entries: int = 0
    first: int = 0
    last: int = 0
    since: int | None = None  # the server's milliseconds at the first entry, and at the last
    until: int | None = None
    chains: int = 0
    requests: int = 0
    checkpoints: int = 0
    trimmed: int = 0  # checkpoints that only an export can be held against
    absent: int = 0
    foreign: int = 0
    covered: int = 0

    @property
    def sound(self) -> bool:
        """Tell whether nothing was found."""
        return not self.findings.count
