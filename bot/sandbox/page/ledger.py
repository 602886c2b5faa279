"""Where the password went: every request that left the bot, looked through as it leaves."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qsl

from bot.sandbox import canary, emulator, sweep, world
from bot.sandbox.page import purposes

# The bot's answers to Slack: looked through like all else, and no requests.
_ANSWERS = frozenset({"ANSWER", "FRAME"})
_LONGEST = 60_000  # characters of a body that a person may want to see
_TIMES = {0: "never", 1: "once", 2: "twice"}


@dataclass(frozen=True, slots=True)
class Row:
    """One request. `password` is what became of the password in it: made, delivered, leaked, or None."""

    number: int
    at: float
    service: str
    family: str
    method: str
    path: str
    purpose: str
    status: int
    error: str | None
    took_ms: int
    password: str | None


class Ledger:
    """Listens to the world's journal. `tell` hears of each new row."""

    def __init__(self, outside: world.World, tell: Callable[[], None]) -> None:
        self._world = outside
        self._tell = tell
        self._exchanges: list[emulator.Exchange] = []
        self.rows: list[Row] = []
        self.leaks: list[str] = []
        self.answers = 0
        # Looked through at every request, and made anew only when there is a new password.
        self._known, self._canary = 0, canary.Canary(())
        for exchange in outside.journal.exchanges:
            self._add(exchange)
        outside.journal.listeners.append(self.hear)

    def close(self) -> None:
        """Stop listening."""
        self._world.journal.listeners.remove(self.hear)

    def hear(self, exchange: emulator.Exchange) -> None:
        """Take one more exchange down."""
        self._add(exchange)
        self._tell()

    def _add(self, exchange: emulator.Exchange) -> None:
        password = self._password(exchange)
        if exchange.method in _ANSWERS:
            self.answers += 1
            return
        self._exchanges.append(exchange)
        shift = self._world.slack.shift / dt.timedelta(seconds=1)
        self.rows.append(
            Row(
                number=len(self.rows) + 1,
                at=exchange.started + shift,
                service=purposes.service(exchange.to),
                family=purposes.family(exchange.to),
                method=exchange.method,
                path=self.mask_quickly(exchange.path),
                purpose=purposes.purpose(exchange.to, exchange.method, exchange.path),
                status=exchange.status,
                error=_error(exchange),
                took_ms=round(exchange.took_s * 1000),
                password=password,
            )
        )

    def _password(self, exchange: emulator.Exchange) -> str | None:
        minted = self._world.azure.minted
        if not minted:
            return None
        if len(minted) != self._known:
            secrets = (canary.Secret(canary.Kind.PASSWORD, value) for value in minted)
            self._known, self._canary = len(minted), canary.Canary(secrets)
        # A password cannot have left before it was made, so nothing earlier is looked at again.
        found = self._canary.search(sweep.places_of(exchange))
        if found:
            self.leaks += [str(one) for one in found]
            return "leaked"
        needles = [value.encode() for value in minted]
        if sweep.holds(exchange.body, needles):
            return "delivered"
        return "made" if sweep.holds(exchange.answer, needles) else None

    def tally(self) -> dict[str, Any]:
        """Return the count, and what is to be said about the password so far."""
        marks = self._marks()
        return {
            "requests": len(self.rows),
            "answers": self.answers,
            "made": marks["made"],
            "delivered": marks["delivered"],
            "leaks": list(dict.fromkeys(self.leaks)),
            "services": Counter(row.family for row in self.rows),
            "verdict": verdict(len(self.rows), marks, leaks=len(self.leaks)),
        }

    def _marks(self) -> Counter[str]:
        return Counter(row.password for row in self.rows if row.password)

    def detail(self, number: int) -> dict[str, Any] | None:
        """Return one request and its answer, every secret in them hidden."""
        if not 1 <= number <= len(self.rows):
            return None
        exchange = self._exchanges[number - 1]
        headers = "\n".join(f"{name}: {value}" for name, value in exchange.headers.items())
        return asdict(self.rows[number - 1]) | {
            "path": self.mask(exchange.path),
            "headers": self.mask(headers),
            "body": self.mask(_readable(exchange.body)),
            "answer": self.mask(_readable(exchange.answer)),
        }

    def mask(self, text: str) -> str:
        """Hide every secret of this world, whatever its form; the password says what it was."""
        secrets = sweep.secrets_of(self._world)
        # Whole secrets first, by name: what is left over then is hidden piece by piece.
        for secret in secrets:
            text = text.replace(secret.value, f"[{secret.kind}, hidden]")
        hidden = canary.Canary(secrets).mask(text.encode())
        return hidden.decode(errors="replace")

    def mask_quickly(self, text: str) -> str:
        """Hide every secret that stands in a text as it is: a last net under everything that is sent."""
        # Raw values only: this runs for every event, and a leak in another form is a finding anyway.
        known = self._world
        own = asdict(known.secrets).values()
        for value in (*known.azure.minted, *known.azure.bearers, *own):
            if value in text:
                text = text.replace(value, "[hidden]")
        return text


def verdict(requests: int, marks: Mapping[str, int], *, leaks: int) -> str:
    """Return the sentence about the password."""
    checked = f"{requests} requests checked"
    if leaks:
        return f"{checked}. The password is where it must not be."
    if not marks.get("made"):
        return f"{checked}. No password has been made yet."
    made = f"made {_times(marks['made'])} by Azure"
    if not marks.get("delivered"):
        return f"{checked}. The password was {made}; it is on its way to Tower."
    subject = "The password was" if marks["made"] == 1 else "Passwords were"
    return f"{checked}. {subject} {made}, delivered {_times(marks['delivered'])} to Tower, seen nowhere else."


def _times(count: int) -> str:
    return _TIMES.get(count, f"{count} times")


def _error(exchange: emulator.Exchange) -> str | None:
    """Return what Slack calls the error: it answers 200 to what it refuses."""
    if exchange.to != "slack" or b'"ok"' not in exchange.answer:
        return None
    answer = json.loads(exchange.answer)
    return None if answer.get("ok") else str(answer.get("error"))


def _readable(body: bytes) -> str:
    """Return a body as people read it: JSON and forms with a line for each part."""
    text = body.decode(errors="replace")
    if not text:
        return ""
    try:
        readable = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        pairs = parse_qsl(text, keep_blank_values=True) if "=" in text else []
        readable = "\n".join(f"{name}: {value}" for name, value in pairs) or text
    return readable[:_LONGEST]
