"""Azure Resource Manager for container registries, emulated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.sandbox import arm_state, emulator


@dataclass(frozen=True, slots=True)
class Shape:
    """How long writes take, and in which of the two known shapes ARM answers them."""

    scope_map_s: float = 1.0
    token_s: float = 1.0
    generate_s: float = 0.5
    delete_s: float = 0.2
    recorded: bool = False  # scope map 200 after its time, token 201 Creating, generate 200; else all LROs
    retry_after_s: int | None = None  # sent with the answers to writes, as the service is believed to


OPERATIONS = Shape()
RECORDED = Shape(scope_map_s=0.4, token_s=5.0, generate_s=0.4, recorded=True)


class ArmEmulator(emulator.Emulator):
    """ARM on loopback. `violations` lists what requests broke of the vendor's own description."""

    name = "arm"

    def __init__(
        self,
        journal: emulator.Journal,
        state: arm_state.AzureState,
        *,
        shape: Shape = OPERATIONS,
        specs: Path | None = None,
    ) -> None:
        super().__init__(journal)
        self.state = state
        self.shape = shape
        self.specs = specs
        self.violations: list[str] = []
