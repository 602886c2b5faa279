"""The audit key: long, random, and none of the other secrets."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from pydantic import SecretStr

from bot.doctor import patient, report

AREA = "audit"
WEAK_BITS, FAIR_BITS = 64, 96
_WORDS = re.compile(r"[A-Za-z]?[a-z]+(?:[\W_]+[A-Za-z]?[a-z]+)*")

Line = report.Line


async def check_key(of: patient.Patient) -> Iterable[Line]:
    """Is the audit key one that nobody guesses?"""
    return [judge_key(of.setup.audit_key, of.setup.vault)]


def judge_key(key: SecretStr, vault: Mapping[str, SecretStr]) -> Line:
    """Judge the key by its looks; what is said of it gives nothing of it away."""
    value, change = (
        key.get_secret_value(),
        "Make a random one (openssl rand -hex 32) while no request is open.",
    )
    same = [setting for setting, other in vault.items() if other.get_secret_value() == value]
    if same:
        return report.failure(AREA, "key", f"is the same as {', '.join(same)}", change)
    bits = entropy_bits(value)
    if bits < WEAK_BITS:
        return report.failure(AREA, "key", "can be guessed: it repeats itself", change)
    if bits < FAIR_BITS or _WORDS.fullmatch(value):
        return report.warning(AREA, "key", "does not look random", change)
    return report.ok(AREA, "key", f"{len(value)} characters, and looks random")


def entropy_bits(text: str) -> float:
    """Return a generous estimate: Shannon's, over the part after which the text repeats itself."""
    period = (text + text).find(text, 1)
    part = text[:period]
    counts = Counter(part).values()
    return -sum(count * math.log2(count / len(part)) for count in counts)
