"""One registry's data plane, emulated: token service, catalog, tags and manifests."""

from __future__ import annotations

from bot.sandbox import arm_state, emulator


class AcrEmulator(emulator.Emulator):
    """The data plane of one registry, on its own port; starting it sets `registry.login_server`."""

    name = "acr"

    def __init__(
        self, journal: emulator.Journal, state: arm_state.AzureState, registry: arm_state.Registry
    ) -> None:
        super().__init__(journal)
        self.name = f"acr:{registry.name}"
        self.state = state
        self.registry = registry
