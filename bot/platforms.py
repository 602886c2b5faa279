"""`ports.Notifier` over all chat platforms that are configured: each copy goes to its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from bot import model, ports


class Everywhere:
    """Hands each copy to the notifier of its platform."""

    def __init__(self, notifiers: Mapping[model.Platform, ports.Notifier]) -> None:
        self._notifiers = notifiers

    async def show(
        self, request: model.Request, copy: model.Copy, *, copies: dict[model.Role, model.Copy]
    ) -> model.Copy:
        """Show a copy where it belongs; one of a platform that is not served says so, and waits for it."""
        notifier = self._notifiers.get(copy.platform)
        if notifier is None:
            missing = (
                f"A message could not be shown: {copy.platform.value.title()} is not configured any more."
            )
            return copy.model_copy(update={"error": missing, "shown": request.version})
        return await notifier.show(request, copy, copies=copies)

    async def find(
        self, request: model.Request, copy: model.Copy, *, copies: dict[model.Role, model.Copy]
    ) -> model.Copy | None:
        """Look for a message where it belongs; on a platform that is not served there is none."""
        notifier = self._notifiers.get(copy.platform)
        return await notifier.find(request, copy, copies=copies) if notifier else None

    async def alert(self, text: str) -> None:
        """Tell the operators' channel: only the platform that it is on has one."""
        told = await asyncio.gather(
            *(one.alert(text) for one in self._notifiers.values()), return_exceptions=True
        )
        failed = [one for one in told if isinstance(one, BaseException)]
        if failed:
            raise failed[0]
