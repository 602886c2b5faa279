"""Checkpoints that were kept elsewhere: found in whatever became of standard output.

A line may be the checkpoint itself, or hold it behind a time stamp, inside another JSON object's
text (as container runtimes write it) or in a CSV cell with its quotes doubled.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pydantic import ValidationError

from bot import audit
from bot.ledger import seals
from bot.ledger.findings import Finding, Findings, What

DEEPEST = 4  # of JSON in JSON in JSON


@dataclass(slots=True)
class Kept:
    """The genuine checkpoints, each once; and how many lines were another key's."""

    by_mac: dict[str, seals.Seal] = field(default_factory=dict)
    foreign: int = 0
    absent: int = 0  # numbers between them that no line has

    @property
    def seals(self) -> list[seals.Seal]:
        """Return them in order."""
        return sorted(self.by_mac.values(), key=lambda one: (one.number, one.at))


def read(trail: audit.Trail, lines: Iterable[str], findings: Findings) -> Kept:
    """Find the checkpoints in lines of a log, and check them and their chain."""
    kept, mine = Kept(), seals.key_id(trail)
    for number, line in enumerate(lines, start=1):
        for seal in map(_seal, _objects(line, 0)):
            if seal and seal.key != mine:
                kept.foreign += 1
            elif seal and seals.genuine(trail, seal):
                kept.by_mac[seal.mac] = seal
            else:
                _say(findings, f"Line {number} is a checkpoint that was changed, or made up without the key.")
    _chain(kept, findings)
    return kept


def _chain(kept: Kept, findings: Findings) -> None:
    """Check that each continues the one before. A line that is absent is no proof of anything."""
    for before, seal in itertools.pairwise(kept.seals):
        if seal.number == before.number:
            _say(
                findings, f"There are two checkpoints {seal.number}: the log was replaced or set back.", seal
            )
        elif seal.number > before.number + 1:
            kept.absent += seal.number - before.number - 1
        elif seal.previous != before.mac or seal.first != before.last + 1:
            _say(findings, f"Checkpoint {seal.number} does not continue the one before.", seal)


def _objects(text: str, depth: int) -> Iterator[dict[str, object]]:
    """Yield every JSON object in a text that says it is a checkpoint."""
    if depth > DEEPEST or seals.Kind.CHECKPOINT not in text:
        return
    decoder, at, found = json.JSONDecoder(), text.find("{"), False
    while at >= 0:
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at = text.find("{", at + 1)
            continue
        found = True
        yield from _inside(value, depth)
        at = text.find("{", at)
    if not found and '""' in text:
        yield from _objects(text.replace('""', '"'), depth + 1)


def _inside(value: object, depth: int) -> Iterator[dict[str, object]]:
    if isinstance(value, str):
        yield from _objects(value, depth + 1)
    elif isinstance(value, dict):
        if value.get("event") == seals.Kind.CHECKPOINT:
            yield value
            return
        for one in value.values():
            yield from _inside(one, depth)


def _seal(found: dict[str, object]) -> seals.Seal | None:
    known = {name: value for name, value in found.items() if name in seals.Seal.model_fields}
    try:
        # Through JSON, whose strings may be moments; a collector may have added fields of its own.
        return seals.Seal.model_validate_json(json.dumps(known))
    except ValidationError:
        return None


def _say(findings: Findings, sentence: str, seal: seals.Seal | None = None) -> None:
    first, last = (seal.first, seal.last) if seal else (None, None)
    findings.add(Finding(What.CHECKPOINT, sentence, first, last, time=seal.at if seal else None))
