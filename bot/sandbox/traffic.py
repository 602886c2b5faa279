"""Where the password went: every request that left the bot, counted by service, the delivery marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.sandbox import emulator, puller, sweep

# What Slack asked of the bot: its answers are in the journal, too, and are no requests of its own.
_ANSWERS = frozenset({"ANSWER", "FRAME"})
_SERVICES = {
    "slack": "Slack",
    "teams": "Teams",
    "identity": "Azure: managed identity",
    "arm": "Azure: Resource Manager",
    "tower": "Tower",
    "wave": "Wave",
}


@dataclass(frozen=True, slots=True)
class Leg:
    """The requests to one service. `carried` of them held a password; in `answered` it came back."""

    service: str
    requests: int
    carried: int = 0
    answered: int = 0

    @property
    def remark(self) -> str:
        """Return what there is to say about the password here."""
        if self.carried:
            return f"got the password, in {_times(self.carried)}"
        if self.answered:
            return f"made the password, in {_times(self.answered, 'answer')}"
        return "never saw it"


def of_the_bot(exchange: emulator.Exchange) -> bool:
    """Tell whether the bot asked this: neither Slack's questions nor a pipeline's pulls are its own."""
    return exchange.method not in _ANSWERS and exchange.headers.get("User-Agent") != puller.AGENT


def legs(exchanges: Iterable[emulator.Exchange], passwords: Sequence[str]) -> list[Leg]:
    """Return one leg for each service that the bot asked anything of."""
    needles = [password.encode() for password in passwords]
    counts: dict[str, Counter[str]] = {}
    for exchange in exchanges:
        if not of_the_bot(exchange):
            continue
        count = counts.setdefault(exchange.to, Counter())
        count["requests"] += 1
        count["carried"] += sweep.holds(exchange.path.encode() + exchange.body, needles)
        count["answered"] += sweep.holds(exchange.answer, needles)
    return [Leg(_named(to), **counts[to]) for to in sorted(counts, key=_order)]


def _named(to: str) -> str:
    return _SERVICES.get(to) or f"Azure: registry {to.removeprefix('acr:')}"


def _order(to: str) -> tuple[int, str]:
    known = list(_SERVICES)
    return (known.index(to) if to in known else known.index("tower"), to)


def _times(count: int, what: str = "request") -> str:
    return f"one {what}" if count == 1 else f"{count} {what}s"
