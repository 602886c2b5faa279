"""A managed identity's endpoint, emulated in App Service's flavour."""

from __future__ import annotations

from bot.sandbox import arm_state, emulator


class IdentityEmulator(emulator.Emulator):
    """Set IDENTITY_ENDPOINT to `endpoint` and IDENTITY_HEADER to `header`."""

    name = "identity"

    def __init__(self, journal: emulator.Journal, state: arm_state.AzureState) -> None:
        super().__init__(journal)
        self.state = state
        self.header = "sandbox-identity-header"

    @property
    def endpoint(self) -> str:
        """Return what IDENTITY_ENDPOINT is to be."""
        return f"{self.url}/msi/token"
