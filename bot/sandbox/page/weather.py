"""Bad weather: what can be made to go wrong around the bot, and what people should then see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox import emulator, world
from bot.sandbox.slack.entities import Json

SLOW_S = 3.0
_SOON = {"Retry-After": "3"}


@dataclass(frozen=True, slots=True)
class Switch:
    """Something that can go wrong: which services it is about, and what they do then."""

    id: str
    label: str
    about: str
    where: Callable[[world.World], list[emulator.Emulator]]
    status: int | None = None
    cut: bool = False
    delay_s: float = 0.0
    body: str = ""


def _azure(outside: world.World) -> list[emulator.Emulator]:
    return [outside.arm, *outside.registries]


SWITCHES = (
    Switch(
        "azure-slow",
        "Azure is slow",
        "Each answer of Azure takes three seconds longer. The form still opens at once.",
        _azure,
        delay_s=SLOW_S,
    ),
    Switch(
        "azure-429",
        "Azure throttles",
        "Azure answers 429. The bot waits as long as it is told to, and goes on where it was.",
        lambda outside: [outside.arm],
        status=429,
        body='{"error":{"code":"TooManyRequests","message":"The request is being throttled."}}',
    ),
    Switch(
        "tower-429",
        "Tower throttles",
        "Tower answers 429. Nothing is made twice: the bot looks before it writes.",
        lambda outside: [outside.tower],
        status=429,
        body='{"message":"Too many requests"}',
    ),
    Switch(
        "tower-down",
        "Tower is down",
        "Tower breaks every connection. What the bot has made so far is kept, and the rest follows later.",
        lambda outside: [outside.tower],
        cut=True,
    ),
    Switch(
        "wave-down",
        "Wave is down",
        "Wave answers 503. The credential is there all the same; only the last check has to wait.",
        lambda outside: [outside.wave],
        status=503,
    ),
)


class Weather:
    """The switches of one world."""

    def __init__(self, outside: world.World) -> None:
        self._world = outside
        self._on: dict[str, emulator.Fault] = {}

    def shown(self) -> list[Json]:
        """Return every switch as the page shows it."""
        return [
            {"id": one.id, "label": one.label, "about": one.about, "on": one.id in self._on}
            for one in SWITCHES
        ]

    def turn(self, id_: str, *, on: bool) -> bool:
        """Turn a switch; tell whether there is one."""
        switch = next((one for one in SWITCHES if one.id == id_), None)
        if switch is None:
            return False
        if on and id_ not in self._on:
            fault = emulator.Fault(
                r".",
                times=None,
                status=switch.status,
                headers=_SOON if switch.status else {},
                body=switch.body,
                delay_s=switch.delay_s,
                cut=switch.cut,
            )
            self._on[id_] = fault
            for double in switch.where(self._world):
                double.faults.append(fault)
        elif not on and id_ in self._on:
            gone = self._on.pop(id_)
            for double in switch.where(self._world):
                # By identity: two switches of one service may be equal as values.
                double.faults[:] = [one for one in double.faults if one is not gone]
        return True
