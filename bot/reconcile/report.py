"""What a look found, for operators' channel, for a terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from bot.reconcile.findings import Finding, Kind

MOST = 10  # findings of one message: an alert has room for that


@dataclass(frozen=True, slots=True)
class Report:
    """The findings of one look at `looked_at` credentials; `fixed` says whether anything was changed."""

    findings: tuple[Finding, ...]
    looked_at: int
    fixed: bool

    @property
    def open(self) -> tuple[Finding, ...]:
        """Return the findings that are still so."""
        return tuple(one for one in self.findings if not one.removed)

    @property
    def exit_code(self) -> int:
        """Return 0 if nothing differs any more, else 1."""
        return 1 if self.open else 0

    @property
    def keys(self) -> tuple[str, ...]:
        """Return what tells whether two looks found the same."""
        return tuple(sorted({one.key for one in self.open}))

    def message(self, known: Collection[str]) -> str | None:
        """Return what operators are told, the new first; None without anything new since `known`."""
        new = [one for one in self.findings if one.removed or one.key not in known]
        if not new:
            return None
        old = len(self.open) - sum(not one.removed for one in new)
        lines = [
            f"Azure and Tower were compared with the bot's records: {_count(len(new), 'new difference')}."
        ]
        lines += [f"• {one.line}" for one in new[:MOST]]
        if len(new) > MOST:
            lines.append(f"… and {len(new) - MOST} more.")
        if old:
            lines.append(f"{_count(old, 'difference')} that you were told of before: still so.")
        if len(new) > MOST or old:
            lines.append("`registry-bot reconcile` lists all of them.")
        return "\n".join(lines)

    def as_text(self) -> str:
        """Return the report for a terminal."""
        looked = f"Looked at {_count(self.looked_at, 'credential')}."
        lines = [
            f"{_MARK.get(one.kind, '✗') if not one.removed else '✓'} {one.line}" for one in self.findings
        ]
        left = len(self.open)
        end = "Nothing differs." if not left else f"{_count(left, 'difference')}."
        return "\n".join([*lines, f"{looked} {end}"])

    def as_json(self) -> str:
        """Return the report as one JSON document."""
        document = {
            "looked_at": self.looked_at,
            "fixed": self.fixed,
            "ok": not self.open,
            "findings": [
                {
                    "kind": one.kind.value,
                    "where": one.where,
                    "what": one.what,
                    "do": one.do,
                    "credential": one.credential,
                    "request": one.request,
                    "removed": one.removed,
                }
                for one in self.findings
            ],
        }
        return json.dumps(document, indent=2, ensure_ascii=False)


_MARK = {Kind.UNSEEN: "?", Kind.FOREIGN: "!"}


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
